"""What the clock does to actions: they expire, their windows move to the next night, their orders end."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef

from tillkeeper.kernel import progress
from tillkeeper.kernel.bulk import among
from tillkeeper.telemetry.lifecycle import (
    WAITING,
    ActionState,
    ActionStep,
    OrderState,
)
from tillkeeper.telemetry.models import Action, ActionOrder
from tillkeeper.telemetry.queries.askable import every_terminal
from tillkeeper.telemetry.services.actions.ending import end_some, finish, locked_keys
from tillkeeper.telemetry.services.actions.orders import enqueue_plan
from tillkeeper.telemetry.services.actions.planning import STAGE, spans_of

FORGOTTEN: Final = timedelta(
    minutes=2
)  # a plan that nobody has worked at for so long is begun again


@transaction.atomic
def expire_actions(*, at: datetime) -> int:
    """End what waited too long, move windows that shut, finish orders of which nothing waits; return how many expired.

    Called by the writer every ten seconds. While nothing is due it reads the few orders that go on, and no action.
    """
    expired = end_some(
        Action.objects.filter(order__in=_over(at)), ActionStep.EXPIRE, ActionState.EXPIRED, at=at
    )
    open_orders = ActionOrder.objects.filter(ended_at=None).exclude(state=OrderState.CANCELLED)
    cancelled = ActionOrder.objects.filter(ended_at=None, state=OrderState.CANCELLED)
    for key in cancelled.values_list("pk", flat=True):
        left = Action.objects.filter(order=key)
        end_some(left, ActionStep.CANCEL, ActionState.CANCELLED, at=at)
    for order in open_orders.filter(shuts_at__lte=at).order_by("pk"):
        _move_window(order, at)
    for key in _without_waiting():
        _finish(key, at)
    _resume_plans(at)
    return expired


def _over(at: datetime) -> list[int]:
    rows = ActionOrder.objects.filter(ended_at=None, expires_at__lte=at)
    return list(rows.exclude(state=OrderState.PLANNING).values_list("pk", flat=True))


def _finish(key: int, at: datetime) -> None:
    # Locked: a second person or a cancelling one may be about to change it.
    order = ActionOrder.objects.select_for_update().get(pk=key)
    if order.ended_at is None:
        cancelled = order.state == OrderState.CANCELLED
        finish(order, OrderState.CANCELLED if cancelled else OrderState.FINISHED, at=at)
        order.save()


def _without_waiting() -> list[int]:
    """Return orders that go on, or were cancelled, and of which nothing waits any more."""
    rows = ActionOrder.objects.filter(ended_at=None).exclude(state=OrderState.PLANNING)
    waiting = Action.objects.filter(order=OuterRef("pk"), state__in=sorted(WAITING))
    return list(rows.filter(~Exists(waiting)).order_by("pk").values_list("pk", flat=True))


def _move_window(order: ActionOrder, at: datetime) -> None:
    """Move what waits of an order and whose window shut to the next one, where it is over before that: to its end."""
    shut = Action.objects.filter(
        order=order, state__in=sorted(WAITING), not_after__lte=at, not_after__lt=order.expires_at
    )
    spans = spans_of(order, at=at)
    for span in spans:
        keys = locked_keys(shut.filter(terminal__in=every_terminal().filter(span.where)))
        if keys and span.opens < order.expires_at:
            moved = Action.objects.filter(pk__in=among(keys), state__in=sorted(WAITING))
            moved.update(not_before=span.opens, not_after=span.shuts)
    # Conditional: whoever cancels it at this moment has the last word on its state.
    ActionOrder.objects.filter(pk=order.pk).update(
        shuts_at=_next_shut(order, at), version=F("version") + 1
    )


def _next_shut(order: ActionOrder, at: datetime) -> datetime | None:
    waiting = Action.objects.filter(
        order=order, state__in=sorted(WAITING), not_after__lt=order.expires_at
    )
    shuts: datetime | None = waiting.aggregate(first=Min("not_after"))["first"]
    # What a writer held and was passed over is looked at again in the next round.
    return max(shuts, at) if shuts else None


def _resume_plans(at: datetime) -> None:
    """Have plans gone on with whose worker died."""
    left = ActionOrder.objects.filter(
        state=OrderState.PLANNING, ended_at=None, at__lte=at - FORGOTTEN
    )
    for order in left:
        said = progress.progress(order.number)
        if said is None or said.silent:
            progress.report(order.number, share=0, rows=order.planned, stage=STAGE)
            transaction.on_commit(partial(enqueue_plan, order.number))
