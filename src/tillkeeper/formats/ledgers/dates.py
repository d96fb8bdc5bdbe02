"""Dates as people write them. What could be two dates is refused, never guessed."""

import re
from datetime import date, datetime, timedelta
from typing import Final

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
# Excel's day 1 is 1900-01-01, but it counts a 29 February 1900 that never was: from 1900-03-01 on,
# which is all that FIRST_YEAR lets through, day n is n days after 1899-12-30.
EXCEL_EPOCH: Final = date(1899, 12, 30)
FIRST_SERIAL_DAY: Final = (date(FIRST_YEAR, 1, 1) - EXCEL_EPOCH).days
LAST_SERIAL_DAY: Final = (date(LAST_YEAR, 12, 31) - EXCEL_EPOCH).days

_TIME: Final = (
    r"(?:(?:[T ]\s*|(?<=日))\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}秒?(?:[.]\d+)?|分)?"
    r"\s*(?:Z|[+-]\d{2}:?\d{2}|[AP]M)?)?"
)
_YEAR_FIRST: Final = re.compile(
    rf"(\d{{4}})(?:([-/.])|年)\s*(\d{{1,2}})(?(2)\2|月)\s*(\d{{1,2}})日?\s*{_TIME}", re.IGNORECASE
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
_YEAR_LAST: Final = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.IGNORECASE)
_DAY_MONTH_NAME: Final = re.compile(
    rf"(\d{{1,2}})[-/ .]*([A-Z]{{3,9}})\.?[-/ .,]*(\d{{4}}){_TIME}", re.IGNORECASE
)
_MONTH_NAME_DAY: Final = re.compile(
    rf"([A-Z]{{3,9}})\.?[-/ ]*(\d{{1,2}})(?:st|nd|rd|th)?,?[-/ ]*(\d{{4}}){_TIME}", re.IGNORECASE
)
_SERIAL_DAY: Final = re.compile(r"\d{5}(?:\.\d+)?")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june"),
            *("jul july", "aug august", "sep sept september", "oct october", "nov november"),
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}


class NotADate(Exception):
    """The text names no day, or none within the years that a ledger can mean."""


class AmbiguousDate(Exception):
    """The text names two days: 05/03/2024 is in March or in May."""


def day_of_number(number: float) -> date:
    """Return the day of an Excel serial number such as 45356, or of a number such as 20240305.

    Raises:
        NotADate: it is neither.
    """
    if FIRST_SERIAL_DAY <= number < LAST_SERIAL_DAY + 1:
        return EXCEL_EPOCH + timedelta(days=int(number))
    return _day_of_digits(str(int(number))) if number == int(number) else _refuse()


def day_of_text(text: str) -> date:
    """Return the day that `text` names; a time of day behind it is read and left out.

    Raises:
        NotADate: it names none.
        AmbiguousDate: it names two.
    """
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if text.isdigit() and len(text) in {8, 14}:
        return _day_of_digits(text)
    if _SERIAL_DAY.fullmatch(text):
        return day_of_number(float(text))
    if found := _YEAR_LAST.fullmatch(text):
        return _day_of_two_orders(int(found[1]), int(found[3]), found[4])
    return _day_of_named_month(text)


def _day_of_named_month(text: str) -> date:
    if found := _DAY_MONTH_NAME.fullmatch(text):
        return _day(found[3], _month(found[2]), found[1])
    if found := _MONTH_NAME_DAY.fullmatch(text):
        return _day(found[3], _month(found[1]), found[2])
    return _refuse()


def within_years(day: date) -> date:
    """Return `day` as a plain date, if it lies in the years a ledger can mean.

    Raises:
        NotADate: it does not.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        _refuse()
    return day.date() if isinstance(day, datetime) else day


def _day_of_two_orders(first: int, second: int, year: str) -> date:
    """Read d/m/y or m/d/y where only one of them is a date, or both are the same."""
    if first > 12 or first == second:
        return _day(year, second, first)
    if second > 12:
        return _day(year, first, second)
    raise AmbiguousDate


def _day_of_digits(text: str) -> date:
    found = _COMPACT.fullmatch(text)
    return _day(found[1], found[2], found[3]) if found else _refuse()


def _month(name: str) -> int:
    return _MONTHS.get(name.casefold(), 0)


def _day(year: str, month: str | int, day: str | int) -> date:
    try:
        return within_years(date(int(year), int(month), int(day)))
    except ValueError:
        return _refuse()


def _refuse() -> date:
    raise NotADate
