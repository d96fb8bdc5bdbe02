"""What is said of a payment whose fee is not the one agreed: a sentence, and the figures it rests on."""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.wording import filled, money, percent

# A cause outside the truth table: the plan is broken, the instant surcharge is, or the channel's own columns.
CAUSES: Final = ("fee_plan_differs", "surcharge_differs", "channel_sums_differ")
SENTENCES: Final = {
    "more": (
        "The channel charged a fee of %(fee)s on %(amount)s, %(by)s more than the plan “%(plan)s” allows: "
        "%(percent)s per cent is %(share)s rounded half up, with flat part, floor and cap %(expected)s. "
        "Claim the difference from the channel."
    ),
    "less": (
        "The channel charged a fee of %(fee)s on %(amount)s, %(by)s less than the plan “%(plan)s” says: "
        "%(percent)s per cent is %(share)s rounded half up, with flat part, floor and cap %(expected)s. "
        "Check whether the plan is still the one agreed; a later correction may follow."
    ),
    "back_less": (
        "The channel gave back a fee of %(back)s on %(amount)s that was returned, %(by)s less than the plan "
        "“%(plan)s” says: %(due_back)s. Claim the difference from the channel."
    ),
    "back_more": (
        "The channel gave back a fee of %(back)s on %(amount)s that was returned, %(by)s more than the plan "
        "“%(plan)s” says: %(due_back)s. Check whether the plan is still the one agreed."
    ),
    "surcharge": (
        "The channel charged %(surcharge)s for instant payout of %(amount)s, but the plan “%(plan)s” says "
        "%(expected_surcharge)s. Claim the difference from the channel, or correct the plan."
    ),
    "sums": (
        "The channel's own columns do not add up: %(amount)s with a fee of %(fee)s and a surcharge of "
        "%(surcharge)s gives %(added)s, but the bill says %(net)s net. Ask the channel which of them is wrong."
    ),
}


def cause() -> pl.Expr:
    """Return which of the checks fails first, from the flags _fee, _surcharge and _sums."""
    return (
        pl.when("_fee")
        .then(pl.lit("fee_plan_differs"))
        .when("_surcharge")
        .then(pl.lit("surcharge_differs"))
        .otherwise(pl.lit("channel_sums_differ"))
    )


def sentence() -> pl.Expr:
    """Return the sentence of each row."""
    values = _values()
    told = {name: filled(template, values) for name, template in SENTENCES.items()}
    fee, expected = pl.col("fee_minor"), pl.col("expected_fee_minor")
    more, returns = fee > expected, pl.col("_returns")
    return (
        pl.when(pl.col("_fee") & returns & more)
        .then(told["back_less"])
        .when(pl.col("_fee") & returns)
        .then(told["back_more"])
        .when(pl.col("_fee") & more)
        .then(told["more"])
        .when("_fee")
        .then(told["less"])
        .when("_surcharge")
        .then(told["surcharge"])
        .otherwise(told["sums"])
    )


def evidence() -> pl.Expr:
    """Return the figures as a JSON object; what a plan does not name is null."""
    figures = (
        "plan_name", "rate", "share_minor", "flat_minor", "floor_minor", "cap_minor", "volume", "volume_known",
        "expected_fee_minor", "surcharge_minor", "expected_surcharge_minor", "net_minor", "added_minor",
    )  # fmt: skip
    named = {"plan_name": "plan", "rate": "rate_millionths", "volume": "month_volume_minor"}
    told = [pl.col(name).alias(named.get(name, name)) for name in figures]
    rounding = pl.lit("half up to the minor unit, per row").alias("rounding")
    return pl.struct(*told, rounding).struct.json_encode()


def _values() -> dict[str, pl.Expr]:
    currency, fee = pl.col("currency"), pl.col("fee_minor")
    amounts = {
        "fee": fee,
        "amount": pl.col("amount_minor"),
        "by": (fee - pl.col("expected_fee_minor")).abs(),
        "share": pl.col("share_minor"),
        "expected": pl.col("expected_fee_minor"),
        "back": -fee,
        "due_back": -pl.col("expected_fee_minor"),
        "surcharge": pl.col("surcharge_minor").fill_null(0),
        "expected_surcharge": pl.col("expected_surcharge_minor"),
        "added": pl.col("added_minor"),
        "net": pl.col("net_minor"),
    }
    texts = {"plan": pl.col("plan_name"), "percent": percent(pl.col("rate"))}
    return {name: money(value, currency) for name, value in amounts.items()} | texts
