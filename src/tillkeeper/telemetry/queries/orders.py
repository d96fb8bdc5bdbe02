"""Questions about orders for actions from afar: lists, one order, what came of it for each terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.parties.queries import within
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState
from tillkeeper.telemetry.models import Action, ActionOrder, ActionRefusal
from tillkeeper.telemetry.queries.askable import every_terminal, refusal_of
from tillkeeper.terminals.queries import terminal, viewable, visible

STREAMED: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilters:
    """What a list of orders is narrowed to; every blank field means «any»."""

    kind: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    asked_by: str = ""
    since: datetime | None = None
    serial: str = ""  # orders with an action for this terminal


@dataclass(frozen=True, slots=True)
class Counts:
    """How an order stands: its actions by state, and the terminals it leaves out."""

    states: dict[str, int]
    refused: int

    @property
    def waiting(self) -> int:
        """How many have not ended."""
        return self.states[ActionState.QUEUED] + self.states[ActionState.SENT]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A terminal that an order leaves out, and why."""

    serial: str
    error: TillkeeperError


def orders(by: Actor, filters: OrderFilters | None = None) -> QuerySet[ActionOrder]:
    """Return the orders whose place the actor sees, and those they gave, newest first."""
    asked = filters or OrderFilters()
    rows = ActionOrder.objects.filter(_seen(by)).select_related("organisation")
    exact = {
        "kind__in": asked.kind,
        "state__in": asked.state,
        "by": asked.asked_by,
        "at__gte": asked.since,
    }
    rows = rows.filter(
        **{name: value for name, value in exact.items() if value not in ("", (), None)}
    )
    if asked.serial:
        its = every_terminal().filter(visible(viewable(by)), serial=asked.serial.strip().upper())
        rows = rows.filter(pk__in=Action.objects.filter(terminal__in=its).values("order"))
    return rows.order_by("-at", "-pk")


def order(by: Actor, number: str) -> ActionOrder:
    """Return one order.

    Raises:
        NotFound: no such order within the actor's view.
    """
    found = orders(by).filter(number=number.strip().upper()[:40]).first()
    if found is None:
        raise NotFound(kind="order", key=number.replace("\x00", "")[:40])
    return found


def to_approve(by: Actor) -> QuerySet[ActionOrder]:
    """Return the orders that wait for this actor as the second person, oldest first."""
    rows = ActionOrder.objects.filter(within(by.scope(Right.APPROVE_SEIZE)), state="proposed")
    return rows.exclude(by=by.name).select_related("organisation").order_by("at", "pk")


def counts(subject: ActionOrder) -> Counts:
    """Return how an order stands. Two statements."""
    told = dict.fromkeys(map(str, ActionState), 0)
    rows = Action.objects.filter(order=subject).order_by().values_list("state")
    told |= dict(rows.annotate(n=Count("pk")))
    return Counts(told, ActionRefusal.objects.filter(order=subject).count())


def results(by: Actor, subject: ActionOrder, state: str = "") -> QuerySet[Action]:
    """Return an order's actions on the terminals that the actor sees, in the order of planning."""
    rows = Action.objects.filter(order=subject)
    scope = viewable(by)
    if not any(subject.path.startswith(root) for root in scope.paths) or scope.vendor_id:
        rows = rows.filter(terminal__in=every_terminal().filter(visible(scope)))
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("terminal", "terminal__site").order_by("pk")


def left_out(
    subject: ActionOrder, *, after: int = 0, limit: int | None = None
) -> list[tuple[int, LeftOut]]:
    """Return terminals that an order leaves out, each with its key for the next page, from a key on."""
    rows = ActionRefusal.objects.filter(order=subject, pk__gt=after).order_by("pk")
    kind = ActionKind(subject.kind)
    return [
        (row.pk, LeftOut(row.serial, refusal_of(row.code, row.facts, kind))) for row in rows[:limit]
    ]


def streamed_results(by: Actor, subject: ActionOrder) -> Iterator[Action]:
    """Yield every result of an order that the actor sees, for a file."""
    yield from results(by, subject).iterator(chunk_size=STREAMED)


def actions_of(by: Actor, serial: str) -> QuerySet[Action]:
    """Return what was ever asked of a terminal, newest first, each with its order.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(viewable(by), serial)
    rows = Action.objects.filter(terminal_id=subject.pk).select_related("order")
    return rows.order_by("-pk")


def action_of(by: Actor, serial: str, number: str) -> Action | None:
    """Return what one order asked of one terminal, if it asked anything."""
    return actions_of(by, serial).filter(order__number=number).first()


def _seen(by: Actor) -> Q:
    scope = viewable(by)
    seen = within(scope)
    mine: Any = Q(by=by.name)
    return seen | mine if seen else seen
