"""Bindings of known terminals as rows of plain values: the old one ends, the new one begins, the terminal follows."""

from dataclasses import dataclass
from typing import Any, Final

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import as_stored, insert_rows, update_rows
from tillkeeper.terminals.lifecycle import BOUND, Holder, State, Step
from tillkeeper.terminals.models import Binding, ImportChange, StepTaken, Terminal
from tillkeeper.terminals.services.imports.changes import held, plain
from tillkeeper.terminals.services.imports.merchants import Merchant
from tillkeeper.terminals.services.imports.run import RowRefused, Run
from tillkeeper.terminals.services.imports.sites import Site
from tillkeeper.terminals.services.imports.terminal_columns import (
    BINDING_COLUMNS,
    STEP_COLUMNS,
    begin_of,
)

# What a binding changes on the terminal's own row, and an undo puts back.
FOLLOWING: Final = (
    "state", "state_since", "organisation_id", "path", "site_id", "binding_id", "holder", "holder_name", "held_since",
    "keyed", "accepted",
)  # fmt: skip


@dataclass(slots=True)
class Rebinding:
    """A row that stands, with everything it points at."""

    entry: Entry
    known: dict[str, Any]
    merchant: Merchant
    site: Site
    acquirer: str


class Rebindings:
    """Collects a chunk's bindings."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[Rebinding] = []

    def add(self, rebinding: Rebinding) -> None:
        """Keep a binding until the chunk is written."""
        self._waiting.append(rebinding)

    def write(self) -> None:
        """Write them; merchants and sites are written already."""
        waiting, self._waiting = self._waiting, []
        run = self._run
        if run.writes and waiting:
            waiting = self._unmoved(waiting)
            self._write(waiting)
        for item in waiting:
            if item.known["state"] in BOUND:
                run.counts.changed += 1
            else:
                run.counts.new += 1
            self._audit(item)
        run.counts.made["bindings"] += len(waiting)

    def _write(self, waiting: list[Rebinding]) -> None:
        run = self._run
        ended = [item.known["binding_id"] for item in waiting if item.known["binding_id"]]
        Binding.objects.filter(pk__in=ended, valid_to=None).update(valid_to=run.at)
        ids = run.keys(Binding, len(waiting))
        insert_rows(
            Binding,
            BINDING_COLUMNS,
            [self._binding(pk, item) for pk, item in zip(ids, waiting, strict=True)],
        )
        update_rows(
            Terminal,
            [
                (item.known["id"], self._columns(pk, item))
                for pk, item in zip(ids, waiting, strict=True)
            ],
        )
        opened = [item for item in waiting if item.known["state"] not in BOUND]
        insert_rows(StepTaken, STEP_COLUMNS, [self._history(item) for item in opened])
        ImportChange.objects.bulk_create([self._undo(item) for item in waiting], batch_size=2_000)

    def _unmoved(self, waiting: list[Rebinding]) -> list[Rebinding]:
        versions = held("terminal", sorted(item.known["id"] for item in waiting))
        kept = []
        for item in waiting:
            if versions.get(item.known["id"]) == item.known["version"]:
                kept.append(item)
            else:
                self._run.refuse(item.entry, RowRefused("serial", "ledger.changed_meanwhile"))
        return kept

    def _binding(self, pk: int, item: Rebinding) -> tuple[Any, ...]:
        merchant, site, values = item.merchant, item.site, item.entry.values
        moment = Binding._meta.get_field("valid_from")
        # After another binding it begins now: when that one really ended, the ledger does not say.
        begins = (
            self._run.at
            if item.known["binding_id"]
            else begin_of(values.get("installed_on"), self._run.at)
        )
        return (
            pk, item.known["id"], merchant.id, site.id, item.acquirer, values["terminal_id"], merchant.holder_code,
            merchant.account_masked, merchant.account_hash, site.address, values.get("network_reference", ""), "",
            self._run.number, as_stored(moment, begins),
        )  # fmt: skip

    def _columns(self, binding: int, item: Rebinding) -> dict[str, Any]:
        site, state = item.site, item.known["state"]
        columns = {
            "organisation_id": site.node_id, "path": site.path, "site_id": site.id, "binding_id": binding,
            "holder": Holder.SITE.value, "holder_name": site.name, "held_since": self._run.at,
        }  # fmt: skip
        if state not in BOUND:
            columns |= {
                "state": State.ACTIVE.value, "state_since": self._run.at, "keyed": True, "accepted": True,
            }  # fmt: skip
        return columns

    def _history(self, item: Rebinding) -> tuple[Any, ...]:
        run, name = self._run, item.site.name
        moment = StepTaken._meta.get_field("at")
        return (
            item.known["id"], Step.OPEN.value, item.known["state"], State.ACTIVE.value, run.number, "", str(run.by), "",
            as_stored(moment, run.at), Holder.SITE.value, name, name, "",
        )  # fmt: skip

    def _undo(self, item: Rebinding) -> ImportChange:
        return ImportChange(
            run_id=self._run.run_id,
            subject="terminal",
            subject_id=item.known["id"],
            before={name: plain(item.known[name]) for name in FOLLOWING},
            version=item.known["version"] + 1,
        )

    def _audit(self, item: Rebinding) -> None:
        known = item.known
        before = {
            "state": known["state"],
            "merchant": known["binding__merchant__number"],
            "terminal_id": known["binding__tid"],
            "site": known["site__code"],
        }
        after = {
            "state": known["state"] if known["state"] in BOUND else State.ACTIVE,
            "merchant": item.merchant.number,
            "terminal_id": item.entry.values["terminal_id"],
            "site": item.site.code,
            "document": self._run.number,
        }
        self._run.record(
            "terminal.bind", f"terminal:{known['serial']}", item.site.path, before, after
        )
