"""The worker's rounds of drops: each that is due gets a round of its own beside all else, a few at a time."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import connections
from django.utils.timezone import now

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import Conflict, NotFound
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries.drops import due_drops
from tillkeeper.settlement.services.drops.rounds import fetch

EVERY: Final = timedelta(minutes=1)
AT_ONCE: Final = (
    4  # a slow server must not keep the others waiting, nor all of them take the machine
)
END_S: Final = 5
logger = logging.getLogger("tillkeeper.worker")


class Fetching:
    """Starts rounds, and lets them end. A round that is cut off is gone on with at the next one."""

    def __init__(self) -> None:
        """Nothing is fetched yet."""
        self._going: dict[int, threading.Thread] = {}
        self._stopping = threading.Event()

    def start_due(self, at: datetime) -> int:
        """Start a round of each drop that nobody looked at for a minute; return how many."""
        self._going = {key: thread for key, thread in self._going.items() if thread.is_alive()}
        scope = Actor.system("drops").scope(Right.MONEY_WORK)
        room = AT_ONCE - len(self._going)
        due = due_drops(scope, at - EVERY).exclude(pk__in=self._going).values_list("pk", flat=True)
        for key in list(due[:room]) if room > 0 else ():
            self._going[key] = self._start(key)
        return len(self._going)

    def stop(self) -> None:
        """Have all rounds end at their next piece; wait a little for them."""
        self._stopping.set()
        until = time.monotonic() + END_S
        for thread in self._going.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _start(self, key: int) -> threading.Thread:
        thread = threading.Thread(target=self._go, args=[key], name=f"drop-{key}", daemon=True)
        thread.start()
        return thread

    def _go(self, key: int) -> None:
        try:
            go_round(key, self._stopping.is_set)
        finally:
            connections.close_all()


def go_round(key: int, stopped: Callable[[], bool]) -> None:
    """Go round one drop as the software itself; whatever happens is the drop's problem, not the worker's."""
    try:
        done = fetch(drop=key, by=Actor.system("drops"), at=now(), stopped=stopped)
        if done.problem:
            logger.info("drop %d: %s", key, done.problem.code)  # people read it on the drop
    except (Conflict, NotFound):  # somebody fetches it just now, or has removed it
        pass
    except Exception:
        logger.exception("drop %d could not be fetched", key)
