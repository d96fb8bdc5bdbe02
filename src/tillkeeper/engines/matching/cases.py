"""Cases: one row for each payment of the residue, and what either side says of it. Channel columns end in `_g`."""

from datetime import date
from typing import Final

import polars as pl

from tillkeeper.engines.matching.fingerprints import taken_back_late
from tillkeeper.engines.matching.payments import channel_payments, journal_payments, paired
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import due_dates

KEYS: Final = (
    "mid",
    "tid",
    "batch",
    "trace",
    "rrn",
    "order_no",
    "channel",
    "currency",
    "card",
    "at",
)
EITHER: Final = (
    *KEYS,
    "direction",
    "day",
    "key_batch",
    "key_trace",
    "place",
    "purchase",
    "trace_no",
    "batch_no",
)
OF_JOURNAL: Final = (
    "j", "kind", "amount_minor", "state", "slip", "slip_good", "approved", "agreed", "entry", "cryptogram",
    "reversal_reason", "reversal_answer", "reversed_at", "batch_closed_at", "source", "line", "done",
)  # fmt: skip
OF_CHANNEL: Final = (
    "g", "kind", "state", "total", "sales", "charged_minor", "reversals", "taken_minor", "pending", "host_only",
    "sound",     "amount_minor", "fee_minor", "fee_cause", "cryptogram", "settled_on",
    "reversal_settled_on", "source", "line", "rows", "lines", "agreed", "agreed_rows",
)  # fmt: skip


def cases(journal: pl.DataFrame, bill: pl.DataFrame, rules: Rules, as_of: date) -> pl.DataFrame:
    """Return the cases of a residue.

    Args:
        journal: as `residue` gives it.
        bill: as `residue` gives it, with `fee_cause`, null where the fee is right.
        rules: calendars and tolerances.
        as_of: what is due later than this day is not missed yet.
    """
    terminals, channel = journal_payments(journal, rules), channel_payments(bill, rules)
    pairs, rivals = paired(terminals, channel, rules)
    left = terminals.select(*EITHER, *OF_JOURNAL)
    right = channel.select(*EITHER, *OF_CHANNEL).rename(
        {name: f"{name}_g" for name in (*EITHER, *OF_CHANNEL) if name != "g"}
    )
    both = left.join(pairs, on="j", how="left").join(right, on="g", how="full", coalesce=True)
    said = both.filter(~(pl.col("agreed") & pl.col("g").is_null()).fill_null(value=False))
    named = said.with_columns(
        pl.when(pl.col("j").is_null()).then(pl.col(f"{name}_g")).otherwise(pl.col(name)).alias(name)
        for name in EITHER
    )
    return _judgeable(_with_rivals(named, rivals, terminals, channel), rules, as_of)


def _judgeable(said: pl.DataFrame, rules: Rules, as_of: date) -> pl.DataFrame:
    day = pl.coalesce("settled_on_g", "day")
    due = due_dates(said.with_columns(day=day), rules)
    hold = _hold_days(said, rules)
    gap = pl.col("total_g") - pl.col("amount_minor")
    limits = rules.tolerance
    above = pl.max_horizontal(
        pl.lit(limits.above_minor), pl.col("amount_minor") * limits.above_millionths // 1_000_000
    )
    below = pl.max_horizontal(
        pl.lit(limits.below_minor), pl.col("amount_minor") * limits.below_millionths // 1_000_000
    )
    return said.with_columns(due_on=due, hold_days=hold).with_columns(
        (pl.col("due_on") + pl.duration(days="hold_days") <= as_of)
        .fill_null(value=True)
        .alias("due"),
        (gap.is_between(-below, above) & ~_other_currency()).alias("amount_agrees"),
        (
            taken_back_late()
            | (pl.col("reversal_settled_on_g") > pl.col("settled_on_g")).fill_null(value=False)
        ).alias("reversed_late"),
    )


def _other_currency() -> pl.Expr:
    """Return whether the channel holds the payment in another currency: the same figures are no agreement then."""
    return (pl.col("currency") != pl.col("currency_g")).fill_null(value=False)


def _hold_days(said: pl.DataFrame, rules: Rules) -> pl.Series:
    distinct = said.select("channel", "mid").unique()
    days = [rules.terms(channel, mid).hold_days for channel, mid in distinct.iter_rows()]
    told = distinct.with_columns(hold_days=pl.Series(days, dtype=pl.Int64))
    return said.select("channel", "mid").join(
        told, on=["channel", "mid"], how="left", maintain_order="left"
    )["hold_days"]


def _with_rivals(
    said: pl.DataFrame, rivals: pl.DataFrame, terminals: pl.DataFrame, channel: pl.DataFrame
) -> pl.DataFrame:
    """Add `rivals`: the lines of the other side among which nobody was chosen, in a fixed order."""
    spot = pl.concat_str("source", "line", separator=":")
    ends = {
        "j": terminals.select("j", spot.alias("rival")),
        "g": channel.select("g", spot.alias("rival")),
    }
    for mine, other in (("j", "g"), ("g", "j")):
        told = (
            rivals.join(ends[other], on=other)
            .group_by(mine)
            .agg(pl.col("rival").unique().sort().alias(f"rivals_{mine}"))
        )
        said = said.join(told, on=mine, how="left")
    return said.with_columns(rivals=pl.coalesce("rivals_j", "rivals_g")).drop(
        "rivals_j", "rivals_g"
    )
