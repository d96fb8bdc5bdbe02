"""Alerts are raised and cleared as rows, many at once: a few statements, however many they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from tillkeeper.engines.alerting.quiet import quiet_until
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.outbox import publish
from tillkeeper.telemetry.events import AlertsCleared
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.models import Alert, AlertRule
from tillkeeper.telemetry.queries.zones import zones_by_province
from tillkeeper.telemetry.services.alerts.estate import facts_of

AT_ONCE: Final = 500  # rows in a statement


@dataclass(frozen=True, slots=True)
class Told:
    """A rule began or ceased to hold for a terminal."""

    rule: AlertRule
    terminal: int
    raised: bool
    began: float = 0.0
    said: Mapping[str, Any] | None = None


def write_turns(turns: Sequence[Told], *, at: datetime) -> None:
    """Write what began and ceased, in order for each rule and terminal.

    What was open and ceases is cleared. What began and ceased again is kept as a cleared alert, told to nobody: a
    terminal that was away sends such readings.
    """
    over, new = _sorted(turns, at)
    clear({(one.rule.pk, one.terminal) for one in over}, at=at)
    if new:
        _hush([alert for alert in new if alert.rule.quiet and alert.cleared_at is None], at)
        Alert.objects.bulk_create(new, batch_size=AT_ONCE, ignore_conflicts=True)


def _sorted(turns: Iterable[Told], at: datetime) -> tuple[list[Told], list[Alert]]:
    over: list[Told] = []
    new: list[Alert] = []
    open_now: dict[tuple[int, int], Alert] = {}
    for turn in turns:
        key = (turn.rule.pk, turn.terminal)
        if turn.raised:
            alert = open_now[key] = _alert(turn, at)
            new.append(alert)
        elif (begun := open_now.pop(key, None)) is not None:
            begun.state, begun.cleared_at = AlertState.CLEARED, at
        else:
            over.append(turn)
    return over, new


def _alert(turn: Told, at: datetime) -> Alert:
    rule = turn.rule
    return Alert(
        rule=rule,
        terminal_id=turn.terminal,
        state=AlertState.OPEN,
        severity=rule.severity,
        said={**(turn.said or {}), "version": rule.version},
        began_at=min(datetime.fromtimestamp(turn.began, UTC), at),
        at=at,
        # What is only worth knowing stands in the list, and is announced to nobody.
        told_at=at if rule.severity == Severity.INFO else None,
    )


def _hush(alerts: Sequence[Alert], at: datetime) -> None:
    """Have alerts wait until the quiet hours of their rules end, by the clock on the wall of each site."""
    if not alerts:
        return
    facts, zones = facts_of([alert.terminal_id for alert in alerts]), zones_by_province(at=at)
    for alert in alerts:
        known = facts.get(alert.terminal_id)
        zone = zones.get(known.province) if known else None
        alert.quiet_until = quiet_until(at, alert.rule.quiet, zone or ZoneInfo(settings.TIME_ZONE))


def clear(pairs: set[tuple[int, int]], *, at: datetime) -> int:
    """Clear what is open of rules and terminals, and say so once; return how many there were. Three statements."""
    if not pairs:
        return 0
    rows = (
        Alert.objects.filter(
            cleared_at=None,
            terminal_id__in=among(sorted({terminal for _, terminal in pairs})),
            rule_id__in=sorted({rule for rule, _ in pairs}),
        )
        .select_for_update()
        .order_by("pk")
        .values_list("pk", "rule_id", "terminal_id", "told_at", "group_id", "severity")
    )
    found = [row for row in rows if (row[1], row[2]) in pairs]
    return close(
        [row[0] for row in found],
        # A group tells once, when it is over.
        told=[row[0] for row in found if row[3] and row[4] is None and row[5] != Severity.INFO],
        at=at,
    )


def close(numbers: Sequence[int], *, told: Sequence[int], at: datetime) -> int:
    """Clear alerts by their numbers, and tell of those that were told."""
    if not numbers:
        return 0
    Alert.objects.filter(pk__in=among(list(numbers))).update(
        state=AlertState.CLEARED, cleared_at=at, quiet_until=None
    )
    if told:
        publish(AlertsCleared(alerts=tuple(told), at=at))
    return len(numbers)
