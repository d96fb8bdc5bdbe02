"""The records of a BAI2 file: physical lines into records with their continuations, whatever the line breaks."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine
from tillkeeper.formats.statements.lines import numbered_lines

CONTINUATION: Final = "88"
_CODES: Final = "01|02|03|16|49|88|98|99"
_BEGIN: Final = re.compile(rf"\s*({_CODES}),(.*)", re.DOTALL)
_JOINED: Final = re.compile(rf"/\s+(?=(?:{_CODES}),)")
_EXTRA_FIELDS: Final = {"V": 2, "S": 3}  # funds types that bring further fields
_TYPE_CODE: Final = re.compile(r"\d{3}")


@dataclass(slots=True)
class Record:
    """One record with its continuations. Each piece is what stands behind a code, without the closing slash."""

    code: str
    line: int
    pieces: list[str] = field(default_factory=list)
    physical: int = 1  # records as the trailers count them: continuations too

    def fields(self) -> list[str]:
        """Return all fields, those of continuations behind the others."""
        return [cell.strip() for piece in self.pieces for cell in piece.split(",")]


@dataclass(frozen=True, slots=True)
class Summary:
    """A figure of an account record: a balance or a total by its type code."""

    code: str
    amount: str  # "" where the bank leaves it out
    count: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A transaction detail as written."""

    code: str
    amount: str
    valued: str  # yymmdd, "" where none is named
    bank_reference: str
    customer_reference: str
    text: str


def records(path: Path) -> Iterator[Record]:
    """Yield the records of a file.

    Several records on one line, parted by blanks, are taken apart; a line that begins with no record code goes on
    with the text before it.

    Raises:
        TooLarge: a line beyond the limit.
        BadLine: the first line begins no record, or a continuation continues nothing.
    """
    current: Record | None = None
    for number, line in numbered_lines(path):
        for part in filter(str.strip, _JOINED.split(line)):
            begins = _BEGIN.fullmatch(part)
            if begins and begins[1] != CONTINUATION:
                if current:
                    yield current
                current = Record(begins[1], number, [_bare(begins[2])])
                continue
            if current is None:
                raise BadLine(
                    name=path.name,
                    line=number,
                    column="record code",
                    value=quoted(part),
                    reason="begins no BAI2 record",
                )
            _go_on(current, begins[2] if begins else None, part)
    if current:
        yield current


class _Cells:
    """The fields of a record one after the other, across its pieces."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = deque(pieces)
        self._cells: deque[str] = deque()
        self._next_piece()

    def __bool__(self) -> bool:
        return bool(self._cells or self._pieces)

    def take(self) -> str:
        """Return the next field, in the next piece if need be; "" behind the last."""
        if not self._cells:
            self._next_piece()
        return self._cells.popleft().strip() if self._cells else ""

    def take_optional(self) -> str:
        """Return the next field; "" where the piece leaves it out and the next one begins with a type code."""
        if not self._cells and self._pieces:
            ahead = self._pieces[0].split(",", 1)[0].strip()
            if _TYPE_CODE.fullmatch(ahead):
                return ""
        return self.take()

    def take_extras(self, funds: str) -> list[str]:
        """Return the further fields that a funds type brings."""
        number = _EXTRA_FIELDS.get(funds, 0)
        if funds == "D":
            spread = self.take_optional()
            number = 2 * int(spread[:4]) if spread.isascii() and spread.isdecimal() else 0
        return [self.take_optional() for _ in range(number)]

    def rest(self) -> str:
        """Return what is left, as text."""
        left = [",".join(self._cells), *self._pieces]
        return " ".join(" ".join(left).split())

    def _next_piece(self) -> None:
        if self._pieces:
            self._cells.extend(self._pieces.popleft().split(","))


def summaries_of(record: Record) -> Iterator[Summary]:
    """Yield the figures of an account record (03), behind its account and currency."""
    cells = _Cells(record.pieces)
    cells.take(), cells.take()
    while cells:
        code, amount = cells.take(), cells.take_optional()
        count, funds = cells.take_optional(), cells.take_optional()
        cells.take_extras(funds.upper())
        if code:
            yield Summary(code, amount, count)


def detail_of(record: Record) -> Detail:
    """Return a transaction detail (16). Its text may hold commas, and go on in continuations."""
    cells = _Cells(record.pieces)
    code, amount, funds = cells.take(), cells.take(), cells.take().upper()
    extras = cells.take_extras(funds)
    bank, customer = cells.take(), cells.take()
    valued = extras[0] if funds == "V" else ""
    return Detail(code, amount, valued, bank, customer, cells.rest())


def _go_on(record: Record, continued: str | None, part: str) -> None:
    if continued is None:  # the text went over the line end
        record.pieces[-1] = _bare(f"{record.pieces[-1]} {part.strip()}")
        return
    record.pieces.append(_bare(continued))
    record.physical += 1


def _bare(piece: str) -> str:
    """Return what stands before the closing slash."""
    return piece.rstrip().removesuffix("/")
