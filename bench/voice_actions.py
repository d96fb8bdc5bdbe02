"""An action from afar for 100,000 terminals: planned, seen by those who hand it out, stopped."""

import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ground.estates import bring_in, head_office, settle
from ground.homes import on_each_home
from ground.ledgers import write_csv
from ground.lines import line, p95, seconds

COUNT, PLAN_LIMIT_S, STOP_LIMIT_S = 100_000, 10, 1
POLL_S = 0.5
ROUNDS = 3


def measure(home: str) -> None:
    by = head_office()
    with tempfile.TemporaryDirectory() as folder:
        bring_in(write_csv(Path(folder) / "ledger.csv", COUNT), by)
    _enrol_all()
    settle()
    plans, loads, stops = [], [], []
    for _ in range(ROUNDS):
        number, plan_s = _planned(by)
        plans.append(plan_s)
        load_s, stop_s = _loaded_and_stopped(number, by)
        loads.append(load_s)
        stops.append(stop_s)
    _ordered(by)
    quiet = Refresher()
    quiet.load()
    polls = [seconds(quiet.poll) for _ in range(40)]
    goal = f"under {PLAN_LIMIT_S} s"
    line(f"actions_planned_{home}", max(plans), "s", limit=PLAN_LIMIT_S, goal=goal, runs=ROUNDS)
    line(f"actions_loaded_{home}", max(loads), "s", goal="told beside it", met=True, runs=ROUNDS)
    goal = f"under {STOP_LIMIT_S} s, asked every {POLL_S} s"
    line(f"actions_stopped_{home}", max(stops), "s", limit=STOP_LIMIT_S, goal=goal, runs=ROUNDS)
    goal = "under 25 ms of each half second while 100,000 wait"
    line(f"actions_poll_{home}", p95(polls) * 1000, "ms", limit=25, goal=goal, runs=len(polls))


def _planned(by: Any) -> tuple[str, float]:
    """Return the number of a new order, and the seconds that it took to plan."""
    made: list[str] = []
    plan_s = seconds(lambda: made.append(_ordered(by)))
    return made[0], plan_s


def _loaded_and_stopped(number: str, by: Any) -> tuple[float, float]:
    """Return the seconds until all actions are seen, and until none is handed out once the order is cancelled."""
    from tillkeeper.telemetry.models import Action
    from tillkeeper.telemetry.services.actions import cancel_order, expire_actions

    refresher = Refresher()
    load_s = seconds(refresher.load)
    if len(refresher.waiting) != COUNT:
        raise SystemExit(f"{len(refresher.waiting)} of {COUNT} actions wait")
    rows = Action.objects.filter(order__number=number)
    refresher.some = list(rows.values_list("terminal", flat=True)[:100])
    refresher.start()
    begun = time.perf_counter()
    cancel_order(number=number, by=by, at=datetime.now(UTC))
    refresher.join(timeout=60)
    expire_actions(at=datetime.now(UTC))
    if left := rows.exclude(state="cancelled").count():
        raise SystemExit(f"{left} actions of a cancelled order are still there")
    return load_s, refresher.emptied - begun


class Refresher(threading.Thread):
    """What a gateway does: asks every half second what waits."""

    def __init__(self) -> None:
        from tillkeeper.telemetry.queries.actions import WaitingActions

        super().__init__(daemon=True)
        self.waiting = WaitingActions()
        self.emptied = float("inf")
        self.some: list[int] = []  # terminals that ask what they are to do

    def load(self) -> None:
        while self.poll():
            pass

    def poll(self) -> bool:
        return self.waiting.refresh(at=datetime.now(UTC))

    def run(self) -> None:
        from django.db import connection

        try:
            while any(self.waiting.due(terminal, time.time(), 1) for terminal in self.some):
                time.sleep(POLL_S)
                self.poll()
            self.emptied = time.perf_counter()
        finally:
            connection.close()


def _ordered(by: Any) -> str:
    from tillkeeper.telemetry.lifecycle import ActionKind, OrderState
    from tillkeeper.telemetry.services.actions import Wanted, order_actions, run_plan
    from tillkeeper.terminals.selection import Filters, Selection

    at = datetime.now(UTC)
    window = {"from": "00:00", "to": "23:59"}
    wanted = Wanted(kind=ActionKind.SELF_TEST, why="measured", window=window)
    made = order_actions(wanted=wanted, selection=Selection(filters=Filters()), by=by, at=at)
    # The worker's task, here at once; it does nothing if the queue did it already.
    if run_plan(number=made.number, at=at) != OrderState.RUNNING:
        raise SystemExit("the order does not run")
    return str(made.number)


def _enrol_all() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_enrolment (terminal_id, public_key, agent, at, source, revoked_by, why) "
            "SELECT id, CAST(id AS text), '', %s, '', '', '' FROM terminals_terminal",
            [datetime.now(UTC)],
        )


if __name__ == "__main__":
    on_each_home(__file__, measure)
