"""How far the writer is, and the numbers people set for it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from tillkeeper.kernel.policy import policy
from tillkeeper.telemetry.known import Allowed
from tillkeeper.telemetry.models import Cursor
from tillkeeper.telemetry.spool import Spool

STATE: Final = "state"
HISTORY: Final = "history"
GATEWAY: Final = "gateway"
SWEEP: Final = (
    "sweep"  # its position: epoch second since which terminals were listened to without a break
)
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Policies:
    """The numbers of the writer."""

    late_intervals: float
    offline_intervals: float
    offline_least_s: float
    allowed: Allowed
    raw_days: int
    mean_days: int
    changes_days: int

    @property
    def oldest_s(self) -> float:
        """Return how old a reading may be when it comes."""
        return self.raw_days * DAY_S


@dataclass(frozen=True, slots=True)
class ShardHealth:
    """How a shard's writer does. `behind`: segments it has not read; None: nobody can say just now."""

    shard: int
    lived_at: datetime | None
    position: int
    newest: int
    kept: int


def policies(*, on: date) -> Policies:
    """Return the numbers in force on a day."""
    silence, place = policy("telemetry.silence", on=on), policy("telemetry.place_m", on=on)
    kept = policy("retention.readings", on=on)
    return Policies(
        float(silence["late_intervals"]),
        float(silence["offline_intervals"]),
        float(silence["offline_least_s"]),
        Allowed(float(place["city"]), float(place["rural"])),
        int(kept["raw_days"]),
        int(kept["mean_days"]),
        int(kept["changes_days"]),
    )


def position_of(name: str, shard: int) -> int:
    """Return how far a reader of a shard is; 0 before it began."""
    found = Cursor.objects.filter(name=name, shard=shard).values_list("position", flat=True).first()
    return found or 0


def writer_health(spool: Spool, shards: int) -> list[ShardHealth]:
    """Return how the writer of each shard does: when it last lived, how far it is, what is kept for it.

    Raises:
        SpoolUnreachable: the spool cannot be asked.
    """
    cursors = {row.shard: row for row in Cursor.objects.filter(name=STATE)}
    found = []
    for shard in range(shards):
        kept, newest = spool.waiting(shard)
        row = cursors.get(shard)
        found.append(
            ShardHealth(shard, row.at if row else None, row.position if row else 0, newest, kept)
        )
    return found
