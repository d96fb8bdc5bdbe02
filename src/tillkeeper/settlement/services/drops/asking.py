"""Asking the worker to fetch from a drop now, and to stop."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import Actor, as_arguments
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.models import Drop
from tillkeeper.settlement.queries.drops import drop as drop_seen
from tillkeeper.settlement.services.drops.telling import QUEUED, key_of


def ask_to_fetch(*, drop: int, by: Actor) -> Drop:
    """Have the worker go round a drop now; while a round goes on, or waits, there is nothing more to ask.

    Raises:
        NotFound, NotAllowed: the drop is none of the actor's.
    """
    row = _own(drop, by)
    said = fetching(row)
    if said is None or said.silent:
        progress.report(key_of(row.pk), share=0.0, rows=0, stage=QUEUED)
        transaction.on_commit(partial(_enqueue, row.pk, as_arguments(by)))
    return row


def ask_to_stop(*, drop: int, by: Actor) -> Drop:
    """Have a round end at its next piece; what was not fetched is fetched at the next one.

    Raises:
        NotFound, NotAllowed: the drop is none of the actor's.
    """
    row = _own(drop, by)
    progress.ask_to_stop(key_of(row.pk))
    return row


def fetching(row: Drop) -> progress.Progress | None:
    """Return how far the round of a drop is; None if there is none."""
    return progress.progress(key_of(row.pk))


def _own(drop: int, by: Actor) -> Drop:
    by.require(Right.MONEY_WORK)
    return drop_seen(by.scope(Right.MONEY_WORK), drop)


def _enqueue(drop: int, by: dict[str, Any]) -> None:
    # By name: tasks stand above services.
    import_string("tillkeeper.settlement.tasks.fetch_drop").enqueue(drop, by)
