"""What a gateway keeps in memory of each terminal, so that a check-in asks no database.

Arrays by the ledger's key: a million terminals take 33 MB. Tokens are signed, so a key in one is a key of the ledger.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

from tillkeeper.formats.voice.messages import Reading

MORE: Final = 65_536


class Heard(Enum):
    """How a check-in's counter stands to the last one that was kept."""

    NEW = "new"
    REPEAT = "repeat"
    REUSED = "counter_reused"
    BACKWARDS = "counter_backwards"


class Counters:
    """The last counter of each terminal that is kept for good, by enrolment."""

    def __init__(self) -> None:
        """Begin knowing nobody."""
        self._counter = array("q")
        self._enrolment = array("q")
        self._mark = array("q")

    def judge(self, terminal: int, enrolment: int, counter: int, mark: int) -> Heard:
        """Say what a counter means; one that is not known of is new."""
        if terminal >= len(self._counter):
            return Heard.NEW
        last, whose = self._counter[terminal], self._enrolment[terminal]
        if whose != enrolment or counter > last:
            return Heard.NEW
        if counter < last:
            return Heard.BACKWARDS
        known = self._mark[terminal]
        # Not known since a restart: kept once more, and the writer knows it by its sequence numbers.
        return Heard.NEW if not known else Heard.REPEAT if known == mark else Heard.REUSED

    def last(self, terminal: int) -> int:
        """Return the last counter of a terminal."""
        return self._counter[terminal] if terminal < len(self._counter) else 0

    def keep(self, terminal: int, enrolment: int, counter: int, mark: int) -> None:
        """Note a check-in that is kept for good. Not before: one that was not kept comes again with this counter."""
        self._reach(terminal)
        if enrolment < self._enrolment[terminal]:
            return
        if enrolment == self._enrolment[terminal] and counter < self._counter[terminal]:
            return
        self._enrolment[terminal] = enrolment
        self._counter[terminal] = counter
        self._mark[terminal] = mark

    def load(self, known: Iterable[tuple[int, int, int]]) -> int:
        """Take in (terminal, enrolment, counter) as they were before this gateway began; return how many."""
        count = 0
        for terminal, enrolment, counter in known:
            if terminal >= len(self._counter) or not self._enrolment[terminal]:
                self.keep(terminal, enrolment, counter, 0)
            count += 1
        return count

    def _reach(self, terminal: int) -> None:
        if (lacking := terminal + 1 - len(self._counter)) > 0:
            more = bytes(8 * max(lacking, MORE))
            # The counter last: whoever sees it long finds the others long too.
            for column in (self._mark, self._enrolment, self._counter):
                column.frombytes(more)


def mark_of(readings: Sequence[Reading]) -> int:
    """Return a number, never 0, by which the same readings sent again are known: how many, and their ends."""
    if not readings:
        return 1
    first, last = readings[0], readings[-1]
    return hash((len(readings), first.seq, last.seq, first.at, last.at)) or 1


class Rates:
    """Who may send how often: the moment by which each terminal has used up its share (a leaky bucket, one number)."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._until = array("d")
        self._every = 1.0
        self._room = 60.0

    def allow(self, *, per_minute: int, at_once: int) -> None:
        """Set how many messages a minute, and how many at once after a pause."""
        self._every = 60.0 / per_minute
        self._room = self._every * at_once

    def wait_s(self, terminal: int, now: float) -> float:
        """Take one message in and return 0, or return how long to wait."""
        if terminal >= len(self._until):
            self._until.frombytes(bytes(8 * max(terminal + 1 - len(self._until), MORE)))
        used = max(self._until[terminal], now) + self._every
        if used - now > self._room:
            return used - now - self._room
        self._until[terminal] = used
        return 0.0


class Knocks:
    """The same for those who have no token yet, by what they say their serial number is."""

    MOST: Final = 50_000

    def __init__(self, *, per_minute: float, at_once: int) -> None:
        """Set how many."""
        self._every = 60.0 / per_minute
        self._room = self._every * at_once
        self._until: dict[str, float] = {}

    def wait_s(self, name: str, now: float) -> float:
        """Take one message in and return 0, or return how long to wait."""
        if len(self._until) >= self.MOST:
            self._until = {who: until for who, until in self._until.items() if until > now}
            if len(self._until) >= self.MOST:
                return self._every
        used = max(self._until.get(name, now), now) + self._every
        if used - now > self._room:
            return used - now - self._room
        self._until[name] = used
        return 0.0


class Tallies:
    """What happened since it was last written down."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: Counter[str] = Counter()

    def add(self, code: str) -> None:
        """Count one."""
        self._counts[code] += 1

    def take(self) -> Counter[str]:
        """Return what was counted, and begin anew."""
        taken, self._counts = self._counts, Counter()
        return taken

    def put_back(self, counts: Counter[str]) -> None:
        """Count what could not be written down once more."""
        self._counts.update(counts)
