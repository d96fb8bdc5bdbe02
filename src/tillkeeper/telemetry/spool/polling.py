"""Waiting for a first segment where the store cannot wake a reader."""

import time
from collections.abc import Callable
from typing import Final

from tillkeeper.telemetry.spool import Segment

LOOK_EVERY_S: Final = 0.02


def first_of(fetch: Callable[[], list[Segment]], wait_s: float) -> list[Segment]:
    """Return what `fetch` finds, as soon as it finds something, or nothing when the wait is over."""
    until = time.monotonic() + wait_s
    while True:
        found = fetch()
        left = until - time.monotonic()
        if found or left <= 0:
            return found
        time.sleep(min(LOOK_EVERY_S, left))
