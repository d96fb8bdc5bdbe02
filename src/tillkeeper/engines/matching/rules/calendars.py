"""Business days: which day a moment belongs to by the cut-off, and when a payout is due by the working calendar.

The Chinese calendar has its make-up days (调休): a working Saturday pays out, a holiday Monday does not. Its data end
with a year; beyond them weekends alone count, and `beyond_data` says so. Everything is worked out once for each
distinct day, never row by row.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]  # ships no types
import holidays
import polars as pl

from tillkeeper.engines.matching.rules.terms import CN, EVERY_DAY, Terms

if TYPE_CHECKING:
    from tillkeeper.engines.matching.rules.book import Rules

SATURDAY: Final = 5
DAY: Final = timedelta(days=1)
LONGEST_BREAK_DAYS: Final = (
    60  # without one working day among them a calendar is wrong; then calendar days count
)
SENTENCES: Final = {
    "beyond_data": (
        "The working days of %(calendar)s are not known for %(year)s: only weekends count as free there. "
        "Update the calendar package, or name the days in extra_holidays and extra_workdays."
    ),
}


class Calendar(Protocol):
    """Tells whether people work on a day."""

    def __call__(self, day: date, /) -> bool:
        """Return True for a working day."""
        ...


def known_calendar(name: str) -> bool:
    """Return True for cn, every_day, a country ("de") or a part of one ("de-by")."""
    country, _, part = name.upper().partition("-")
    supported = holidays.list_supported_countries()
    known = country in supported and (not part or part in supported[country])
    return name in {CN, EVERY_DAY} or known


@lru_cache(maxsize=100_000)
def is_working_day(day: date, terms: Terms) -> bool:
    """Return True if banks pay out on a day: what the rules name before what the calendar says."""
    if day in terms.extra_workdays:
        return True
    if day in terms.extra_holidays:
        return False
    return _calendar(terms.calendar)(day)


@lru_cache(maxsize=100_000)
def due_day(day: date, terms: Terms) -> date:
    """Return the day on which what settled on `day` is to be paid out: n working days later.

    T+0 is the day itself where it is a working day, else the next one.
    """
    due = day
    left = terms.cycle_days
    for _ in range(LONGEST_BREAK_DAYS + 2 * terms.cycle_days):
        if left == 0 and is_working_day(due, terms):
            return due
        due += DAY
        left -= left > 0 and is_working_day(due, terms)
    return day + terms.cycle_days * DAY


def due_on(channel: str, day: date, rules: "Rules", *, mid: str = "") -> date:
    """Return the day on which a payment settled (or traded) on `day` is to be paid out."""
    return due_day(day, rules.terms(channel, mid))


def business_date(at: datetime, terms: Terms) -> date:
    """Return the business day that a moment belongs to; the cut-off itself belongs to the day that begins.

    Raises:
        ValueError: `at` is not aware.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    local = at.astimezone(ZoneInfo(terms.zone)).replace(tzinfo=None)
    return (local + timedelta(minutes=terms.shift_minutes)).date()


def business_dates(
    rules: "Rules", *, at: str = "at", channel: str = "channel", mid: str = "mid"
) -> pl.Expr:
    """Return the business day of each row from its moment (UTC), channel and mid; null where there is no moment."""
    day = _by_channel(rules.channels, at, channel)
    for prefix, terms in reversed(rules.acquirers):  # longest last, so that it is asked first
        day = (
            pl.when(pl.col(mid).str.starts_with(prefix))
            .then(_by_channel(terms, at, channel))
            .otherwise(day)
        )
    return day


def due_dates(frame: pl.DataFrame, rules: "Rules", *, day: str = "day") -> pl.Series:
    """Return when each row of a frame with channel, mid and a day is due; worked out once for each distinct case."""
    acquirer = pl.lit("")
    for prefix, _ in reversed(rules.acquirers):
        named = pl.col("mid").str.starts_with(prefix)
        acquirer = pl.when(named).then(pl.lit(prefix)).otherwise(acquirer)
    cases = frame.select("channel", acquirer.alias("acquirer"), pl.col(day).alias("day"))
    distinct = cases.unique().drop_nulls("day")
    due = [due_on(channel, on, rules, mid=mid) for channel, mid, on in distinct.iter_rows()]
    told = distinct.with_columns(due_on=pl.Series(due, dtype=pl.Date))
    return cases.join(told, on=cases.columns, how="left", maintain_order="left")["due_on"]


def beyond_data(days: Iterable[date], rules: "Rules") -> tuple[str, ...]:
    """Return a sentence for each year of `days` that a calendar of the rules has no data for."""
    years = sorted({day.year for day in days})
    named = {terms.calendar for _, channels in _all_terms(rules) for _, terms in channels}
    return tuple(
        SENTENCES["beyond_data"] % {"calendar": name, "year": year}
        for name in sorted(named)
        for year in years
        if name == CN and not _has_chinese_data(year)
    )


def _all_terms(rules: "Rules") -> tuple[tuple[str, tuple[tuple[str, Terms], ...]], ...]:
    return (("", rules.channels), *rules.acquirers)


def _by_channel(channels: tuple[tuple[str, Terms], ...], at: str, channel: str) -> pl.Expr:
    """Return the business day by channel; terms that say the same are worked out once."""
    shared: dict[tuple[str, int], list[str]] = {}
    for name, terms in channels:
        shared.setdefault((terms.zone, terms.shift_minutes), []).append(name)
    usual = next(key for key, names in shared.items() if "" in names)
    day = _shifted(at, *usual)
    for key, names in shared.items():
        if key != usual:
            day = pl.when(pl.col(channel).is_in(names)).then(_shifted(at, *key)).otherwise(day)
    return day


def _shifted(at: str, zone: str, minutes: int) -> pl.Expr:
    local = pl.col(at).dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return (local + timedelta(minutes=minutes)).dt.date()


@lru_cache(maxsize=64)
def _calendar(name: str) -> Calendar:
    if name == EVERY_DAY:
        return _every_day
    if name == CN:
        return _chinese
    country, _, part = name.upper().partition("-")
    return holidays.country_holidays(country, subdiv=part or None).is_working_day


def _every_day(_day: date, /) -> bool:
    return True


def _chinese(day: date, /) -> bool:
    if _has_chinese_data(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < SATURDAY


@lru_cache(maxsize=1000)
def _has_chinese_data(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True
