"""What needs the database: enrolling, tokens, logs. In a few threads, so that check-ins never wait for it."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any, Final, ParamSpec, TypeVar

from django.db import DatabaseError, close_old_connections, connections
from django.utils.timezone import now

from tillkeeper.formats.voice.messages import AskToken
from tillkeeper.gateway.refusals import Refusal, refusal_of
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.telemetry.queries.enrolments import Limits
from tillkeeper.telemetry.services.proofs import Granted, issue_tokens

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger("tillkeeper.gateway")

THREADS: Final = 3
LEAVING_S: Final = 10
UNDER_WAY_MAX: Final = 200
TOKENS_AT_ONCE: Final = 200
TOKENS_WAITING_MAX: Final = 5_000
PATIENCE_S: Final = 20.0
COME_AGAIN_S: Final = 15

Asking = tuple[AskToken, "asyncio.Future[Granted]"]


class Desk:
    """Runs services in threads; requests for tokens are answered together."""

    def __init__(self) -> None:
        """Make the threads when they are needed."""
        self._seats: list[str] = []  # a name for each thread that has begun
        self._threads = ThreadPoolExecutor(
            THREADS, thread_name_prefix="desk", initializer=self._seats.append, initargs=("desk",)
        )
        self._under_way = 0
        self._asking: list[Asking] = []
        self._granting: asyncio.Task[None] | None = None

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a service returns.

        Raises:
            Refusal: the service refused, or the database does not answer in time.
        """
        if self._under_way >= UNDER_WAY_MAX:
            raise Refusal("busy", after_s=COME_AGAIN_S)
        self._under_way += 1
        doing = asyncio.get_running_loop().run_in_executor(
            self._threads, partial(_do, partial(work, *args, **kwargs))
        )
        doing.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(doing), PATIENCE_S)
        except TillkeeperError as error:
            raise refusal_of(error) from error
        except DatabaseError as error:
            logger.warning("the database does not answer a terminal: %s", error)
            raise Refusal("busy", after_s=COME_AGAIN_S) from error
        except TimeoutError as error:
            raise Refusal("busy", after_s=COME_AGAIN_S) from error

    def _done(self, doing: "asyncio.Future[Any]") -> None:
        self._under_way -= 1
        if not doing.cancelled():
            doing.exception()  # asked for: whoever waited may have left

    async def token(self, message: AskToken, limits: Limits) -> Granted:
        """Return the next token; all who ask in the same instant are answered by one transaction.

        Raises:
            Refusal: there is none.
        """
        if len(self._asking) >= TOKENS_WAITING_MAX:
            raise Refusal("busy", after_s=COME_AGAIN_S)
        answer: asyncio.Future[Granted] = asyncio.get_running_loop().create_future()
        self._asking.append((message, answer))
        if self._granting is None or self._granting.done():
            self._granting = asyncio.create_task(self._grant(limits))
        return await answer

    async def _grant(self, limits: Limits) -> None:
        while self._asking:
            asking, self._asking = (
                self._asking[:TOKENS_AT_ONCE],
                self._asking[TOKENS_AT_ONCE:],
            )
            messages = [message for message, _answer in asking]
            answers: list[Granted | Refusal]
            try:
                given = await self.run(issue_tokens, messages, limits=limits, at=now())
                answers = [one if isinstance(one, Granted) else refusal_of(one) for one in given]
            except Refusal as refusal:
                answers = [Refusal(refusal.code, after_s=refusal.after_s) for _ in asking]
            except Exception:
                logger.exception("no tokens")
                answers = [Refusal("busy", after_s=COME_AGAIN_S) for _ in asking]
            for (_message, answer), said in zip(asking, answers, strict=True):
                if answer.done():
                    continue  # who asked has left
                if isinstance(said, Refusal):
                    answer.set_exception(said)
                else:
                    answer.set_result(said)

    def close(self) -> None:
        """Let what is under way finish, and end the threads with their connections."""
        gate = Barrier(max(1, len(self._seats)))  # so that each thread takes just one of these
        for _ in self._seats:
            self._threads.submit(_leave, gate)
        self._threads.shutdown(wait=True)


def _leave(gate: Barrier) -> None:
    with suppress(
        BrokenBarrierError
    ):  # one of them is held up: its connection ends with the process
        gate.wait(LEAVING_S)
    connections.close_all()


def _do(work: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
