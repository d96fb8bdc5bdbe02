"""What is said of payouts and credits that do not agree: one whole sentence each, with what to do next."""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.wording import filled, money

SENTENCES: Final = {
    "payout_missing": (
        "%(expected)s of %(who)s (payments: %(rows)s) was due on %(due)s, and no statement shows it. "
        "Ask the channel for the payout of that day."
    ),
    "held": "%(expected)s of %(who)s is due on %(due)s; it is not booked yet and is held until then.",
    "held_negative": (
        "%(who)s owes %(owed)s for %(day)s, as more was returned than taken. No statement shows it taken; "
        "it is held until a payout is smaller by it."
    ),
    "payout_late": (
        "%(expected)s of %(who)s was due on %(due)s and came on %(booked)s, %(days)s days late. "
        "Ask the channel why if it happens again."
    ),
    "sum_proposed": (
        "%(expected)s of %(who)s, due on %(due)s, is part of an exact sum: %(several)s payouts and %(lines)s "
        "statement lines agree together on other days. Confirm it, or pair them otherwise."
    ),
    "sum_rivals": (
        "%(expected)s of %(who)s, due on %(due)s, fits an exact sum, but another choice has the same sum. "
        "Decide which payouts the statement line %(line)s pays."
    ),
    "equal_candidates": (
        "%(equals)s equal payouts of %(expected)s were due on %(due)s, one of them of %(who)s, and only %(paid)s came. "
        "Which is missing cannot be told from the statement; ask the channel."
    ),
    "unknown_credit": (
        "%(amount)s was credited on %(booked)s, and no payout explains it. "
        "Ask the bank who paid it, or bring in the bill it belongs to."
    ),
    "unknown_twin": (
        "%(amount)s was credited on %(booked)s, as in another line that a payout explains: it may be paid twice. "
        "Ask the channel before it is spent."
    ),
    "surcharge_taken_again": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: exactly the surcharges "
        "of its payments, which the bill had taken off already. Claim them from the channel."
    ),
    "plan_fee": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: exactly the plan fee, "
        "which was taken before in this period. Claim it from the channel."
    ),
    "plan_fee_and_surcharge": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: exactly the plan fee and "
        "the surcharges, which the bill had taken off already. Claim the surcharges from the channel."
    ),
    "refund_taken_again": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: exactly its refunds, "
        "which the bill had taken off already. Claim them from the channel."
    ),
    "refund_fee_kept": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: exactly the fees of its "
        "refunds, which the bill says are given back. Claim them from the channel."
    ),
    "fee_taken_again": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: exactly its fees, "
        "which the bill had taken off already. Claim them from the channel."
    ),
    "surcharge_not_taken": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: the surcharges were not "
        "taken off. Expect the channel to ask for them."
    ),
    "refund_not_taken": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: the refunds were not "
        "taken off. Expect the channel to take them from a later payout."
    ),
    "refund_fee_given_again": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: the fees of refunds were "
        "given back twice. Expect the channel to take them from a later payout."
    ),
    "fee_not_taken": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: it was paid without its "
        "fees taken off. Expect the channel to ask for them."
    ),
    "rounding": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s apart: no more than rounding "
        "of %(rows)s payments makes. Allow it in the tolerances if it was agreed."
    ),
    "like_plan_fee": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: the size of a yearly plan "
        "fee, which no fee plan foresees. Ask the channel, or write it into the fee plans."
    ),
    "row_not_paid": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: "
        "exactly the payment in %(row_file)s, line %(row_line)s%(row_number)s, and in no other row of this payout. "
        "Ask the channel why it was not paid."
    ),
    "row_taken_twice": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: "
        "exactly what was taken off in %(row_file)s, line %(row_line)s%(row_number)s, "
        "and in no other row of this payout. It may have been taken twice; claim it from the channel."
    ),
    "row_paid_twice": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: "
        "exactly the payment in %(row_file)s, line %(row_line)s%(row_number)s, and in no other row of this payout. "
        "It may have been paid twice; expect the channel to take it back."
    ),
    "row_not_taken": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: "
        "exactly what is to be taken off in %(row_file)s, line %(row_line)s%(row_number)s, "
        "and in no other row of this payout. Expect the channel to take it from a later payout."
    ),
    "row_fee_less": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: "
        "exactly the fee in %(row_file)s, line %(row_line)s%(row_number)s, and in no other row of this payout. "
        "It was taken again or not given back; claim it from the channel."
    ),
    "row_fee_more": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: "
        "exactly the fee in %(row_file)s, line %(row_line)s%(row_number)s, and in no other row of this payout. "
        "It was not taken or given back twice; expect the channel to ask for it."
    ),
    "row_surcharge_less": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less: "
        "exactly the surcharge in %(row_file)s, line %(row_line)s%(row_number)s, and in no other row of this payout. "
        "It was taken again; claim it from the channel."
    ),
    "row_surcharge_more": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more: "
        "exactly the surcharge in %(row_file)s, line %(row_line)s%(row_number)s, and in no other row of this payout. "
        "It was not taken; expect the channel to ask for it."
    ),
    "short": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s less; nothing known explains it. "
        "Ask the channel what it withheld."
    ),
    "over": (
        "%(who)s should have had %(expected)s on %(due)s and had %(credited)s, %(by)s more; nothing known explains it. "
        "Ask the channel which payments it holds that the bill does not."
    ),
}


def said(template: pl.Expr, names: list[str], values: dict[str, pl.Expr]) -> pl.Expr:
    """Return the sentence of each row, whose name in SENTENCES is `template`; only `names` are worked out."""
    sentence = pl.lit("")
    for name in names:
        sentence = (
            pl.when(template == name).then(filled(SENTENCES[name], values)).otherwise(sentence)
        )
    return sentence


def payout_values() -> dict[str, pl.Expr]:
    """Return what sentences on payouts may name."""
    currency, net = pl.col("currency"), pl.col("net")
    channel = (
        pl.when(pl.col("channel") == "")
        .then(pl.lit(""))
        .otherwise(pl.lit(" (") + pl.col("channel") + pl.lit(")"))
    )
    number = (
        pl.when(pl.col("payout_no") == "")
        .then(pl.lit(""))
        .otherwise(pl.lit(" / ") + pl.col("payout_no"))
    )
    amounts = {
        "expected": net,
        "owed": -net,
        "credited": pl.col("credited"),
        "by": (pl.col("credited") - net).abs(),
    }
    days = {"due": pl.col("due_on"), "day": pl.col("day"), "booked": pl.col("booked")}
    counts = {
        "rows": pl.col("rows"),
        "days": (pl.col("booked") - pl.col("due_on")).dt.total_days(),
        "several": pl.col("several"),
        "lines": pl.col("lines"),
        "line": pl.col("c_line"),
        "equals": pl.col("equals"),
        "paid": pl.col("equals") - pl.col("unpaid"),
    }
    told = {name: money(value, currency) for name, value in amounts.items()}
    named = (
        pl.when(pl.col("row_number") == "")
        .then(pl.lit(""))
        .otherwise(pl.lit(" (") + pl.col("row_number") + pl.lit(")"))
    )
    row = {"row_file": pl.col("row_file"), "row_line": pl.col("row_line"), "row_number": named}
    return {**told, **days, **counts, **row, "who": pl.col("mid") + number + channel}
