"""What lies around a case: the same purchase charged again, a gap in the terminal's numbers, a run of missing payments.

Neighbours agree, so the fast step has set them aside; they are found again by the kept context hashes, never by text.
"""

from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from tillkeeper.engines.matching.agreeing import SHIFT, Bits, Lookup, Mark, Side
from tillkeeper.engines.matching.fingerprints import PAYING
from tillkeeper.engines.matching.residue import fetched, kept_columns
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.formats.canonical.tables import BillState, JournalState

TWIN: Final = (
    "purchase",
    "mid",
    "tid",
    "trace",
    "rrn",
    "kind",
    "state",
    "cryptogram",
    "at",
    "line",
)
BATCH: Final = ("place", "batch_no")
NUMBERS: Final = pl.Schema(
    {
        "place": pl.UInt64,
        "batch_no": pl.UInt64,
        "trace_no": pl.UInt64,
        "mark": pl.UInt8,
    }
)


def with_twins(cases: pl.DataFrame, bill: Side, rules: Rules) -> pl.DataFrame:
    """Add `twin_at`, `twin_trace`, `twin_rrn`, `twin_cryptogram`, `twin_source`, `twin_line`, `twin_minutes`.

    A twin is another sale with the same terminal, card and amount, near in time, that agrees with the journal. Looked
    for where the channel holds a charge that has no good slip.
    """
    asked = cases.filter(
        (pl.col("total_g") > 0) & (pl.col("direction") == 1) & (pl.col("purchase_g") > 0)
        & ~(pl.col("approved") & pl.col("slip_good")).fill_null(value=False)
    ).select("g", purchase="purchase_g", at_g="at_g", trace_g="trace_g", rrn_g="rrn_g")  # fmt: skip
    wanted = _wanted(asked["purchase"])
    twins = fetched(bill, lambda part: _twin_bits(bill, part, wanted), TWIN).filter(
        pl.col("kind").is_in(PAYING) & (pl.col("state") == BillState.SUCCESS)
    )
    near = timedelta(minutes=rules.windows.duplicate_minutes)
    met = (
        asked.join(twins.drop("mid", "tid", "kind", "state", "mark"), on="purchase")
        .with_columns(apart=(pl.col("at") - pl.col("at_g")).abs())
        .filter(
            (pl.col("apart") <= near)
            & ((pl.col("trace") != pl.col("trace_g")) | (pl.col("rrn") != pl.col("rrn_g")))
        )
        .sort("apart", "at", "source", "line", "trace", "rrn")
        .unique("g", keep="first", maintain_order=True)
    )
    told = met.select(
        "g",
        *(
            pl.col(name).alias(f"twin_{name}")
            for name in ("at", "trace", "rrn", "cryptogram", "source", "line")
        ),
        twin_minutes=pl.col("apart").dt.total_seconds() / 60,
    )
    return cases.join(told, on="g", how="left")


def with_gaps(cases: pl.DataFrame, journal: Side) -> pl.DataFrame:
    """Add `gap` (the journal lacks the number between two others), `run` (missing in a row), `batch_agrees`."""
    lone = pl.col("j").is_null() | pl.col("g").is_null()
    asked = cases.with_row_index("case").filter(
        lone & (pl.col("trace_no") > 0) & (pl.col("tid") != "")
    )
    around = _around(journal, _wanted(asked["place"]))
    gaps = _gaps(asked.filter(pl.col("j").is_null()), around)
    runs = _runs(
        asked.filter(pl.col("g").is_null() & (pl.col("state") == JournalState.APPROVED)), around
    )
    numbered = (
        cases.with_row_index("case")
        .join(gaps, on="case", how="left")
        .join(runs, on="case", how="left")
    )
    return numbered.with_columns(pl.col("gap").fill_null(value=False)).drop("case")


def _twin_bits(bill: Side, part: int, wanted: Lookup) -> Bits:
    bits = np.zeros(bill.parts[part].rows, np.bool_)
    if len(wanted):
        (purchase,) = kept_columns(bill, part, "purchase")
        bits[wanted.places(purchase >> SHIFT)] = True
    found: Bits = bits & (bill.marks[part] == Mark.AGREED)
    return found


def _wanted(hashes: pl.Series) -> Lookup:
    """Return hashes to be looked up by their upper 62 bits; what is found so is joined by the whole hash."""
    return Lookup(hashes.to_numpy() >> SHIFT)


def _around(journal: Side, places: Lookup) -> pl.DataFrame:
    """Return batch, trace number and mark of every journal row of some terminals."""
    frames = [pl.DataFrame(schema=NUMBERS)]
    for part in range(len(journal.parts) if len(places) else 0):
        columns = [name for name in NUMBERS if name != "mark"]
        rows = pl.read_parquet(journal.parts[part].path, columns=columns)
        at = places.places(rows["place"].to_numpy() >> SHIFT)
        marked = rows[at].with_columns(mark=pl.Series(journal.marks[part][at], dtype=pl.UInt8))
        frames.append(marked.cast(NUMBERS))
    return pl.concat(frames)


def _gaps(asked: pl.DataFrame, around: pl.DataFrame) -> pl.DataFrame:
    """Return for each case whether its number lies in a gap; a bill without batches is held against every batch."""
    near = around.join(asked.select("place").unique(), on="place", how="semi")
    spans = near.group_by(BATCH).agg(first=pl.col("trace_no").min(), last=pl.col("trace_no").max())
    called = asked.select(
        "case", "place", asked_batch="batch_no", called=pl.col("trace_no").cast(pl.UInt64)
    )
    met = called.join(spans, on="place").filter(
        (pl.col("asked_batch") == 0) | (pl.col("asked_batch") == pl.col("batch_no"))
    )
    inside = (pl.col("called") > pl.col("first")) & (pl.col("called") <= pl.col("last") + 1)
    lacking = met.filter(inside).join(
        near.select("place", "batch_no", called="trace_no"), on=[*BATCH, "called"], how="anti"
    )
    return lacking.select("case").unique().with_columns(gap=pl.lit(value=True))


def _runs(asked: pl.DataFrame, around: pl.DataFrame) -> pl.DataFrame:
    """Return for each missing payment how many of its batch are missing in a row with it, and whether others agree."""
    of_batch = (
        around.filter(pl.col("mark").is_in((Mark.OPEN, Mark.LOUD, Mark.AGREED)))
        .join(asked.select("place", batch_no=pl.col("batch_no").cast(pl.UInt64)).unique(), on=BATCH, how="semi")
        .join(asked.select("case", "place", pl.col("batch_no", "trace_no").cast(pl.UInt64)),
              on=[*BATCH, "trace_no"], how="left")
        .sort(*BATCH, "trace_no")
        .with_columns(missing=pl.col("case").is_not_null())
    )  # fmt: skip
    changes = (pl.col("missing") != pl.col("missing").shift()) | pl.any_horizontal(
        pl.col(name) != pl.col(name).shift() for name in BATCH
    )
    runs = of_batch.with_columns(stretch=changes.fill_null(value=True).cum_sum()).with_columns(
        run=pl.len().over("stretch"), batch_agrees=(pl.col("mark") == Mark.AGREED).any().over(BATCH)
    )
    return (
        runs.filter("missing")
        .select("case", pl.col("run").cast(pl.Int64), "batch_agrees")
        .unique("case")
    )
