"""What the queue starts. Tasks read the clock and call one service."""

from typing import Any

from django.utils import timezone
from django_tasks import task

from tillkeeper.kernel.actor import from_arguments
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.terminals.services.imports.work import run_apply, run_check


@task()
def check_ledger(number: str, by: dict[str, Any]) -> str:
    """Do the dry run of an import; called again, it does nothing."""
    return _done(run_check, number, by)


@task()
def bring_in_ledger(number: str, by: dict[str, Any]) -> str:
    """Bring an import's file in; called again, it does nothing."""
    return _done(run_apply, number, by)


def _done(work: Any, number: str, by: dict[str, Any]) -> str:
    try:
        return str(work(number=number, by=from_arguments(by), at=timezone.now()).status)
    except TillkeeperError as error:
        return (
            error.code
        )  # a refusal, not a fault: it stands on the import's row for people to read
