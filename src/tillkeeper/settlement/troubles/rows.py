"""The batch in the lake: its rows of the journal and of the bills, read set-wise and narrowed to one merchant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from tillkeeper.engines.matching.fingerprints import BILLED, RETURNING
from tillkeeper.engines.matching.renaming import our_mid
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import business_dates
from tillkeeper.engines.matching.store import HELD_STATES, about, part_name
from tillkeeper.formats.canonical.tables import BILL, JOURNAL, BillState, JournalState, Kind, Role
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.services.postings import SAME_ROW
from tillkeeper.settlement.troubles.facts import Asked, Billed, Taken, Total

SAME_IN_JOURNAL: Final = ("batch", "trace", "rrn", "order_no", "kind", "amount_minor", "at")
GAPS_TOLD: Final = 50
UNDONE: Final = (pl.col("kind") == Kind.REVERSAL) & (pl.col("state") != BillState.FAILED)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of a batch on both sides, in canonical columns with `file` and `day`."""

    terminal: pl.DataFrame  # all of the terminal around the day
    journal: pl.DataFrame
    merchant: pl.DataFrame  # all of the merchant in the bills
    bill: pl.DataFrame


def scanned(files: Iterable[MoneyFile]) -> list[pl.LazyFrame]:
    """Return the rows of files, each with the number of its file in `file`."""
    told = []
    for file in files:
        store = store_of(file)
        parts = [str(store / part_name(number)) for number in range(len(about(store).parts))]
        told.append(pl.scan_parquet(parts).with_columns(file=pl.lit(file.number)))
    return told


def batch_of(
    asked: Asked, journals: Sequence[MoneyFile], bills: Sequence[MoneyFile], rules: Rules
) -> Batch:
    """Read a batch: what the terminal has of it, and what the channels have of the same payments."""
    day = business_dates(rules).alias("day")
    terminal = _collected(
        scanned(journals),
        list(JOURNAL),
        (pl.col("mid") == asked.mid) & (pl.col("tid") == asked.tid),
    ).with_columns(day)
    terminal = _once(terminal, SAME_IN_JOURNAL, keep_all=False)
    own = (
        _numbered("batch") == asked.batch.lstrip("0") if asked.batch else pl.col("day") == asked.day
    )
    journal = terminal.filter(own)
    names = {name: _values(journal, name) for name in ("rrn", "order_no")}
    wanted = [pl.col("mid") == asked.mid]
    wanted += [pl.col(name).is_in(some) for name, some in names.items() if some]
    billed = [frame.with_columns(our_mid(rules)) for frame in scanned(bills)]
    rows = _collected(billed, list(BILL), reduce(or_, wanted)).with_columns(
        day=pl.coalesce(day, "settled_on")
    )
    rows = _once(rows, SAME_ROW[Role.BILL], keep_all=True)
    return Batch(
        terminal,
        journal,
        rows.filter(pl.col("mid") == asked.mid),
        rows.filter(_belongs(asked, journal, names)),
    )


def _collected(frames: list[pl.LazyFrame], columns: list[str], wanted: pl.Expr) -> pl.DataFrame:
    some = [frame.select(*columns, "file").filter(wanted).collect() for frame in frames]
    table = JOURNAL if "slip" in columns else BILL
    return pl.concat([pl.DataFrame(schema={**table, "file": pl.String}), *some])


def _once(rows: pl.DataFrame, same: Sequence[str], *, keep_all: bool) -> pl.DataFrame:
    """Return rows that stand in several files once, as the newest file has them.

    Equal rows of one file are as many payments on a bill; a journal writes a payment once.
    """
    nth = pl.int_range(pl.len()).over("file", *same) if keep_all else pl.lit(0)
    told = rows.with_columns(nth=nth).sort("file", "line")
    return told.unique([*same, "nth"], keep="last", maintain_order=True).drop("nth")


def _numbered(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars_start("0")


def _values(rows: pl.DataFrame, name: str) -> list[str]:
    return [value for value in rows[name].unique().sort().to_list() if value]


def _belongs(asked: Asked, journal: pl.DataFrame, names: dict[str, list[str]]) -> pl.Expr:
    """Return which bill rows are of the batch: by its number, by its payments' numbers, or in the gap of its traces."""
    here = (pl.col("mid") == asked.mid) & (pl.col("tid") == asked.tid)
    found = [pl.col(name).is_in(some) for name, some in names.items() if some]
    found.append(_of_place(asked, journal) & here)
    return reduce(or_, found)


def _of_place(asked: Asked, journal: pl.DataFrame) -> pl.Expr:
    if not asked.batch:
        return pl.col("day") == asked.day
    first, last = journal["day"].min(), journal["day"].max()
    begins, ends = (first or asked.day), (last or asked.day)
    near = pl.col("day").is_between(begins - timedelta(days=1), ends + timedelta(days=1))  # type: ignore[operator]
    unnumbered = (pl.col("batch") == "") & near & pl.lit(bool(_traces(journal)))
    trace = pl.col("trace").cast(pl.Int64, strict=False)
    numbers = _traces(journal)
    within = trace.is_between(min(numbers, default=0), max(numbers, default=-1))
    return (_numbered("batch") == asked.batch.lstrip("0")) | (unnumbered & within)


def _traces(rows: pl.DataFrame) -> list[int]:
    told = rows["trace"].cast(pl.Int64, strict=False).drop_nulls().unique().sort()
    return [int(number) for number in told]


def taken_of(batch: Batch) -> Taken:
    """Return the batch as the terminal has it."""
    rows, numbers = batch.journal, _traces(batch.journal)
    if rows.is_empty():
        return Taken()
    approved = rows.filter(
        (pl.col("state") == JournalState.APPROVED) & pl.col("kind").is_in(BILLED)
    )
    closed = rows["batch_closed_at"].max()
    states = rows.group_by("state").len().sort("state").iter_rows()
    return Taken(
        rows=rows.height,
        totals=_totals(approved.with_columns(sign=pl.lit(1))),
        channels=tuple(_values(approved, "channel")),
        first=f"{numbers[0]:06d}" if numbers else "",
        last=f"{numbers[-1]:06d}" if numbers else "",
        missing=numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0,
        unclear={state: count for state, count in states if state != JournalState.APPROVED},
        closed_at=closed,  # type: ignore[arg-type]  # a column of moments
        followed_by=_next_batch(batch),
        closes_told=batch.terminal["batch_closed_at"].null_count() < batch.terminal.height,
    )


def _next_batch(batch: Batch) -> str:
    """Return the number of a batch that the terminal began after this one; "" if the journal has none."""
    last = batch.journal["at"].max()
    own = _values(batch.journal, "batch")
    later = batch.terminal.filter(
        (pl.col("at") > last) & (pl.col("batch") != "") & ~pl.col("batch").is_in(own)
    )
    return str(later.sort("at").item(0, "batch")) if own and later.height else ""


def billed_of(asked: Asked, batch: Batch, channels_there: frozenset[str]) -> Billed:
    """Return the batch as the channels have it."""
    rows = batch.bill.filter(pl.col("kind").is_in(BILLED))
    counted = rows.filter(pl.col("state").is_in(HELD_STATES) | UNDONE)
    undone = pl.col("kind") == Kind.REVERSAL
    signed = counted.with_columns(sign=pl.when(undone).then(-1).otherwise(1))
    placed = (pl.col("mid") == asked.mid) & ((pl.col("tid") == asked.tid) | (pl.col("tid") == ""))
    return Billed(
        rows=rows.height,
        totals=_totals(signed),
        channels_there=channels_there,
        channels_of_merchant=frozenset(_values(batch.merchant, "channel")),
        gaps=_gaps(batch, counted),
        elsewhere=counted.filter(~placed & ~undone).height,
    )


def _gaps(batch: Batch, counted: pl.DataFrame) -> tuple[str, ...]:
    """Return the trace numbers under which the channel holds money and of which the terminal knows nothing."""
    known = {
        name: _values(batch.terminal, name) for name in ("rrn", "order_no")
    }  # a wallet has no trace
    alone = counted.filter(
        (pl.col("trace") != "")
        & ~_numbered("trace").is_in(batch.terminal.select(_numbered("trace"))["trace"].implode())
        & ~pl.col("rrn").is_in(known["rrn"])
        & ~pl.col("order_no").is_in(known["order_no"])
    )
    return tuple(_values(alone, "trace")[:GAPS_TOLD])


def _totals(rows: pl.DataFrame) -> dict[str, Total]:
    """Return counts and sums by currency; needs `sign`: -1 takes back what another row gave."""
    back = pl.col("kind").is_in(RETURNING)
    minor, one = pl.col("amount_minor") * pl.col("sign"), pl.col("sign")
    told = rows.group_by("currency").agg(
        one.filter(~back).sum(),
        minor.filter(~back).sum().alias("debit_minor"),
        one.filter(back).sum().alias("credits"),
        minor.filter(back).sum().alias("credit_minor"),
    )
    return {row[0]: Total(*map(int, row[1:])) for row in told.sort("currency").iter_rows()}
