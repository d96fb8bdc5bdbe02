"""`tillkeeper worker`: background tasks in the main thread; beside them the outbox's delivery and the clock's work."""

import logging
import threading
from typing import Final
from uuid import uuid4

import typer
from django.db import OperationalError, close_old_connections, connections
from django.utils.timezone import now
from django_tasks_db.management.commands.db_worker import Worker

from tillkeeper.cli.fetching import Fetching
from tillkeeper.cli.heartbeat import beat
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.outbox import deliver_due
from tillkeeper.settlement.services.cases import wake
from tillkeeper.settlement.services.deadlines import remind
from tillkeeper.settlement.services.runs import mark_interrupted as mark_interrupted_runs
from tillkeeper.telemetry.services.logs.pieces import tidy_logs
from tillkeeper.terminals.services.imports import expire_drafts, mark_interrupted

app = typer.Typer()
logger = logging.getLogger("tillkeeper.worker")

EVERY_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
BEATS_EVERY: Final = 5  # rounds
FETCHES_EVERY: Final = 10  # rounds: looks which drops are due
WAKES_EVERY: Final = 300  # rounds: a held case comes back on its day, no sooner


class DeliveryLoop(threading.Thread):
    """Delivers what the outbox owes, once a second; waits longer and longer while the database does not answer."""

    def __init__(self) -> None:
        """Make the thread; `start` starts it."""
        super().__init__(name="outbox", daemon=True)
        self._stopping = threading.Event()
        self._rounds = 0
        self._fetching = Fetching()
        self.wait_s = EVERY_S

    def run(self) -> None:
        """Go round until stopped."""
        while not self._stopping.is_set():
            self.go_round()
            self._stopping.wait(self.wait_s)
        connections.close_all()

    def go_round(self) -> None:
        """Deliver once, and settle how long to wait."""
        close_old_connections()
        try:
            if self._rounds % BEATS_EVERY == 0:
                beat(now())
            deliver_due(at=now())
            if self._rounds % FETCHES_EVERY == 0:
                self._fetching.start_due(now())
            if self._rounds % WAKES_EVERY == 0:
                wake(by=Actor.system("clock"), at=now())
                remind(by=Actor.system("clock"), at=now())
                expire_drafts(at=now())
                tidy_logs(at=now())
        except Exception:
            logger.exception("delivery failed; next try in %.0f s", self.wait_s)
            self.wait_s = min(self.wait_s * 2, LONGEST_WAIT_S)
        else:
            self.wait_s = EVERY_S
        self._rounds += 1

    def stop(self) -> None:
        """End after the delivery in hand."""
        self._stopping.set()
        self.join(timeout=LONGEST_WAIT_S)
        self._fetching.stop()


@app.command()
def worker() -> None:
    """Run background tasks (imports, exports) and deliver events, until stopped with SIGTERM or Ctrl+C.

    A task in hand is finished first; a second signal gives it up. `tillkeeper up` starts one; start more beside it
    where imports queue up.
    """
    runner = Worker(
        queue_names=["*"],
        interval=0.5,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=uuid4().hex,
        excluded_queue_names=[],
    )
    runner.configure_signals()  # before anything is begun that a signal would have to end
    mark_interrupted(at=now())
    mark_interrupted_runs(at=now())
    loop = DeliveryLoop()
    loop.start()
    try:
        _work(runner)
    finally:
        loop.stop()


def _work(runner: Worker) -> None:
    pause = threading.Event()
    wait_s = EVERY_S
    while runner.running:
        try:
            runner.run()
        except OperationalError:
            # A database that restarts is no reason to end: everything waiting is still in its tables.
            logger.exception("the database does not answer; next try in %.0f s", wait_s)
            pause.wait(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
