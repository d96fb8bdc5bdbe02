"""The truth of a rehearsal: a row for each payment that something went wrong with, by the keys it can be found by."""

from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from tillkeeper.engines.rehearsal import codes, texts
from tillkeeper.engines.rehearsal.estate import Estate
from tillkeeper.engines.rehearsal.faults.table import OF_PAYMENTS, OF_PAYOUTS
from tillkeeper.engines.rehearsal.hosting import Bill
from tillkeeper.engines.rehearsal.rendering import (
    merchant_numbers,
    order_numbers,
    terminal_numbers,
)

TRUTH: Final = MappingProxyType({
    "fault": pl.String,  # its name in the plan
    "number": pl.Int64,  # row of the truth table in payments.md, section 5; 0: none
    "cause": pl.String,
    "class": pl.String,  # what it must be found as; "": no difference is to be found
    "mid": pl.String,
    "tid": pl.String,
    "batch": pl.String,
    "trace": pl.String,
    "rrn": pl.String,
    "order_no": pl.String,
    "channel": pl.String,
    "amount_minor": pl.Int64,  # as the terminal has it; of a payout what is due, of a strange credit what came
    "other_trace": pl.String,  # of a payment charged twice: the other charge
    "other_rrn": pl.String,
})  # fmt: skip


def truth_frame(estate: Estate, truths: list[tuple[str, Bill]]) -> pl.DataFrame:
    """Return the truth with the columns of TRUTH, in the order in which it was told."""
    parts = [_told(estate, fault, truth) for fault, truth in truths if len(truth["amount"])]
    return pl.concat([pl.DataFrame(schema=dict(TRUTH)), *parts])


def _told(estate: Estate, fault: str, truth: Bill) -> pl.DataFrame:
    number, cause, difference = _meaning(fault)
    placed = bool((truth["terminal"] >= 0).all())
    told: dict[str, pl.Expr | pl.Series] = {
        "fault": pl.lit(fault),
        "number": pl.lit(number, pl.Int64),
        "cause": pl.lit(cause),
        "class": pl.lit(difference),
        "mid": merchant_numbers(estate, truth["merchant"]),
        "tid": terminal_numbers(truth["terminal"]) if placed else pl.lit(""),
        "batch": texts.six(truth["batch"]),
        "trace": texts.six(truth["trace"]),
        "rrn": texts.number(truth["rrn"], 12),
        "order_no": order_numbers(estate, truth["order"]),
        "channel": texts.words(codes.CHANNELS, truth["channel"]),
        "amount_minor": pl.Series(truth["amount"].astype(np.int64)),
        "other_trace": texts.six(truth["other_trace"]),
        "other_rrn": texts.number(truth["other_rrn"], 12),
    }
    return pl.select(told[name].alias(name) for name in TRUTH)


def _meaning(fault: str) -> tuple[int, str, str]:
    if fault in OF_PAYOUTS:
        return 0, *OF_PAYOUTS[fault]
    known = OF_PAYMENTS[fault]
    return known.number, known.cause or fault, known.difference
