"""What a terminal said over time: readings of any span, thinned for a chart without losing a spike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from tillkeeper.formats.voice.signals import MEASURED, SIGNALS
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.annals import ONE_READING, as_batch, as_frame, rows_of
from tillkeeper.telemetry.errors import SpoolUnreachable
from tillkeeper.telemetry.heard import Batch, gather_sound
from tillkeeper.telemetry.opened import opened
from tillkeeper.telemetry.queries.cursors import HISTORY, position_of
from tillkeeper.telemetry.queries.parts import DAY, HOUR, MEAN, MINUTE, paths_of, voice_lake
from tillkeeper.telemetry.spool.opening import open_spool, shards
from tillkeeper.telemetry.trends import Outlook, Point, trend
from tillkeeper.terminals.queries.lists import terminal

__all__ = ["Outlook", "Point", "Series", "history", "outlooks", "reading_moments", "readings"]

POINTS: Final = 500
POINTS_MAX: Final = 5_000
RAW_SPAN: Final = timedelta(days=8)  # for longer ones hourly figures do
WORN: Final = ("battery_health", "print_km", "storage_free")
LOOKED_BACK: Final = timedelta(days=60)
TAIL_SEGMENTS: Final = 600  # of the spool that are looked through: what is not in the lake yet
RAW: Final = (MINUTE, HOUR, DAY)
THINNED: Final = (MINUTE, HOUR, MEAN)  # hourly figures exist for what lies in files of days
FIGURES: Final = ("at", "low", "mean", "high", "count")


@dataclass(frozen=True, slots=True)
class Series:
    """One signal over a span, oldest first. `raw`: no reading was joined with another."""

    signal: str
    unit: str
    points: list[Point]
    raw: bool


def history(
    by: Actor,
    serial: str,
    signals: Sequence[str],
    *,
    begins: datetime,
    ends: datetime,
    points: int = POINTS,
) -> list[Series]:
    """Return what signals did over a span, at most `points` steps each; words and unknown names are left out.

    Three statements at most, whatever the span.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(by.scope(Right.VIEW), serial)
    names = [name for name in dict.fromkeys(signals) if name in MEASURED]
    figures = _figures(subject.pk, names, begins, ends)
    steps = max(1, min(points, POINTS_MAX))
    return [_series(name, figures.get(name), begins, ends, steps) for name in names]


def outlooks(by: Actor, serial: str, *, at: datetime) -> list[Outlook]:
    """Return the worn parts whose trend leads to their limit, the nearest first.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    series = history(by, serial, WORN, begins=at - LOOKED_BACK, ends=at)
    found = [outlook for one in series if (outlook := trend(one.signal, one.points))]
    return sorted(found, key=lambda outlook: outlook.days)


def readings(terminals: Sequence[int], *, begins: datetime, ends: datetime) -> Batch:
    """Return what terminals reported in a span, as a batch: for rules that are tried on the past.

    What was received within the last minute may be missing.
    """
    frame = _raw(terminals, None, RAW, begins, ends)
    return as_batch(frame) if not frame.is_empty() else gather_sound([], oldest_s=0).batch


def reading_moments(
    by: Actor, serial: str, *, begins: datetime, ends: datetime
) -> list[tuple[int, int, datetime]]:
    """Return (enrolment, seq, at) of each reading of a terminal in a span, oldest first: what it is counted by."""
    subject = terminal(by.scope(Right.VIEW), serial)
    frame = _raw([subject.pk], [], RAW, begins, ends)
    frame = pl.concat([frame, _tail(subject.pk, [], begins, ends)], how="diagonal_relaxed")
    if frame.is_empty():
        return []
    once = frame.unique(ONE_READING, keep="first").sort("at", "seq")
    return list(once.select("enrolment", "seq", "at").iter_rows())


def _figures(
    pk: int, names: list[str], begins: datetime, ends: datetime
) -> dict[str, pl.DataFrame]:
    """Return by signal a frame of FIGURES, from files and from what is still in the spool."""
    tiers = RAW if ends - begins <= RAW_SPAN else THINNED
    found = paths_of(pk, pk, tiers=(*RAW, MEAN), begins=begins - timedelta(hours=1), ends=ends)
    if tiers is RAW and not any(tier == DAY for tier, _ in found):
        tiers = THINNED  # so old that only the figures are kept
    lake = voice_lake()
    raw = [path for tier, path in found if tier in tiers and tier != MEAN]
    frames = [
        rows_of(
            lake,
            raw,
            terminals=(pk, pk),
            columns=["terminal", "enrolment", "seq", "at", *names],
            span=(begins, ends),
        ),
        _tail(pk, names, begins, ends),
    ]
    rows = pl.concat(frames, how="diagonal_relaxed")
    means = [path for tier, path in found if tier in tiers and tier == MEAN]
    hours = rows_of(lake, means, terminals=(pk, pk)) if means else pl.DataFrame()
    return {name: _of(name, rows, hours, begins, ends) for name in names}


def _of(
    name: str, rows: pl.DataFrame, hours: pl.DataFrame, begins: datetime, ends: datetime
) -> pl.DataFrame:
    parts = []
    if not rows.is_empty() and name in rows.columns:
        once = rows.unique(ONE_READING, keep="first").drop_nulls(name)
        value = pl.col(name).cast(pl.Float64)
        parts.append(
            once.select(at="at", low=value, mean=value, high=value, count=pl.lit(1, pl.Int64))
        )
    if not hours.is_empty():
        half = pl.duration(minutes=30)
        parts.append(
            hours.filter(
                (pl.col("signal") == name)
                & pl.col("hour").is_between(begins - timedelta(hours=1), ends)
            ).select(
                at=pl.col("hour") + half,
                low="low",
                mean="mean",
                high="high",
                count=pl.col("count").cast(pl.Int64),
            )
        )
    return pl.concat(parts, how="vertical_relaxed").sort("at") if parts else pl.DataFrame()


def _series(
    name: str, figures: pl.DataFrame | None, begins: datetime, ends: datetime, steps: int
) -> Series:
    unit = SIGNALS[name].unit
    if figures is None or figures.is_empty():
        return Series(name, unit, [], raw=True)
    raw = figures.height <= steps and bool((figures["count"] == 1).all())
    if figures.height > steps:
        figures = _thinned(figures, begins, (ends - begins) / steps)
    return Series(name, unit, [Point(*row) for row in figures.select(FIGURES).iter_rows()], raw=raw)


def _thinned(figures: pl.DataFrame, begins: datetime, step: timedelta) -> pl.DataFrame:
    """Return one row a step: the extremes stay, whatever the step."""
    length = max(1, int(step.total_seconds() * 1000))
    first = int(begins.astimezone(UTC).timestamp() * 1000)
    numbered = figures.with_columns(
        step=(pl.col("at").dt.epoch("ms") - first) // length,
        weighed=pl.col("mean") * pl.col("count"),
    )
    joined = numbered.group_by("step").agg(
        at=pl.col("at").dt.epoch("ms").mean().cast(pl.Int64).cast(pl.Datetime("ms", "UTC")),
        low=pl.col("low").min(),
        mean=pl.col("weighed").sum() / pl.col("count").sum(),
        high=pl.col("high").max(),
        count=pl.col("count").sum(),
    )
    return joined.sort("at")


def _raw(
    terminals: Sequence[int],
    names: Sequence[str] | None,
    tiers: tuple[str, ...],
    begins: datetime,
    ends: datetime,
) -> pl.DataFrame:
    if not terminals:
        return pl.DataFrame()
    first, last = min(terminals), max(terminals)
    paths = [path for _, path in paths_of(first, last, tiers=tiers, begins=begins, ends=ends)]
    columns = None if names is None else ["terminal", "enrolment", "seq", "at", *names]
    frame = rows_of(
        voice_lake(), paths, terminals=(first, last), columns=columns, span=(begins, ends)
    )
    if frame.is_empty():
        return frame
    return frame.filter(pl.col("terminal").is_in(list(terminals))).unique(ONE_READING, keep="first")


def _tail(pk: int, names: Iterable[str], begins: datetime, ends: datetime) -> pl.DataFrame:
    """Return the readings that are still in the spool only; none where the spool is long or cannot be asked."""
    shard = pk % shards()
    spool = open_spool()
    try:
        after = position_of(HISTORY, shard)
        kept, _newest = spool.waiting(shard)
        if not 0 < kept <= TAIL_SEGMENTS:
            return pl.DataFrame()
        segments = spool.read(shard, after=after, limit=TAIL_SEGMENTS, wait_s=0)
    except SpoolUnreachable:
        return pl.DataFrame()
    finally:
        spool.close()
    mine = [item for item in opened([s.body for s in segments]).check_ins if item.terminal == pk]
    frame = as_frame(gather_sound(mine, oldest_s=RAW_SPAN.total_seconds()).batch)
    wanted = {"terminal", "enrolment", "seq", "at", *names}
    rows = frame.select([name for name in frame.columns if name in wanted])
    return rows.filter(pl.col("at").is_between(begins, ends))
