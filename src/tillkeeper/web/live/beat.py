"""The beat: every two seconds the numbers that somebody watches are looked at once, and what changed goes to all.

All of it runs on the server's event loop but the questions to the database: these wait in one thread for their turn,
so that streams hold one connection however many there are.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson
import structlog
from django.db import close_old_connections, connections

from tillkeeper.kernel.actor import Scope
from tillkeeper.web.live.numbers import PARTS, numbers_of

log = structlog.get_logger(__name__)
BEAT_S: Final = 2.0
SAME_S: Final = 6.0  # silence longer than this would look like a fault to whoever watches
BEHIND: Final = 8  # a reader this many messages behind begins anew with all the numbers
SAME: Final = b"event: same\ndata: 0\n\n"
_T = TypeVar("_T")


class Asking:
    """The one thread that asks the database for streams."""

    def __init__(self) -> None:
        """Start it when it is first needed."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="live")

    async def ask(self, question: Callable[..., _T], *given: Any) -> _T:
        """Return the answer to a question, asked with a connection that is alive."""

        def asked() -> _T:
            close_old_connections()
            try:
                return question(*given)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._thread, asked)

    def end(self) -> None:
        """End the thread with its connection."""
        with suppress(RuntimeError):  # it ended before
            self._thread.submit(connections.close_all)
        self._thread.shutdown(wait=True)


@dataclass(eq=False)
class Reader:
    """Somebody who watches."""

    waiting: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(BEHIND))


@dataclass
class Watched:
    """One part of the estate, who watches it, and what they were told."""

    scope: Scope
    readers: set[Reader] = field(default_factory=set)
    told: dict[str, Any] = field(default_factory=dict)
    spoke: float = 0.0


class Beat:
    """Tells readers what changed. It beats while there are readers."""

    def __init__(self, asking: Asking) -> None:
        """Take the thread that asks."""
        self._asking = asking
        self._watched: dict[tuple[tuple[str, ...], int | None], Watched] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def readers(self) -> int:
        """How many watch."""
        return sum(len(watched.readers) for watched in self._watched.values())

    def join(self, scope: Scope) -> Reader:
        """Let somebody watch; what is known already comes first."""
        key = (scope.paths, scope.vendor_id)
        watched = self._watched.setdefault(key, Watched(scope))
        reader = Reader()
        watched.readers.add(reader)
        if watched.told:
            reader.waiting.put_nowait(event(watched.told))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return reader

    def leave(self, scope: Scope, reader: Reader) -> None:
        """Let somebody go."""
        key = (scope.paths, scope.vendor_id)
        if (watched := self._watched.get(key)) is not None:
            watched.readers.discard(reader)
            if not watched.readers:
                del self._watched[key]

    async def _run(self) -> None:
        while self._watched:
            began = time.monotonic()
            for watched in list(self._watched.values()):
                try:
                    await self._look(watched)
                except Exception as error:  # noqa: BLE001  a database that is away comes back; the streams stay
                    log.warning("live.not_counted", error=type(error).__name__)
            await asyncio.sleep(max(0.1, BEAT_S - (time.monotonic() - began)))

    async def _look(self, watched: Watched) -> None:
        now = await self._asking.ask(_numbers, watched.scope)
        changed = {name: part for name, part in now.items() if watched.told.get(name) != part}
        message = event(changed) if changed else SAME
        watched.told = now
        if changed:
            self._tell(watched, message)
        elif time.monotonic() - watched.spoke >= SAME_S:
            self._tell(watched, SAME)

    @staticmethod
    def _tell(watched: Watched, message: bytes) -> None:
        watched.spoke = time.monotonic()
        for reader in watched.readers:
            if reader.waiting.full():  # a sleeping laptop: the old is of no use to it
                while not reader.waiting.empty():
                    reader.waiting.get_nowait()
                reader.waiting.put_nowait(event(watched.told))
            else:
                reader.waiting.put_nowait(message)


def _numbers(scope: Scope) -> dict[str, Any]:
    return numbers_of(scope).told(PARTS, at=datetime.now(UTC))


def event(numbers: dict[str, Any]) -> bytes:
    """Return numbers as one message of a stream."""
    return b"event: numbers\ndata: " + orjson.dumps(numbers) + b"\n\n"
