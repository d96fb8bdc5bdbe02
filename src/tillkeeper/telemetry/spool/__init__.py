"""Where check-ins lie between gateway and writer: an SQLite file of its own, a table of PostgreSQL, or NATS JetStream.

What `append` returned from is there after a kill of any process. Each segment is read in order, at least once.
`opening.open_spool` gives the one that the settings name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Segment:
    """What one group commit took in. Positions of a shard go up; they are compared as integers."""

    position: int
    body: bytes


class Spool(Protocol):
    """A durable queue of segments. Gateways append, one writer a shard reads."""

    def append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Keep segments (shard, body); return when they are durable. Called from one thread of a process.

        Raises:
            SpoolUnreachable: it is not certain that they are kept: nothing may be answered as kept. What was kept all
                the same is sent again by the terminals, and known by its sequence numbers.
        """

    def read(self, shard: int, *, after: int, limit: int, wait_s: float) -> list[Segment]:
        """Return at most `limit` segments after a position, oldest first; wait for the first one up to `wait_s`.

        Each shard is read by one thread; several threads may read several shards.

        Raises:
            SpoolUnreachable: it cannot be read now.
        """

    def release(self, shard: int, *, upto: int) -> None:
        """Forget segments up to and with a position: the writer has their state and their history for good.

        Raises:
            SpoolUnreachable: it cannot be reached now.
        """

    def waiting(self, shard: int) -> tuple[int, int]:
        """Return how many segments of a shard are kept, and the newest position given out (0: none ever).

        Raises:
            SpoolUnreachable: it cannot be reached now.
        """

    def close(self) -> None:
        """Let go of files and connections. Called once, when no other call is under way."""
