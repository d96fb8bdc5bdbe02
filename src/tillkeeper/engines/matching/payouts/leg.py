"""The payout leg (到账核对): what channels should have paid, against what the bank booked, with the residual explained.

A payout is the net sum of its payments: by payout number where the bill has one, else by merchant, channel and
settlement day. Passes go from the surest to the weakest; what is paired is taken on both sides; what could be paired
in two equal ways is shown, not guessed. The order of rows and files does not matter.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from tillkeeper.engines.matching.payouts.credits import credits_of
from tillkeeper.engines.matching.payouts.expected import (
    MAKINGS,
    groups_of,
    makings,
    payouts_of,
    summed,
)
from tillkeeper.engines.matching.payouts.passes import (
    Sides,
    equal_sums,
    unequal_references,
    windows,
)
from tillkeeper.engines.matching.payouts.residuals import explained, plan_fees
from tillkeeper.engines.matching.payouts.single_rows import single_rows
from tillkeeper.engines.matching.payouts.sums import exact_sums
from tillkeeper.engines.matching.payouts.verdicts import (
    Times,
    is_late,
    judged_lines,
    judged_payouts,
    paid,
    residuals,
)
from tillkeeper.engines.matching.rules.book import Rules

_IDENTITY: Final = (
    "class",
    "mid",
    "batch",
    "channel",
    "currency",
    "due_on",
    "source_file",
    "source_line",
    "amount_minor",
)


def match_payouts(
    bills: pl.LazyFrame | pl.DataFrame, statements: pl.DataFrame, rules: Rules, as_of: date
) -> pl.DataFrame:
    """Return one difference for each payout and each credit that does not agree.

    Args:
        bills: canonical bills with `file`; lazy ones are streamed three times at most, and only their sums are held.
        statements: canonical statements with `file`; lines booked after `as_of` do not count.
        rules: calendars, tolerances, windows, plan fees.
        as_of: decides what is held and what is missing.

    Returns:
        class, cause, confidence, mid, batch (the payout number), channel, amount_minor (expected; of an unknown credit
        what was credited), other_minor (credited), currency, due_on, source_file and source_line (the payout's first
        bill row, or the credit), other_file and other_line (the credit), sentence, evidence (JSON object), others
        (JSON list).
        Classes: payout_missing, payout_late, payout_differs, unknown_credit, held, ambiguous.
    """
    rows, groups = summed(bills.lazy(), rules)
    payouts = payouts_of(groups, rules)
    lines = credits_of(statements, payouts, as_of, dict(rules.merchants))
    owed = windows(payouts.filter(pl.col("net") != 0), rules.payouts.days_after)
    sides = Sides(owed, lines)
    equal_sums(sides)
    doubtful = _doubtful(owed, lines, sides, rules)
    figures = _figures(rows, groups_of(doubtful, groups), doubtful, rules)
    explained(sides, figures)
    exact_sums(sides)
    unequal_references(sides)
    times = Times(_closed(lines, as_of), _equals(owed, sides))
    settled = paid(doubtful, lines, sides.linked())
    unsaid = residuals(settled, figures)
    single = single_rows(rows, groups_of(doubtful.join(unsaid, on="e", how="semi"), groups), unsaid)
    told = [
        judged_payouts(settled, figures, single, rules, times),
        judged_lines(sides.lines, lines, rules),
    ]
    return pl.concat(told).sort(_IDENTITY, nulls_last=True)


def _doubtful(owed: pl.DataFrame, lines: pl.DataFrame, sides: Sides, rules: Rules) -> pl.DataFrame:
    """Return the payouts that are unpaid or late: only of these must be known what they are made of."""
    dated = (
        sides.linked()
        .join(owed.select("e", "due_on"), on="e")
        .join(lines.select("c", "booked"), on="c")
    )
    late = dated.filter(is_late(rules))
    wanted = pl.concat([late["e"], sides.payouts["e"]])
    return owed.filter(pl.col("e").is_in(wanted.implode()))


def _equals(owed: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    """Return the paid payouts that are equal to an unpaid one: which of them is unpaid cannot be told."""
    near = owed.join(sides.payouts, on=["currency", "net", "due_on"], how="semi")
    return near.join(sides.linked(), on="e")


def _closed(lines: pl.DataFrame, as_of: date) -> date:
    """Return the last day that is over: the day of asking only when a statement tells of it already."""
    last = lines["booked"].max()
    return as_of if isinstance(last, date) and last >= as_of else as_of - timedelta(days=1)


def _figures(
    rows: pl.LazyFrame, groups: pl.DataFrame, doubtful: pl.DataFrame, rules: Rules
) -> pl.DataFrame:
    """Return what the doubtful payouts are made of, and the plan fee that may be taken from them."""
    made = pl.DataFrame(schema=MAKINGS) if doubtful.is_empty() else makings(rows, groups)
    return plan_fees(doubtful, rules).join(made, on="e", maintain_order="left")
