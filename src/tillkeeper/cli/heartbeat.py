"""The worker's sign of life, kept in the cache that all processes of an installation share."""

from datetime import datetime
from typing import Final

from django.core.cache import cache

KEY: Final = "worker:seen"
KEPT_S: Final = 7 * 24 * 3600


def beat(at: datetime) -> None:
    """The worker is alive."""
    cache.set(KEY, at.isoformat(), KEPT_S)


def last_beat() -> datetime | None:
    """Return when a worker was last alive; None if none was within a week."""
    said = cache.get(KEY)
    return datetime.fromisoformat(said) if said else None
