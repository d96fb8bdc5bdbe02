"""What one pass over a ledger has at hand: whose it is, what it may see, what came of it so far."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, models

from tillkeeper.formats.identifiers import mask_account, mask_id_number, mask_phone
from tillkeeper.formats.ledgers.layout import CellValue, title_text
from tillkeeper.formats.ledgers.refusals import Entry, Refusal, RefusedRow
from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.audit import record_change
from tillkeeper.kernel.bulk import reserve_ids
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import intake
from tillkeeper.terminals.services.imports.personal import FIELDS as PERSONAL
from tillkeeper.terminals.services.imports.refused import RefusalSink

NOTED_VALUES: Final = 20
PAST_DAYS: Final = ("purchased_on", "received_on", "installed_on")
SHOWN: Final = 80
# Higher than any key the database will give, so that a dry run's rows never meet real ones.
DRY_KEYS_FROM: Final = 1 << 40
_MASKED: Final = {
    "id_number": mask_id_number,
    "phone": mask_phone,
    "settlement_account": mask_account,
}
_VEILED: Final = {name: _MASKED[name] for name in PERSONAL}


class RowRefused(Exception):
    """A row is not taken. `field` is the column it is about, "" for the row as a whole."""

    def __init__(self, field: str, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.field = field
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree that rows may come in under."""

    id: int
    path: str
    code: str
    name: str


@dataclass(slots=True)
class Note:
    """Something people should know though nothing was refused for it."""

    count: int = 0
    values: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """How many rows came to what, and what else was made on the way."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    made: Counter[str] = field(default_factory=Counter)
    notes: dict[str, Note] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows gone through."""
        return self.new + self.changed + self.same + self.refused

    def as_json(self) -> dict[str, Any]:
        """The form kept on the import's row."""
        made = {
            name: self.made[name]
            for name in ("models", "merchants", "sites", "vendors", "bindings")
        }
        notes = [
            {"code": code, "count": n.count, "values": n.values} for code, n in self.notes.items()
        ]
        return {
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "refused": self.refused,
            "made": made,
            "notes": notes,
        }


@dataclass(slots=True)
class Run:
    """One pass. `writes` is False for a dry run: everything is judged, nothing is written."""

    number: str
    run_id: int
    node: Node
    root_code: str
    by: Actor
    at: datetime
    writes: bool
    titles: Sequence[str]
    columns: Mapping[int, str]  # column from 0 -> field
    sink: RefusalSink
    counts: Counts = field(default_factory=Counts)
    seen: Scope = field(init=False)
    _column_of: dict[str, int] = field(init=False)
    waiting: list[RefusedRow] = field(default_factory=list)
    _dry_key: int = DRY_KEYS_FROM

    def __post_init__(self) -> None:
        self.seen = self.by.scope(Right.VIEW)
        self._column_of = {name: index for index, name in self.columns.items()}

    def refuse(self, entry: Entry, refusal: RowRefused) -> None:
        """Put a row among the refused ones, with the title and the value that stand in the file."""
        index = self._column_of.get(refusal.field)
        shown = "" if index is None else title_text(entry.raw[index])
        shown = _MASKED.get(refusal.field, str)(shown)[:SHOWN]
        column = self.title_of(refusal.field, "")
        cell = Refusal(entry.line, column, shown, refusal.code, refusal.facts)
        self.refuse_row(RefusedRow(entry.line, (cell,), entry.raw))

    def title_of(self, name: str, otherwise: str) -> str:
        """Return the file's own title of a field's column."""
        index = self._column_of.get(name)
        return otherwise if index is None else self.titles[index] or otherwise

    def refuse_row(self, row: RefusedRow) -> None:
        """Put a row that could not even be read among the refused ones."""
        self.counts.refused += 1
        self.waiting.append(replace(row, raw=self._veiled(row.raw)))

    def _veiled(self, raw: tuple[CellValue, ...]) -> tuple[CellValue, ...]:
        """Return a row as the file of refused rows keeps it: accounts and id numbers with their last digits only."""
        veils = {index: _VEILED[name] for index, name in self.columns.items() if name in _VEILED}
        return tuple(
            veils[index](title_text(cell)) if index in veils else cell
            for index, cell in enumerate(raw)
        )

    def hand_over(self) -> None:
        """Write out the rows refused since the last time, in the order of the file."""
        for row in sorted(self.waiting, key=lambda row: row.line):
            self.sink.add(row)
        self.waiting.clear()

    def note(self, code: str, value: str = "") -> None:
        """Count something that people should know of."""
        found = self.counts.notes.setdefault(code, Note())
        found.count += 1
        if value and value not in found.values and len(found.values) < NOTED_VALUES:
            found.values.append(value)

    def keys(self, table: type[models.Model] | intake.Table, count: int) -> list[int]:
        """Return fresh primary keys; in a dry run such that only look like ones."""
        if not self.writes:
            first, self._dry_key = self._dry_key, self._dry_key + count
            return list(range(first, first + count))
        if isinstance(table, str):
            return intake.fresh_ids(table, count)
        return reserve_ids(table, count) if count else []

    def record(
        self, action: str, subject: str, place: str, before: Any = None, after: Any = None
    ) -> None:
        """Add to the audit chain, unless this is a dry run."""
        if self.writes:
            record_change(
                action=action,
                subject=subject,
                place=place,
                by=self.by,
                at=self.at,
                before=before,
                after=after,
            )


def too_long(values: Mapping[str, Any], limits: Mapping[str, int]) -> None:
    """Refuse a row one of whose texts does not fit into its column of the database."""
    for name, value in values.items():
        if name in limits and len(value) > limits[name]:
            raise RowRefused(name, "ledger.too_long", limit=limits[name], length=len(value))


def not_in_future(values: Mapping[str, Any], today: date) -> None:
    """Refuse a row that says that something happened which is still to come; warranties and certificates may end."""
    for name in PAST_DAYS:
        if (day := values.get(name)) and day > today:
            raise RowRefused(name, "ledger.date_in_future")


def day_storer() -> Callable[[date | None], Any]:
    """Return the function that gives a day the form the driver wants it in."""
    if connection.vendor == "sqlite":
        return lambda day: day if day is None else str(day)
    return lambda day: day
