"""What the queue starts. Tasks read the clock and call one service."""

from django.utils import timezone
from django_tasks import task

from tillkeeper.telemetry.services.actions.orders import end_cancelled
from tillkeeper.telemetry.services.actions.planning import run_plan
from tillkeeper.telemetry.services.logs.reading import read_log


@task()
def plan_order(number: str) -> str:
    """Plan an order for many terminals; called again, it goes on where it stopped."""
    return run_plan(number=number, at=timezone.now())


@task()
def end_cancelled_order(number: str) -> str:
    """End what is queued of a cancelled order; called again, it does nothing."""
    return str(end_cancelled(number=number, at=timezone.now()))


@task()
def read_terminal_log(upload: int) -> str:
    """Read a log that is here as a whole; called again, it does nothing."""
    return read_log(upload=upload, at=timezone.now())
