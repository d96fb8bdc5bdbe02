"""The outbox: an event is stored with the change it announces and delivered at least once."""

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.db import connection, transaction
from pydantic import TypeAdapter

from tillkeeper.kernel.events import Event, handlers
from tillkeeper.kernel.models import Delivery

LONGEST_WAIT: Final = timedelta(days=1)


def publish(event: Event, *, at_once: bool = False) -> None:
    """Store `event` once per handler, in the caller's transaction: both commit, or neither.

    Args:
        event: what happened.
        at_once: its handlers are told right after the commit, by whoever made the change, for nobody can wait for the
            worker's next round; the worker tells those that fail, and all of them if the process ends in between.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish inside the transaction of the change it announces")
    event_id, body = uuid4(), TypeAdapter(type(event)).dump_python(event, mode="json")
    Delivery.objects.bulk_create(
        Delivery(event_id=event_id, handler=name, body=body, due_at=event.at)
        for name, (kind, _) in handlers.items()
        if kind is type(event)
    )

    def deliver_now() -> None:
        waiting = Delivery.objects.filter(event_id=event_id, done_at=None).order_by("pk")
        for pk in list(waiting.values_list("pk", flat=True)):
            _deliver(pk, event.at)

    if at_once:
        transaction.on_commit(deliver_now, robust=True)


def deliver_due(*, at: datetime, limit: int = 100) -> int:
    """Deliver what is due by `at`, oldest first; return how many went through."""
    due = Delivery.objects.filter(done_at=None, due_at__lte=at).order_by("due_at", "pk")
    return sum(_deliver(pk, at) for pk in list(due.values_list("pk", flat=True)[:limit]))


def owed(*, at: datetime) -> tuple[int, int]:
    """Return how many deliveries are due, and how many of these have failed before: the health page's figures."""
    due = Delivery.objects.filter(done_at=None)
    return due.filter(due_at__lte=at).count(), due.filter(tries__gt=0).count()


@transaction.atomic
def _deliver(pk: int, at: datetime) -> bool:
    waiting = Delivery.objects.filter(pk=pk, done_at=None)
    delivery = waiting.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked
    ).first()
    if delivery is None:
        return False  # another worker has it, or has done it
    try:
        kind, handler = handlers[delivery.handler]
        with transaction.atomic():  # a savepoint: a failed handler leaves no half work behind
            handler(TypeAdapter(kind).validate_python(delivery.body))
    except Exception as error:  # noqa: BLE001  any failure is kept on the row and tried again
        delivery.tries += 1
        delivery.last_error = f"{type(error).__name__}: {error}"[:2000]
        delivery.due_at = at + min(timedelta(seconds=2**delivery.tries), LONGEST_WAIT)
    else:
        delivery.done_at = at
    delivery.save()
    return delivery.done_at is not None
