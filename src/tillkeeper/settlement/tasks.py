"""What the queue starts. Tasks read the clock and call one service."""

from typing import Any

from django.utils import timezone
from django_tasks import task

from tillkeeper.kernel.actor import from_arguments
from tillkeeper.settlement.services.runs import run_matching


@task()
def match_day(number: str, by: dict[str, Any]) -> str:
    """Do a matching run; called again, it does nothing."""
    return str(run_matching(number=number, by=from_arguments(by), at=timezone.now()).state)
