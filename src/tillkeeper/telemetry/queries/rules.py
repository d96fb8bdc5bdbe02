"""Questions about alert rules."""

from django.db.models import Count, Q, QuerySet

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.parties.roles import Right
from tillkeeper.parties.tree import above
from tillkeeper.telemetry.models import AlertRule


def alert_rules(by: Actor) -> QuerySet[AlertRule]:
    """Return the rules that are written in the actor's view or count there, by code, from the top of the tree down.

    `waiting` is how many of their alerts are not cleared.
    """
    waiting = Count("alerts", filter=Q(alerts__cleared_at=None))
    return (
        AlertRule.objects.filter(_told(by.scope(Right.VIEW)))
        .select_related("organisation")
        .annotate(waiting=waiting)
        .order_by("code", "path")
    )


def alert_rule(by: Actor, number: int) -> AlertRule:
    """Return one rule.

    Raises:
        NotFound: no such rule counts in the actor's view.
    """
    if (found := alert_rules(by).filter(pk=number).first()) is None:
        raise NotFound(kind="alert rule", key=str(number))
    return found


def rules_for(path: str) -> list[AlertRule]:
    """Return the rules that count at a place: for each code the nearest enabled one, at the place or above."""
    rows = AlertRule.objects.filter(path__in=["", *above(path)], enabled=True)
    nearest = {row.code: row for row in sorted(rows, key=lambda row: len(row.path))}
    return sorted(nearest.values(), key=lambda row: row.code)


def _told(scope: Scope) -> Q:
    # `within` of everything is no condition, and «no condition or this» would be «this».
    if "" in scope.paths:
        return Q()
    higher = {"", *(step for path in scope.paths if path for step in above(path))}
    return within(scope) | Q(path__in=sorted(higher))
