"""Expected payouts: what each channel should have paid to each merchant, from the rows of its bills.

The rows are summed in one lean pass, as cheap as a plain group-by. What a sum is made of (surcharges, refunds, fees)
is asked in a second pass, and only for the few payouts that do not agree.
"""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import business_dates, due_dates
from tillkeeper.formats.canonical.tables import BillState, Kind

Bills = pl.LazyFrame
KEYS: Final = ("mid", "channel", "settled_on", "payout_no", "currency")
NO_MONEY: Final = (Kind.PREAUTH.value, Kind.PAYOUT.value, Kind.TRANSFER.value)
TO_MERCHANT: Final = (Kind.SALE.value, Kind.COMPLETION.value, Kind.ADJUSTMENT.value)
MAKINGS: Final = {
    "e": pl.UInt32,
    "rows": pl.Int64,
    "surcharge": pl.Int64,
    "refund": pl.Int64,
    "refund_fee": pl.Int64,
    "fee": pl.Int64,
    "file": pl.String,
    "line": pl.Int64,
}
ORDER: Final = ("currency", "due_on", "mid", "channel", "payout_no", "day")


def summed(bills: pl.LazyFrame, rules: Rules) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Return the rows that count into payouts, with `net` and a settlement day, and their sum for each group of KEYS.

    Net is the bill's own, else amount - fee - surcharge; the day is the bill's own, else the business day by the
    cut-off. What the bill tells itself is not worked out: only a bill with gaps is summed a second time.
    """
    revoked = (pl.col("state") == BillState.REVOKED) & (pl.col("kind") == Kind.REVERSAL)
    counts = (pl.col("state") == BillState.SUCCESS) | revoked
    rows = bills.filter(counts & ~pl.col("kind").is_in(NO_MONEY)).with_columns(net="net_minor")
    groups = _sums(rows)
    if not groups["gaps"].sum() and not groups["settled_on"].has_nulls():
        return rows, groups
    day = pl.coalesce(pl.col("settled_on"), business_dates(rules))
    filled = rows.with_columns(net=pl.coalesce("net_minor", _own_net()), settled_on=day)
    return filled, _sums(filled)


def _sums(rows: pl.LazyFrame) -> pl.DataFrame:
    net = pl.col("net")
    return rows.group_by(KEYS).agg(net=net.sum(), gaps=net.null_count()).collect(engine="streaming")


def payouts_of(groups: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return expected payouts in a fixed order, numbered `e`: mid, channel, payout_no, currency, day, net, due_on.

    A named payout gathers its merchant's groups whatever their channel and day; it is due by the last of them.
    """
    named = groups.filter(pl.col("payout_no") != "")
    plain = groups.filter(pl.col("payout_no") == "").with_columns(day="settled_on")
    one_channel = pl.col("channel").n_unique() == 1
    gathered = named.group_by("mid", "payout_no", "currency").agg(
        channel=pl.when(one_channel).then(pl.col("channel").first()).otherwise(pl.lit("")),
        day=pl.col("settled_on").max(),
        net=pl.col("net").sum(),
    )
    columns = ("mid", "channel", "payout_no", "currency", "day", "net")
    payouts = pl.concat([plain.select(columns), gathered.select(columns)])
    due = payouts.with_columns(due_on=due_dates(payouts, rules))
    return due.sort(ORDER, nulls_last=True).with_row_index("e")


def groups_of(payouts: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return the groups (KEYS) that make up some payouts, each with the `e` of its payout."""
    plain = payouts.filter(pl.col("payout_no") == "").with_columns(settled_on="day")
    named = groups.filter(pl.col("payout_no") != "").join(
        payouts, on=["mid", "payout_no", "currency"], suffix="_payout"
    )
    return pl.concat([part.select(*KEYS, "e") for part in (plain, named)])


def makings(rows: pl.LazyFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return what the payouts of `groups` (KEYS and e) are made of: the second pass, for few of them.

    Columns: e, rows, surcharge, refund, refund_fee, fee (minor units), file and line of the first row.
    """
    refund = pl.col("kind") == Kind.REFUND
    first = pl.col("file") == pl.col("file").min()
    return (
        rows.filter(pl.col("mid").is_in(groups["mid"].unique().implode()))
        .join(groups.lazy(), on=KEYS, nulls_equal=True)
        .group_by("e")
        .agg(
            rows=pl.len().cast(pl.Int64),
            surcharge=pl.col("surcharge_minor").sum(),
            refund=pl.col("net").filter(refund).sum().abs(),
            refund_fee=pl.col("fee_minor").filter(refund).sum().abs(),
            fee=pl.col("fee_minor").sum(),
            file=pl.col("file").min(),
            line=pl.col("line").filter(first).min(),
        )
        .collect(engine="streaming")
    )


def _own_net() -> pl.Expr:
    amount = pl.col("amount_minor")
    signed = pl.when(pl.col("kind").is_in(TO_MERCHANT)).then(amount).otherwise(-amount)
    return signed - pl.col("fee_minor").fill_null(0) - pl.col("surcharge_minor").fill_null(0)
