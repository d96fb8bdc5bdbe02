"""What terminals say, as the gateway would spool it."""

from collections.abc import Sequence
from typing import Any

from tests.factories import NOON

from tillkeeper.formats.voice.messages import CheckIn, Reading
from tillkeeper.formats.voice.spooled import Spooled, SpooledCheckIn, pack
from tillkeeper.telemetry.spool import Segment

NOON_MS = int(NOON.timestamp() * 1000)


def reading(seq: int, at_s: float = 0, **values: Any) -> Reading:
    """A reading taken `at_s` seconds after noon."""
    return Reading(seq, NOON_MS + round(at_s * 1000), values)


def check_in(
    terminal: int,
    *readings: Reading,
    at_s: float = 0,
    counter: int = 1,
    skew_s: float = 0,
    enrolment: int = 1,
) -> SpooledCheckIn:
    """A check-in received `at_s` seconds after noon, by a clock that is `skew_s` ahead."""
    at, skew = NOON_MS + round(at_s * 1000), round(skew_s * 1000)
    said = CheckIn(counter, at + skew, [Reading(r.seq, r.at + skew, r.values) for r in readings])
    return SpooledCheckIn(terminal, enrolment, at, 300, said)


class Shelf:
    """A spool in memory."""

    def __init__(self) -> None:
        self.kept: dict[int, list[Segment]] = {}
        self.newest: dict[int, int] = {}

    def append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        for shard, body in bodies:
            self.newest[shard] = self.newest.get(shard, 0) + 1
            self.kept.setdefault(shard, []).append(Segment(self.newest[shard], body))

    def say(self, *items: Spooled, shard: int = 0) -> None:
        self.append([(shard, pack(list(items)))])

    def read(self, shard: int, *, after: int, limit: int, wait_s: float) -> list[Segment]:
        return [s for s in self.kept.get(shard, []) if s.position > after][:limit]

    def release(self, shard: int, *, upto: int) -> None:
        self.kept[shard] = [s for s in self.kept.get(shard, []) if s.position > upto]

    def waiting(self, shard: int) -> tuple[int, int]:
        return len(self.kept.get(shard, [])), self.newest.get(shard, 0)

    def close(self) -> None:
        pass
