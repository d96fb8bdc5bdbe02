"""The live board's figures that cost more than a glance: how many were heard over a day, and where they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, Func, IntegerField, Q, QuerySet, Sum

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.parties.queries import within
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Live, StateChange, Tally
from tillkeeper.telemetry.queries.live import (
    IN_USE,
    ids_in_state,
    ids_where,
    live_counts,
    visible_live,
)
from tillkeeper.terminals.queries.lists import matching
from tillkeeper.terminals.selection import Filters

UP: Final = (LiveState.ONLINE, LiveState.DEGRADED)
NEVER: Final = "never"
HEARD: Final = "heard"
KINDS: Final = (*(state.value for state in LiveState), "tamper_risk", "away", HEARD, NEVER)
STEP_S: Final = 1800
DAY: Final = timedelta(days=1)
PLACES_SHOWN: Final = 400
CHECK_INS: Final = "check_in"  # the tally's code of a check-in that was taken


class _Step(Func):
    """The half hour of a moment, counted from 1970."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Return it in SQLite's words."""
        template = f"(strftime('%%%%s', %(expressions)s) / {STEP_S})"
        return self.as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Return it in PostgreSQL's words."""
        template = f"floor(extract(epoch FROM %(expressions)s) / {STEP_S})::bigint"
        return self.as_sql(compiler, connection, template=template, **more)


@dataclass(frozen=True, slots=True)
class Share:
    """How many terminals were up at a moment, of those that had been heard by then."""

    at: datetime
    up: int
    total: int


@dataclass(frozen=True, slots=True)
class Place:
    """The terminals of a city, and the middle of their sites; no middle: no site there has a position."""

    province: str
    city: str
    total: int
    up: int
    latitude: float | None
    longitude: float | None


def ids_of(kind: str) -> QuerySet[Any]:
    """Return the keys of the terminals of a kind: one of KINDS; `never` are those never heard though at a site."""
    if kind in set(LiveState):
        return ids_in_state(LiveState(kind))
    if kind == HEARD:
        return Live.objects.values("pk")
    if kind == NEVER:
        return matching(Scope(("",)), Filters(state=IN_USE)).filter(live=None).values("pk")
    return ids_where(kind)


def shares(by: Actor, *, at: datetime) -> list[Share]:
    """Return how many were up at each half hour of the last day and now, oldest first. Four statements at most.

    Counted back from how it is now by the changes since: nothing was written down for it. Of those in use now: one that
    came back to the warehouse today takes its day with it.
    """
    counts = live_counts(by)
    steps = _changes_by_step(by, since=at - DAY)
    found = [_share(counts, at)]
    for step in range(int(at.timestamp()) // STEP_S, int((at - DAY).timestamp()) // STEP_S, -1):
        for (from_state, to_state), number in steps.get(step, {}).items():
            counts[to_state] = counts.get(to_state, 0) - number
            if from_state:
                counts[from_state] = counts.get(from_state, 0) + number
        found.append(_share(counts, datetime.fromtimestamp(step * STEP_S, UTC)))
    return found[::-1]


def _share(counts: Mapping[str, int], at: datetime) -> Share:
    # Changes that were still being written while we counted may leave a count of less than none.
    up = max(0, sum(counts.get(state, 0) for state in UP))
    return Share(at, up, max(up, sum(counts.values())))


def _changes_by_step(by: Actor, *, since: datetime) -> dict[int, dict[tuple[str, str], int]]:
    rows = StateChange.objects.filter(at__gte=since, terminal__state__in=IN_USE)
    scope = by.scope(Right.VIEW)
    if not scope.everything:
        rows = rows.filter(within(scope, "terminal__path"))
    if scope.vendor_id is not None:
        rows = rows.filter(terminal__model__vendor_id=scope.vendor_id)
    counted = (
        rows.order_by().annotate(step=_Step("at")).values_list("step", "from_state", "to_state")
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for step, from_state, to_state, number in counted.annotate(n=Count("pk")):
        found.setdefault(int(step), {})[from_state, to_state] = number
    return found


def places(by: Actor, limit: int = PLACES_SHOWN) -> list[Place]:
    """Return the cities where terminals stand, those with the most terminals first. One statement."""
    rows = visible_live(by.scope(Right.VIEW)).filter(terminal__site__isnull=False).order_by()
    counted = rows.values_list("terminal__site__province", "terminal__site__city").annotate(
        total=Count("pk"),
        up=Count("pk", filter=Q(state__in=UP)),
        latitude=Avg("terminal__site__latitude"),
        longitude=Avg("terminal__site__longitude"),
    )
    return [
        Place(province, city, total, up, _number(latitude), _number(longitude))
        for province, city, total, up, latitude, longitude in counted.order_by("-total")[:limit]
    ]


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)


def check_ins(*, since: datetime) -> int:
    """Return how many check-ins were taken since the hour of a moment, in all of the estate.

    The doors add theirs every few seconds.
    """
    hour = since.replace(minute=0, second=0, microsecond=0)
    counted = Tally.objects.filter(code=CHECK_INS, hour__gte=hour).aggregate(n=Sum("count"))
    return int(counted["n"] or 0)
