"""Keeps card numbers out. A column is judged, not a single cell.

One digit string in ten passes the Luhn check by chance, so a ledger of 16-digit serial numbers
would lose a tenth of its rows to a guard that looks at one cell. The rule:

1. In columns of free text (names, addresses, remarks, persons) every card number, alone or within a
   sentence, refuses its row.
2. In every other column, mapped or not, a value of card shape is judged with its kin: the values
   of the same column with the same length and the same first two digits, in the whole file. Where
   at least half of the kin pass the Luhn check, all of the kin are taken for card numbers, those
   with a typing mistake too. Else the passing ones pass by chance. So a card number alone among
   serials is caught by its different beginning or length, and a column of cards whole.
   Numbers within a sentence are kin of each other in the same way, and refused where their check holds.
3. In a column of id numbers (身份证号), and within any sentence, a number whose own checksum holds is an id number and
   no card; in a column of dates none is that begins with the year 20...
4. A settlement account may be a card's number (小微商户). It is let through, wrapped in a `Secret`.

What rule 2 cannot tell: a single card number that begins like the serials around it and is as long.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, cast

from tillkeeper.formats.identifiers import (
    SEPARATORS,
    has_pan_shape,
    holds_pan,
    is_id_number,
    looks_like_pan,
    pan_shapes_in,
    passes_luhn,
    written_pan,
)
from tillkeeper.formats.ledgers.field_table import FIELDS
from tillkeeper.formats.ledgers.layout import CellValue, Row

SHORTEST: Final = 13
_BATCH: Final = 2000
_FREE_TEXT: Final = frozenset({"text", "phone"})
_SMALLEST_NUMBER: Final = 10 ** (SHORTEST - 1)

# What groups a number, but no line break: that is where one cell ends.
_LONG_NUMBER: Final = re.compile(rf"[0-9０-９](?:[{SEPARATORS}]{{0,3}}[0-9０-９]){{12}}")

Kin = tuple[int, int, str, bool]  # column, length, first two digits, within a sentence


class CardGuard:
    """Knows, after a `survey` of a file, which of its cells hold card numbers."""

    def __init__(self, mapping: Mapping[int, str]) -> None:
        kinds = {index: FIELDS[field].cell for index, field in mapping.items()}
        self._free = frozenset(i for i, kind in kinds.items() if kind in _FREE_TEXT)
        self._open = frozenset(i for i, kind in kinds.items() if kind == "account")
        self._dates = frozenset(i for i, kind in kinds.items() if kind == "date")
        self._ids = frozenset(i for i, kind in kinds.items() if kind == "id_number")
        self._shaped: Counter[Kin] = Counter()
        self._passing: Counter[Kin] = Counter()
        self._cards: frozenset[Kin] = frozenset()
        self.columns: tuple[int, ...] = ()

    def survey(self, rows: Iterable[tuple[int, Row]]) -> int:
        """Look through the whole file once and return its number of rows."""
        hot: set[int] = set()
        pending = iter(rows)
        count = 0
        while batch := [row for _line, row in islice(pending, _BATCH)]:
            count += len(batch)
            for index, column in enumerate(zip(*batch, strict=False)):
                if index in self._open:
                    continue
                suspects = _with_long_numbers(column)
                if index not in self._free:
                    self._count(index, suspects)
                elif index not in hot and any(map(_holds, suspects)):
                    hot.add(index)
        self._cards = frozenset(
            kin
            for kin, passing in self._passing.items()
            if passing and passing * 2 >= self._shaped[kin]
        )
        self.columns = tuple(sorted(hot | {kin[0] for kin in self._cards}))
        return count

    def refuses(self, index: int, cell: CellValue) -> bool:
        """Say whether the cell in column `index` holds a card number."""
        if index in self._open:
            return False
        if index in self._free:
            return _holds(cell)
        return any(
            kin in self._cards and (passes or not kin[3])
            for kin, passes in self._numbers(index, cell)
        )

    def _count(self, index: int, column: Iterable[CellValue]) -> None:
        for cell in column:
            for kin, passes in self._numbers(index, cell):
                self._shaped[kin] += 1
                self._passing[kin] += passes

    def _numbers(self, index: int, cell: CellValue) -> Iterator[tuple[Kin, bool]]:
        """Yield the kin of each number of card shape in a cell, and whether its check holds."""
        if digits := digits_of(cell):
            if has_pan_shape(digits) and not self._known(index, digits):
                yield (index, len(digits), digits[:2], False), passes_luhn(digits)
        elif cell.__class__ is str and _LONG_NUMBER.search(str(cell)):
            for inner in pan_shapes_in(str(cell)):
                if not is_id_number(inner) and not self._known(index, inner):
                    yield (index, len(inner), inner[:2], True), passes_luhn(inner)

    def _known(self, index: int, digits: str) -> bool:
        """Say whether a number is something else that such a column has."""
        if index in self._dates:
            return digits.startswith("20")
        return index in self._ids and is_id_number(digits)


def _with_long_numbers(column: tuple[CellValue, ...]) -> list[CellValue]:
    """Return the cells in which a number of card length may stand.

    The strings are searched as one text first: most columns have none, and are done with that.
    """
    kinds = set(map(type, column))
    texts = _distinct_texts(column, kinds)
    found: list[CellValue] = []
    if max(map(len, texts), default=0) >= SHORTEST and _LONG_NUMBER.search("\n".join(texts)):
        # as often as they stand there: kin are counted
        found.extend(cell for cell in column if isinstance(cell, str) and len(cell) >= SHORTEST)
    if kinds & {int, float}:
        found.extend(cell for cell in column if isinstance(cell, (int, float)))
    return found


def _distinct_texts(column: tuple[CellValue, ...], kinds: set[type]) -> set[str]:
    if kinds == {str}:
        return set(cast("tuple[str, ...]", column))
    return {cell for cell in column if isinstance(cell, str)}


def digits_of(cell: CellValue) -> str:
    """Return a cell that is nothing but a long number, without its grouping; else ""."""
    if cell.__class__ is str:
        text = str(cell)
        if text.isascii() and text.isdecimal():
            return text if len(text) >= SHORTEST else ""
        bare = text.strip(" \t'\"=\u00a0").replace(" ", "").replace("-", "")
        if not bare.isdecimal():
            return written_pan(bare)
        # full-width and other digits count as what they mean
        return bare if bare.isascii() else "".join(str(int(digit)) for digit in bare)
    if isinstance(cell, (int, float)) and cell >= _SMALLEST_NUMBER and cell < 1e19:
        return str(int(cell))
    return ""


def _holds(cell: CellValue) -> bool:
    if cell.__class__ is str:
        return len(str(cell)) >= SHORTEST and (
            holds_pan(str(cell)) or looks_like_pan(digits_of(cell))
        )
    return looks_like_pan(digits_of(cell))
