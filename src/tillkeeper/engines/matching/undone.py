"""Payments that were charged and taken back, and the terminal knows of both: nothing is left of them on either side.

A day has thousands, and each stands number by number. They are found as what agrees is found: by fingerprints, before
any text is read. Whatever is odd about one (late, twice, another amount) is left to be explained.
"""

from typing import Final

import numpy as np
import polars as pl

from tillkeeper.engines.matching.agreeing import SHIFT, Mark, Side, among, kept
from tillkeeper.engines.matching.fingerprints import RECIPES, column

WORTH_IT: Final = 1_000  # one reversal in so many rows; fewer are explained sooner than found
LEFT: Final = (Mark.LOUD, Mark.OPEN, Mark.BACK)
ROWS: Final = {"key": pl.UInt64, "part": pl.Int64, "row": pl.Int64, "mark": pl.UInt8}
DAYS: Final = {"part": pl.Int64, "row": pl.Int64, "settled_on": pl.Date}


def set_undone_aside(journal: Side, bill: Side) -> None:
    """Mark a bill's charge and reversal, and the journal's row that was taken back, where a key has them alone."""
    for recipe in RECIPES:
        many = bill.count(Mark.BACK) * WORTH_IT > bill.rows
        if many and journal.has(recipe) and bill.has(recipe):
            _set_aside(journal, bill, recipe)


def _set_aside(journal: Side, bill: Side, recipe: str) -> None:
    alone = _rows(journal, recipe).filter(pl.len().over("key") == 1)
    known = alone.filter(pl.col("mark") == Mark.BACK)
    if known.is_empty():
        return
    held = _rows(bill, recipe).join(known, on="key", how="semi")
    two = held.filter(pl.len().over("key") == 2)
    charges, backs = (two.filter(pl.col("mark") == mark) for mark in (Mark.OPEN, Mark.BACK))
    undone = _in_time(bill, charges.join(backs, on="key", suffix="_back"))
    _mark(journal, known.join(undone, on="key", how="semi"))
    _mark(bill, undone)
    _mark(bill, undone.select(part="part_back", row="row_back"))


def _rows(side: Side, recipe: str) -> pl.DataFrame:
    """Return the rows of a side that are left and have the recipe's key."""
    parts = range(len(side.parts))
    return pl.concat([pl.DataFrame(schema=ROWS), *(_of_part(side, part, recipe) for part in parts)])


def _of_part(side: Side, part: int, recipe: str) -> pl.DataFrame:
    rows = np.flatnonzero(among(side.marks[part], *LEFT))
    prints = kept(side.parts[part].path, column(recipe))[rows]
    told = {"key": prints >> SHIFT, "part": part, "row": rows, "mark": side.marks[part][rows]}
    return pl.DataFrame(told, schema=ROWS).filter(pl.col("key") > 0)


def _in_time(bill: Side, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of which the reversal was not settled on a later day than its charge."""
    days = _settled(bill)
    charged = pairs.join(days, on=["part", "row"], how="left")
    both = charged.join(
        days,
        left_on=["part_back", "row_back"],
        right_on=["part", "row"],
        how="left",
        suffix="_back",
    )
    late = pl.col("settled_on_back") > pl.col("settled_on")
    return both.filter(~late.fill_null(value=False))


def _settled(bill: Side) -> pl.DataFrame:
    """Return part, row and settlement day of the rows of a bill that are left."""
    frames = [pl.DataFrame(schema=DAYS)]
    for part, piece in enumerate(bill.parts):
        rows = np.flatnonzero(among(bill.marks[part], *LEFT))
        days = pl.read_parquet(piece.path, columns=["settled_on"])["settled_on"].gather(rows)
        frames.append(pl.DataFrame({"part": part, "row": rows, "settled_on": days}, schema=DAYS))
    return pl.concat(frames)


def _mark(side: Side, rows: pl.DataFrame) -> None:
    for part in rows["part"].unique():
        side.marks[part][rows.filter(pl.col("part") == part)["row"].to_numpy()] = Mark.UNDONE
