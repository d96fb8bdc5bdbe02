"""Counting what happens at the terminals' door, by the hour."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

ADD = (
    "INSERT INTO telemetry_tally (code, hour, count) VALUES (%s, %s, %s) "
    "ON CONFLICT (code, hour) DO UPDATE SET count = telemetry_tally.count + excluded.count"
)


def add_tallies(counts: Mapping[str, int], *, at: datetime) -> None:
    """Add to the counts of the hour of `at`; last in a transaction, for it holds rows that others want too."""
    hour = connection.ops.adapt_datetimefield_value(at.replace(minute=0, second=0, microsecond=0))
    rows = [(code[:40], hour, n) for code, n in sorted(counts.items()) if n]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)
