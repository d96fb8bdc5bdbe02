"""Rows of a ledger of bindings: terminals of the ledger get the merchant, terminal id and site that the file says.

A terminal in service is bound anew. One that was itself only taken over from a ledger, and with which nothing was done
since, goes into service: its ledger came in two files. Any other is installed and activated by the steps.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils import timezone

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.terminals.lifecycle import BOUND, State
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.services.imports.binding_columns import Rebinding, Rebindings
from tillkeeper.terminals.services.imports.doubles import Doubles
from tillkeeper.terminals.services.imports.merchants import Merchant, Merchants
from tillkeeper.terminals.services.imports.nodes import Nodes
from tillkeeper.terminals.services.imports.run import RowRefused, Run, not_in_future, too_long
from tillkeeper.terminals.services.imports.sites import Site, Sites
from tillkeeper.terminals.services.imports.terminal_rows import (
    ACQUIRER_MAX,
    LIMITS,
    terminal_ids_taken,
)

OPENABLE: Final = (State.IN_STOCK, State.READY, State.ISSUED, State.INSTALLED)
KNOWN: Final = (
    "id", "serial", "tusn", "state", "state_since", "path", "version", "origin", "organisation_id", "site_id",
    "binding_id", "holder", "holder_name", "held_since", "keyed", "accepted", "binding__merchant__number",
    "binding__tid", "binding__acquirer_code", "site__code", "site__address", "site__merchant__number",
)  # fmt: skip


class BindingRows:
    """Takes chunks of a ledger of bindings."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._nodes, self._merchants, self._sites = Nodes(run), Merchants(run), Sites(run)
        self._rebindings = Rebindings(run)
        self._serials, self._tids = Doubles(), Doubles()
        self._known: dict[str, dict[str, Any]] = {}
        self._ledger_tids: Mapping[tuple[str, str], str] = {}
        self._today = timezone.localdate(run.at)

    def take(self, entries: Sequence[Entry]) -> None:
        """Judge a chunk, and write what stands."""
        serials = {entry.values["serial"] for entry in entries}
        self._known = {
            row["serial"]: row for row in Terminal.objects.filter(serial__in=serials).values(*KNOWN)
        }
        self._keep_sites(entries)
        self._nodes.load(entries)
        self._merchants.load(entries)
        self._sites.load(entries, self._merchants.loaded())
        self._ledger_tids = terminal_ids_taken(entries)
        for entry in entries:
            try:
                self._judge(entry)
            except RowRefused as refusal:
                self._run.refuse(entry, refusal)
        self._merchants.write()
        self._sites.write()
        self._rebindings.write()

    def _keep_sites(self, entries: Sequence[Entry]) -> None:
        """Let a row that says no place mean the terminal's present site, if that is the same merchant's."""
        for entry in entries:
            values, known = entry.values, self._known.get(entry.values["serial"])
            says_place = "site_code" in values or "address" in values
            if (
                known
                and not says_place
                and known["site__merchant__number"] == values["merchant_no"]
            ):
                values["site_code"] = known["site__code"]

    def _judge(self, entry: Entry) -> None:
        values = entry.values
        serial = values["serial"]
        if first := self._serials.line(serial):
            if not self._serials.is_same(serial, entry.digest):
                raise RowRefused("serial", "ledger.serial_twice", first=first)
            self._run.counts.same += 1
            return
        too_long(values, LIMITS)
        not_in_future(values, self._today)
        known = self._terminal(values)
        merchant = self._merchants.find(values)
        site = self._sites.find(values, merchant)
        acquirer = (
            values.get("acquirer_code")
            or known["binding__acquirer_code"]
            or self._run.root_code[:ACQUIRER_MAX]
        )
        if self._is_same(values, known, acquirer, site):
            self._run.counts.same += 1
        else:
            self._check(values, known, acquirer)
            self._rebind(entry, known, merchant, site, acquirer)
        self._serials.add(serial, entry.line, entry.digest)

    def _terminal(self, values: Mapping[str, Any]) -> dict[str, Any]:
        known = self._known.get(values["serial"])
        if known is None:
            raise RowRefused("serial", "ledger.terminal_unknown")
        if not self._run.seen.covers(known["path"]):
            raise RowRefused("serial", "ledger.not_yours")
        if known["tusn"] and values.get("tusn", known["tusn"]) != known["tusn"]:
            raise RowRefused("tusn", "ledger.tusn_differs", now=known["tusn"])
        return known

    def _is_same(
        self, values: Mapping[str, Any], known: Mapping[str, Any], acquirer: str, site: Site | None
    ) -> bool:
        now = (
            known["binding__merchant__number"],
            known["binding__tid"],
            known["binding__acquirer_code"],
        )
        asked = (values["merchant_no"], values["terminal_id"], acquirer)
        return now == asked and site is not None and site.id == known["site_id"]

    def _check(self, values: Mapping[str, Any], known: Mapping[str, Any], acquirer: str) -> None:
        state, tid = State(known["state"]), values["terminal_id"]
        only_opened = known["version"] == 1 and known["origin"].startswith("IM-")
        if state not in BOUND and not (state in OPENABLE and only_opened):
            raise RowRefused("serial", "ledger.binding_needs_steps", now=state.value)
        if first := self._tids.line((acquirer, tid)):
            raise RowRefused("terminal_id", "ledger.terminal_id_twice", first=first)
        if self._ledger_tids.get((acquirer, tid), known["serial"]) != known["serial"]:
            raise RowRefused("terminal_id", "ledger.terminal_id_taken")

    def _rebind(
        self,
        entry: Entry,
        known: dict[str, Any],
        merchant: Merchant | None,
        site: Site | None,
        acquirer: str,
    ) -> None:
        if merchant is None:
            merchant = self._merchants.add(entry, self._nodes.named(entry) or self._run.node)
        site = site or self._sites.add(entry, merchant)
        self._tids.add((acquirer, entry.values["terminal_id"]), entry.line)
        self._rebindings.add(Rebinding(entry, known, merchant, site, acquirer))
