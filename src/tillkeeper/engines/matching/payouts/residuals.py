"""Why a payout is not the sum of its payments: the residual, and which known figure it equals.

The residual is what the bank has minus what the bill promises. A plan fee that the rules foresee is no difference, the
first time in its period.
"""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.fees.scopes import SCOPE, planned
from tillkeeper.engines.matching.payouts.passes import Sides, in_window
from tillkeeper.engines.matching.rules.book import Rules

PLAN_FEE: Final = "plan_fee"
USUAL_PLAN_FEE: Final = (
    3_600,
    9_900,
)  # yuan 36 to 99 a year is what such fees come to (payments.md section 2)
# What each explanation says the residual is, from the makings of a payout; the first that fits counts.
RESIDUALS: Final = {
    PLAN_FEE: -pl.col("plan_fee"),
    "surcharge_taken_again": -pl.col("surcharge"),
    "plan_fee_and_surcharge": -pl.col("plan_fee") - pl.col("surcharge"),
    "refund_taken_again": -pl.col("refund"),
    "refund_fee_kept": -pl.col("refund_fee"),
    "fee_taken_again": -pl.col("fee"),
    "surcharge_not_taken": pl.col("surcharge"),
    "refund_not_taken": pl.col("refund"),
    "refund_fee_given_again": pl.col("refund_fee"),
    "fee_not_taken": pl.col("fee"),
}


def plan_fees(payouts: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return e, plan, plan_fee (minor units; null for none) and period (its first day) of payouts."""
    scoped = payouts.with_columns(mcc=pl.lit(""), card_type=pl.lit(""))
    cases = scoped.select(SCOPE).unique()
    fees = [
        {
            "plan": number,
            "plan_fee": plan.plan_fee.amount_minor,
            "yearly": plan.plan_fee.period == "year",
        }
        for number, plan in enumerate(rules.plans)
        if plan.plan_fee is not None and plan.plan_fee.deducted_from == "payout"
    ]
    schema = {"plan": pl.Int32, "plan_fee": pl.Int64, "yearly": pl.Boolean}
    told = planned(cases, rules.plans, plan_fees=True).join(
        pl.DataFrame(fees, schema=schema), on="plan", how="left"
    )
    joined = scoped.join(told, on=SCOPE, how="left", nulls_equal=True, maintain_order="left")
    day = pl.col("due_on")
    period = pl.when("yearly").then(day.dt.truncate("1y")).otherwise(day.dt.month_start())
    return joined.select("e", "plan", "plan_fee", period=period)


def explained(sides: Sides, makings: pl.DataFrame) -> None:
    """Pair payouts with lines whose difference is exactly one known figure; of the same merchant first."""
    for name, residual in RESIDUALS.items():
        for named in (True, False):
            figured = sides.payouts.join(makings, on="e", maintain_order="left")
            amount = pl.col("net") + residual
            varied = figured.filter(residual != 0, amount != 0).with_columns(amount=amount)
            if not varied.is_empty():
                pairs = _pairs(sides, varied, named=named).with_columns(why=pl.lit(name))
                sides.take(pairs, "explained")


def _pairs(sides: Sides, owed: pl.DataFrame, *, named: bool) -> pl.DataFrame:
    if named:
        lines = sides.lines.filter(pl.col("named_mid") != "").with_columns(mid="named_mid")
        return in_window(owed, lines, ("mid", "currency", "amount"))
    # Without a name only a sum that nobody else could have is taken.
    lines = sides.lines.filter((pl.col("named_mid") == "") & (pl.col("named_payout") == ""))
    on = ("currency", "amount")
    single = [side.filter(pl.len().over(on) == 1) for side in (owed, lines)]
    return in_window(single[0], single[1], on)


def why(residual: pl.Expr) -> pl.Expr:
    """Return which known figure a residual equals; "" for none. Needs the makings."""
    found = pl.lit("")
    like_plan_fee = (-residual).is_between(*USUAL_PLAN_FEE) & (residual % 100 == 0)
    found = pl.when(like_plan_fee).then(pl.lit("like_plan_fee")).otherwise(found)
    rounding = residual.abs() * 2 <= pl.col("rows")
    found = pl.when(rounding).then(pl.lit("rounding")).otherwise(found)
    for name, figure in reversed(RESIDUALS.items()):
        fits = (residual == figure) & (figure != 0)
        found = pl.when(fits).then(pl.lit(name)).otherwise(found)
    return found


def first_in_period() -> pl.Expr:
    """Return True for the first payout of a merchant's plan and period that lost its plan fee; rows in order of e."""
    before = pl.col("why").is_in([PLAN_FEE, "plan_fee_and_surcharge"])
    taken = before.cast(pl.Int64).cum_sum().over("mid", "plan", "period", order_by="e")
    return before & (taken == 1)
