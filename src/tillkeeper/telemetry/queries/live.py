"""What is known of terminals now: of one, of a page of them, and how many are how."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from tillkeeper.kernel.actor import STEP_WIDTH, Actor, Scope
from tillkeeper.kernel.policy import policy
from tillkeeper.parties.queries import organisations, within
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Doubt, Live
from tillkeeper.terminals.lifecycle import AT_A_SITE, State
from tillkeeper.terminals.queries.lists import terminal, terminals
from tillkeeper.terminals.selection import Filters

ATTENTION_SHOWN: Final = 100
AT_RISK: Final = "tamper_risk"
# Whose voice is expected: those at a site. One that is back in the warehouse is silent because it is switched off.
IN_USE: Final = tuple(sorted(AT_A_SITE))
NOT_IN_USE: Final = tuple(sorted(set(State) - AT_A_SITE))
GROUPS: Final = {  # what live states may be counted by: the column of Live that names the group
    "model": "terminal__model__code",
    "site": "terminal__site__code",
    "city": "terminal__site__city",
    "home": "terminal__home__code",
    "carrier": "carrier",
    "app_version": "app_version",
    "firmware_version": "firmware_version",
}


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of one signal. `at` in epoch seconds by the server's clock."""

    value: float | bool | str
    at: float


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A terminal as it was last heard. `away_m` from its site; None: one of the two places is unknown."""

    terminal_id: int
    serial: str
    state: LiveState
    since: datetime
    why: tuple[str, ...]
    heard_at: datetime
    interval_s: int
    read_at: datetime | None
    skew_s: float
    signals: Mapping[str, Latest]
    refused: Mapping[str, int]
    latitude: float | None
    longitude: float | None
    placed_at: datetime | None
    away_m: float | None
    away: bool
    app_version: str
    firmware_version: str
    carrier: str
    tamper_risk: bool

    def latest(self, name: str) -> float | bool | str | None:
        """Return the newest value of a signal, or None if it was never reported."""
        found = self.signals.get(name)
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Watched:
    """A terminal that wants a look, and since when it is as it is. `state`, `heard_at` None: it was never heard."""

    terminal_id: int
    serial: str
    state: LiveState | None
    since: datetime
    heard_at: datetime | None
    site: str
    why: tuple[str, ...]


def visible_live(scope: Scope) -> QuerySet[Live]:
    """Return the live rows of the terminals inside a scope."""
    return Live.objects.filter(_seen(scope))


def live_of(by: Actor, serial: str) -> LiveRow | None:
    """Return what is known of a terminal now; None: it was never heard. Two statements.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(by.scope(Right.VIEW), serial)
    return live_rows([subject.pk]).get(subject.pk)


def live_rows(terminal_ids: Collection[int]) -> dict[int, LiveRow]:
    """Return what is known of a page's terminals, by their key; those never heard are left out. One statement.

    The page has been narrowed to what its reader may see: nothing is narrowed here.
    """
    rows = Live.objects.filter(pk__in=terminal_ids).annotate(serial=F("terminal__serial"))
    return {row.pk: _as_row(row) for row in rows.defer("memory")}


def live_counts(by: Actor) -> dict[str, int]:
    """Return how many terminals in use within view are in each live state. Two statements.

    For the whole estate an index alone counts all that were ever heard; those not in use, which are few, are looked up
    and taken off: asking each of a million terminals where it stands would take ten times as long.
    """
    rows = visible_live(by.scope(Right.VIEW)).order_by()
    counted = dict(rows.values_list("state").annotate(n=Count("pk")))
    idle = rows.filter(terminal__state__in=NOT_IN_USE).values_list("state")
    for state, n in idle.annotate(n=Count("pk")):
        counted[state] = max(0, counted.get(state, 0) - n)  # the ledger may move between the two
    return {state: counted.get(state, 0) for state in LiveState}


def not_in_use(by: Actor) -> dict[str, int]:
    """Return how many terminals were heard before and are not in use, by their state in the ledger. One statement."""
    rows = visible_live(by.scope(Right.VIEW)).filter(terminal__state__in=NOT_IN_USE).order_by()
    counted = dict(rows.values_list("terminal__state").annotate(n=Count("pk")))
    return {state: counted[state] for state in State if state in counted}


def live_counts_by(by: Actor, group: str) -> dict[str, dict[str, int]]:
    """Return how many terminals in use of each group are in each state. One statement.

    Args:
        by: who asks.
        group: a key of GROUPS.
    """
    column = GROUPS[group]
    rows = visible_live(by.scope(Right.VIEW)).filter(terminal__state__in=IN_USE).order_by()
    counted: dict[str, dict[str, int]] = {}
    for name, state, n in rows.values_list(column, "state").annotate(n=Count("pk")):
        counted.setdefault(name or "", {})[state] = n
    return counted


def ids_in_state(*states: LiveState) -> QuerySet[Any]:
    """Return the keys of the terminals in these states: for `pk__in` of a list of terminals."""
    return Live.objects.filter(state__in=states).values("pk")


def ids_where(kind: str) -> QuerySet[Any]:
    """Return the keys of terminals with `tamper_risk`, or `away` from their site: for `pk__in`."""
    if kind == AT_RISK:
        return (
            Live.objects.filter(tamper_risk=True).values("pk").union(_doubted().values("terminal"))
        )
    return Live.objects.filter(_conditions()[kind]).values("pk")


def never_heard(by: Actor) -> QuerySet[Any]:
    """Return terminals in service within view that never said anything: rows as any list of terminals shows them."""
    in_service = terminals(by.scope(Right.VIEW), Filters(state=(State.ACTIVE,)))
    return in_service.filter(live=None)


def attention(by: Actor) -> dict[str, int]:
    """Return how many terminals want a look, by kind: what `watched` lists. A fixed number of statements."""
    scope = by.scope(Right.VIEW)
    rows = visible_live(scope).order_by()
    found = {kind: rows.filter(condition).count() for kind, condition in _conditions().items()}
    found[AT_RISK] += _doubted().filter(_seen(scope)).values("terminal").distinct().count()
    return found


def watched(by: Actor, kind: str, limit: int = ATTENTION_SHOWN) -> list[Watched]:
    """Return terminals that want a look, longest first. One statement, two for tamper_risk; at most `limit` rows.

    A doubt may be older than the first check-in: of tamper_risk those never heard come last.

    Args:
        by: who asks.
        kind: offline, late, degraded, tamper_risk or away.
        limit: how many at most.
    """
    scope = by.scope(Right.VIEW)
    rows = visible_live(scope).filter(_conditions()[kind]).order_by("since", "pk")
    columns = (
        "pk",
        "terminal__serial",
        "state",
        "since",
        "heard_at",
        "terminal__site__name",
        "why",
    )
    found = [
        Watched(pk, serial, LiveState(state), since, heard_at, site or "", tuple(why))
        for pk, serial, state, since, heard_at, site, why in rows.values_list(*columns)[:limit]
    ]
    return found + _never_heard_at_risk(scope, limit - len(found)) if kind == AT_RISK else found


def _never_heard_at_risk(scope: Scope, limit: int) -> list[Watched]:
    rows = _doubted().filter(_seen(scope)).order_by("first_at", "pk")
    columns = ("terminal", "terminal__serial", "first_at", "terminal__site__name", "code")
    return [
        Watched(pk, serial, None, since, None, site or "", (code,))
        for pk, serial, since, site, code in rows.values_list(*columns)[:limit]
    ]


def _doubted() -> QuerySet[Doubt]:
    """Return the open doubts about terminals that were never heard; of the others the live row knows."""
    return Doubt.objects.filter(dismissed_at=None, terminal__live=None)


def allowed_m(*, city: bool, on: date) -> float:
    """Return how far from its site a terminal may be, by the policy of a day."""
    return float(policy("telemetry.place_m", on=on)["city" if city else "rural"])


def _conditions() -> dict[str, Q]:
    expected = Q(terminal__state__in=IN_USE)
    return {
        LiveState.OFFLINE.value: Q(state=LiveState.OFFLINE) & expected,
        LiveState.LATE.value: Q(state=LiveState.LATE) & expected,
        LiveState.DEGRADED.value: Q(state=LiveState.DEGRADED) & expected,
        AT_RISK: Q(tamper_risk=True),  # wherever it is
        "away": Q(away=True) & expected,
    }


def _seen(scope: Scope) -> Q:
    """Return what narrows rows that have a `terminal` to those inside a scope."""
    seen = Q() if _all_of_it(scope) else Q(within(scope, "terminal__path"))
    return seen if scope.vendor_id is None else seen & Q(terminal__model__vendor_id=scope.vendor_id)


def _all_of_it(scope: Scope) -> bool:
    """Say whether a scope leaves nothing out: then no terminal need be looked at."""
    if scope.everything or "" in scope.paths:
        return True
    if not any(len(path) == STEP_WIDTH for path in scope.paths):
        return False
    tops = organisations().filter(parent=None).values_list("path", flat=True)
    return all(scope.covers(path) for path in tops)


def _as_row(row: Any) -> LiveRow:
    return LiveRow(
        terminal_id=row.pk,
        serial=row.serial,
        state=LiveState(row.state),
        since=row.since,
        why=tuple(row.why),
        heard_at=row.heard_at,
        interval_s=row.interval_s,
        read_at=row.read_at,
        skew_s=row.skew_s,
        signals={name: Latest(value, at) for name, (value, at) in _object(row.signals).items()},
        refused=_object(row.refused),
        latitude=row.latitude,
        longitude=row.longitude,
        placed_at=row.placed_at,
        away_m=row.away_m,
        away=row.away,
        app_version=row.app_version,
        firmware_version=row.firmware_version,
        carrier=row.carrier,
        tamper_risk=row.tamper_risk,
    )


def _object(told: Any) -> dict[str, Any]:
    return json.loads(told) if isinstance(told, str) else dict(told)
