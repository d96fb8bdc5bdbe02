"""The shape of a ledger file: where its titles stand, what they are, and how to know it again."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final

# What a cell may hold as read. Blank is "" in every kind of file; None only where a row was short.
CellValue = str | int | float | bool | date | datetime | time | timedelta | None
Row = tuple[CellValue, ...]
Source = Path | BytesIO  # a workbook on a disk, or the head of one

HEADER_WITHIN_ROWS: Final = 20
SEVERAL: Final = 2
MAX_COLUMNS: Final = 120

_BRACKETED: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕")
_NOT_TELLING: Final = re.compile(r"[\s*:：_\-/.,、#№'\"\u200b-\u200f\ufeff]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out. Two files of one layout can use the same column mapping.

    Attributes:
        kind: "csv", "xlsx" or "xls".
        encoding: of a CSV file, as Python names it; "" for workbooks.
        delimiter: of a CSV file; "" for workbooks.
        sheet: name of the sheet read; "" for CSV.
        header_line: the line or row the titles stand in, counted from 1.
        titles: as they stand in the file, blanks around them cut.
        fingerprint: SHA-256 of the normalised titles, in hexadecimal.
    """

    kind: str
    encoding: str
    delimiter: str
    sheet: str
    header_line: int
    titles: tuple[str, ...]
    fingerprint: str


def normalise_title(title: str) -> str:
    """Return a title without what people vary: case, width, blanks, brackets, stars, colons."""
    plain = unicodedata.normalize("NFKC", title)
    bare = _BRACKETED.sub("", plain)
    return _NOT_TELLING.sub("", bare or plain).casefold()


def bracketed_parts(title: str) -> tuple[str, ...]:
    """Return what stands in brackets inside a title, normalised: `编号（SN）` gives `sn`."""
    found = _BRACKETED.findall(unicodedata.normalize("NFKC", title))
    return tuple(normalise_title(part) for groups in found for part in groups if part)


def title_text(cell: CellValue) -> str:
    """Return a title cell as one line of text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).replace("\ufeff", "").split())


def fingerprint(titles: Sequence[str]) -> str:
    """Return the SHA-256 of the normalised titles: the same for every file of one layout."""
    joined = "\x1f".join(normalise_title(title) for title in titles)
    return hashlib.sha256(joined.encode()).hexdigest()


def is_blank_row(row: Sequence[CellValue]) -> bool:
    """Say whether a row holds nothing, or nothing but blanks."""
    for cell in row:
        if isinstance(cell, str):
            if cell and not cell.isspace():
                return False
        elif cell is not None:
            return False
    return True


def find_header(
    rows: Sequence[tuple[int, Row]], is_known: Callable[[str], bool]
) -> tuple[int, tuple[str, ...]] | None:
    """Return line and titles of the header among the first rows of a file, or None.

    It is the first row in which several cells are titles that we know: a banner such as
    `XX支行POS机具台账` above it is skipped. Where no row has several, the first row that is not
    blank is taken, so that titles nobody has met before can still be mapped by hand.
    """
    first: tuple[int, tuple[str, ...]] | None = None
    for line, row in rows[:HEADER_WITHIN_ROWS]:
        titles = tuple(title_text(cell) for cell in row)
        if not any(titles):
            continue
        if sum(1 for title in titles if title and is_known(title)) >= SEVERAL:
            return line, _trimmed(titles)
        first = first or (line, _trimmed(titles))
    return first


def _trimmed(titles: tuple[str, ...]) -> tuple[str, ...]:
    last = max(index for index, title in enumerate(titles) if title)
    return titles[: last + 1]
