"""The fee leg of a run: bill rows whose fee is wrong are taken out of what agrees, each with what was found."""

from typing import Any, Final

import numpy as np
import polars as pl

from tillkeeper.engines.matching.agreeing import Mark, Side
from tillkeeper.engines.matching.fees.judging import fee_totals, judge_fees
from tillkeeper.engines.matching.payments import not_adding_up
from tillkeeper.engines.matching.residue import fetched
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.formats.canonical.tables import BILL

FOUND: Final = {
    "source": pl.String, "line": pl.Int64, "fee_cause": pl.String, "fee_sentence": pl.String, "fee_evidence": pl.String,
    "expected_fee_minor": pl.Int64,
}  # fmt: skip


def judged_all(bill: Side, rules: Rules) -> pl.DataFrame:
    """Judge every bill row by the fee plans, mark the wrong ones, and return what was found; empty without plans."""
    if not rules.plans:
        return pl.DataFrame(schema=FOUND)
    found = _found(judge_fees(lazy_bill(bill), rules))
    for number, part in enumerate(bill.parts):
        lines = found.filter(pl.col("source") == part.source)["line"]
        if lines.len():
            wrong = (
                pl.read_parquet(part.path, columns=["line"])["line"]
                .is_in(lines.implode())
                .to_numpy()
            )
            bill.marks[number][wrong & (bill.marks[number] == Mark.OPEN)] = Mark.LOUD
    return found


def judged_left(bill: Side, rows: pl.DataFrame, found: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return what was found wrong: without plans, by the bill's own columns, of the rows left that do not add up."""
    if rules.plans or rows.filter(not_adding_up()).is_empty():
        return found
    loud = fetched(bill, lambda part: bill.marks[part] == Mark.LOUD, tuple(BILL))
    return _found(judge_fees(loud.filter(not_adding_up()).select(*BILL, file="source"), rules))


def file_totals(bill: Side, rules: Rules) -> list[dict[str, Any]]:
    """Return per file and currency what `fee_totals` tells, in plain values; nothing without plans."""
    return fee_totals(lazy_bill(bill), rules).to_dicts() if rules.plans and bill.rows else []


def lazy_bill(bill: Side) -> pl.LazyFrame:
    """Return the canonical rows of all bills with `file`, those that stand in an earlier file too left out."""
    frames = []
    for number, part in enumerate(bill.parts):
        rows = pl.scan_parquet(part.path)
        again = np.flatnonzero(bill.marks[number] == Mark.REPEATED).astype(np.uint32)
        if len(again):
            rows = rows.filter(~pl.col("row").is_in(pl.Series(again).implode()))
        frames.append(rows.select(*BILL, file=pl.lit(part.source)))
    return pl.concat(frames)


def _found(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.select(
        source="source_file",
        line="source_line",
        fee_cause="cause",
        fee_sentence="sentence",
        fee_evidence="evidence",
        expected_fee_minor="expected_fee_minor",
    ).unique(["source", "line"], keep="first", maintain_order=True)
