"""Tiers by the month's volume: which rate a payment has, given what its merchant took earlier in the month.

The volume is that of the sales of one merchant number under one plan in one business month, in the order of their
moments; equal moments go by terminal, batch, trace and so on, so that the order of files does not matter. Refunds do
not lower it. A payment has, as a whole, the rate of the tier in which the volume before it lies.
"""

from datetime import date
from typing import Final

import polars as pl

from tillkeeper.engines.matching.fees.sums import CHARGED, ORDER, row_fee
from tillkeeper.engines.matching.rules.plans import FeePlan

MONTH: Final = ("plan", "mid", "month")
BEFORE: Final = {
    "plan_name": pl.String,
    "mid": pl.String,
    "month": pl.Date,
    "volume_minor": pl.Int64,
}


def tiered_plans(plans: tuple[FeePlan, ...]) -> list[int]:
    """Return the numbers of the plans that have tiers."""
    return [number for number, plan in enumerate(plans) if plan.tiers]


def with_rates(
    rows: pl.LazyFrame, plans: tuple[FeePlan, ...], before: pl.DataFrame | None, begin: date | None
) -> pl.LazyFrame:
    """Return rows with `volume` before them, `rate`, and `volume_known`: false where earlier days are not at hand.

    `before` holds volumes of the month before the first row (columns BEFORE), by plan name, mid and first of month;
    `begin` is the bill's first business day.
    """
    tiered = tiered_plans(plans)
    if not tiered:
        silent = {"volume": pl.lit(None, pl.Int64), "volume_known": pl.lit(value=True)}
        return rows.with_columns(rate=pl.col("plan_rate"), **silent)
    earlier = pl.LazyFrame(schema=BEFORE) if before is None else before.lazy()
    told = rows.with_columns(month=pl.col("day").dt.month_start())
    known = told.join(earlier, on=["plan_name", "mid", "month"], how="left")
    known = known.with_columns(_begin=pl.lit(begin, pl.Date))
    counted = known.with_columns(volume=_volume(), volume_known=_is_known())
    rate = pl.col("plan_rate")
    for number in tiered:
        for tier in plans[number].tiers:
            reached = (pl.col("plan") == number) & (pl.col("volume") >= tier.from_minor)
            rate = pl.when(reached).then(pl.lit(tier.rate, pl.Int64)).otherwise(rate)
    return counted.with_columns(rate=rate).drop("month", "volume_minor", "_begin")


def fits_higher_tier(plans: tuple[FeePlan, ...]) -> pl.Expr:
    """Return where the fee is that of a tier which volume from days not at hand may have reached."""
    fits = pl.lit(value=False)
    for number, plan in enumerate(plans):
        for tier in plan.tiers:
            fee = row_fee(pl.col("amount_minor"), pl.lit(tier.rate, pl.Int64))
            further = (pl.col("plan") == number) & (pl.col("volume") < tier.from_minor)
            fits = fits | (further & (pl.col("fee_minor") == fee))
    return fits & ~pl.col("volume_known") & pl.col("kind").is_in(CHARGED)


def _volume() -> pl.Expr:
    counts = pl.col("kind").is_in(CHARGED) & (pl.col("state") == "success")
    turnover = pl.when(counts).then(pl.col("amount_minor")).otherwise(0)
    so_far = turnover.cum_sum().over(MONTH, order_by=ORDER)
    return so_far - turnover + pl.col("volume_minor").fill_null(0)


def _is_known() -> pl.Expr:
    from_the_first = pl.col("_begin").dt.day() == 1
    later_month = pl.col("month") > pl.col("_begin")
    return pl.col("volume_minor").is_not_null() | from_the_first | later_month
