"""Finding: whole days with all faults injected together, matched, and held against the truth; and a clean day.

    python bench/finding.py [--seed N ...] [--rows N] [--each N]

Without --seed two are drawn afresh: a number that no test and nobody's tuning has seen. The seed stands in each line.
"""

import argparse
import importlib
import secrets
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from ground.days import Written, write_day
from ground.lines import line
from tillkeeper.engines.rehearsal.faults.table import every
from tillkeeper.engines.rehearsal.plan import FEES, Plan

PAYOUTS = ("payout_missing", "payout_late", "payout_differs", "unknown_credit")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--each", type=int, default=40, help="how many of each fault")
    told = parser.parse_args()
    for seed in told.seed or [secrets.randbits(40) for _ in range(2)]:
        _clean(seed, told.rows)
        _faulty(seed, told.rows, told.each)


def _clean(seed: int, rows: int) -> None:
    differences, _ = _matched(Plan.sized(seed, rows))
    line(f"finding_clean_day_accusations seed {seed}", differences.height, "differences", limit=0,
         goal="not one false accusation on a clean day")  # fmt: skip
    _show(differences)


def _faulty(seed: int, rows: int, each: int) -> None:
    differences, truth = _matched(Plan.sized(seed, rows, every(each)))
    true = truth.with_row_index("t").filter(pl.col("class") != "")
    told = differences.with_row_index("d")
    pairs = _keys(true, "t").join(_keys(told, "d"), on="key").select("t", "d").unique()
    pairs = pairs.join(true.select("t", "fault", true_class="class", true_cause="cause"), on="t")
    pairs = pairs.join(told.select("d", "class", "cause"), on="d")
    found = pairs.filter(pl.col("class") == pl.col("true_class"))
    named = found.filter(pl.col("cause") == pl.col("true_cause"))
    for fault in true["fault"].unique(maintain_order=True).to_list():
        _per_fault(seed, fault, true, named)
    for cause in true["cause"].unique(maintain_order=True).to_list():
        claimed = told.filter(pl.col("cause") == cause)
        right = named.filter(pl.col("cause") == cause)["d"].n_unique()
        _share(f"finding_precision_{cause} seed {seed}", right, claimed.height)
    _share(f"finding_recall_of_classes seed {seed}", found["t"].n_unique(), true.height)
    _share(f"finding_recall_of_causes seed {seed}", named["t"].n_unique(), true.height)
    unfounded = told.join(pairs.select("d"), on="d", how="anti")
    line(f"finding_unfounded seed {seed}", unfounded.height, "differences", limit=0,
         goal="no difference without a fault")  # fmt: skip
    _show(unfounded)


def _per_fault(seed: int, fault: str, true: pl.DataFrame, named: pl.DataFrame) -> None:
    of_it = true.filter(pl.col("fault") == fault)
    hit = named.filter(pl.col("fault") == fault)["t"].n_unique()
    _share(f"finding_recall_{fault} seed {seed}", hit, of_it.height)


def _share(name: str, part: int, whole: int) -> None:
    share = part / whole if whole else 1.0
    line(name, share, "share", goal=f"{part} of {whole}; all", met=part == whole)


def _show(differences: pl.DataFrame) -> None:
    """Print a few differences that should not be, for whoever looks into it."""
    for row in differences.head(3).to_dicts():
        print("#", {name: value for name, value in row.items() if value not in ("", None)})


def _keys(frame: pl.DataFrame, number: str) -> pl.DataFrame:
    """Return the keys each row may be found by: (number, key). What a side does not know is left out."""
    payout = pl.col("class").is_in(PAYOUTS)
    known = frame.select(
        number,
        "class",
        *(pl.col(name).cast(pl.String).fill_null("") for name in ("mid", "tid", "batch", "trace", "rrn", "order_no")),
        amount=pl.col("amount_minor").cast(pl.String).fill_null(""),
        other_rrn=pl.col("other_rrn") if "other_rrn" in frame.columns else pl.lit(""),
        other_trace=pl.col("other_trace") if "other_trace" in frame.columns else pl.lit(""),
    )  # fmt: skip
    ways = [
        _way(known, number, "rrn", ["rrn"]),
        _way(known, number, "rrn", ["other_rrn"]),
        _way(known, number, "order", ["order_no"]),
        _way(known, number, "batch", ["mid", "tid", "batch", "trace"]),
        _way(known, number, "batch", ["mid", "tid", "batch", "other_trace"]),
        _way(known, number, "amount", ["mid", "tid", "trace", "amount"]),
        _way(known, number, "amount", ["mid", "tid", "other_trace", "amount"]),
        _way(known.filter(payout), number, "payout", ["class", "amount"]),
    ]
    return pl.concat(ways).unique()


def _way(known: pl.DataFrame, number: str, name: str, columns: list[str]) -> pl.DataFrame:
    there = known.filter(pl.all_horizontal(pl.col(column) != "" for column in columns))
    return there.select(number, key=pl.concat_str(pl.lit(name), *columns, separator="|"))


def _matched(plan: Plan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write a plan's day, match it, and return the differences and the truth."""
    with tempfile.TemporaryDirectory() as folder:
        day = write_day(Path(folder), plan)
        return _differences(day, plan), day.truth


def _differences(day: Written, plan: Plan) -> pl.DataFrame:
    try:
        run: Any = importlib.import_module("tillkeeper.engines.matching.run")
    except ModuleNotFoundError as error:
        raise SystemExit("finding: the matching engine cannot be run yet") from error
    from tillkeeper.engines.matching.rules.book import Rules
    from tillkeeper.engines.matching.store import Source

    sides = ([Source(path.name, path)] for path in (day.journal, day.bill, day.statement))
    outcome = run.match(*sides, rules=Rules.of_text(rules_text()), as_of=plan.as_of)
    differences: pl.DataFrame = outcome.differences
    return differences


def rules_text() -> str:
    """Return rules that judge the fees of rehearsed days."""
    told = ['version = "rehearsal"']
    for fee in FEES:
        told += [
            "[[fees]]",
            f'name = "{fee.channel} {fee.card_type}"',
            f'channel = "{fee.channel}"',
            f"percent = {fee.rate / 10_000}",
            f"refund_returns_fee = {str(fee.returned).lower()}",
        ]
        if fee.card_type:
            told.append(f'card_type = "{fee.card_type}"')
        if fee.cap_minor is not None:
            told.append(f"cap_minor = {fee.cap_minor}")
    return "\n".join(told)


if __name__ == "__main__":
    main()
