"""What the queue starts. Tasks read the clock and call one service."""

from typing import Any

from django.utils import timezone
from django_tasks import task

from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import from_arguments
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.settlement.services.case_sets import run_order
from tillkeeper.settlement.services.drops.rounds import fetch
from tillkeeper.settlement.services.drops.telling import QUEUED, key_of
from tillkeeper.settlement.services.runs import run_matching


@task()
def match_day(number: str, by: dict[str, Any]) -> str:
    """Do a matching run; called again, it does nothing."""
    return str(run_matching(number=number, by=from_arguments(by), at=timezone.now()).state)


@task()
def do_case_order(key: str, by: dict[str, Any]) -> str:
    """Do a deed for many cases; called again, it does nothing."""
    order = run_order(key=key, by=from_arguments(by), at=timezone.now())
    return order.state if order else "forgotten"


@task()
def fetch_drop(drop: int, by: dict[str, Any]) -> str:
    """Go round a drop for somebody who waits for it; called again, it finds nothing new."""
    try:
        done = fetch(drop=drop, by=from_arguments(by), at=timezone.now(), patient=False)
    except TillkeeperError as refused:  # it goes on already, or was removed
        said = progress.progress(key_of(drop))
        if said is not None and said.stage == QUEUED:
            progress.forget(key_of(drop))
        return refused.code
    return done.problem.code if done.problem else f"{len(done.arrivals)}"
