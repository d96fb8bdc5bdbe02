"""What a payment should cost, in whole minor units: half up, row by row, as the channels do it (payments.md section 2).

Rates are whole millionths. Nothing here is a float, and no amount below 2^62 overflows.
"""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.rules.plans import MILLION, FeePlan
from tillkeeper.formats.canonical.tables import Channel, Kind

CHARGED: Final = (Kind.SALE.value, Kind.COMPLETION.value)
TAKEN_BACK: Final = (
    Kind.VOID.value,
    Kind.REVERSAL.value,
)  # as if the payment had never been: its fee comes back
RETURNED: Final = (*TAKEN_BACK, Kind.REFUND.value)
WALLETS: Final = (Channel.WECHAT.value, Channel.ALIPAY.value)
ORDER: Final = (
    "at",
    "day",
    "tid",
    "batch",
    "trace",
    "rrn",
    "order_no",
    "channel_no",
    "amount_minor",
    "file",
    "line",
)


def share(amount: pl.Expr, rate: pl.Expr) -> pl.Expr:
    """Return amount times rate, half up to the minor unit; the amount is not negative."""
    whole, rest = amount // MILLION, amount % MILLION
    return whole * rate + (rest * rate + MILLION // 2) // MILLION


def row_fee(amount: pl.Expr, rate: pl.Expr) -> pl.Expr:
    """Return the fee of one payment: rate and flat part, at least the floor, at most the cap."""
    fee = share(amount, rate) + pl.col("flat_minor")
    return pl.min_horizontal(pl.max_horizontal(fee, pl.col("floor_minor")), pl.col("cap_minor"))


def fee_base() -> pl.Expr:
    """Return what a row's fee is taken of: the amount, of a wallet without the coupon that the merchant does not get.

    WeChat and Alipay take it of what is settled (应结订单金额, 商家实收); what lies between that and the order is the
    row's surcharge, negative on what goes back. Where the plan names a surcharge, that is one for instant payout.
    """
    amount, between = pl.col("amount_minor"), pl.col("surcharge_minor").fill_null(0)
    coupon = pl.col("channel").is_in(WALLETS) & pl.col("surcharge_flat").is_null()
    settled = pl.max_horizontal(amount - between.abs(), amount * 0)
    return pl.when(coupon).then(settled).otherwise(amount)


def surcharge(amount: pl.Expr) -> pl.Expr:
    """Return what an instant payout should cost; null where the plan does not say."""
    due = share(amount, pl.col("surcharge_rate")) + pl.col("surcharge_flat")
    charged = pl.col("surcharge_minor").fill_null(0) != 0
    return pl.when(pl.col("surcharge_all") | charged).then(due).otherwise(due * 0)


def parameters(plans: tuple[FeePlan, ...]) -> pl.DataFrame:
    """Return the plans' figures, one row each, by number."""
    rows = [
        {
            "plan": number,
            "plan_name": plan.name,
            "plan_rate": plan.rate,
            "flat_minor": plan.flat_minor,
            "floor_minor": plan.floor_minor,
            "cap_minor": plan.cap_minor,
            "returns": plan.refund_returns_fee,
            "surcharge_flat": plan.surcharge and plan.surcharge.flat_minor,
            "surcharge_rate": plan.surcharge and plan.surcharge.rate,
            "surcharge_all": plan.surcharge is not None and plan.surcharge.on == "all",
        }
        for number, plan in enumerate(plans)
    ]
    return pl.DataFrame(rows, schema=_PARAMETERS)


_PARAMETERS: Final = {
    "plan": pl.Int32,
    "plan_name": pl.String,
    "plan_rate": pl.Int64,
    "flat_minor": pl.Int64,
    "floor_minor": pl.Int64,
    "cap_minor": pl.Int64,
    "returns": pl.Boolean,
    "surcharge_flat": pl.Int64,
    "surcharge_rate": pl.Int64,
    "surcharge_all": pl.Boolean,
}
