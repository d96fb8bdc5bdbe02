"""How far a long job is. Kept in the cache, because the job's own transaction is not visible until it is over."""

import time
from dataclasses import asdict, dataclass
from typing import Final

from django.core.cache import cache

KEPT_S: Final = 24 * 3600
SILENT_S: Final = 60  # a running job that has said nothing for so long is dead


@dataclass(frozen=True, slots=True)
class Progress:
    """Share done (0 to 1), rows seen so far, and seconds left, as far as that can be told."""

    share: float
    rows: int
    stage: str
    started: float
    heard: float

    @property
    def left_s(self) -> int | None:
        """Seconds left at the pace so far; None in the first instants."""
        spent = self.heard - self.started
        if self.share < 0.01 or spent < 1:
            return None
        return round(spent * (1 - self.share) / self.share)

    @property
    def percent(self) -> int:
        """For a progress bar."""
        return min(100, round(self.share * 100))

    @property
    def silent(self) -> bool:
        """True when the job has not been heard of for a minute."""
        return time.time() - self.heard > SILENT_S


def report(key: str, *, share: float, rows: int, stage: str) -> None:
    """Say how far the job `key` is."""
    before = progress(key)
    now = time.time()
    cache.set(
        f"progress:{key}",
        asdict(Progress(share, rows, stage, before.started if before else now, now)),
        KEPT_S,
    )


def progress(key: str) -> Progress | None:
    """Return what the job last said; None if it never spoke."""
    said = cache.get(f"progress:{key}")
    return Progress(**said) if said else None


def forget(key: str) -> None:
    """The job is over."""
    cache.delete_many([f"progress:{key}", f"cancel:{key}"])


def ask_to_stop(key: str) -> None:
    """Ask the job to give up at its next step."""
    cache.set(f"cancel:{key}", value=True, timeout=KEPT_S)


def asked_to_stop(key: str) -> bool:
    """Say whether somebody asked."""
    return bool(cache.get(f"cancel:{key}"))
