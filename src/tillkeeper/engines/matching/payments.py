"""Payments as the residue tells them: rows of a bill that belong together, and journal rows put beside them.

A channel's payment is its sale with whatever it took back. Passes go from the surest key to the loosest; what one pass
took is taken for all later ones, on both sides; where one key has several rows that fit equally, nobody is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from tillkeeper.engines.matching.agreeing import Mark
from tillkeeper.engines.matching.fingerprints import PAYING, RETURNING, direction, slip_good
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import business_dates
from tillkeeper.formats.canonical.tables import BillState, JournalState, Kind

APART: Final = timedelta(
    hours=20
)  # a reversal this long after the row before it belongs to another day
AT_ONCE: Final = timedelta(
    minutes=10
)  # charges of one number and amount this near are one payment charged twice
CHARGED: Final = (BillState.SUCCESS, BillState.HOST_ONLY)
ELSEWHERE_MINUTES: Final = 10  # between the two clocks, where card, trace and amount alone tell
SUGGESTED_MINUTES: Final = 10
PLACE: Final = ("mid", "tid")


@dataclass(frozen=True, slots=True)
class Pass:
    """One way to put a journal row beside a channel's payment."""

    name: str
    keys: tuple[str, ...]
    near_days: bool = False  # business dates must lie within the tolerance
    minutes: int | None = None  # the moments must lie within so many
    same_amount: bool = False
    plausible: bool = False  # the key is weak: amount and card must not speak against it
    elsewhere: bool = False  # under another terminal or merchant: only what both sides hold as done


PASSES: Final = (
    Pass("terminal", ("mid", "tid", "key_batch", "key_trace")),
    Pass("rrn", ("mid", "tid", "key_trace", "key_rrn")),
    Pass("order_at_terminal", ("channel", "tid", "key_order")),
    Pass("order", ("channel", "key_order"), near_days=True),
    Pass("rrn_at_merchant", ("mid", "key_rrn"), near_days=True),
    Pass("trace", ("mid", "tid", "key_trace"), near_days=True, plausible=True),
    Pass("rrn_elsewhere", ("key_rrn",), near_days=True, same_amount=True, elsewhere=True),
    Pass(
        "card_elsewhere",
        ("card", "key_trace"),
        minutes=ELSEWHERE_MINUTES,
        same_amount=True,
        elsewhere=True,
    ),
    Pass("suggested", ("mid", "card"), minutes=SUGGESTED_MINUTES, same_amount=True, elsewhere=True),
)


def journal_payments(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return the journal's rows that are payments, each with number `j`, keys, direction, business day and `done`."""
    paid = rows.filter(
        pl.col("kind").is_in((*PAYING, *RETURNING)) & (pl.col("mark") != Mark.REPEATED)
    )
    return (
        paid.sort(
            "source",
            "line",
            *PLACE,
            "batch",
            "trace",
            "rrn",
            "order_no",
            "at",
            "amount_minor",
            "state",
        )
        .with_columns(
            *_keys(pl.col("trace"), pl.col("rrn"), pl.col("order_no")),
            direction().alias("direction"),
            business_dates(rules).alias("day"),
            slip_good().alias("slip_good"),
            approved=pl.col("state") == JournalState.APPROVED,
            agreed=pl.col("mark") == Mark.AGREED,
        )
        .with_columns(done=pl.col("approved") & ~pl.col("agreed"))
        .with_row_index("j")
    )


def channel_payments(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return one row for each payment of a channel, with number `g`, what was charged, taken back, and is left."""
    told = _grouped(rows).sort(
        "group", pl.col("kind") == Kind.REVERSAL, pl.col("state") != BillState.SUCCESS,
        pl.col("mark") == Mark.AGREED, "at", "source", "line", "rrn", "channel_no",
    )  # fmt: skip
    reversal = pl.col("kind") == Kind.REVERSAL
    charged = ~reversal & pl.col("state").is_in(CHARGED)
    first = [name for name in told.columns if name not in {"group", "agreed"}]
    payments = (
        told.group_by("group", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in first),
            sales=charged.sum(),
            charged_minor=pl.col("amount_minor").filter(charged).sum(),
            reversals=reversal.sum(),
            taken_minor=pl.col("amount_minor").filter(reversal).sum(),
            pending=(~reversal & (pl.col("state") == BillState.PENDING)).any(),
            host_only=(charged & (pl.col("state") == BillState.HOST_ONLY)).any(),
            sound=~not_adding_up().any(),
            agreed=(pl.col("mark") == Mark.AGREED).any(),
            settled=pl.len() == (pl.col("mark") == Mark.AGREED).sum(),
            rows=pl.len(),
            agreed_rows=(pl.col("mark") == Mark.AGREED).sum(),
            lines=pl.concat_str("source", "line", separator=":").sort(),
            reversal_settled_on=pl.col("settled_on").filter(reversal).max(),
        )
        .filter(~pl.col("settled"))
    )
    return payments.with_columns(
        total=pl.col("charged_minor") - pl.col("taken_minor"),
        day=business_dates(rules),
        done=(pl.col("charged_minor") > pl.col("taken_minor")) & ~pl.col("agreed"),
    ).drop("group", "settled").with_row_index("g")  # fmt: skip


def not_adding_up() -> pl.Expr:
    """Return which rows of a bill are final and still do not agree as they stand: their fee or their sums are wrong."""
    return (
        (pl.col("mark") == Mark.LOUD)
        & (pl.col("kind") != Kind.REVERSAL)
        & (pl.col("state") == BillState.SUCCESS)
    )


def paired(
    journal: pl.DataFrame, channel: pl.DataFrame, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return pairs (j, g, by) that no other claims, and rivals (j, g) that fit equally well."""
    pairs: list[pl.DataFrame] = []
    rivals: list[pl.DataFrame] = []
    free_j, free_g = journal, channel
    for step in PASSES:
        sure, equal = _one_pass(step, free_j, free_g, rules)
        pairs.append(sure)
        rivals.append(equal)
        for claimed in (sure, equal):
            free_j = free_j.join(claimed, on="j", how="anti")
            free_g = free_g.join(claimed, on="g", how="anti")
    return pl.concat(pairs), pl.concat(rivals)


def _keys(trace: pl.Expr, rrn: pl.Expr, order: pl.Expr) -> Sequence[pl.Expr]:
    return (
        trace.str.strip_chars_start("0").alias("key_trace"),
        pl.col("batch").str.strip_chars_start("0").alias("key_batch"),
        rrn.alias("key_rrn"),
        order.alias("key_order"),
    )


def _taken_back(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with refunds that carry the trace of a sale as the reversals they are.

    A refund has a trace of its own within its batch; files that tell neither (the pipe form of UMS) write both alike.
    """
    key = ("mid", "tid", "batch", "trace", "amount_minor")
    named = (pl.col("batch") != "") & (pl.col("trace") != "")
    sales = rows.filter(named & (pl.col("kind") == Kind.SALE)).select(key).unique()
    same = rows.join(sales.with_columns(sold=True), on=key, how="left", maintain_order="left")[
        "sold"
    ]
    undone = named & (pl.col("kind") == Kind.REFUND) & same.fill_null(value=False)
    return rows.with_columns(
        kind=pl.when(undone).then(pl.lit(Kind.REVERSAL.value)).otherwise("kind")
    )


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the bill's rows with their keys and the number of their payment; a refund is one by itself."""
    rows = _taken_back(rows)
    reversal = pl.col("kind") == Kind.REVERSAL
    own = [
        pl.when(reversal & (pl.col(f"original_{name}") != ""))
        .then(pl.col(f"original_{name}"))
        .otherwise(pl.col(name))
        for name in ("trace", "rrn", "order_no")
    ]
    keyed = rows.with_columns(*_keys(*own), direction().alias("direction"))
    by_trace = (pl.col("key_trace") != "") & (pl.col("tid") != "")
    alone = pl.concat_str("source", "line", separator="\n") + "\n" + pl.col("channel_no")
    name = (
        pl.when(pl.col("direction") == 2).then(alone)
        .when(by_trace).then(pl.concat_str("mid", "tid", "key_batch", "key_trace", "amount_minor", separator="\t"))
        .when(pl.col("key_order") != "").then(pl.concat_str("channel", "key_order", "amount_minor", separator="\r"))
        .when(pl.col("key_rrn") != "").then(pl.concat_str("mid", "key_rrn", "amount_minor", separator="\f"))
        .otherwise(alone)
    )  # fmt: skip
    named = keyed.with_columns(name=name).sort("name", "at")
    waited = pl.col("at").diff()
    another = ~reversal & (
        waited > AT_ONCE
    )  # a number comes again when the terminal begins a new batch
    begins = ((waited > APART) | another).fill_null(value=False) | (
        pl.col("name") != pl.col("name").shift()
    )
    return named.with_columns(group=begins.fill_null(value=True).cum_sum()).drop("name")


def _one_pass(
    step: Pass, journal: pl.DataFrame, channel: pl.DataFrame, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    facts = ["direction", "agreed", "done", "day", "at", "amount_minor", "mid", "tid", "card"]
    names = [*step.keys, *(name for name in facts if name not in step.keys)]
    sides = [
        side.filter(pl.all_horizontal(pl.col(key) != "" for key in step.keys)).select(
            number, *names
        )
        for side, number in ((journal, "j"), (channel, "g"))
    ]
    met = sides[0].join(sides[1], on=[*step.keys, "direction", "agreed"], suffix="_g")
    met = met.filter(*_fits(step, met.columns, rules))
    found = met.select("j", "g").clear()
    for better in _better():
        free = met.join(found, on="j", how="anti").join(found, on="g", how="anti")
        found = pl.concat([found, _unrivalled(free.filter(better)).select("j", "g")])
    left = met.join(found, on="j", how="anti").join(found, on="g", how="anti")
    return found.with_columns(by=pl.lit(step.name)), left.select("j", "g")


def _better() -> Sequence[pl.Expr]:
    """Return by what one of several is chosen, surest first; the last takes what has no rival from the start."""
    same = pl.col("amount_minor") == pl.col("amount_minor_g")
    return same & _soon(), same & (pl.col("day") == pl.col("day_g")), same, pl.lit(value=True)


def _soon() -> pl.Expr:
    """Return whether the moments lie so near that two clocks can make it."""
    apart = (pl.col("at_g") - pl.col("at")).abs()
    return (apart <= timedelta(minutes=ELSEWHERE_MINUTES)).fill_null(value=False)


def _fits(step: Pass, columns: Sequence[str], rules: Rules) -> list[pl.Expr]:
    asked = []
    if step.near_days:
        days = (pl.col("day_g") - pl.col("day")).dt.total_days()
        within = days.is_between(-rules.tolerance.days_before, rules.tolerance.days_after)
        asked.append(within.fill_null(value=True))
    if step.minutes is not None:
        asked.append((pl.col("at_g") - pl.col("at")).abs() <= timedelta(minutes=step.minutes))
    if step.same_amount:
        asked.append(pl.col("amount_minor") == pl.col("amount_minor_g"))
    if step.plausible:
        same = pl.col("card") == pl.col("card_g")
        one_silent = (pl.col("card") == "") | (pl.col("card_g") == "")
        asked.append(same | (one_silent & _soon()))
        asked.append(pl.col("done") | (pl.col("amount_minor") == pl.col("amount_minor_g")))
    if step.elsewhere:
        asked.append(pl.col("done") & pl.col("done_g") & (pl.col("direction") == 1))
    if step.name.endswith("_elsewhere"):
        places = [pl.col(name) != pl.col(f"{name}_g") for name in PLACE if f"{name}_g" in columns]
        asked.append(pl.any_horizontal(places))
    return asked


def _unrivalled(met: pl.DataFrame) -> pl.DataFrame:
    """Return the meetings in which neither side meets anybody else."""
    return met.filter((pl.len().over("j") == 1) & (pl.len().over("g") == 1))
