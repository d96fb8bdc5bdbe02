"""What a sample file looks like: its encoding, what divides its lines, its titles, its rows, what stands below them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.bounds import MOST_TITLES, cells_of, plain_title
from tillkeeper.formats.layouts.drafts.words import MEANINGS, TOTALS

DELIMITERS: Final = (",", "\t", "|", ";", "^", "~", "#", "!")
MOST_LINES: Final = 2_000  # that a guess is made from; and as many from the end
LONGEST_LINE: Final = 100_000  # characters that are looked at
MOST_BELOW: Final = 20
_SHARE: Final = 0.5  # of the lines that must be divided alike
_BRACKETS: Final = re.compile(r"[(\[（【].*?[)\]）】]\s*$")
_NUMBER: Final = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, divided. `record` is 0 for a delimited one."""

    encoding: str
    delimiter: str = ""
    quote: str = ""
    record: int = 0
    titles: tuple[str, ...] = ()  # () where there is no header
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[int, ...] = ()  # bytes of each field, fixed width only
    below: tuple[str, ...] = ()  # lines below the rows

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.rows[0]) if self.rows else len(self.titles)

    def column(self, place: int) -> list[str]:
        """Return the cells of one column."""
        return [row[place] if place < len(row) else "" for row in self.rows]


def sample_of(data: bytes) -> Sample | None:
    """Return the sample in bytes; None: neither delimiters nor a fixed width can be told."""
    if b"\0" in data or not data.strip():
        return None
    encoding = encoding_of(data)
    if not (lines := _lines(data, encoding)):
        return None
    return _delimited(lines, encoding) or _fixed(data, encoding)


def encoding_of(data: bytes) -> str:
    """Return utf-8 or gb18030."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def meanings_of(title: str, role: Role) -> tuple[str, ...]:
    """Return what a title may mean for a role, the likeliest first."""
    known = MEANINGS[role]
    plain = plain_title(title)
    return known.get(plain) or known.get(plain_title(_BRACKETS.sub("", title.strip()))) or ()


def _lines(data: bytes, encoding: str) -> list[str]:
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = [line.rstrip("\r")[:LONGEST_LINE] for line in text.split("\n")]
    if len(lines) > 2 * MOST_LINES:
        lines = lines[:MOST_LINES] + lines[-MOST_LINES:]
    return [line for line in lines if line.strip()]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Lines as one delimiter divides them."""

    delimiter: str
    quote: str
    lines: Sequence[str]
    cells: list[list[str]] = field(default_factory=list)
    width: int = 0

    @property
    def share(self) -> float:
        return sum(1 for one in self.cells if len(one) == self.width) / len(self.lines)


def _delimited(lines: list[str], encoding: str) -> Sample | None:
    quote = '"' if any('"' in line for line in lines) else ""
    cuts = [_cut(lines, one, quote) for one in DELIMITERS]
    best = max(cuts, key=_fitness)
    if best.width < 2 or best.share < _SHARE:
        return None
    header = _header(best)
    start = 0 if header is None else header + 1
    stop = _end(best, start)
    inside = range(start, stop)
    rows = [
        tuple(_clean(c) for c in best.cells[i]) for i in inside if len(best.cells[i]) == best.width
    ]
    titles = () if header is None else tuple(_clean(cell) for cell in best.cells[header])
    return Sample(
        encoding, best.delimiter, quote, titles=titles, rows=tuple(rows), below=tuple(lines[stop:])
    )


def _fitness(cut: _Cut) -> tuple[bool, float, int]:
    return cut.share >= _SHARE and cut.width > 1, round(cut.share, 1), cut.width


def _cut(lines: Sequence[str], delimiter: str, quote: str) -> _Cut:
    cells = [cells_of(line, delimiter, quote) for line in lines]
    counted = Counter(len(one) for one in cells if len(one) > 1)
    # Among widths that are as frequent the wider: a header and one row are two lines.
    width = max(counted, key=lambda one: (counted[one], one), default=0)
    return _Cut(delimiter, quote, lines, cells, width)


def _header(cut: _Cut) -> int | None:
    """Return the line of titles: known ones, else words above a line with digits."""
    widths = {
        cut.width,
        cut.width - 1,
    }  # some exporters end rows, but not the header, with a delimiter
    top = [i for i in range(min(MOST_TITLES, len(cut.cells))) if len(cut.cells[i]) in widths]
    for i in top:
        known = sum(1 for cell in cut.cells[i] if any(meanings_of(cell, role) for role in Role))
        if known >= 2 and known * 4 >= len(cut.cells[i]):
            return i
    return next((i for i in top[:1] if _is_wordy(cut, i)), None)


def _is_wordy(cut: _Cut, line: int) -> bool:
    cells = [_clean(cell) for cell in cut.cells[line]]
    named = [cell for cell in cells if cell]
    words = not any(_NUMBER.match(cell) or cell.startswith("-") for cell in named)
    after = "".join(cut.cells[line + 1]) if line + 1 < len(cut.cells) else ""
    return (
        len(named) > 1 and len(set(named)) == len(named) and words and bool(_NUMBER.search(after))
    )


def _end(cut: _Cut, start: int) -> int:
    """Return where the rows end: at the first line of totals, or where lines are divided otherwise, to the end."""
    first = len(cut.cells)
    for i in range(len(cut.cells) - 1, max(start, len(cut.cells) - MOST_BELOW) - 1, -1):
        told = cut.lines[i].lstrip(" \t\"'`").lower().startswith(TOTALS)
        if len(cut.cells[i]) == cut.width and not told:
            break
        first = i
    return first


def _clean(cell: str) -> str:
    return cell.strip(PADDING + "'\"")


def _fixed(data: bytes, encoding: str) -> Sample | None:
    """Return records of one length, cut where every one of them has a blank."""
    records = [one.removesuffix(b"\r") for one in data.split(b"\n")]
    records = [one for one in records if one.strip(b" \x1a")][:MOST_LINES]
    length = len(records[0]) if records else 0
    if length < 2 or any(len(one) != length for one in records):
        return None
    blank = [all(one[i : i + 1] == b" " for one in records) for i in range(length)]
    starts = [i for i in range(length) if not blank[i] and (i == 0 or blank[i - 1])]
    bounds = [0, *starts[1:], length] if starts else [0, length]
    widths = tuple(b - a for a, b in pairwise(bounds))
    rows = tuple(
        tuple(
            one[a:b].decode(encoding, errors="replace").strip(PADDING) for a, b in pairwise(bounds)
        )
        for one in records
    )
    return Sample(encoding, record=length, rows=rows, widths=widths)
