"""Exact sums: one statement line for several payouts, or several lines for one payout.

A sum counts where all its parts fall due on the day of the line, and no other choice has the same sum; else it is a
proposal for a person. The search is bounded: parts that follow each other by due day, then any choice among a few.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import accumulate, count
from typing import Final, NamedTuple

import polars as pl

from tillkeeper.engines.matching.payouts.passes import Sides

LONGEST_RUN: Final = 31  # parts that follow each other, of a merchant that the line names
LONGEST_UNNAMED_RUN: Final = 10  # a long holiday's payouts, of any merchant
MOST_CHOICES: Final = 14  # among more parts only runs are looked at
MOST_STEPS: Final = 20_000  # of one search
MOST_SEARCHED: Final = (
    2_000  # lines or payouts for which choices are searched; for further ones runs alone
)
MOST_OF_ONE_SUM: Final = 20  # runs that are remembered of one sum
ENOUGH: Final = 2  # two answers are as good as many: neither is sure


class Part(NamedTuple):
    """A payout or a line that may be part of a sum."""

    number: int  # e or c
    amount: int
    first: date  # earliest day of the other side
    last: date
    due: date  # the day on which it counts without asking


Choice = tuple[Part, ...]
Bucket = dict[tuple[str, str], list[Part]]  # by currency and mid, in order of due day


def exact_sums(sides: Sides) -> None:
    """Pair one line with several payouts, then one payout with several lines, as sure sums or as proposals."""
    several = list(_several_payouts(sides))
    _take(sides, [(part.number, c, how) for c, choice, how in several for part in choice])
    lines = list(_several_lines(sides))
    _take(sides, [(e, part.number, how) for e, choice, how in lines for part in choice])


def _take(sides: Sides, pairs: list[tuple[int, int, str]]) -> None:
    schema = {"e": pl.UInt32, "c": pl.UInt32, "_how": pl.String}
    frame = pl.DataFrame(pairs, schema=schema, orient="row")
    for how in ("sum", "sum_proposed", "sum_rivals"):
        sides.take(frame.filter(pl.col("_how") == how).drop("_how"), how)


def _several_payouts(sides: Sides) -> Iterator[tuple[int, Choice, str]]:
    lines = sides.lines.filter(pl.col("named_payout") == "")
    if lines.is_empty():
        return
    owed = _payouts(sides.payouts)
    unnamed = _sums(owed) if (lines["named_mid"] == "").any() else {}
    gone: set[int] = set()
    searched = count()
    columns = ("c", "currency", "named_mid", "amount", "booked")
    for c, currency, mid, amount, booked in lines.select(columns).iter_rows():
        if mid:
            parts = [part for part in owed.get((currency, mid), []) if part.number not in gone]
            choices = _choices(_within(parts, booked), amount, searched)
        else:
            told = unnamed.get((currency, amount), [])
            choices = [choice for choice in told if _open(choice, booked, gone)][:ENOUGH]
        if choices:
            gone.update(part.number for part in choices[0])
            yield c, choices[0], _how(choices, {booked})


def _several_lines(sides: Sides) -> Iterator[tuple[int, Choice, str]]:
    named = _lines(sides.lines.filter(pl.col("named_mid") != ""))
    unnamed = _lines(sides.lines.filter(pl.col("named_mid") == ""))
    gone: set[int] = set()
    searched = count()
    columns = ("e", "currency", "mid", "net", "day", "last", "due_on")
    for e, currency, mid, net, day, last, due in (
        sides.payouts.drop_nulls("day").select(columns).iter_rows()
    ):
        parts = [
            *_between(named.get((currency, mid), []), (day, last), LONGEST_RUN),
            *_between(unnamed.get((currency, ""), []), (day, last), MOST_CHOICES),
        ]
        choices = _choices([part for part in parts if part.number not in gone], net, searched)
        if choices:
            gone.update(part.number for part in choices[0])
            yield e, choices[0], _how(choices, {due})


def _how(choices: list[Choice], days: set[date]) -> str:
    if len(choices) > 1:
        return "sum_rivals"
    return "sum" if {part.due for part in choices[0]} == days else "sum_proposed"


def _choices(parts: list[Part], amount: int, searched: "Iterator[int]") -> list[Choice]:
    """Return up to two choices of at least two parts with exactly that sum, runs first."""
    found = dict.fromkeys(_runs(parts, amount))
    few = 1 < len(parts) <= MOST_CHOICES
    if len(found) < ENOUGH and few and next(searched) < MOST_SEARCHED:
        found |= dict.fromkeys(_subsets(parts, amount))
    return list(found)[:ENOUGH]


def _runs(parts: list[Part], amount: int) -> Iterator[Choice]:
    """Yield parts that follow each other and have that sum."""
    sums = list(accumulate((part.amount for part in parts), initial=0))
    for begin in range(len(parts)):
        for end in range(begin + 2, min(begin + LONGEST_RUN, len(parts)) + 1):
            if sums[end] - sums[begin] == amount:
                yield tuple(parts[begin:end])


def _subsets(parts: list[Part], amount: int) -> Iterator[Choice]:
    """Yield choices with that sum, depth first, for a bounded number of steps."""
    stack: list[tuple[int, int, Choice]] = [(0, amount, ())]
    for _ in range(MOST_STEPS):
        if not stack:
            return
        place, left, chosen = stack.pop()
        if left == 0 and len(chosen) > 1:
            yield chosen
        elif place < len(parts):
            stack.append((place + 1, left, chosen))
            stack.append((place + 1, left - parts[place].amount, (*chosen, parts[place])))


def _sums(owed: Bucket) -> dict[tuple[str, int], list[Choice]]:
    """Return the runs of every merchant, and all that is due to a currency on one day, by currency and sum."""
    sums: dict[tuple[str, int], list[Choice]] = {}
    days: dict[tuple[str, date], list[Part]] = {}
    for (currency, _), parts in owed.items():
        for part in parts:
            days.setdefault((currency, part.due), []).append(part)
        for begin in range(len(parts)):
            run = parts[begin : begin + LONGEST_UNNAMED_RUN]
            for length, total in enumerate(accumulate(part.amount for part in run), 1):
                told = sums.setdefault((currency, total), [])
                if length > 1 and len(told) < MOST_OF_ONE_SUM:
                    told.append(tuple(run[:length]))
    for (currency, _), parts in days.items():
        if len({part.number for part in parts}) > 1:
            told = sums.setdefault((currency, sum(part.amount for part in parts)), [])
            told += [tuple(parts)] if tuple(parts) not in told else []
    return sums


def _payouts(payouts: pl.DataFrame) -> Bucket:
    columns = ("currency", "mid", "e", "net", "day", "last", "due_on")
    return _bucket(payouts.drop_nulls("day").sort("due_on", "e").select(columns))


def _lines(lines: pl.DataFrame) -> Bucket:
    columns = (
        "currency",
        "named_mid",
        "c",
        "amount",
        "booked",
        pl.col("booked").alias("last"),
        pl.col("booked").alias("due"),
    )
    return _bucket(lines.sort("booked", "c").select(columns))


def _bucket(frame: pl.DataFrame) -> Bucket:
    bucket: Bucket = {}
    for currency, mid, *part in frame.iter_rows():
        bucket.setdefault((currency, mid), []).append(Part(*part))
    return bucket


def _within(parts: list[Part], booked: date) -> list[Part]:
    return [part for part in parts if part.first <= booked <= part.last]


def _open(choice: Choice, booked: date, gone: set[int]) -> bool:
    return all(part.first <= booked <= part.last and part.number not in gone for part in choice)


def _between(parts: list[Part], days: tuple[date, date], most: int) -> list[Part]:
    """Return the parts of some days, from a list in order of them; none where they are too many to choose among."""
    begin = bisect_left(parts, days[0], key=lambda part: part.due)
    end = bisect_right(parts, days[1], key=lambda part: part.due)
    return parts[begin:end] if end - begin <= most else []
