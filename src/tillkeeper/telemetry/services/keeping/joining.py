"""Minutes become hours, hours days with hourly figures; what is too old is forgotten. Each step may be repeated."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from tillkeeper.kernel.lake import remove_one
from tillkeeper.telemetry.annals import (
    Part,
    hourly_means,
    joined_frames,
    rows_of,
    terminal_ranges,
    write_part,
)
from tillkeeper.telemetry.models import HistoryPart, StateChange
from tillkeeper.telemetry.queries.cursors import Policies
from tillkeeper.telemetry.queries.parts import DAY, HOUR, MEAN, MINUTE, parts, voice_lake
from tillkeeper.telemetry.services.keeping.recording import note_parts

SETTLED: Final = timedelta(minutes=10)  # after the end of an hour or a day its files are all there
REPLACED_KEPT: Final = timedelta(hours=1)  # for readers that are on their way to them
CHANGES_AT_ONCE: Final = 10_000
PARTS_AT_ONCE: Final = 5_000


def join_parts(*, at: datetime) -> int:
    """Join the files of hours and days that are over; return how many files were joined.

    A file that came late, after an outage, makes a second file of its hour: readers read both.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    joined = 0
    for begins, rows in _by_span(MINUTE, _over(at, hour, timedelta(hours=1)), timedelta(hours=1)):
        joined += _join(HOUR, begins, rows, at)
    day = hour.replace(hour=0)
    for begins, rows in _by_span(HOUR, _over(at, day, timedelta(days=1)), timedelta(days=1)):
        joined += _join(DAY, begins, rows, at)
    return joined


def _over(at: datetime, begins: datetime, length: timedelta) -> datetime:
    """Return the end of the last span that is over for long enough."""
    return begins if at - begins >= SETTLED else begins - length


def _by_span(
    tier: str, before: datetime, length: timedelta
) -> list[tuple[datetime, list[HistoryPart]]]:
    spans: dict[datetime, list[HistoryPart]] = {}
    for row in parts(tier).filter(begins_at__lt=before)[:PARTS_AT_ONCE]:
        begins = row.begins_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        spans.setdefault(
            begins if length < timedelta(days=1) else begins.replace(hour=0), []
        ).append(row)
    return sorted(spans.items())


def _join(tier: str, begins: datetime, rows: Sequence[HistoryPart], at: datetime) -> int:
    """Write the rows of some files anew, by ranges of terminals; then the new ones count and the old ones do not."""
    lake, paths = voice_lake(), [row.path for row in rows]
    made: list[Part] = []
    means: list[Part] = []
    ranges = terminal_ranges(lake, paths, sum(row.rows for row in rows))
    for number, terminals in enumerate(ranges):
        frame = rows_of(lake, paths, terminals=terminals)
        if frame.is_empty():
            continue
        frame = joined_frames([frame])
        # Numbered by the newest file in it: made again after a kill, it is the same file.
        name = f"{begins:%Y%m%d}/{begins:%H%M}-{rows[-1].pk}-{number}.parquet"
        made.append(write_part(lake, f"{tier}/{name}", frame))
        if tier == DAY and not (figures := hourly_means(frame)).is_empty():
            means.append(write_part(lake, f"{MEAN}/{name}", figures))
    with transaction.atomic():
        note_parts(tier, made, at=at)
        note_parts(MEAN, means, at=at)
        HistoryPart.objects.filter(pk__in=[row.pk for row in rows]).update(replaced_at=at)
    return len(rows)


def forget(*, numbers: Policies, at: datetime) -> int:
    """Take away what is past its time: files of readings, hourly figures, state changes; return how many went."""
    ages = ((numbers.raw_days, (MINUTE, HOUR, DAY)), (numbers.mean_days, (MEAN,)))
    for days, tiers in ages:
        parts(*tiers).filter(ends_at__lt=at - timedelta(days=days)).update(replaced_at=at)
    gone = _remove(HistoryPart.objects.filter(replaced_at__lt=at - REPLACED_KEPT))
    old = StateChange.objects.filter(at__lt=at - timedelta(days=numbers.changes_days))
    oldest = list(old.order_by("at").values_list("pk", flat=True)[:CHANGES_AT_ONCE])
    return gone + StateChange.objects.filter(pk__in=oldest).delete()[0]


def _remove(rows: QuerySet[HistoryPart]) -> int:
    """Remove files, then their rows: killed in between, it finds a row without a file and goes on."""
    lake, taken = voice_lake(), list(rows[:PARTS_AT_ONCE])
    for row in taken:
        remove_one(lake / row.path)
    return HistoryPart.objects.filter(pk__in=[row.pk for row in taken]).delete()[0]
