"""Questions about alerts: what waits, by whom and what it is joined, and one alert with what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import below, organisation, within
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.models import Alert, AlertGroup

SORTS: Final = ("-at", "at", "-began_at", "began_at")
JOINS: Final = (
    "rule",
    "terminal",
    "terminal__model",
    "terminal__organisation",
    "terminal__site",
    "group",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilters:
    """What a list is narrowed to; every blank field means «any»."""

    state: tuple[str, ...] = ()  # blank: all that is not cleared
    severity: tuple[str, ...] = ()
    rule: str = ""  # code
    place: str = ""  # code of an organisation: there and below
    site: str = ""  # code
    serial: str = ""
    group: int | None = None
    alone: bool = False  # not joined to others
    incident: bool | None = None
    raised_from: datetime | None = None
    raised_until: datetime | None = None  # exclusive


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many alerts of a rule wait."""

    code: str
    name: str
    number: int


def alerts(by: Actor, filters: AlertFilters | None = None, sort: str = "-at") -> QuerySet[Alert]:
    """Return alerts with all that a list row shows, one statement; sorted stably. Doors page them by cursor.

    Raises:
        NotFound: a place is named that the actor does not see.
    """
    order = sort if sort in SORTS else SORTS[0]
    tie = "-id" if order.startswith("-") else "id"
    rows = _narrowed(by, filters or AlertFilters())
    return rows.select_related(*JOINS).order_by(order, tie)


def waiting_counts(by: Actor, filters: AlertFilters | None = None) -> dict[str, int]:
    """Return how many alerts of each severity are open or acknowledged, the worst first; one statement."""
    rows = _narrowed(by, filters or AlertFilters()).order_by()
    found = dict(rows.values_list("severity").annotate(number=Count("pk")))
    return {severity: found.get(severity, 0) for severity in reversed(Severity)}


def counts_by_rule(by: Actor, filters: AlertFilters | None = None) -> list[RuleCount]:
    """Return how many alerts each rule has waiting, the most first; one statement."""
    rows = _narrowed(by, filters or AlertFilters()).order_by()
    found = rows.values_list("rule__code", "rule__name").annotate(number=Count("pk"))
    return [RuleCount(*row) for row in found.order_by("-number", "rule__code")]


def alert(by: Actor, number: int) -> Alert:
    """Return one alert with its rule, its terminal and its group; `said` is what was seen.

    Raises:
        NotFound: no such alert within the actor's view.
    """
    rows = Alert.objects.filter(_seen(by.scope(Right.VIEW))).select_related(*JOINS)
    if (found := rows.filter(pk=number).first()) is None:
        raise NotFound(kind="alert", key=str(number))
    return found


def alerts_of(by: Actor, serial: str, *, limit: int = 50) -> list[Alert]:
    """Return a terminal's alerts, those that wait first, then the newest."""
    rows = Alert.objects.filter(_seen(by.scope(Right.VIEW)), terminal__serial=serial)
    waits = Case(
        When(cleared_at=None, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return list(rows.select_related(*JOINS).order_by(waits, "-at", "-id")[:limit])


def groups(by: Actor, *, closed: bool = False, rule: str = "") -> QuerySet[AlertGroup]:
    """Return groups with how many of their alerts still wait, the newest first; one statement."""
    rows = AlertGroup.objects.filter(within(by.scope(Right.VIEW)))
    rows = rows.filter(closed_at=None) if not closed else rows
    rows = rows.filter(rule__code=rule) if rule else rows
    waiting = Count("alerts", filter=Q(alerts__cleared_at=None))
    return (
        rows.select_related("rule", "organisation")
        .annotate(waiting=waiting)
        .order_by("-opened_at", "-id")
    )


def group(by: Actor, number: int) -> AlertGroup:
    """Return one group with how many of its alerts still wait; `alerts(by, AlertFilters(group=…))` are its rows.

    Raises:
        NotFound: no such group within the actor's view.
    """
    if (found := groups(by, closed=True).filter(pk=number).first()) is None:
        raise NotFound(kind="alert group", key=str(number))
    return found


def alerts_locked(scope: Scope, numbers: Sequence[int]) -> list[Alert]:
    """Return those of the alerts that are within the scope, with rule and terminal, locked in one order for all."""
    chosen = Alert.objects.filter(_seen(scope), pk__in=among(sorted(set(numbers))))
    locked = chosen.select_related("rule", "terminal").select_for_update(of=("self",))
    return list(locked.order_by("pk"))


def _seen(scope: Scope) -> Q:
    seen = within(scope, "terminal__path")
    if scope.vendor_id is not None:
        seen &= Q(terminal__model__vendor_id=scope.vendor_id)
    return seen


def _narrowed(by: Actor, filters: AlertFilters) -> QuerySet[Alert]:
    scope = by.scope(Right.VIEW)
    rows = Alert.objects.filter(_seen(scope))
    rows = (
        rows.filter(cleared_at=None) if not filters.state else rows.filter(state__in=filters.state)
    )
    exact = {
        "severity__in": filters.severity,
        "rule__code": filters.rule,
        "rule__incident": filters.incident,
        "terminal__serial": filters.serial,
        "terminal__site__code": filters.site,
        "group_id": filters.group,
        "at__gte": filters.raised_from,
        "at__lt": filters.raised_until,
    }
    rows = rows.filter(
        **{name: value for name, value in exact.items() if value not in ("", (), None)}
    )
    if filters.alone:
        rows = rows.filter(group=None)
    if filters.place:
        rows = rows.filter(below(organisation(scope, filters.place).path, "terminal__path"))
    return rows


WAITING: Final = (AlertState.OPEN, AlertState.ACKNOWLEDGED)
