"""Readings as they lie in the lake: wide Parquet files, sorted by terminal, so that one terminal's day is a few pages.

A file of a tier minute, hour or day has one row a reading: terminal, enrolment, seq, at, received and a column for each
signal that somebody reported. A file of the tier mean has one row a terminal, hour and signal. Pure but for the lake.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tillkeeper.formats.voice.signals import MEASURED, WORDS
from tillkeeper.kernel.lake import LakePath, answering, reading, writing
from tillkeeper.telemetry.heard import Batch

FOLDER: Final = "voice"
HEAD: Final = ("terminal", "enrolment", "seq", "at", "received")
ROWS_A_GROUP: Final = 8_192  # about a day of thirty terminals
ROWS_A_PART: Final = 1_000_000
MOMENT: Final = pl.Datetime("ms", "UTC")
ONE_READING: Final = ("terminal", "enrolment", "seq")


@dataclass(frozen=True, slots=True)
class Part:
    """A file that was written: what its row in the ledger of parts says."""

    path: str
    begins_at: datetime
    ends_at: datetime
    oldest_at: datetime
    rows: int
    terminals: int
    first_terminal: int
    last_terminal: int
    size: int
    sha256: str


def as_frame(batch: Batch) -> pl.DataFrame:
    """Return readings as rows of the lake; what was not reported is null."""
    columns: dict[str, Any] = {
        "terminal": batch.terminal,
        "enrolment": batch.enrolment,
        "seq": batch.seq,
        "at": np.rint(batch.at * 1000).astype(np.int64),
        "received": np.rint(batch.received * 1000).astype(np.int64),
    }
    columns |= {name: batch.values[name] for name in MEASURED if name in batch.values}
    words = {
        name: pl.Series(name, batch.words[name], pl.String) for name in WORDS if name in batch.words
    }
    frame = pl.DataFrame({**columns, **words})
    return (
        frame.with_columns(
            pl.col("at", "received").cast(MOMENT), pl.col(*batch.values).fill_nan(None)
        )
        if batch.values
        else frame.with_columns(pl.col("at", "received").cast(MOMENT))
    )


def as_batch(frame: pl.DataFrame) -> Batch:
    """Return rows of the lake as a batch, sorted as a batch is."""
    rows = frame.sort("terminal", "at", "seq")
    values = {
        name: rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in rows.columns
        if name in MEASURED
    }
    words = {name: rows[name].to_list() for name in rows.columns if name in WORDS}
    return Batch(
        rows["terminal"].to_numpy(),
        rows["seq"].to_numpy(),
        _seconds(rows["at"]),
        _seconds(rows["received"]),
        values,
        words,
        rows["enrolment"].to_numpy(),
    )


def _seconds(moments: pl.Series) -> NDArray[np.float64]:
    return moments.dt.epoch("ms").to_numpy() / 1000


def joined_frames(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return readings of several frames as one, in the order of the lake, each reading once."""
    one = pl.concat(frames, how="diagonal_relaxed")
    once = one.unique(ONE_READING, keep="first", maintain_order=True)
    return once.sort("terminal", "at", "seq")


def write_part(lake: LakePath, path: str, frame: pl.DataFrame) -> Part:
    """Write rows, sorted by terminal, as a file below the lake; it is there for good when this returns."""
    body = io.BytesIO()
    frame.write_parquet(body, compression="zstd", compression_level=3, row_group_size=ROWS_A_GROUP)
    data = body.getvalue()
    _put(lake / path, data)
    moments = "received" if "received" in frame.columns else "hour"
    oldest = "at" if "at" in frame.columns else "hour"
    return Part(
        path,
        _moment(frame[moments].min()),
        _moment(frame[moments].max()),
        _moment(frame[oldest].min()),
        frame.height,
        frame["terminal"].n_unique(),
        int(frame["terminal"][0]),
        int(frame["terminal"][-1]),
        len(data),
        hashlib.sha256(data).hexdigest(),
    )


def rows_of(
    lake: LakePath,
    paths: Iterable[str],
    *,
    terminals: tuple[int, int],
    columns: Sequence[str] | None = None,
    span: tuple[datetime, datetime] | None = None,
) -> pl.DataFrame:
    """Return rows of a range of terminals, of some columns, taken in a span; only their row groups are read."""
    frames = []
    places = [lake / path for path in paths]
    with answering(*places):
        for place in places:
            scan = pl.scan_parquet(str(place))
            scan = scan.filter(pl.col("terminal").is_between(*terminals))
            if span is not None:
                scan = scan.filter(pl.col("at").is_between(*span))
            if columns is not None:
                there = set(scan.collect_schema().names())
                scan = scan.select([name for name in columns if name in there])
            frames.append(scan.collect())
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def terminal_ranges(lake: LakePath, paths: Sequence[str], rows: int) -> Iterator[tuple[int, int]]:
    """Return ranges of terminals that hold about `ROWS_A_PART` rows each, by what the files say of their row groups."""
    firsts, counts = [], []
    for path in paths:
        for first, count in _groups(lake / path):
            firsts.append(first)
            counts.append(count)
    order = np.argsort(firsts, kind="stable")
    ordered, filled = np.array(firsts)[order], np.cumsum(np.array(counts)[order])
    parts = max(1, -(-rows // ROWS_A_PART))
    marks = [int(ordered[np.searchsorted(filled, filled[-1] * n / parts)]) for n in range(1, parts)]
    edges = sorted({int(ordered[0]), *marks})
    for begin, after in zip(edges, [*edges[1:], 2**62], strict=True):
        yield begin, after - 1


def _groups(place: LakePath) -> Iterator[tuple[int, int]]:
    """Yield the first terminal and the number of rows of each row group."""
    with reading(place) as source:
        about = pq.read_metadata(source)
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        columns = (group.column(place) for place in range(group.num_columns))
        told = next(one.statistics for one in columns if one.path_in_schema == "terminal")
        yield told.min, group.num_rows


def hourly_means(frame: pl.DataFrame) -> pl.DataFrame:
    """Return low, mean, high and count of each measured signal by terminal and hour, sorted by terminal."""
    names = [name for name in frame.columns if name in MEASURED]
    hours = frame.with_columns(hour=pl.col("at").dt.truncate("1h"))
    figures = [
        hours.group_by("terminal", "hour")
        .agg(
            low=pl.col(name).min(),
            mean=pl.col(name).mean(),
            high=pl.col(name).max(),
            count=pl.col(name).count(),
        )
        .filter(pl.col("count") > 0)
        .with_columns(signal=pl.lit(name))
        for name in names
    ]
    if not figures:
        return pl.DataFrame()
    return pl.concat(figures).sort("terminal", "signal", "hour")


def _put(place: LakePath, data: bytes) -> None:
    if not isinstance(place, Path):
        with writing(place) as stream:
            _into(stream, data)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.new")
    with beside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _into(stream: Path | IO[bytes], data: bytes) -> None:
    if isinstance(stream, Path):
        stream.write_bytes(data)
    else:
        stream.write(data)


def _moment(told: Any) -> datetime:
    return told.astimezone(UTC)  # type: ignore[no-any-return]
