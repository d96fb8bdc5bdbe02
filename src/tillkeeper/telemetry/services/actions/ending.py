"""How orders end: finished, cancelled or refused; what waits of them ends with them."""

from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Count, QuerySet

from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.outbox import publish
from tillkeeper.telemetry.events import ActionsFinished
from tillkeeper.telemetry.lifecycle import ActionState, ActionStep, OrderState, origins
from tillkeeper.telemetry.models import Action, ActionOrder

AT_ONCE: Final = 20_000  # actions ended in a statement: others wait for a moment only


def finish(order: ActionOrder, state: OrderState, *, at: datetime) -> None:
    """Set an order's state for good and tell of it; the caller saves it."""
    order.state, order.ended_at = state, at
    counted = Action.objects.filter(order=order).order_by().values_list("state")
    publish(
        ActionsFinished(
            order=order.number,
            kind=order.kind,
            state=state,
            path=order.path,
            counts=dict(counted.annotate(n=Count("pk"))),
            at=at,
        )
    )


def end_some(rows: QuerySet[Any], step: ActionStep, to: ActionState, *, at: datetime) -> int:
    """End at most AT_ONCE of the actions in `rows` that the step may be taken with; return how many.

    Those that a writer holds at this moment are passed over, so that nobody waits for anybody: whoever asks again, as
    the round does, finds them.
    """
    keys = locked_keys(rows.filter(state__in=sorted(origins(step))))
    if not keys:
        return 0
    ended = Action.objects.filter(pk__in=among(keys), state__in=sorted(origins(step)))
    return ended.update(state=to, ended_at=at)


def locked_keys(rows: QuerySet[Any]) -> list[int]:
    """Lock at most AT_ONCE actions that nobody else holds, and return their keys."""
    free = rows.order_by("pk").select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    )
    return list(free.values_list("pk", flat=True)[:AT_ONCE])
