"""Times that carry no year (MMDDhhmmss): the year that brings them nearest to a day that is known."""

import re
from datetime import date
from typing import Final

import polars as pl

SHORT: Final = re.compile(r"%m(\D?)%d")


def is_short(pattern: str) -> bool:
    """Say whether a pattern carries no year."""
    return "%Y" not in pattern and "%y" not in pattern and pattern != "iso"


def with_year(
    raw: pl.Series, pattern: str, near: pl.Series, named: date | None, year: int | None
) -> pl.Series:
    """Return the cells with a year of four digits before them; null where none is known.

    Args:
        raw: cells that begin with month and day as `pattern` does.
        pattern: without a year.
        near: for each cell a text that begins with the day it is near to, yyyymmdd, or "".
        named: the day in the file's name, where `near` says none.
        year: the year to take where neither does.
    """
    found = SHORT.match(pattern)
    gap = found[1] if found else ""
    short = raw.str.head(4 + len(gap))
    keys = (near.str.head(8).str.pad_end(8, " ") + short).alias("key")
    told = {
        key: _year(key[:8].strip(), key[8:].replace(gap, "") if gap else key[8:], named, year)
        for key in keys.unique().to_list()
        if key is not None
    }
    return keys.replace_strict(told, default=None, return_dtype=pl.String) + raw


def _year(near: str, short: str, named: date | None, year: int | None) -> str | None:
    known = _day(near) or named
    if known is None and len(near) == 8 and near.isascii() and near.isdigit():
        return near[:4]  # a day that does not exist is told of its own column
    if known is None:
        return None if year is None else f"{year:04}"
    if len(short) != 4 or not (short.isascii() and short.isdigit()):
        return f"{known.year:04}"
    around = [f"{known.year + step:04}" for step in (0, -1, 1)]
    days = [(abs((day - known).days), one) for one in around if (day := _day(one + short))]
    return min(days)[1] if days else around[0]


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
