"""What each payout and each credit comes to once the passes are done: its class, cause, sentence and evidence."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from tillkeeper.engines.matching.payouts.credits import TEXTS
from tillkeeper.engines.matching.payouts.residuals import PLAN_FEE, RESIDUALS, first_in_period, why
from tillkeeper.engines.matching.payouts.single_rows import ROW
from tillkeeper.engines.matching.payouts.wording import SENTENCES, payout_values, said
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.terms import Tolerance
from tillkeeper.engines.matching.wording import filled, money

UNEQUAL: Final = ("explained", "unequal")  # how a pair came about whose sums differ
PROPOSED: Final = ("sum_proposed", "sum_rivals")
ROW_LESS: Final = ("row_not_paid", "row_taken_twice", "row_fee_less", "row_surcharge_less")
ROW_MORE: Final = ("row_paid_twice", "row_not_taken", "row_fee_more", "row_surcharge_more")
# Verdict (which is the name of its sentence): class, cause, confidence. What differs is told by its explanation.
VERDICTS: Final = (
    {
        "payout_missing": ("payout_missing", "payout_not_yet_booked", 0.95),
        "held": ("held", "not_yet_due", 1.0),
        "held_negative": ("held", "not_yet_due", 0.9),
        "payout_late": ("payout_late", "payout_booked_late", 1.0),
        "sum_proposed": ("ambiguous", "sum_proposed", 0.8),
        "sum_rivals": ("ambiguous", "equal_candidates", 0.5),
        "equal_candidates": ("ambiguous", "equal_candidates", 0.5),
        "short": ("payout_differs", "payout_short", 0.7),
        "over": ("payout_differs", "payout_over", 0.7),
        "like_plan_fee": ("payout_differs", "payout_short", 0.8),
        "rounding": ("payout_differs", "payout_short", 0.8),
    }
    | dict.fromkeys(RESIDUALS, ("payout_differs", "payout_short", 0.95))
    | dict.fromkeys((*ROW_LESS, *ROW_MORE), ("payout_differs", "payout_short", 0.85))
)
OVER: Final = ("surcharge_not_taken", "refund_not_taken", "refund_fee_given_again", "fee_not_taken")
VAGUE: Final = ("", "like_plan_fee")  # explanations that one exact row goes before
AGREED: Final = ""
_OTHERS: Final = '[{"cause":"payout_not_yet_booked","why_not":"An equal payout may be the one that is missing."}]'


@dataclass(frozen=True, slots=True)
class Times:
    """What is known of the days: up to which one payouts can be missed, and which payouts were paid when."""

    closed: date  # the last day on which a payout that is not booked is missing
    paid: pl.DataFrame  # payouts equal to doubtful ones: currency, net, due_on, mid, how


def paid(payouts: pl.DataFrame, lines: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return payouts with how, why, credited, booked, lines, several, c_file, c_line; null where they are not paid."""
    shared = links.with_columns(several=pl.len().over("c")).join(lines, on="c").sort("e", "c")
    told = shared.group_by("e", maintain_order=True).agg(
        pl.col("how", "why", "several").first(),
        credited=pl.col("amount").sum(),
        booked=pl.col("booked").max(),
        lines=pl.len(),
        c_file=pl.col("file").first(),
        c_line=pl.col("line").first(),
    )
    return payouts.join(told, on="e", how="left", maintain_order="left")


def is_late(rules: Rules) -> pl.Expr:
    """Return True for a payout that was booked after its day."""
    return pl.col("booked") > pl.col("due_on") + timedelta(days=rules.payouts.late_after_days)


def residuals(settled: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Return e, residual of the payouts that a single row may explain: those that differ by more than rounding."""
    told = _with_residual(settled, made).filter(pl.col("how").is_in(UNEQUAL))
    asked = pl.col("why").is_in(["rounding", PLAN_FEE])
    return told.filter(~asked, pl.col("residual") != 0).select("e", "residual")


def _with_residual(settled: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Return payouts with what they are made of, the residual, and which known figure that is."""
    told = settled.join(made, on="e", maintain_order="left").with_columns(
        residual=pl.col("credited") - pl.col("net")
    )
    looked = pl.when(pl.col("how") == "unequal").then(why(pl.col("residual"))).otherwise("why")
    return told.with_columns(why=looked)


def judged_payouts(
    settled: pl.DataFrame, made: pl.DataFrame, single: pl.DataFrame, rules: Rules, times: "Times"
) -> pl.DataFrame:
    """Return a difference for each payout that does not agree.

    Args:
        settled: doubtful payouts as `paid` gives them.
        made: what they are made of.
        single: the one row that explains a residual, where there is one.
        rules: tolerances, hold days, lateness.
        times: decide what is held and what is missing.
    """
    unpaid = settled.filter(pl.col("how").is_null())
    held = _not_due(unpaid, rules, times)
    told = _with_residual(settled, made).with_columns(_held=pl.col("e").is_in(held.implode()))
    judged = (
        told.join(_twins(unpaid, times.paid), on="e", how="left", maintain_order="left")
        .join(single, on="e", how="left", maintain_order="left")
        .with_columns(verdict=_verdict(rules))
        .filter(pl.col("verdict") != AGREED)
    )
    return _payout_rows(judged)


def judged_lines(rest: pl.DataFrame, lines: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return a difference for each credit of `rest` that no payout explains; `lines` are all."""
    unexplained = rest.filter(pl.col("amount") > 0)
    if rules.payouts.payers:
        text = pl.concat_str(TEXTS, separator=" ", ignore_nulls=True)
        unexplained = unexplained.filter(text.str.contains_any(list(rules.payouts.payers)))
    same = ("currency", "amount", "booked", "named_mid", "named_payout")
    near = lines.join(unexplained, on=same, how="semi").join(rest, on="c", how="anti")
    twins = near.select(same).unique().with_columns(twin=pl.lit(value=True))
    told = unexplained.join(twins, on=same, how="left", maintain_order="left")
    values = {"amount": money(pl.col("amount"), pl.col("currency")), "booked": pl.col("booked")}
    sentences = {
        name: filled(SENTENCES[name], values) for name in ("unknown_twin", "unknown_credit")
    }
    evidence = pl.struct(
        pl.col("booked").cast(pl.String).alias("booked_on"),
        pl.col("amount").alias("credited_minor"),
        "counterparty",
        "reference",
        pl.col("twin").fill_null(value=False).alias("equal_line_is_explained"),
    )
    return told.select(
        pl.lit("unknown_credit").alias("class"),
        cause=pl.lit("credit_unexplained"),
        confidence=pl.lit(0.9),
        mid="named_mid",
        batch="named_payout",
        channel=pl.lit(""),
        amount_minor="amount",
        other_minor=pl.lit(None, pl.Int64),
        currency="currency",
        due_on=pl.lit(None, pl.Date),
        source_file="file",
        source_line="line",
        other_file=pl.lit(""),
        other_line=pl.lit(None, pl.Int64),
        sentence=pl.when("twin")
        .then(sentences["unknown_twin"])
        .otherwise(sentences["unknown_credit"]),
        evidence=evidence.struct.json_encode(),
        others=pl.lit("[]"),
    )


def _verdict(rules: Rules) -> pl.Expr:
    unequal = pl.col("how").is_in(UNEQUAL)
    fee_due = (pl.col("why") == PLAN_FEE) & first_in_period()
    allowed = fee_due | _within(rules.tolerance)
    side = pl.when(pl.col("residual") < 0).then(pl.lit("short")).otherwise(pl.lit("over"))
    by_row = pl.col("row_is").is_not_null() & pl.col("why").is_in(VAGUE)
    differs = pl.when(by_row).then("row_is").when(pl.col("why") == "").then(side).otherwise("why")
    late = pl.when(is_late(rules)).then(pl.lit("payout_late")).otherwise(pl.lit(AGREED))
    unpaid = (
        pl.when(pl.col("net") < 0)
        .then(pl.lit("held_negative"))
        .when("_held")
        .then(pl.lit("held"))
        .when(pl.col("equals").is_not_null())
        .then(pl.lit("equal_candidates"))
        .otherwise(pl.lit("payout_missing"))
    )
    return (
        pl.when(pl.col("how").is_null())
        .then(unpaid)
        .when(pl.col("how").is_in(PROPOSED))
        .then("how")
        .when(unequal & ~allowed)
        .then(differs)
        .otherwise(late)
    )


def _within(tolerance: Tolerance) -> pl.Expr:
    residual, size = pl.col("residual"), pl.col("net").abs()
    above = pl.max_horizontal(
        pl.lit(tolerance.above_minor), size * tolerance.above_millionths // 1_000_000
    )
    below = pl.max_horizontal(
        pl.lit(tolerance.below_minor), size * tolerance.below_millionths // 1_000_000
    )
    return residual.is_between(-below, above)


def _not_due(unpaid: pl.DataFrame, rules: Rules, times: Times) -> pl.Series:
    """Return the unpaid payouts (e) that are not due yet: the day itself counts only when a statement covers it."""
    cases = unpaid.select("channel", "mid").unique()
    hold = [rules.terms(channel, mid).hold_days for channel, mid in cases.iter_rows()]
    told = unpaid.join(
        cases.with_columns(hold=pl.Series(hold, dtype=pl.Int64)), on=["channel", "mid"]
    )
    due = pl.col("due_on") + pl.duration(days="hold")
    return told.filter(due > times.closed)["e"]


def _twins(unpaid: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """Return unpaid payouts that an equal one was paid beside: e, equals (how many there are), unpaid."""
    found = []
    for how, on in (
        ("merchant", ["currency", "net", "due_on", "mid"]),
        ("amount", ["currency", "net", "due_on"]),
    ):
        counted = unpaid.with_columns(unpaid=pl.len().over(on))
        taken = settled.filter(pl.col("how") == how).group_by(on).agg(_paid=pl.len())
        both = counted.join(taken, on=on)
        found.append(both.select("e", "unpaid", equals=pl.col("unpaid") + pl.col("_paid")))
    return pl.concat(found).unique("e", keep="first", maintain_order=True)


def _payout_rows(judged: pl.DataFrame) -> pl.DataFrame:
    verdict = pl.col("verdict")
    classes, causes, sure = (
        {name: told[place] for name, told in VERDICTS.items()} for place in range(3)
    )
    over = verdict.is_in([*OVER, *ROW_MORE]) | ((verdict == "rounding") & (pl.col("residual") > 0))
    cause = (
        pl.when(over)
        .then(pl.lit("payout_over"))
        .otherwise(verdict.replace_strict(causes, return_dtype=pl.String))
    )
    several = verdict.is_in(["equal_candidates", "sum_rivals"])
    return judged.select(
        verdict.replace_strict(classes, return_dtype=pl.String).alias("class"),
        cause=cause,
        confidence=verdict.replace_strict(sure, return_dtype=pl.Float64),
        mid="mid",
        batch="payout_no",
        channel="channel",
        amount_minor="net",
        other_minor="credited",
        currency="currency",
        due_on="due_on",
        source_file="file",
        source_line="line",
        other_file=pl.col("c_file").fill_null(""),
        other_line="c_line",
        sentence=said(verdict, judged["verdict"].unique().sort().to_list(), payout_values()),
        evidence=_evidence(),
        others=pl.when(several).then(pl.lit(_OTHERS)).otherwise(pl.lit("[]")),
    )


def _evidence() -> pl.Expr:
    facts = {
        "expected_minor": "net",
        "credited_minor": "credited",
        "residual_minor": "residual",
        "explained_by": "why",
        "payments": "rows",
        "fee_minor": "fee",
        "surcharge_minor": "surcharge",
        "refund_minor": "refund",
        "refund_fee_minor": "refund_fee",
        "plan_fee_minor": "plan_fee",
        "paired_by": "how",
        "payouts_of_line": "several",
        "lines_of_payout": "lines",
        **{name: name for name in ROW if name != "e"},
    }
    told = [pl.col(column).alias(name) for name, column in facts.items()]
    days = {"settled_on": "day", "due_on": "due_on", "booked_on": "booked"}
    dates = [pl.col(column).cast(pl.String).alias(name) for name, column in days.items()]
    return pl.struct(*told, *dates).struct.json_encode()
