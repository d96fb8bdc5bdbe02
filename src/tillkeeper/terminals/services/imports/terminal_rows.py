"""Rows of a ledger of terminals, judged a chunk at a time: new, changed, the same, or refused with a reason."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.utils import timezone

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import among
from tillkeeper.terminals.lifecycle import AT_A_SITE, BOUND, State
from tillkeeper.terminals.models import Binding, Terminal
from tillkeeper.terminals.services.imports import merchants, sites, terminal_columns
from tillkeeper.terminals.services.imports.catalogue import Catalogue
from tillkeeper.terminals.services.imports.doubles import Doubles
from tillkeeper.terminals.services.imports.known_terminals import KnownTerminals
from tillkeeper.terminals.services.imports.merchants import Merchant, Merchants
from tillkeeper.terminals.services.imports.nodes import Nodes
from tillkeeper.terminals.services.imports.run import (
    Node,
    RowRefused,
    Run,
    not_in_future,
    too_long,
)
from tillkeeper.terminals.services.imports.sites import Site, Sites
from tillkeeper.terminals.services.imports.terminal_columns import NewTerminal, TerminalWriter

LIMITS: Final = {**terminal_columns.LIMITS, **merchants.LIMITS, **sites.LIMITS}
ACQUIRER_MAX: Final = 11
PLACE_FIELDS: Final = ("address", "site_code", "site_name")


class TerminalRows:
    """Takes chunks of a ledger of terminals. One question a chunk for each kind of thing that rows name."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._nodes = Nodes(run)
        self._catalogue = Catalogue(run)
        self._merchants = Merchants(run)
        self._sites = Sites(run)
        self._known = KnownTerminals(run, self._catalogue)
        self._writer = TerminalWriter(run)
        self._serials, self._tusns, self._tids = Doubles(), Doubles(), Doubles()
        self._today = timezone.localdate(run.at)
        self._ledger_tusns: Mapping[str, str] = {}
        self._ledger_tids: Mapping[tuple[str, str], str] = {}
        self._new: list[NewTerminal] = []

    def take(self, entries: Sequence[Entry]) -> None:
        """Judge a chunk, and write what stands."""
        self._load(entries)
        for entry in entries:
            try:
                self._judge(entry)
            except RowRefused as refusal:
                self._run.refuse(entry, refusal)
        self._catalogue.write()
        self._merchants.write()
        self._sites.write()
        self._writer.write(self._new)
        self._known.write()
        self._new = []

    def _load(self, entries: Sequence[Entry]) -> None:
        self._nodes.load(entries)
        self._catalogue.load(entries)
        self._merchants.load(entries)
        self._sites.load(entries, self._merchants.loaded())
        self._nodes.load_ids(merchant.parent_id for merchant in self._merchants.loaded())
        self._known.load(entry.values["serial"] for entry in entries)
        self._ledger_tusns = tusns_taken(entries)
        self._ledger_tids = terminal_ids_taken(entries)

    def _judge(self, entry: Entry) -> None:
        values, line = entry.values, entry.line
        serial = values["serial"]
        if first := self._serials.line(serial):
            if not self._serials.is_same(serial, entry.digest):
                raise RowRefused("serial", "ledger.serial_twice", first=first)
            self._run.counts.same += 1
            return
        too_long(values, LIMITS)
        not_in_future(values, self._today)
        named = self._nodes.named(entry)
        self._check_tusn(values)
        model = self._catalogue.model(values["model"], values.get("vendor"))
        merchant = self._merchants.find(values) if "merchant_no" in values else None
        if known := self._known.get(serial):
            self._known.judge(entry, known, model.code if model else values["model"], named)
        else:
            self._judge_new(entry, merchant, named)
        self._serials.add(serial, line, entry.digest)
        if tusn := values.get("tusn"):
            self._tusns.add(tusn, line)

    def _judge_new(self, entry: Entry, merchant: Merchant | None, named: Node | None) -> None:
        values = entry.values
        state = self._state(values)
        acquirer = values.get("acquirer_code", self._run.root_code[:ACQUIRER_MAX])
        site = self._check_place(values, state, merchant, acquirer)
        home = named or (
            self._home(merchant) if merchant and state in AT_A_SITE else self._run.node
        )
        # From here on the row stands: what it needs may be made.
        new = NewTerminal(entry, state, self._model(values), home, acquirer)
        if supplier := values.get("supplier"):
            new.supplier = self._catalogue.vendor(supplier)
        if state in AT_A_SITE:
            new.merchant = merchant or self._merchants.add(entry, home)
            new.site = site or self._sites.add(entry, new.merchant)
        if state in BOUND:
            self._tids.add((acquirer, values["terminal_id"]), entry.line)
        self._new.append(new)

    def _state(self, values: Mapping[str, Any]) -> State:
        if given := values.get("state"):
            return State(given)
        return (
            State.ACTIVE if "merchant_no" in values and "terminal_id" in values else State.IN_STOCK
        )

    def _check_place(
        self, values: Mapping[str, Any], state: State, merchant: Merchant | None, acquirer: str
    ) -> Site | None:
        """Return the site a row names if it is known; refuse what does not go together with the state."""
        if state not in AT_A_SITE:
            self._check_nowhere(values)
            return None
        if "merchant_no" not in values:
            raise self._incomplete("merchant_no")
        if state in BOUND:
            self._check_terminal_id(values, acquirer)
        elif "terminal_id" in values:
            self._run.note("ledger.terminal_id_not_used")
        return self._sites.find(values, merchant)

    def _incomplete(self, field: str) -> RowRefused:
        needed = self._run.title_of(field, field)
        return RowRefused("state", "ledger.binding_incomplete", needed=needed)

    def _check_nowhere(self, values: Mapping[str, Any]) -> None:
        for field in ("merchant_no", "terminal_id"):
            if field in values:
                raise RowRefused(field, "ledger.binding_in_stock_state")
        if any(field in values for field in PLACE_FIELDS):
            self._run.note("ledger.place_not_used")

    def _check_terminal_id(self, values: Mapping[str, Any], acquirer: str) -> None:
        tid = values.get("terminal_id")
        if tid is None:
            raise self._incomplete("terminal_id")
        if first := self._tids.line((acquirer, tid)):
            raise RowRefused("terminal_id", "ledger.terminal_id_twice", first=first)
        if (acquirer, tid) in self._ledger_tids:
            raise RowRefused("terminal_id", "ledger.terminal_id_taken")

    def _check_tusn(self, values: Mapping[str, Any]) -> None:
        tusn = values.get("tusn")
        if tusn is None:
            return
        if first := self._tusns.line(tusn):
            raise RowRefused("tusn", "ledger.tusn_twice", first=first)
        if self._ledger_tusns.get(tusn, values["serial"]) != values["serial"]:
            raise RowRefused("tusn", "ledger.tusn_taken")

    def _model(self, values: Mapping[str, Any]) -> Any:
        name, vendor = values["model"], values.get("vendor")
        return self._catalogue.model(name, vendor) or self._catalogue.add_model(name, vendor)

    def _home(self, merchant: Merchant) -> Node:
        """Return the branch that answers for a known merchant's terminals: the one above it."""
        return self._nodes.by_id(merchant.parent_id)


def tusns_taken(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the TUSNs of these rows that the ledger has, each with its terminal's serial."""
    asked = {tusn for entry in entries if (tusn := entry.values.get("tusn"))}
    if not asked:
        return {}
    rows = Terminal.objects.filter(tusn__in=among(list(asked) or [""])).values_list(
        "tusn", "serial"
    )
    return {tusn: serial for tusn, serial in rows if tusn}


def terminal_ids_taken(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """Return the (acquirer, terminal id) pairs of these rows that are bound now, each with its terminal's serial."""
    asked = {tid for entry in entries if (tid := entry.values.get("terminal_id"))}
    if not asked:
        return {}
    rows = Binding.objects.filter(tid__in=among(list(asked) or [""]), valid_to=None)
    return {
        (acquirer, tid): serial
        for acquirer, tid, serial in rows.values_list("acquirer_code", "tid", "terminal__serial")
    }
