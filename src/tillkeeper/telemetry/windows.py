"""A nightly window in a site's own time, and when it opens and shuts in UTC. Pure.

A window is a span of the clock on the wall. Where that clock jumps, the window keeps to what the clock shows: it never
opens before its hour is shown for the last time that night, and shuts when its end is shown first; a night in which
none of it is shown has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from tillkeeper.kernel.errors import FieldInvalid

DAY: Final = timedelta(days=1)
DAYS_LOOKED_AT: Final = 5  # one of any three nights has a window
SHAPE: Final = "%H:%M"


@dataclass(frozen=True, slots=True)
class Window:
    """From a time of the day to another, in the night if the second is the earlier one."""

    begins: time
    ends: time

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self | None:
        """Return the window that `{"from": "22:00", "to": "06:00"}` says; nothing said is no window.

        Raises:
            FieldInvalid: no times of the day, or twice the same.
        """
        if not facts:
            return None
        begins, ends = (_time(name, facts.get(name)) for name in ("from", "to"))
        if begins == ends:
            expected = gettext_noop("two different times")
            raise FieldInvalid(field="window", value=f"{begins:{SHAPE}}", expected=expected)
        return cls(begins, ends)

    def facts(self) -> dict[str, str]:
        """Return it as it is kept."""
        return {"from": f"{self.begins:{SHAPE}}", "to": f"{self.ends:{SHAPE}}"}

    def shows(self, wall: time) -> bool:
        """Say whether a clock that shows `wall` shows a time of the window."""
        if self.begins < self.ends:
            return self.begins <= wall < self.ends
        return wall >= self.begins or wall < self.ends


def next_span(window: Window, zone: ZoneInfo, after: datetime) -> tuple[datetime, datetime]:
    """Return when the window that is open at `after` opened and shuts, else when the next one does; both in UTC."""
    first = after.astimezone(zone).date() - DAY
    for number in range(DAYS_LOOKED_AT):
        span = _span(window, zone, first + number * DAY)
        if span is not None and span[1] > after:
            return span
    raise ValueError(f"no window from {window} in {zone} after {after}")  # no zone jumps so far


def _span(window: Window, zone: ZoneInfo, day: date) -> tuple[datetime, datetime] | None:
    begins = datetime.combine(day, window.begins)
    ends = datetime.combine(day if window.begins < window.ends else day + DAY, window.ends)
    shuts = _moment(ends, zone, last=False)
    for last in (
        True,
        False,
    ):  # an hour that is shown twice: the second, unless the window lies within it
        if (opens := _moment(begins, zone, last=last)) < shuts:
            return opens, shuts
    return None


def _moment(wall: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """Return when a clock shows a time: of two moments the first or the last, of none when it jumped over it."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    return _jump(second, first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between two at which the offset of a zone changes, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _time(name: str, value: Any) -> time:
    try:
        return datetime.strptime(str(value), SHAPE).time()  # noqa: DTZ007  a time of the day has no zone
    except ValueError as error:
        raise FieldInvalid(
            field=f"window.{name}",
            value=str(value)[:20],
            expected=gettext_noop("a time like 22:00"),
        ) from error
