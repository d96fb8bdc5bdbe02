"""The payouts that carry a batch, and what the bank has of them: judged by the engine over the files of those days."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.engines.matching.payouts.credits import TEXTS
from tillkeeper.engines.matching.payouts.expected import payouts_of, summed
from tillkeeper.engines.matching.payouts.leg import match_payouts
from tillkeeper.engines.matching.renaming import our_mid
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.formats.canonical.tables import BILL, STATEMENT, Role
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.services.postings import SAME_ROW
from tillkeeper.settlement.troubles.facts import Asked, Payout
from tillkeeper.settlement.troubles.rows import Batch, scanned

Row = dict[str, Any]
KEYS: Final = ("channel", "settled_on", "payout_no", "currency")


def payouts_carrying(
    batch: Batch,
    asked: Asked,
    bills: Sequence[MoneyFile],
    statements: Sequence[MoneyFile],
    rules: Rules,
) -> tuple[Payout, ...]:
    """Return the payouts that carry payments of the batch.

    Args:
        batch: its rows.
        asked: whose batch.
        bills: files with rows of the days on which it settles.
        statements: of the days on which it may be paid.
        rules: calendars, tolerances, windows.
    """
    if batch.bill.is_empty() or not bills:
        return ()
    every = _whole(bills, rules)
    _, groups = summed(every, rules)
    owed = payouts_of(groups, rules)
    mine = _of_batch(batch, asked, rules, owed.filter(pl.col("mid") == asked.mid))
    if mine.is_empty():
        return ()
    if not statements:
        return tuple(_unpaid(row, asked.today) for row in mine.iter_rows(named=True))
    booked = pl.concat([rows.select(*STATEMENT, "file").collect() for rows in scanned(statements)])
    told = match_payouts(every, booked, rules, asked.today).filter(pl.col("mid") == asked.mid)
    lines = _lines(booked, asked, rules)
    judged = {_name(row): row for row in told.iter_rows(named=True)}
    return tuple(
        _judged(row, judged.get(_name(row)), lines, rules) for row in mine.iter_rows(named=True)
    )


def _whole(bills: Sequence[MoneyFile], rules: Rules) -> pl.LazyFrame:
    """Return the rows of all bills under our merchant numbers; what stands in two of them counts once."""
    frames = [rows.select(*BILL, "file").with_columns(our_mid(rules)) for rows in scanned(bills)]
    if len(frames) == 1:
        return frames[0]
    same = SAME_ROW[Role.BILL]
    nth = pl.int_range(pl.len()).over("file", *same)
    once = pl.concat(frames).with_columns(nth=nth).unique([*same, "nth"])
    return once.drop("nth").collect().lazy()


def _of_batch(batch: Batch, asked: Asked, rules: Rules, owed: pl.DataFrame) -> pl.DataFrame:
    """Return the payouts that hold rows of the batch, with `share`: what it has in each."""
    rows, _ = summed(
        batch.bill.lazy().filter(pl.col("mid") == asked.mid).select(*BILL, "file"), rules
    )
    shares = rows.group_by(KEYS).agg(share=pl.col("net").sum()).collect()
    named = shares.filter(pl.col("payout_no") != "").group_by("payout_no", "currency")
    plain = shares.filter(pl.col("payout_no") == "").select(
        "channel", "currency", "share", day="settled_on"
    )
    told = [
        owed.filter(pl.col("payout_no") != "").join(
            named.agg(pl.col("share").sum()), on=["payout_no", "currency"]
        ),
        owed.filter(pl.col("payout_no") == "").join(plain, on=["channel", "currency", "day"]),
    ]
    return pl.concat(told).sort("due_on", "channel", "payout_no")


def _unpaid(row: Row, today: date) -> Payout:
    due = row["due_on"] < today
    missing = DifferenceClass.PAYOUT_MISSING if due else DifferenceClass.HELD
    return _payout(row, difference=missing, cause="payout_not_yet_booked" if due else "not_yet_due")


def _judged(row: Row, difference: Row | None, lines: pl.DataFrame, rules: Rules) -> Payout:
    if difference is None:
        return _payout(row, **_credit(row, lines, rules))
    evidence = json.loads(difference["evidence"])
    booked = evidence.get("booked_on")
    return _payout(
        row,
        difference=difference["class"],
        cause=difference["cause"],
        credited_minor=difference["other_minor"],
        booked_on=date.fromisoformat(booked) if booked else None,
        file=difference["other_file"],
        line=difference["other_line"],
    )


def _lines(booked: pl.DataFrame, asked: Asked, rules: Rules) -> pl.DataFrame:
    """Return the lines of the bank with `day`, `said`, and `named`: whether they name the merchant."""
    numbers = {asked.mid, *(theirs for theirs, ours in rules.merchants if ours == asked.mid)}
    said = pl.concat_str(TEXTS, separator=" ", ignore_nulls=True)
    return booked.filter(pl.col("status") != "pending").with_columns(
        day=pl.coalesce("booked_on", "valued_on", pl.col("at").dt.date()),
        said=said,
        named=said.str.contains_any([number.partition("/")[0] for number in sorted(numbers)]),
    )


def _credit(row: Row, lines: pl.DataFrame, rules: Rules) -> Row:
    """Return the line of the bank that stands for a payout that agrees; of a sum of several its day alone."""
    last = row["due_on"] + timedelta(days=rules.payouts.days_after)
    near = lines.filter(
        (pl.col("currency") == row["currency"]) & pl.col("day").is_between(row["day"], last)
    ).sort("day", "file", "line")
    exact, named, number = pl.col("amount_minor") == row["net"], pl.col("named"), row["payout_no"]
    by_number = pl.col("said").str.contains(number, literal=True) & pl.lit(bool(number))
    for which in (by_number & exact, exact & named, exact, by_number, named):
        if (found := near.filter(which)).height:
            line = found.row(0, named=True)
            return {
                "credited_minor": row["net"],
                "booked_on": line["day"],
                "file": line["file"],
                "line": line["line"],
            }
    return {"credited_minor": row["net"], "booked_on": row["due_on"]}


def _payout(row: Row, **found: Any) -> Payout:
    return Payout(
        channel=row["channel"],
        payout_no=row["payout_no"],
        currency=row["currency"],
        settled_on=row["day"],
        due_on=row["due_on"],
        expected_minor=row["net"],
        share_minor=row["share"],
        **found,
    )


def _name(row: Row) -> tuple[Any, ...]:
    """Return what tells a payout from another of the merchant, of payouts and of differences alike."""
    if "payout_no" in row:
        return row["channel"], row["payout_no"], row["currency"], row["due_on"], row["net"]
    return row["channel"], row["batch"], row["currency"], row["due_on"], row["amount_minor"]
