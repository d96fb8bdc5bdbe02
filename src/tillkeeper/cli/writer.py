"""`tillkeeper writer`: from the spool into live state and history; beside it what the clock brings."""

import gc
import logging
import signal
import threading
import time
from abc import ABC, abstractmethod
from typing import Final

import typer
from django.db import close_old_connections, connections
from django.utils.timezone import now

from tillkeeper.telemetry.services.leases import ROUNDS, Lease
from tillkeeper.telemetry.services.rounds import long_round, short_round
from tillkeeper.telemetry.services.writing.line import Line
from tillkeeper.telemetry.spool import Spool
from tillkeeper.telemetry.spool.opening import open_spool, shards

app = typer.Typer()
logger = logging.getLogger("tillkeeper.writer")

LOOK_S: Final = 0.5  # how long a line waits for a first segment
GATHER_S: Final = (
    0.2  # rounds begin no sooner after each other: a few large ones cost less than many small ones
)
SHORT_S: Final = 10.0
SHARE: Final = 20  # a sweep of a large estate takes at most a twentieth of the time
LONG_EVERY_S: Final = 300.0
LEASE_EVERY_S: Final = 2.0
LONGEST_WAIT_S: Final = 60.0
END_WITHIN_S: Final = 60.0


class Loop(threading.Thread, ABC):
    """Goes round until stopped; waits longer and longer while something does not answer."""

    def __init__(self, name: str, stopping: threading.Event) -> None:
        """Make the thread; `start` starts it."""
        super().__init__(name=name, daemon=True)
        self.stopping = stopping
        self._trouble_s = 1.0

    def run(self) -> None:
        """Go round."""
        while not self.stopping.is_set():
            try:
                wait_s = self.go_round()
            except Exception:
                logger.exception("%s: next try in %.0f s", self.name, self._trouble_s)
                wait_s = self._trouble_s
                self._trouble_s = min(self._trouble_s * 2, LONGEST_WAIT_S)
                close_old_connections()
            else:
                self._trouble_s = 1.0
            self.stopping.wait(wait_s)
        try:
            self.end()
        except Exception:
            logger.exception("%s: could not end in order; nothing is lost", self.name)
        connections.close_all()

    @abstractmethod
    def go_round(self) -> float:
        """Do what there is to do; return how long to wait."""

    def end(self) -> None:
        """Give back what is held."""


class ShardLoop(Loop):
    """The writer of one shard; waits where another one is at work."""

    def __init__(self, spool: Spool, shard: int, stopping: threading.Event) -> None:
        """Make the thread of a shard."""
        super().__init__(f"shard {shard}", stopping)
        self._line = Line(spool, shard)

    def go_round(self) -> float:
        """Take in what waits."""
        if not self._line.holds():
            return LEASE_EVERY_S
        began = time.monotonic()
        self._line.go_round(at=now(), wait_s=LOOK_S)
        self._line.record(at=now())
        return max(0.0, GATHER_S - (time.monotonic() - began))

    def end(self) -> None:
        """Write the history that is gathered; give the shard back."""
        if self._line.holds():
            self._line.end(at=now())


class ClockLoop(Loop):
    """The rounds of the clock, by one process of the installation."""

    def __init__(self, stopping: threading.Event) -> None:
        """Make the thread."""
        super().__init__("rounds", stopping)
        self._lease = Lease(ROUNDS)

    def go_round(self) -> float:
        """Sweep, judge, expire."""
        if not self._lease.held():
            return LEASE_EVERY_S
        began = time.monotonic()
        short_round(shards=shards(), at=now())
        return max(SHORT_S, SHARE * (time.monotonic() - began))

    def end(self) -> None:
        """Give the rounds back."""
        self._lease.let_go()


class JoiningLoop(Loop):
    """History is joined and forgotten, by one process of the installation; it may take a while."""

    def __init__(self, stopping: threading.Event) -> None:
        """Make the thread."""
        super().__init__("history", stopping)
        self._lease = Lease(ROUNDS + 1)

    def go_round(self) -> float:
        """Join what is over."""
        if not self._lease.held():
            return LEASE_EVERY_S
        long_round(at=now())
        return LONG_EVERY_S

    def end(self) -> None:
        """Give it back."""
        self._lease.let_go()


@app.command()
def writer() -> None:
    """Write what terminals send into live state, alerts and history, until stopped with SIGTERM or Ctrl+C.

    What is in hand is finished first. `tillkeeper up` starts one; a second one waits until the first has ended, or
    takes the shards that nobody has.
    """
    # A round makes some ten thousand small things and lets go of them all: looking for cycles among them is in vain.
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    spool = open_spool()
    lines = [ShardLoop(spool, shard, stopping) for shard in range(shards())]
    loops = [*lines, ClockLoop(stopping), JoiningLoop(stopping)]
    for loop in loops:
        loop.start()
    while not stopping.wait(1.0):
        pass
    for loop in loops:
        loop.join(END_WITHIN_S)
    spool.close()
