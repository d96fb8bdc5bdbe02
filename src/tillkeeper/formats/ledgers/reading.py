"""Rows of a ledger into entries and refusals. One bad row never stops the good ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tillkeeper.formats.identifiers import (
    holds_pan,
    looks_like_pan,
    mask_account,
    mask_id_number,
    mask_pan,
    mask_pans_in,
    mask_phone,
)
from tillkeeper.formats.ledgers.card_guard import CardGuard, digits_of
from tillkeeper.formats.ledgers.cells import CellRefused, Cleaner, cleaner, is_damaged_number
from tillkeeper.formats.ledgers.columns import FIELDS, LedgerKind, kind_named
from tillkeeper.formats.ledgers.errors import ColumnsMissing, MappingWrong
from tillkeeper.formats.ledgers.layout import CellValue, Row
from tillkeeper.formats.ledgers.refusals import Entry, Refusal, RefusedRow
from tillkeeper.formats.ledgers.table import Table

SHOWN_CHARACTERS: Final = 80
# Strings remembered for each column: enough for models, places, days, states.
REMEMBERED: Final = 4096
_SHOWN_MASKED: Final = {
    "account": mask_account,
    "id_number": mask_id_number,
    "phone": mask_phone,
}


def read_entries(
    table: Table, mapping: Mapping[int, str | None], kind: str
) -> Iterator[Entry | RefusedRow]:
    """Read all rows of an open ledger, cleaned, in the order of the file.

    The file is gone through twice: once for the card guard, which judges whole columns, and once
    for the values. Nothing but single rows is held in memory.

    Args:
        table: an open ledger.
        mapping: column (from 0) to field; None or absent where a column is not read.
        kind: a key of `KINDS`.

    Raises:
        UnknownKind, MappingWrong, ColumnsMissing: before the first row.
    """
    reader = _Reader(table, check_mapping(table.layout.titles, mapping, kind), kind_named(kind))
    return reader.read()


def check_mapping(
    titles: Sequence[str], mapping: Mapping[int, str | None], kind: str
) -> dict[int, str]:
    """Return the mapping without its unread columns.

    Raises:
        UnknownKind: there is no such kind of ledger.
        MappingWrong: a field is unknown, or given twice, or to a column that is not there.
        ColumnsMissing: a required field has no column.
    """
    known = kind_named(kind)
    taken: dict[int, str] = {}
    for index, name in mapping.items():
        if not name:
            continue
        if name not in known.fields or name in taken.values() or not 0 <= index < len(titles):
            raise MappingWrong(column=index + 1, field=name)
        taken[index] = name
    missing = [name for name in known.required if name not in taken.values()]
    if missing:
        raise ColumnsMissing(fields=", ".join(FIELDS[name].en for name in missing))
    return taken


class _Column:
    """One mapped column: its cleaner, and the answers for strings already seen in it."""

    __slots__ = ("clean", "index", "name", "seen")

    def __init__(self, index: int, name: str) -> None:
        self.index = index
        self.name = name
        self.clean: Cleaner = cleaner(FIELDS[name].cell, name)
        self.seen: dict[str, object] = {}


class _Reader:
    """Reads one table with one mapping. Cleaners are made once for each column."""

    def __init__(self, table: Table, mapping: dict[int, str], kind: LedgerKind) -> None:
        self._table = table
        self._titles = table.layout.titles
        self._width = len(self._titles)
        self._kinds = {index: FIELDS[name].cell for index, name in mapping.items()}
        self._columns = [_Column(index, name) for index, name in mapping.items()]
        self._required = kind.required
        self._column_of = {name: index for index, name in mapping.items()}
        self._accounts = [i for i, cell in self._kinds.items() if cell == "account"]
        self._guard = CardGuard(mapping)

    def read(self) -> Iterator[Entry | RefusedRow]:
        self._guard.survey(self._table.rows())
        flaws, width, careful = self._table.flaws, self._width, bool(self._guard.columns)
        for line, raw in self._table.rows():
            refused: list[Refusal] = []
            if line in flaws or len(raw) > width or careful:
                refused = self._flawed(line, raw)
            yield self._entry(line, raw, refused)
        if (broken := self._table.unclosed_quote) is not None:
            yield RefusedRow(broken, (Refusal(broken, "", "", "ledger.unclosed_quote"),), ())

    def _entry(self, line: int, raw: Row, refused: list[Refusal]) -> Entry | RefusedRow:
        values = self._cleaned(line, raw, refused)
        for name in self._required:
            if name not in values:
                self._require(line, name, refused)
        if refused:
            return RefusedRow(line, tuple(refused), self._fit_to_keep(raw))
        safe = self._fit_to_keep(raw) if self._accounts else raw
        return Entry(line, values, safe)

    def _cleaned(  # noqa: C901  the hot loop: two million cells; a call for each costs a second
        self, line: int, raw: Row, refused: list[Refusal]
    ) -> dict[str, object]:
        """Return the row's typed values; add to `refused` what is wrong with the rest."""
        values: dict[str, object] = {}
        bad = {refusal.column for refusal in refused} if refused else ()
        for column in self._columns:
            cell = raw[column.index]
            if cell == "" or cell is None:
                continue
            seen = column.seen
            try:
                if cell.__class__ is not str:
                    value = column.clean(cell)
                elif cell in seen:
                    value = seen[cell]
                else:
                    value = column.clean(cell)
                    if len(seen) < REMEMBERED:
                        seen[cell] = value
            except CellRefused as error:
                if self._titles[column.index] not in bad:
                    refusal = self._refusal(line, column.index, cell, error.code, error.facts)
                    refused.append(refusal)
                continue
            if value is not None:
                values[column.name] = value
        return values

    def _require(self, line: int, name: str, refused: list[Refusal]) -> None:
        title = self._titles[self._column_of[name]]
        if all(refusal.column != title for refusal in refused):
            refused.append(Refusal(line, title, "", "ledger.required_missing"))

    def _flawed(self, line: int, raw: Row) -> list[Refusal]:
        """Return what is wrong with a row before any of its cells is cleaned."""
        found = []
        for index, code in self._table.flaws.get(line, ()):
            if code == "ledger.merged_cells" or index in self._kinds:
                found.append(self._refusal(line, index, "", code, {}))
        extra = [cell for cell in raw[self._width :] if cell not in {"", None}]
        if extra:
            facts: dict[str, object] = {"cells": len(raw), "titles": self._width}
            found.append(Refusal(line, "", "", "ledger.too_many_cells", facts))
            if any(self._is_card(self._width, cell) for cell in extra):
                found.append(Refusal(line, "", "", "ledger.card_number", {}))
        found.extend(
            self._refusal(line, index, raw[index], "ledger.card_number", {})
            for index in self._guard.columns
            if self._guard.refuses(index, raw[index])
        )
        return found

    def _refusal(
        self, line: int, index: int, cell: CellValue, code: str, facts: Mapping[str, object]
    ) -> Refusal:
        return Refusal(line, self._titles[index], self._shown(index, cell, code), code, facts)

    def _shown(self, index: int, cell: CellValue, code: str) -> str:
        """Return a cell as a message may show it."""
        if is_damaged_number(cell):
            return _rounded(cell)
        text = " ".join(str(cell).split())
        if code == "ledger.card_number":
            digits = digits_of(cell)
            return mask_pan(digits) if digits else _cut(mask_pans_in(text))
        masked = _SHOWN_MASKED.get(self._kinds.get(index, ""))
        return _cut(masked(text) if masked else mask_pans_in(text))

    def _fit_to_keep(self, raw: Row) -> Row:
        """Return the row with every card number in it masked, those of accounts too."""
        return tuple(
            self._masked(cell) if self._is_card(index, cell) else cell
            for index, cell in enumerate(raw)
        )

    def _is_card(self, index: int, cell: CellValue) -> bool:
        if index in self._accounts or index >= self._width:
            return looks_like_pan(digits_of(cell)) or holds_pan(str(cell))
        return index in self._guard.columns and self._guard.refuses(index, cell)

    def _masked(self, cell: CellValue) -> CellValue:
        digits = digits_of(cell)
        return mask_pan(digits) if digits else mask_pans_in(str(cell))


def _rounded(cell: CellValue) -> str:
    """Return a long number with no more digits than Excel shows of it: it may be a card's."""
    if isinstance(cell, str):
        mantissa, _e, exponent = cell.strip().upper().partition("E")
        return f"{mantissa[:4]}E{exponent}"
    return f"{cell:.2E}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
