"""One amount, or one day, of a text format: exact, or None."""

import re
from datetime import date
from typing import Final

from tillkeeper.kernel.money import Money, minor_digits

_PLAIN: Final = re.compile(r"(\d{1,15})(?:[.,](\d*))?")
_GROUPED: Final = re.compile(r"(\d{1,3}(?:\.\d{3})+),(\d*)")
_FIGURE: Final = re.compile(r"(?:(\d+) )?(-?\d+) ([A-Z]{3})")
_CENTURY_TURNS: Final = 80  # years of two digits: 79 is 2079, 80 is 1980


def minor_of(text: str, currency: str) -> int | None:
    """Return unsigned major units ("1200,5", "8.85", "1.234,56") as whole minor units.

    None where it is no amount, or finer than the minor unit: five decimals pass only as zeros.
    """
    shaped = _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)
    if shaped is None:
        return None
    digits = minor_digits(currency)
    behind = (shaped[2] or "").rstrip("0")
    whole = shaped[1].replace(".", "")
    if len(behind) > digits or len(whole) > 15 or not (whole + behind).isascii():
        return None
    return int(whole + behind.ljust(digits, "0"))


def major_of(minor: int, currency: str, point: str = ".") -> str:
    """Return unsigned minor units as major units with all their decimals: the other way round."""
    digits = minor_digits(currency)
    padded = str(abs(minor)).rjust(digits + 1, "0")
    whole, behind = padded[: len(padded) - digits], padded[len(padded) - digits :]
    return f"{whole}{point}{behind}"


def figure_of(stated: str) -> tuple[int | None, int, str] | None:
    """Return rows, minor units and currency of a figure that a statement's own check states ("12 218846 CNY").

    None where it is another; rows are None where it counts none.
    """
    if (found := _FIGURE.fullmatch(stated)) is None:
        return None
    rows, minor, currency = found.groups()
    return int(rows) if rows else None, int(minor), currency


def figure_told(stated: str) -> str:
    """Return a figure of a file's own checks as people write it: an amount, with the rows it counts if it does."""
    if (found := figure_of(stated)) is None:
        return stated
    rows, minor, currency = found
    amount = str(Money(minor, currency))
    return amount if rows is None else f"{rows:,} · {amount}"


def day_of(text: str) -> date | None:
    """Return yymmdd, yyyymmdd or yyyy-mm-dd (what follows is left aside) as a day; None for 30 February."""
    digits = text[:10].replace("-", "") if "-" in text[:10] else text
    if not (digits.isascii() and digits.isdecimal() and len(digits) in {6, 8}):
        return None
    year = int(digits[:-4]) if len(digits) == 8 else full_year(int(digits[:2]))
    return real_day(year, int(digits[-4:-2]), int(digits[-2:]))


def full_year(short: int) -> int:
    """Return the year that two digits mean."""
    return (2000 if short < _CENTURY_TURNS else 1900) + short


def real_day(year: int, month: int, day: int) -> date | None:
    """Return a day, or None where the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
