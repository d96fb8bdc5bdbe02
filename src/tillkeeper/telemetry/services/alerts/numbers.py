"""The numbers people set for alerts."""

from dataclasses import dataclass
from datetime import date, timedelta

from tillkeeper.kernel.policy import policy


@dataclass(frozen=True, slots=True)
class Numbers:
    """How alerts are joined and told."""

    join: timedelta  # within which alerts may have one cause
    hold: timedelta  # that an alert waits whether others come
    group_hold: timedelta  # that a group waits for its members


def numbers(*, on: date) -> Numbers:
    """Return the numbers in force on a day."""
    told = policy("telemetry.alerts", on=on)
    return Numbers(
        *(timedelta(seconds=told[name]) for name in ("join_s", "hold_s", "group_hold_s"))
    )
