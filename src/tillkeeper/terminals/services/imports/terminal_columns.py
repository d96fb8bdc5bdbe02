"""New terminals as rows of plain values: terminal, binding, opening history row, accessories."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.utils import timezone

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import as_stored, insert_rows
from tillkeeper.terminals.lifecycle import AT_A_SITE, BOUND, Holder, State, Step
from tillkeeper.terminals.models import Accessory, Binding, StepTaken, Terminal
from tillkeeper.terminals.services.imports.catalogue import Model, Vendor
from tillkeeper.terminals.services.imports.merchants import Merchant
from tillkeeper.terminals.services.imports.run import Node, Run, day_storer
from tillkeeper.terminals.services.imports.sites import Site

# Facts that a ledger may give and change: field of the ledger -> column of the terminal.
TEXTS: Final = {
    "owner": "owner", "asset_tag": "asset_tag", "seal_number": "seal_number", "hardware_version": "hardware_version",
    "firmware_version": "firmware_version", "app_version": "app_version", "sim_iccid": "sim_iccid", "remark": "remark",
}  # fmt: skip
DAYS: Final = {
    "purchased_on": "purchased_on", "received_on": "received_on", "installed_on": "installed_on",
    "warranty_until": "warranty_until",
}  # fmt: skip
LIMITS: Final = {
    "model": 40, "vendor": 120, "supplier": 120, "owner": 120, "asset_tag": 40, "seal_number": 40,
    "hardware_version": 40, "firmware_version": 40, "app_version": 40, "sim_iccid": 22, "remark": 200,
    "terminal_id": 15, "acquirer_code": 11, "network_reference": 40,
}  # fmt: skip
TERMINAL_COLUMNS: Final = (
    "id", "serial", "tusn", "model_id", "state", "state_since", "organisation_id", "home_id", "path", "site_id",
    "binding_id", "holder", "holder_name", "held_since", "supplier_id", "price_minor", "currency",
    *DAYS.values(), *TEXTS.values(), "tampered", "keyed", "wiped", "tamper_cleared", "accepted", "refiled",
    "case_closed", "on_loan", "last_actor", "origin", "version",
)  # fmt: skip
BINDING_COLUMNS: Final = (
    "id", "terminal_id", "merchant_id", "site_id", "acquirer_code", "tid", "holder_code", "settlement_account_masked",
    "settlement_account_hash", "address", "network_reference", "refiling_reference", "document", "valid_from",
)  # fmt: skip
STEP_COLUMNS: Final = (
    "terminal_id", "step", "from_state", "to_state", "document", "why", "by", "approver", "at", "holder",
    "holder_name", "place", "evidence_sha256",
)  # fmt: skip
ACCESSORY_COLUMNS: Final = ("terminal_id", "kind", "serial", "quantity")
_PARTS: Final = re.compile(r"[,，、;；/+\n]+")

_W: Final = Holder.WAREHOUSE
HOLDERS: Final = {
    State.ORDERED: Holder.SUPPLIER, State.RECEIVED: _W, State.IN_STOCK: _W, State.STAGING: Holder.BENCH,
    State.READY: _W, State.ISSUED: Holder.PERSON, **dict.fromkeys(AT_A_SITE, Holder.SITE),
    State.RETURNING: Holder.TRANSIT, State.QUARANTINE: _W, State.REPAIR: Holder.VENDOR,
    State.EVIDENCE: Holder.SEALED, State.LOST: Holder.NOBODY, State.SCRAP_PENDING: _W,
    State.SCRAPPED: Holder.NOBODY, State.CANCELLED: Holder.NOBODY, State.REJECTED: Holder.SUPPLIER,
}  # fmt: skip
# Their stored forms: looking up `value` a million times shows.
STORED: Final = {state: state.value for state in State}
HELD: Final = {state: holder.value for state, holder in HOLDERS.items()}
OPEN: Final = Step.OPEN.value
# Taken over as it stands: what is in the field, or ready to go there, has its keys; what earns was accepted.
KEYED: Final = AT_A_SITE | {State.READY, State.ISSUED}


@dataclass(slots=True)
class NewTerminal:
    """A row that stands, with everything it points at; their keys are known once these are written."""

    entry: Entry
    state: State
    model: Model
    home: Node
    acquirer: str
    supplier: Vendor | None = None
    merchant: Merchant | None = None
    site: Site | None = None


class TerminalWriter:
    """Writes new terminals a chunk at a time: one statement a table."""

    def __init__(self, run: Run) -> None:
        self._run = run
        moment = Terminal._meta.get_field("state_since")
        self._at = as_stored(moment, run.at)
        self._moment = moment
        self._day = day_storer()
        self._by = str(run.by)
        self._begins: dict[date | None, Any] = {None: self._at}

    def write(self, terminals: Sequence[NewTerminal]) -> None:
        """Write them; models, merchants and sites are written already."""
        run = self._run
        bound = [terminal for terminal in terminals if terminal.state in BOUND]
        run.counts.made["bindings"] += len(bound)
        run.counts.new += len(terminals)
        if not run.writes or not terminals:
            return
        ids = run.keys(Terminal, len(terminals))
        binding_ids = run.keys(Binding, len(bound))
        # Rows are made while they are written: PostgreSQL takes in the first ones meanwhile.
        insert_rows(Terminal, TERMINAL_COLUMNS, self._opened(ids, binding_ids, terminals))
        terminal_ids = [pk for pk, t in zip(ids, terminals, strict=True) if t.state in BOUND]
        insert_rows(Binding, BINDING_COLUMNS, map(self.binding, binding_ids, terminal_ids, bound))
        insert_rows(StepTaken, STEP_COLUMNS, map(self._history, ids, terminals))
        insert_rows(Accessory, ACCESSORY_COLUMNS, self._accessories(ids, terminals))

    def _opened(
        self, ids: Sequence[int], binding_ids: Sequence[int], terminals: Sequence[NewTerminal]
    ) -> Iterator[tuple[Any, ...]]:
        bindings = iter(binding_ids)
        for pk, terminal in zip(ids, terminals, strict=True):
            self._audit(terminal)
            yield self._terminal(pk, next(bindings) if terminal.state in BOUND else None, terminal)

    def begin(self, installed_on: date | None) -> Any:
        """Return when a binding began, as stored: at the beginning of the day it was installed, else now."""
        if installed_on not in self._begins:
            self._begins[installed_on] = as_stored(
                self._moment, begin_of(installed_on, self._run.at)
            )
        return self._begins[installed_on]

    def binding(self, pk: int, terminal_pk: int, terminal: NewTerminal) -> tuple[Any, ...]:
        """Return a binding's row: the five elements as the ledger has them."""
        merchant, site, values = terminal.merchant, terminal.site, terminal.entry.values
        if merchant is None or site is None:
            raise ValueError("what is bound has a merchant and a site")
        return (
            pk, terminal_pk, merchant.id, site.id, terminal.acquirer, values["terminal_id"], merchant.holder_code,
            merchant.account_masked, merchant.account_hash, site.address, values.get("network_reference", ""), "",
            self._run.number, self.begin(values.get("installed_on")),
        )  # fmt: skip

    def _terminal(self, pk: int, binding: int | None, t: NewTerminal) -> tuple[Any, ...]:
        get, state, run, site = t.entry.values.get, t.state, self._run, t.site
        organisation, path = (site.node_id, site.path) if site else (t.home.id, t.home.path)
        return (
            pk, t.entry.values["serial"], get("tusn"), t.model.id, STORED[state], self._at, organisation, t.home.id,
            path,
            site.id if site else None, binding, HELD[state], _holder_name(t), self._at,
            t.supplier.id if t.supplier else None, get("price"), get("currency", "CNY"),
            *[self._day(get(name)) for name in DAYS], *[get(name, "") for name in TEXTS],
            False, state in KEYED, False, False, state in BOUND, False, False, False, self._by, run.number, 1,
        )  # fmt: skip

    def _history(self, pk: int, t: NewTerminal) -> tuple[Any, ...]:
        run, place = self._run, t.site.name if t.site else t.home.name
        return (
            pk, OPEN, "", STORED[t.state], run.number, "", self._by, "", self._at, HELD[t.state],
            _holder_name(t), place, "",
        )  # fmt: skip

    def _audit(self, t: NewTerminal) -> None:
        values = t.entry.values
        facts = {"state": t.state, "model": t.model.code, "document": self._run.number}
        if t.merchant and t.state in BOUND:
            facts |= {"merchant": t.merchant.number, "terminal_id": values["terminal_id"]}
        path = t.site.path if t.site else t.home.path
        self._run.record("terminal.open", f"terminal:{values['serial']}", path, after=facts)

    def _accessories(
        self, ids: Sequence[int], terminals: Sequence[NewTerminal]
    ) -> list[tuple[Any, ...]]:
        return [
            (pk, kind.strip()[:60], "", 1)
            for pk, terminal in zip(ids, terminals, strict=True)
            for kind in _PARTS.split(terminal.entry.values.get("accessories", ""))
            if kind.strip()
        ]


def begin_of(day: date | None, at: datetime) -> datetime:
    """Return the first moment of a day here, never later than `at`."""
    if day is None:
        return at
    return min(timezone.make_aware(datetime.combine(day, time())), at)


def _holder_name(t: NewTerminal) -> str:
    if t.site:
        return t.site.name
    return (
        t.home.name if HOLDERS[t.state] in (Holder.WAREHOUSE, Holder.BENCH, Holder.SEALED) else ""
    )
