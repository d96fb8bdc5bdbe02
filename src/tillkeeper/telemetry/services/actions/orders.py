"""Asking terminals for something from afar: ordered, confirmed or refused by a second person, cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.queries import organisations
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.errors import OrderStepRefused, OwnOrder, WrongCount
from tillkeeper.telemetry.lifecycle import (
    WAITING,
    ActionKind,
    ActionState,
    ActionStep,
    OrderState,
    right_to,
)
from tillkeeper.telemetry.models import Action, ActionOrder
from tillkeeper.telemetry.queries.orders import order as order_seen
from tillkeeper.telemetry.services.actions.arguments import checked
from tillkeeper.telemetry.services.actions.choosing import Chosen
from tillkeeper.telemetry.services.actions.ending import end_some, finish
from tillkeeper.telemetry.services.actions.planning import STAGE, plan, spans_of
from tillkeeper.telemetry.windows import Window
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.lines import line

PREFIX: Final = "AO"
WHY_MAX: Final = 200
KEY_MAX: Final = 64
IN_REQUEST: Final = 1_000  # terminals: more are left to the worker
USUAL: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=90)
STOPPABLE: Final = (OrderState.PLANNING, OrderState.PROPOSED, OrderState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be done, why, and when: from `not_before` (now) until `expires_at` (in a week), nightly if a window.

    `window` is in each site's own time: {"from": "22:00", "to": "06:00"}.
    """

    kind: ActionKind
    why: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    window: Mapping[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    expires_at: datetime | None = None


@verb
def order_actions(
    *, wanted: Wanted, selection: Selection, by: Actor, at: datetime, key: str = ""
) -> ActionOrder:
    """Order an action for the chosen terminals; of each that cannot be asked it is written down why not.

    Some are planned at once, many by the worker. Lock and wipe then wait for a second person (`approve_order`).

    Args:
        wanted: what, why and when.
        selection: which terminals.
        by: who.
        at: when.
        key: whoever asks again with the same key is shown the order that there is.

    Raises:
        NotAllowed: the actor's roles do not carry the right anywhere.
        FieldInvalid: arguments, reason or times are not usable.
        NothingChosen, BatchTooLong: no terminal in view, or too many.
    """
    kind = ActionKind(wanted.kind)
    by.require(right_to(kind))
    key = line("key", key, KEY_MAX)
    if key and (there := ActionOrder.objects.filter(by=by.name, key=key).first()):
        return there
    order = _drafted(wanted, kind, at)
    chosen = Chosen.by(selection, kind, by)
    order.asked, order.path = chosen.extent()
    order.selection, order.key, order.by = chosen.facts(), key, by.name
    order.organisation = organisations().get(path=order.path)
    spans_of(order, at=at)
    order.number = issue_document(
        prefix=PREFIX,
        kind="action_order",
        place=order.path,
        by=by,
        at=at,
        title=order.why[:80],
        facts={"kind": kind, "terminals": order.asked},
    )
    order.save()
    _record(order, "order", by=by, at=at, after=_told(order))
    if order.asked <= IN_REQUEST:
        plan(order, at=at)
    else:
        progress.report(order.number, share=0, rows=0, stage=STAGE)
        transaction.on_commit(partial(enqueue_plan, order.number))
    return order


@verb
def approve_order(*, number: str, terminals: int, by: Actor, at: datetime) -> ActionOrder:
    """Confirm a lock or a wipe that somebody else asked for; from now on its terminals are told.

    Args:
        number: of the order.
        terminals: how many it is for, as whoever confirms read it.
        by: the second person.
        at: when.

    Raises:
        NotFound: no such order within the actor's view.
        NotAllowed: the actor's roles do not carry the right there.
        OwnOrder: they asked for it themselves.
        OrderStepRefused: it does not wait for anybody.
        WrongCount: it is for another number of terminals.
    """
    order = _for_second(number, by)
    if terminals != order.planned:
        raise WrongCount(order=number, expected=order.planned, given=terminals)
    order.state, order.approver, order.approved_at = OrderState.RUNNING, by.name, at
    order.version += 1
    order.save()
    _record(order, "approve", by=by, at=at, after={"terminals": terminals, "asked_by": order.by})
    return order


@verb
def refuse_order(*, number: str, why: str, by: Actor, at: datetime) -> ActionOrder:
    """Refuse a lock or a wipe that somebody else asked for: no terminal ever hears of it.

    Raises:
        As `approve_order`; FieldInvalid: no reason.
    """
    order = _for_second(number, by)
    why = line("why", why, WHY_MAX, required=True)
    order.approver, order.approved_at = by.name, None
    order.version += 1
    _end(order, OrderState.REFUSED, at=at)
    _record(order, "refuse", by=by, at=at, after={"why": why, "asked_by": order.by})
    return order


@verb
def cancel_order(*, number: str, by: Actor, at: datetime) -> ActionOrder:
    """Stop an order: no further terminal is told. What was sent already may still be done, and is then told as done.

    One row is changed, which those who hand actions out see within half a second; the actions follow.

    Raises:
        NotFound: no such order within the actor's view.
        NotAllowed: the actor may not ask for such a thing there, and did not ask for this.
        OrderStepRefused: it is over already.
    """
    order = order_seen(by, number)
    if order.by != by.name:
        by.require(right_to(ActionKind(order.kind)), order.path)
    going_on = ActionOrder.objects.filter(pk=order.pk, state__in=STOPPABLE)
    stopped = going_on.update(
        state=OrderState.CANCELLED,
        cancelled_by=by.name,
        cancelled_at=at,
        version=F("version") + 1,
    )
    order.refresh_from_db()
    if not stopped:
        raise OrderStepRefused(order=number, order_state=OrderState(order.state))
    _record(order, "cancel", by=by, at=at, after={"planned": order.planned})
    if order.planned <= IN_REQUEST:
        _end(order, OrderState.CANCELLED, at=at)
    else:
        transaction.on_commit(partial(_enqueue_end, order.number))
    return order


def end_cancelled(*, number: str, at: datetime) -> int:
    """End what is queued of a cancelled order, some at a time; called again, it does nothing. Returns how many."""
    ended = 0
    while some := _end_lot(number=number, at=at):
        ended += some
    return ended


@transaction.atomic
def _end_lot(*, number: str, at: datetime) -> int:
    order = ActionOrder.objects.select_for_update().get(number=number)
    if order.state != OrderState.CANCELLED or order.ended_at is not None:
        return 0
    return _end(order, OrderState.CANCELLED, at=at)


def _end(order: ActionOrder, state: OrderState, *, at: datetime) -> int:
    """Cancel queued actions of an order, at most AT_ONCE; when nothing of it waits any more, it is over."""
    queued = Action.objects.filter(order=order)
    ended = end_some(queued, ActionStep.CANCEL, ActionState.CANCELLED, at=at)
    order.state = state
    if not queued.filter(state__in=sorted(WAITING)).exists():
        finish(order, state, at=at)
    order.save()
    return ended


def _drafted(wanted: Wanted, kind: ActionKind, at: datetime) -> ActionOrder:
    window = Window.of(wanted.window)
    not_before = max(wanted.not_before or at, at)
    expires_at = wanted.expires_at or not_before + USUAL
    if not not_before < expires_at <= at + LONGEST:
        raise FieldInvalid(
            field="expires_at",
            value=expires_at.isoformat(timespec="minutes"),
            expected=Phrase(
                gettext_noop("a time after it begins, within %(days)s days"), days=LONGEST.days
            ),
        )
    return ActionOrder(
        kind=kind,
        arguments=checked(kind, wanted.arguments),
        why=line("why", wanted.why, WHY_MAX, required=True),
        window=window.facts() if window else {},
        not_before=not_before,
        expires_at=expires_at,
        state=OrderState.PLANNING,
        at=at,
    )


def _for_second(number: str, by: Actor) -> ActionOrder:
    """Return an order locked that this actor may decide as the second person."""
    seen = order_seen(by, number)
    by.require(Right.APPROVE_SEIZE, seen.path)
    order = ActionOrder.objects.select_for_update().get(pk=seen.pk)
    if order.state != OrderState.PROPOSED:
        raise OrderStepRefused(order=number, order_state=OrderState(order.state))
    if order.by == by.name:
        raise OwnOrder(order=number)
    return order


def _record(order: ActionOrder, step: str, *, by: Actor, at: datetime, after: Any) -> None:
    record_change(
        action=f"action.{step}",
        subject=f"action:{order.number}",
        place=order.path,
        by=by,
        at=at,
        after={"kind": order.kind, **after},
    )


def _told(order: ActionOrder) -> dict[str, Any]:
    chosen = {name: order.selection[name] for name in ("filters",) if name in order.selection}
    return {
        "arguments": order.arguments,
        "why": order.why,
        "terminals": order.asked,
        "window": order.window,
        "not_before": order.not_before,
        "expires_at": order.expires_at,
        **chosen,
    }


def enqueue_plan(number: str) -> None:
    """Leave an order's planning to the worker."""
    # By name: tasks stand above services.
    import_string("tillkeeper.telemetry.tasks.plan_order").enqueue(number)


def _enqueue_end(number: str) -> None:
    import_string("tillkeeper.telemetry.tasks.end_cancelled_order").enqueue(number)
