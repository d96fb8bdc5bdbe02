"""Rows of a ledger of terminal models: made with their vendor and approval, or facts changed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import insert_rows
from tillkeeper.terminals.models import ModelApproval, TerminalModel
from tillkeeper.terminals.services.imports.catalogue import Catalogue, Model
from tillkeeper.terminals.services.imports.changes import Change, Changes
from tillkeeper.terminals.services.imports.doubles import Doubles
from tillkeeper.terminals.services.imports.run import RowRefused, Run, day_storer, too_long

LIMITS: Final = {
    "model_code": 40,
    "model_name": 80,
    "vendor": 120,
    "pts_version": 8,
    "approval_no": 40,
}
COLUMNS: Final = {
    "model_name": "name", "form": "form", "pts_version": "pts_version", "end_of_sale_on": "end_of_sale_on",
    "end_of_support_on": "end_of_support_on",
}  # fmt: skip
SCHEME: Final = "pci_pts"
APPROVAL_COLUMNS: Final = (
    "model_id", "scheme", "number", "hardware_version", "firmware_version", "expires_on", "waiver", "source",
)  # fmt: skip


class ModelRows:
    """Takes chunks of a ledger of models."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._catalogue = Catalogue(run)
        self._changes = Changes(run, "model", "model_code")
        self._seen = Doubles()
        self._known: dict[str, Mapping[str, Any]] = {}
        self._approved: set[tuple[str, str]] = set()
        self._new: list[tuple[Model, Entry]] = []

    def take(self, entries: Sequence[Entry]) -> None:
        """Judge a chunk, and write what stands."""
        self._catalogue.load(entries)
        codes = {entry.values["model_code"] for entry in entries}
        rows = TerminalModel.objects.filter(code__in=codes)
        names = ("id", "code", "version", "vendor__name", "vendor__code", *COLUMNS.values())
        self._known = {row["code"]: row for row in rows.values(*names)}
        approvals = ModelApproval.objects.filter(model__code__in=codes, scheme=SCHEME)
        self._approved = set(approvals.values_list("model__code", "number"))
        for entry in entries:
            try:
                self._judge(entry)
            except RowRefused as refusal:
                self._run.refuse(entry, refusal)
        self._catalogue.write()
        self._write_facts()
        self._changes.write()

    def _judge(self, entry: Entry) -> None:
        values = entry.values
        code = values["model_code"]
        if first := self._seen.line(code):
            if not self._seen.is_same(code, entry.digest):
                raise RowRefused("model_code", "ledger.model_twice", first=first)
            self._run.counts.same += 1
            return
        too_long(values, LIMITS)
        if known := self._known.get(code):
            self._judge_known(entry, known)
        else:
            self._new.append((self._catalogue.add_model(code, values.get("vendor")), entry))
            self._run.counts.new += 1
        self._seen.add(code, entry.line, entry.digest)

    def _judge_known(self, entry: Entry, known: Mapping[str, Any]) -> None:
        values = entry.values
        if (vendor := values.get("vendor")) and vendor not in (
            known["vendor__name"],
            known["vendor__code"],
        ):
            raise RowRefused("vendor", "ledger.model_of_another_vendor", now=known["vendor__name"])
        after = {
            column: values[field]
            for field, column in COLUMNS.items()
            if field in values and values[field] != known[column]
        }
        adds = _approves(values) and (known["code"], values["approval_no"]) not in self._approved
        if not after and not adds:
            self._run.counts.same += 1
            return
        if adds:
            self._write_approvals([(known["id"], values)])
        before = {column: known[column] for column in after}
        path = self._run.node.path
        self._changes.add(
            Change(known["id"], known["code"], path, known["version"], before, after, entry)
        )

    def _write_facts(self) -> None:
        """Give new models the facts beyond code and vendor."""
        new, self._new = self._new, []
        if not self._run.writes:
            return
        for model, entry in new:
            facts = {
                column: entry.values[field]
                for field, column in COLUMNS.items()
                if field in entry.values
            }
            if facts:
                TerminalModel.objects.filter(pk=model.id).update(**facts)
        self._write_approvals(
            [(model.id, entry.values) for model, entry in new if _approves(entry.values)]
        )

    def _write_approvals(self, approvals: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        if self._run.writes:
            stored_day = day_storer()
            rows = [
                (
                    pk,
                    SCHEME,
                    v["approval_no"],
                    "",
                    "",
                    stored_day(v["approval_expires_on"]),
                    "",
                    self._run.number,
                )
                for pk, v in approvals
            ]
            insert_rows(ModelApproval, APPROVAL_COLUMNS, rows)


def _approves(values: Mapping[str, Any]) -> bool:
    return "approval_no" in values and "approval_expires_on" in values
