"""The table of differences: one row for each payment that does not agree, and the order it stands in."""

import json
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.engines.matching.hypotheses.judging import Judgement, judged
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.formats.canonical.tables import MOMENT, Channel, Column
from tillkeeper.kernel.money import Money

# `source` is the terminal's row, or the channel's where the terminal has none; `other` is the channel's beside it.
DIFFERENCE: Final[Mapping[str, Column]] = {
    "class": pl.String,
    "cause": pl.String,
    "confidence": pl.Float64,
    "mid": pl.String,
    "tid": pl.String,
    "batch": pl.String,
    "trace": pl.String,
    "rrn": pl.String,
    "order_no": pl.String,
    "channel": pl.String,
    "amount_minor": pl.Int64,
    "other_minor": pl.Int64,  # what is left of it on the other side; null: the other side has no row
    "fee_minor": pl.Int64,
    "expected_fee_minor": pl.Int64,
    "currency": pl.String,
    "at": MOMENT,
    "due_on": pl.Date,
    "source_file": pl.String,
    "source_line": pl.Int64,
    "other_file": pl.String,
    "other_line": pl.Int64,
    "sentence": pl.String,
    "evidence": pl.String,  # a JSON object
    "others": pl.String,  # a JSON list of {cause, why_not}
}
ORDER: Final = (
    "class", "mid", "tid", "batch", "trace", "rrn", "order_no", "source_file", "source_line", "other_file",
    "other_line", "amount_minor", "at", "sentence", "evidence",
)  # fmt: skip
TRACED: Final = (
    Channel.CARD,
    Channel.UNIONPAY_QR,
    "",
)  # channels whose payments go by trace number
NOT_SAID: Final = "—"
SIDES: Final = ("batch", "trace", "rrn", "order_no")
UNASKED: Final = (
    "at_g", "place_g", "purchase_g", "day_g", "key_batch_g", "key_trace_g", "direction_g", "trace_no_g", "batch_no_g",
    "place", "purchase", "day", "key_batch", "key_trace", "batch_no", "done", "agreed", "agreed_g", "rows_g",
    "agreed_rows_g", "taken_minor_g", "sound_g", "kind", "kind_g", "hold_days",
)  # fmt: skip
SHOWN: Final = (
    "twin_source",
    "twin_line",
    "twin_trace",
    "twin_rrn",
    "twin_minutes",
    "run",
    "gap",
    "rivals",
    "by",
)


def none() -> pl.DataFrame:
    """Return the table without a row."""
    return pl.DataFrame(schema=dict(DIFFERENCE))


def of_cases(cases: pl.DataFrame, fees: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return the differences among the cases that have a class, each judged.

    Args:
        cases: classified, with neighbours.
        fees: sentence, evidence, cause, expected_fee_minor of bill rows whose fee is wrong, by `source`, `line`.
        rules: its windows.
    """
    told = (
        cases.filter(pl.col("class").is_not_null())
        .drop(UNASKED)
        .join(fees, left_on=["source_g", "line_g"], right_on=["source", "line"], how="left")
    )
    again = {"retransmission_minutes": rules.windows.retransmission_minutes}
    rows = [_row(case | again) for case in told.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=dict(DIFFERENCE), orient="row")


def whole(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return one table of several with some or all of the columns, in its fixed order."""
    told = [none()]
    for frame in frames:
        there = [
            pl.col(name).cast(kind) for name, kind in DIFFERENCE.items() if name in frame.columns
        ]
        told.append(frame.select(there))
    joined = pl.concat(told, how="diagonal").select(list(DIFFERENCE))
    texts = [name for name, kind in DIFFERENCE.items() if kind == pl.String]
    filled = joined.with_columns(pl.col(texts).fill_null(""), pl.col("confidence").round(2))
    return filled.with_columns(
        pl.col("evidence").replace("", "{}"), pl.col("others").replace("", "[]")
    ).sort(*ORDER, nulls_last=True)


def _row(case: Mapping[str, Any]) -> dict[str, Any]:
    fee = case["class"] == DifferenceClass.FEE_DIFFERS
    return _place(case) | (_fee_told(case) if fee else _told(case, judged(case)))


def _place(case: Mapping[str, Any]) -> dict[str, Any]:
    terminal = case["j"] is not None
    pair = terminal and case["g"] is not None
    return {
        "class": case["class"],
        **{name: case[name] for name in ("mid", "tid", "channel", "currency", "at")},
        **{name: case[name] or case[f"{name}_g"] or "" for name in SIDES},
        "amount_minor": case["amount_minor"] if terminal else _held(case),
        "other_minor": case["total_g"] if pair else None,
        "fee_minor": case["fee_minor_g"],
        "expected_fee_minor": case["expected_fee_minor"],
        "due_on": case["due_on"],
        "source_file": case["source"] if terminal else case["source_g"],
        "source_line": case["line"] if terminal else case["line_g"],
        "other_file": case["source_g"] if pair else "",
        "other_line": case["line_g"] if pair else None,
    }


def _fee_told(case: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cause": case["fee_cause"] or "channel_sums_differ",
        "confidence": 1.0,
        "sentence": case["fee_sentence"] or "",
        "evidence": case["fee_evidence"] or "{}",
        "others": "[]",
    }


def _told(case: Mapping[str, Any], judgement: Judgement) -> dict[str, Any]:
    return {
        "cause": judgement.cause.code,
        "confidence": judgement.confidence,
        "sentence": judgement.cause.sentence % _named(case),
        "evidence": json.dumps(_evidence(case, judgement), sort_keys=True, ensure_ascii=False),
        "others": judgement.others,
    }


def _named(case: Mapping[str, Any]) -> dict[str, str]:
    held = case["total_g"]
    elsewhere = f"{case['mid_g']} {case['tid_g']}" if case["g"] is not None else ""
    amount = case["amount_minor"] if case["j"] is not None else _held(case)
    return {
        "number": _number(case),
        "tid": case["tid"] or NOT_SAID,
        "mid": case["mid"],
        "amount": str(Money(amount or 0, case["currency"])),
        "other": str(Money(held or 0, case["currency_g"] or case["currency"])),
        "due": str(case["due_on"] or ""),
        "twin": case["twin_trace"] or case["trace_g"] or "",
        "elsewhere": elsewhere,
        "rivals": ", ".join(case["rivals"] or [f"{case['source_g']}:{case['line_g']}"]),
    }


def _number(case: Mapping[str, Any]) -> str:
    """Return what people call the payment by: a wallet's by its order, others by their trace number."""
    names = (
        ["trace", "order_no", "rrn"] if case["channel"] in TRACED else ["order_no", "trace", "rrn"]
    )
    told = (case[name + side] for name in names for side in ("", "_g"))
    return next((number for number in told if number), "")


def _held(case: Mapping[str, Any]) -> int | None:
    """Return the amount of a payment that the channel alone has: of its charge, whether or not it took it back."""
    charged: int | None = case["charged_minor_g"] if case["direction"] == 1 else None
    amount: int | None = case["amount_minor_g"]
    return charged or amount


def _evidence(case: Mapping[str, Any], judgement: Judgement) -> dict[str, Any]:
    shown = {name: case[name] for name in SHOWN if case[name] not in (None, "", False)}
    rows = case["lines_g"]
    answers = dict(judgement.evidence)
    return {"clues": answers, **shown, **({"channel_rows": rows} if rows else {})}
