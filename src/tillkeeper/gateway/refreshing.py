"""What a gateway must know of the database, looked up beside the check-ins: who is revoked, what waits, policies."""

import asyncio
import logging
import threading
import time
from typing import Final

from django.db import close_old_connections, connections
from django.utils.timezone import now

from tillkeeper.gateway.memory import Counters, Rates, Tallies
from tillkeeper.telemetry.queries.actions import Mark, WaitingActions, waiting_since
from tillkeeper.telemetry.queries.enrolments import (
    Limits,
    counters,
    limits,
    revoked_with_live_tokens,
)
from tillkeeper.telemetry.services.proofs import forget_nonces
from tillkeeper.telemetry.services.rounds import gateway_lives
from tillkeeper.telemetry.services.tallies import add_tallies

logger = logging.getLogger("tillkeeper.gateway")

EVERY_S: Final = 0.5
POLICIES_EVERY: Final = 20  # rounds
TALLIES_EVERY: Final = 20
NONCES_EVERY: Final = 240
USUAL: Final = Limits(interval_s=300, token_s=3600, clock_s=300, per_minute=60, at_once=60)


class Refresher:
    """Goes round twice a second in a thread of its own. What the database cannot tell stays as it was."""

    def __init__(self, known: Counters, rates: Rates, tallies: Tallies) -> None:
        """Take what is to be brought up to date; `start` begins."""
        self.limits = USUAL
        self.revoked: frozenset[int] = frozenset()
        self.actions = WaitingActions()  # changed on the loop's thread only
        self._loop: asyncio.AbstractEventLoop | None = None
        self._mark: Mark | None = None
        self._counters, self._rates, self._tallies = known, rates, tallies
        self._loaded = False
        self._rounds = 0
        self._troubled = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look everything up once, then go round. Called in another thread than the loop's."""
        self._loop = loop
        self.go_round()
        connections.close_all()  # this thread asks no more
        self._thread.start()

    def stop(self) -> None:
        """End, and write down what was counted."""
        self._stopping.set()
        self._thread.join(timeout=30)

    def go_round(self) -> None:
        """Look up what is due."""
        close_old_connections()
        try:
            self._look()
            self._troubled = False
        except Exception:
            if not self._troubled:
                logger.exception(
                    "the gateway goes on by what it knows; the database does not answer"
                )
            self._troubled = True
        self._rounds += 1

    def _look(self) -> None:
        at = now()
        self.revoked = revoked_with_live_tokens(at=at)
        if self._rounds % POLICIES_EVERY == 0 or self._troubled:
            self.limits = limits(at)
            self._rates.allow(per_minute=self.limits.per_minute, at_once=self.limits.at_once)
        self._look_for_actions()
        if not self._loaded:
            self._load()
        if self._rounds % TALLIES_EVERY == 0:
            gateway_lives(at=at)  # while none does, the writer calls nobody silent
        if self._rounds % TALLIES_EVERY == TALLIES_EVERY - 1:
            self._write_tallies()
        if self._rounds % NONCES_EVERY == NONCES_EVERY - 1:
            forget_nonces(limits=self.limits, at=at)

    def _look_for_actions(self) -> None:
        more = True
        while more and not self._stopping.is_set():
            change = waiting_since(self._mark, at=now())
            self._mark, more = change.mark, change.more
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.actions.take, change)

    def _load(self) -> None:
        began = time.monotonic()
        count = self._counters.load(counters())
        self._loaded = True
        if count:
            logger.info("%d counters in %.1f s", count, time.monotonic() - began)

    def _write_tallies(self) -> None:
        counts = self._tallies.take()
        try:
            add_tallies(counts, at=now())
        except Exception:
            self._tallies.put_back(counts)
            raise

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self.go_round()
        try:
            self._write_tallies()
        except Exception:
            logger.exception("tallies of the last seconds are lost")
        connections.close_all()
