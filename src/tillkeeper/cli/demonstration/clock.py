"""A calendar of things that go on side by side: each says how long it waits, and is woken when that time has come.

What would happen after the end does not happen: so the estate is left in the middle of its work, as a real one is.
"""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

Process = Iterator[timedelta]


class Calendar:
    """Runs processes in the order of their times."""

    def __init__(self, start: datetime, end: datetime) -> None:
        """Begin at `start`; nothing happens after `end`."""
        self.start, self.end = start, end
        self.now = start
        self._waiting: list[tuple[datetime, int, Process]] = []
        self._order = count()

    def begin(self, process: Process, *, at: datetime | None = None) -> None:
        """Let a process begin at a time, or now."""
        heapq.heappush(self._waiting, (max(at or self.now, self.now), next(self._order), process))

    def run(self, told: Callable[[float], None]) -> None:
        """Go through all that happens until the end; `told` hears the share of the time gone by."""
        while self._waiting and self._waiting[0][0] <= self.end:
            self.now, _, process = heapq.heappop(self._waiting)
            told((self.now - self.start) / (self.end - self.start))
            pause = next(process, None)
            if pause is not None:
                self.begin(process, at=self.now + pause)
        self.now = self.end


def days(number: float) -> timedelta:
    """Return a pause in days."""
    return timedelta(days=number)
