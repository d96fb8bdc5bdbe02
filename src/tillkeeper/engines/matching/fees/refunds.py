"""What a refund, a void or a reversal gives back of the fee: at most what its payment was charged, however often.

Where the payment stands in the same bill, its own plan and rate count: given back whole, its whole fee; in part, the
rate of the part, and of a capped fee the same share. Where it does not, the row is taken for a whole one by the plan of
its own day. A refund gives back only under a plan that says so; void and reversal always.
"""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.fees.sums import (
    CHARGED,
    ORDER,
    RETURNED,
    TAKEN_BACK,
    fee_base,
    row_fee,
    share,
)

# How a row names its payment, best first: the row's column, the payment's.
LINKS: Final = (
    ("original_channel_no", "channel_no"),
    ("original_order_no", "order_no"),
    ("original_rrn", "rrn"),
)
_FROM_SALE: Final = (
    "plan",
    "plan_name",
    "rate",
    "flat_minor",
    "floor_minor",
    "cap_minor",
    "returns",
)


def with_refunds(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return rows with `expected_fee_minor`: charged on sales, given back (negative) on what returns money."""
    charged = row_fee(fee_base(), pl.col("rate"))
    sales = rows.filter(pl.col("kind").is_in(CHARGED)).with_columns(expected_fee_minor=charged)
    back = rows.filter(pl.col("kind").is_in(RETURNED)).with_columns(_name=named())
    linked = back.join(_originals(sales, back), on=["mid", "_name"], how="left")
    # Without a sale every row is alone; with one, earlier refunds of it have taken their part.
    alone = pl.col("_sale").is_null()
    own = linked.with_columns(
        [pl.when(alone).then(name).otherwise(f"_sale_{name}").alias(name) for name in _FROM_SALE]
    )
    so_far = pl.col("_part").cum_sum().over("_sale", order_by=ORDER) - pl.col("_part")
    left = (pl.col("_sale_charged") - so_far).clip(lower_bound=0)
    parted = own.with_columns(_part=_part())
    given = pl.when(alone).then("_part").otherwise(pl.min_horizontal("_part", left))
    returned = parted.with_columns(expected_fee_minor=-given)
    return pl.concat([sales, returned.select(sales.collect_schema().names())])


def named() -> pl.Expr:
    """Return how a row names its payment; null where it does not."""
    name = pl.when(pl.col("original_trace") != "").then(_traced("original_trace"))
    chain = [
        pl.when(pl.col(column) != "").then(pl.lit(f"{other}:") + pl.col(column))
        for column, other in LINKS
    ]
    return pl.coalesce(*chain, name)


def bearers() -> list[pl.Expr]:
    """Return the names by which a payment may be meant."""
    return [*((pl.lit(f"{column}:") + pl.col(column)) for _, column in LINKS), _traced("trace")]


def _traced(trace: str) -> pl.Expr:
    return pl.concat_str(
        [pl.lit("trace"), pl.col("tid"), pl.col("batch"), pl.col(trace)], separator=":"
    )


def _originals(sales: pl.LazyFrame, back: pl.LazyFrame) -> pl.LazyFrame:
    """Return the payments that `back` names, by mid and name; a name that two payments bear names none."""
    wanted = back.select("mid", "_name").unique()
    columns = ("mid", "expected_fee_minor", *_FROM_SALE)
    found = [
        sales.select("_row", *columns, _base=fee_base(), _name=name).join(
            wanted, on=["mid", "_name"], how="semi"
        )
        for name in bearers()
    ]
    single = pl.concat(found).group_by("mid", "_name").agg(pl.all().first(), _bearers=pl.len())
    return single.filter(pl.col("_bearers") == 1).select(
        "mid",
        "_name",
        *[pl.col(name).alias(f"_sale_{name}") for name in _FROM_SALE],
        _sale="_row",
        _sale_amount="_base",
        _sale_charged="expected_fee_minor",
    )


def _part() -> pl.Expr:
    """Return what one row would give back if it were the first."""
    amount, rate = fee_base(), pl.col("rate")
    sale, cap = pl.col("_sale_amount"), pl.col("cap_minor")
    capped = share(sale, rate) + pl.col("flat_minor") > cap
    of_cap = (2 * cap * amount + sale) // pl.max_horizontal(2 * sale, 1)
    in_part = pl.when(capped).then(of_cap).otherwise(share(amount, rate))
    part = (
        pl.when(sale.is_null())
        .then(row_fee(amount, rate))
        .when(amount >= sale)
        .then("_sale_charged")
        .otherwise(in_part)
    )
    gives_back = pl.col("returns") | pl.col("kind").is_in(TAKEN_BACK)
    return pl.when(gives_back).then(part).otherwise(part * 0)
