"""What the cells of one column are: times and by which patterns, amounts and in which unit, words and what they mean.

Patterns are tried by the very functions that read with them, so that a draft says nothing its reader would not do.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from tillkeeper.formats.canonical.reading import ZONE
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts import values
from tillkeeper.formats.layouts.declaration import ISO
from tillkeeper.formats.layouts.drafts.words import CELLS

DAYS: Final = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y",
)  # fmt: skip
CLOCKS: Final = ("%H:%M:%S", "%H%M%S", "%H:%M", "%H时%M分%S秒")
GAPS: Final = (" ", "", "T")
MOMENTS: Final = (ISO, *(f"{day}{gap}{clock}" for gap in GAPS for clock in CLOCKS for day in DAYS))
YEARLESS: Final = ("%m%d%H%M%S", "%m-%d %H:%M:%S", "%m-%d %H:%M")
MOST_PATTERNS: Final = 3
MOST_WORDS: Final = 40  # more are no kinds or states
_NOTHING: Final = ("-", "--", "—", "/", "无", "null", "NULL")
_FEN_TITLE: Final = re.compile(r"分[)）\]】]?\s*$|_minor$|\b(fen|cents?|minor)\b", re.IGNORECASE)
_PADDED: Final = re.compile(r"0\d{9,14}$")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):?[0-5]\d(:?[0-5]\d)?$")
_SHOWS_FRACTION: Final = re.compile(r"\.\d")
_CURRENCY: Final = re.compile(r"[A-Z]{3}$")


def said(column: Iterable[str]) -> list[str]:
    """Return the cells that say something."""
    return [cell for cell in column if cell]


def patterns_of(column: Sequence[str], of: str) -> tuple[str, ...]:
    """Return the patterns that read every cell: few, the likeliest first; () where none does.

    Args:
        column: cells.
        of: "day", "moment", or "joined": a day and a clock with nothing between.
    """
    cells = said(column)
    if not cells:
        return ()
    left, chosen = pl.Series(list(dict.fromkeys(cells)), dtype=pl.String), list[str]()
    candidates = {"day": DAYS, "moment": MOMENTS, "joined": _joined()}[of]
    while len(left) and len(chosen) < MOST_PATTERNS:
        best, rest = _best(left, candidates, of)
        if not best:
            return ()
        chosen.append(best)
        left = rest
    return () if len(left) else tuple(chosen)


def _joined() -> tuple[str, ...]:
    return tuple(f"{day}{clock}" for clock in CLOCKS for day in DAYS)


def _best(left: pl.Series, candidates: Iterable[str], of: str) -> tuple[str, pl.Series]:
    """Return the pattern that reads most of what is left, and what it does not read."""
    best, rest = "", left
    for one in candidates:
        read = values.date(left, (one,)) if of == "day" else values.moment(left, (one,), ZONE)
        unread = left.filter(read.is_null())
        if len(unread) < len(rest):
            best, rest = one, unread
        if not len(rest):
            break
    return best, rest


def is_clock(column: Sequence[str]) -> bool:
    """Say whether cells are times of a day without the day."""
    cells = said(column)
    return bool(cells) and all(_CLOCK.match(cell) for cell in cells)


def amount_of(title: str, column: Sequence[str]) -> dict[str, Any] | None:
    """Return how amounts are written: type and cells that say nothing; None: these are none."""
    cells = said(column)
    blank = [one for one in _NOTHING if one in cells]
    told = pl.Series([cell for cell in cells if cell not in blank], dtype=pl.String)
    kind = "fen" if _is_fen(title, told.to_list()) else "yuan"
    read = values.fen(told) if kind == "fen" else values.yuan(told, 2)
    if read.null_count():
        return None
    return {"type": kind, **({"blank": blank} if blank else {})}


def is_unsure(title: str, column: Sequence[str]) -> bool:
    """Say whether whole numbers leave open which unit they are."""
    cells = said(column)
    return bool(cells) and not _is_fen(title, cells) and not any(map(_SHOWS_FRACTION.search, cells))


def _is_fen(title: str, cells: Sequence[str]) -> bool:
    fraction = any(map(_SHOWS_FRACTION.search, cells))
    padded = bool(cells) and all(map(_PADDED.match, cells))
    return not fraction and (padded or bool(_FEN_TITLE.search(title)))


def has_negative(column: Iterable[str]) -> bool:
    """Say whether an amount is below zero."""
    return any(cell.startswith("-") for cell in column)


def words_of(role: Role, column: str, cells: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return what each cell means, and the cells whose meaning is not known."""
    known: Mapping[str, str] = CELLS[role, column]
    told, unknown = dict[str, str](), list[str]()
    for cell in dict.fromkeys(said(cells)):
        word = known.get("".join(cell.split()).lower(), "")
        if not word and column == "currency" and _CURRENCY.match(cell):
            word = cell
        if word:
            told[cell] = word
        else:
            unknown.append(cell)
    return told, unknown
