"""Group commit: what comes in while the spool is writing waits together and is written next, in one go.

One thread packs and appends; a group's answers go out when the spool has it for good, all at once.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tillkeeper.formats.voice.spooled import Spooled, pack
from tillkeeper.gateway.refusals import Refusal
from tillkeeper.telemetry.errors import SpoolUnreachable
from tillkeeper.telemetry.spool import Spool

logger = logging.getLogger("tillkeeper.gateway")

GROUP_MAX: Final = 2_000  # messages
SEGMENT_BYTES: Final = 512 * 1024  # of bodies as they came: brokers take a megabyte
WAITING_MAX: Final = 20_000  # messages, then new ones are turned away
# An append costs the same for one message as for twenty: where few wait, the next begins so long after the last one.
FEW: Final = 16
APART_S: Final = 0.003
REST_S: Final = 1.0  # after a failure, before the spool is tried again


@dataclass(slots=True)
class Waiter:
    """What one message wants kept, and who waits for it."""

    terminal: int
    items: Sequence[Spooled]
    size: int
    kept: "asyncio.Future[None]"


class Keeper:
    """Hands messages to the spool, group by group."""

    def __init__(self, spool: Spool, shards: int) -> None:
        """Take the spool; `start` begins."""
        self._spool = spool
        self._shards = shards
        self._waiting: list[Waiter] = []
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failed_at = 0.0  # monotonic; 0: the last append went well
        self.back_at = 0.0  # when it went well again after failures

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to keep."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Keep what waits, then end."""
        self._ending = True
        self._due.set()
        self._thread.join(timeout=30)

    def keep(self, terminal: int, items: Sequence[Spooled], size: int) -> "asyncio.Future[None]":
        """Return a future that is done when the items are kept for good. Called on the loop's thread.

        Raises:
            Refusal: not_kept: too many wait already, or it failed a moment ago. The future may raise it too.
        """
        assert self._loop is not None  # noqa: S101  started
        resting = self.failed_at and time.monotonic() - self.failed_at < REST_S
        if resting or len(self._waiting) >= WAITING_MAX:
            raise Refusal("not_kept")
        kept: asyncio.Future[None] = self._loop.create_future()
        with self._lock:
            self._waiting.append(Waiter(terminal, items, size, kept))
        if not self._due.is_set():
            self._due.set()
        return kept

    def _run(self) -> None:
        began = 0.0
        while True:
            self._due.wait()
            self._due.clear()
            while self._waiting:
                if len(self._waiting) < FEW:
                    time.sleep(max(0.0, began + APART_S - time.monotonic()))
                began = time.monotonic()
                self._write(self._next())
            if self._ending:
                return

    def _next(self) -> list[Waiter]:
        with self._lock:
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
        return group

    def _write(self, group: list[Waiter]) -> None:
        problem: Refusal | None = None
        try:
            self._spool.append(self._segments(group))
            if self.failed_at:
                self.failed_at, self.back_at = 0.0, time.monotonic()
                logger.warning("the spool takes check-ins again")
        except SpoolUnreachable as error:
            if not self.failed_at:
                logger.error("check-ins are turned away: %s", error)  # noqa: TRY400  said once, no trace
            self.failed_at = time.monotonic()
            problem = Refusal("not_kept")
        except Exception:
            logger.exception("check-ins are turned away")
            self.failed_at = time.monotonic()
            problem = Refusal("not_kept")
        assert self._loop is not None  # noqa: S101  started
        self._loop.call_soon_threadsafe(_answer, group, problem)

    def _segments(self, group: Sequence[Waiter]) -> list[tuple[int, bytes]]:
        """Return the group packed: at least one segment a shard, none much longer than brokers take."""
        made: list[tuple[int, bytes]] = []
        open_now: dict[int, tuple[list[Spooled], int]] = {}
        for waiter in group:
            shard = waiter.terminal % self._shards
            items, size = open_now.get(shard, ([], 0))
            if items and size + waiter.size > SEGMENT_BYTES:
                made.append((shard, pack(items)))
                items, size = [], 0
            items.extend(waiter.items)
            open_now[shard] = items, size + waiter.size
        made += [(shard, pack(items)) for shard, (items, _size) in open_now.items()]
        return made


def _answer(group: Sequence[Waiter], problem: Refusal | None) -> None:
    """Wake those who wait; whoever gave up meanwhile is passed over."""
    for waiter in group:
        if waiter.kept.done():
            continue
        if problem is None:
            waiter.kept.set_result(None)
        else:
            waiter.kept.set_exception(Refusal(problem.code))
