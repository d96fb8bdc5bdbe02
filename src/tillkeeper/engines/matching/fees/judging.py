"""Fees: what every payment of a bill should cost by the plans, and which payments cost something else.

Each is checked twice: row by row, and as the total of its file (`fee_totals`). Beside the plans the channel's own
columns must add up: amount - fee - surcharge = net. docs/explanation/fees.md says how and why.
"""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.fees.refunds import bearers, named, with_refunds
from tillkeeper.engines.matching.fees.scopes import SCOPE, planned
from tillkeeper.engines.matching.fees.sums import (
    CHARGED,
    RETURNED,
    fee_base,
    parameters,
    row_fee,
    share,
    surcharge,
)
from tillkeeper.engines.matching.fees.tiers import fits_higher_tier, tiered_plans, with_rates
from tillkeeper.engines.matching.fees.wording import cause, evidence, sentence
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import business_dates
from tillkeeper.formats.canonical.tables import BillState

Bill = pl.DataFrame | pl.LazyFrame
COLUMNS: Final = (
    "file", "line", "mid", "tid", "batch", "trace", "rrn", "order_no", "channel_no", "kind", "state", "amount_minor",
    "fee_minor", "surcharge_minor", "net_minor", "currency", "card_type", "mcc", "at", "settled_on", "channel",
    "original_channel_no", "original_order_no", "original_rrn", "original_trace",
)  # fmt: skip


def expected_fees(
    bill: pl.DataFrame, rules: Rules, *, before: pl.DataFrame | None = None
) -> pl.Series:
    """Return what each row should cost, in its order; null where no plan claims it or the row carries no fee.

    Args:
        bill: canonical bill with `file`.
        rules: whose plans count.
        before: volumes of the month before the bill's first row, for tiers: plan_name, mid, month, volume_minor.
    """
    rows = bill.lazy().with_row_index("_row")
    priced = _priced(rows, rules, before).select("_row", "expected_fee_minor").collect()
    ordered = bill.select(pl.int_range(pl.len(), dtype=pl.get_index_type()).alias("_row"))
    told = ordered.join(priced, on="_row", how="left", maintain_order="left")
    return told["expected_fee_minor"]


def judge_fees(bill: Bill, rules: Rules, *, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the payments that cost something else than agreed, one row each, with sentence and evidence.

    Judged are rows that the channel holds as successful. Without plans only its own arithmetic is judged. A fee of a
    higher tier is let pass where the bill begins within a month and `before` does not tell what came earlier.

    Args:
        bill: canonical bill with `file`; may be lazy, and then only what is wrong is ever held whole, tiers apart.
        rules: whose plans count.
        before: as for `expected_fees`.

    Returns:
        class, cause, confidence, the payment's keys, amount_minor, other_minor (net), fee_minor, expected_fee_minor,
        currency, at, source_file, source_line, sentence, evidence; in the order of source_file and source_line.
    """
    rows = bill.lazy().filter(pl.col("state") == BillState.SUCCESS).with_row_index("_row")
    priced = _priced(rows, rules, before) if rules.plans else _unpriced(rows)
    wrong = _flagged(priced, rules).filter(pl.any_horizontal("_fee", "_surcharge", "_sums"))
    return _told(wrong.collect(engine="streaming"))


def fee_totals(bill: Bill, rules: Rules, *, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return per file and currency: rows judged, their fees as charged and as expected, rows no plan claims.

    The second check of the two: rows that differ by a rounding each may hide in a sum, and sums may hide nothing.
    """
    rows = bill.lazy().filter(pl.col("state") == BillState.SUCCESS).with_row_index("_row")
    judged = pl.col("expected_fee_minor").is_not_null() & pl.col("fee_minor").is_not_null()
    return (
        _priced(rows, rules, before)
        .group_by("file", "currency")
        .agg(
            rows=judged.sum().cast(pl.Int64),
            fee_minor=pl.col("fee_minor").filter(judged).sum(),
            expected_fee_minor=pl.col("expected_fee_minor").filter(judged).sum(),
            unjudged=(~judged).sum().cast(pl.Int64),
        )
        .sort("file", "currency")
        .collect(engine="streaming")
    )


def _priced(rows: pl.LazyFrame, rules: Rules, before: pl.DataFrame | None) -> pl.LazyFrame:
    """Return the rows that carry a fee, with their plan's figures, rate and expected fee.

    A sale under a plan without tiers stands for itself and is only streamed. What needs other rows (refunds and the
    payments they name, sales in tiers) is gathered: a small part of a bill.
    """
    scoped = _scoped(rows, rules)
    tiered = pl.col("plan").is_in(tiered_plans(rules.plans)).fill_null(value=False)
    alone = pl.col("kind").is_in(CHARGED) & ~tiered
    rate, amount = pl.col("plan_rate"), fee_base()
    single = scoped.filter(alone).with_columns(
        rate=rate,
        volume=pl.lit(None, pl.Int64),
        volume_known=pl.lit(value=True),
        expected_fee_minor=row_fee(amount, rate),
    )
    begin = (
        scoped.select(pl.col("day").min()).collect(engine="streaming").item()
        if tiered_plans(rules.plans)
        else None
    )
    gathered = scoped.filter(~alone).collect(engine="streaming")
    meant = _meant(scoped.filter(alone), gathered)
    joint = with_refunds(
        with_rates(pl.concat([gathered, meant]).lazy(), rules.plans, before, begin)
    )
    return pl.concat([single, joint.filter(~alone).select(single.collect_schema().names())])


def _meant(sales: pl.LazyFrame, gathered: pl.DataFrame) -> pl.DataFrame:
    """Return the sales that refunds among the gathered rows name."""
    back = gathered.filter(pl.col("kind").is_in(RETURNED))
    wanted = back.select("mid", _name=named()).drop_nulls().unique().lazy()
    if back.is_empty():
        return gathered.clear()
    found = [
        sales.with_columns(_name=name).join(wanted, on=["mid", "_name"], how="semi").drop("_name")
        for name in bearers()
    ]
    return pl.concat(found).collect(engine="streaming").unique("_row", maintain_order=True)


def _scoped(rows: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Return the rows that carry a fee, with their business day and their plan's figures."""
    day = pl.coalesce(business_dates(rules), pl.col("settled_on"))
    narrow = rows.select("_row", *COLUMNS).with_columns(day=day)
    carrying = narrow.filter(pl.col("kind").is_in((*CHARGED, *RETURNED)))
    cases = carrying.select(SCOPE).unique().collect(engine="streaming")
    figures = parameters(rules.plans).lazy()
    plan = planned(cases, rules.plans).lazy().join(figures, on="plan", how="left")
    return carrying.join(plan, on=SCOPE, how="left", nulls_equal=True)


def _unpriced(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows that carry a fee, with no plan's figures: enough for the channel's own arithmetic."""
    carrying = rows.select("_row", *COLUMNS).filter(pl.col("kind").is_in((*CHARGED, *RETURNED)))
    silent = {
        name: pl.lit(None, kind)
        for name, kind in parameters(()).schema.items()
        if name != "surcharge_all"
    }
    whole = {"rate": pl.lit(None, pl.Int64), "volume": pl.lit(None, pl.Int64)}
    return carrying.with_columns(
        **silent,
        **whole,
        surcharge_all=pl.lit(value=False),
        volume_known=pl.lit(value=True),
        expected_fee_minor=pl.lit(None, pl.Int64),
    )


def _flagged(priced: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Return rows with the flags _fee, _surcharge, _sums, and the figures they rest on."""
    amount, charged = pl.col("amount_minor"), pl.col("kind").is_in(CHARGED)
    signed = pl.when(charged).then(amount).otherwise(-amount)
    added = signed - pl.col("fee_minor") - pl.col("surcharge_minor").fill_null(0)
    figured = priced.with_columns(
        _returns=~charged,
        share_minor=share(fee_base(), pl.col("rate")),
        expected_surcharge_minor=pl.when(charged).then(surcharge(amount)),
        added_minor=added,
    )
    unlike = pl.col("fee_minor") != pl.col("expected_fee_minor")
    over = pl.col("surcharge_minor").fill_null(0) != pl.col("expected_surcharge_minor")
    flags = {
        "_fee": unlike & ~fits_higher_tier(rules.plans),
        "_surcharge": over & (pl.col("surcharge_minor").is_not_null() | pl.col("surcharge_all")),
        "_sums": pl.col("added_minor") != pl.col("net_minor"),
    }
    return figured.with_columns(
        [flag.fill_null(value=False).alias(name) for name, flag in flags.items()]
    )


def _told(wrong: pl.DataFrame) -> pl.DataFrame:
    keys = ("mid", "tid", "batch", "trace", "rrn", "order_no", "channel")
    return wrong.select(
        pl.lit("fee_differs").alias("class"),
        cause().alias("cause"),
        pl.lit(1.0).alias("confidence"),
        *keys,
        "amount_minor",
        other_minor="net_minor",
        fee_minor="fee_minor",
        expected_fee_minor="expected_fee_minor",
        currency="currency",
        at="at",
        source_file="file",
        source_line="line",
        sentence=sentence(),
        evidence=evidence(),
    ).sort("source_file", "source_line")
