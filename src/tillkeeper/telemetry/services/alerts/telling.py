"""What is due is told by events: one for a group, one for an alert that stands alone. Never a flood."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from tillkeeper.kernel.actor import STEP_WIDTH
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.outbox import publish
from tillkeeper.parties.queries import organisations
from tillkeeper.telemetry.events import NAMED_AT_MOST, AlertRaised, AlertsJoined
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.models import Alert, AlertGroup
from tillkeeper.telemetry.services.alerts.joining import covering_path
from tillkeeper.telemetry.services.alerts.numbers import Numbers

AT_ONCE: Final = 5_000  # alerts looked at in a round; the rest in the next
FLOOD: Final = (
    50  # lone alerts of a rule that are told in a round one by one; more are told as one group
)
BY_RULE: Final = "rule"


def tell_due(set_by_people: Numbers, *, at: datetime) -> int:
    """Tell what is due; return how many events that were. Quiet hours and the wait for others are over by then."""
    due = _due(at)
    if not due:
        return 0
    lone = [alert for alert in due if alert.group_id is None]
    lone = [alert for alert in lone if alert.at <= at - _hold(alert, set_by_people)]
    floods, single = _floods(lone)
    for alerts in floods:
        _join_flood(alerts, at)
    grouped = [alert for alert in due if alert.group_id is not None]
    told = _tell_groups(grouped, set_by_people, at)
    for alert in single:
        publish(_raised(alert, at))
    marked = [alert.pk for alert in [*single, *told.alerts]]
    Alert.objects.filter(pk__in=among(marked)).update(told_at=at)
    return len(single) + told.events


def _due(at: datetime) -> list[Alert]:
    quiet_over = Q(quiet_until=None) | Q(quiet_until__lte=at)
    rows = Alert.objects.filter(quiet_over, told_at=None, cleared_at=None, at__lte=at)
    locked = rows.select_for_update(of=("self",), skip_locked=True)
    return list(locked.select_related("rule", "terminal").order_by("at", "pk")[:AT_ONCE])


def _hold(alert: Alert, set_by_people: Numbers) -> timedelta:
    return set_by_people.hold if alert.rule.join else timedelta()


def _floods(lone: Sequence[Alert]) -> tuple[list[list[Alert]], list[Alert]]:
    piles: dict[tuple[int, str], list[Alert]] = defaultdict(list)
    for alert in lone:
        piles[alert.rule_id, alert.terminal.path[:STEP_WIDTH]].append(alert)
    floods = [pile for pile in piles.values() if len(pile) > FLOOD]
    single = [alert for pile in piles.values() if len(pile) <= FLOOD for alert in pile]
    return floods, single


def _join_flood(alerts: Sequence[Alert], at: datetime) -> None:
    """Have very many alerts of one rule be one group, though no cause is known: the next round tells it."""
    rule, root = alerts[0].rule, alerts[0].terminal.path[:STEP_WIDTH]
    path = covering_path([alert.terminal.path for alert in alerts])
    node = organisations().get(path=path)
    group, _ = AlertGroup.objects.get_or_create(
        rule=rule,
        joined_by=BY_RULE,
        key=root,
        closed_at=None,
        defaults={
            "title": rule.name,
            "facts": {"joined": 0},
            "organisation_id": node.pk,
            "path": path,
            "opened_at": at,
        },
    )
    group.facts |= {"joined": group.facts["joined"] + len(alerts), "last": at.timestamp()}
    # It covers those that joined before and those that join now.
    wider = covering_path([group.path, path])
    if wider != group.path:
        group.path, group.organisation_id = wider, organisations().get(path=wider).pk
    group.save(update_fields=["facts", "path", "organisation"])
    Alert.objects.filter(pk__in=among([alert.pk for alert in alerts])).update(group=group)


@dataclass(frozen=True, slots=True)
class _Told:
    alerts: list[Alert]
    events: int


def _tell_groups(grouped: Sequence[Alert], set_by_people: Numbers, at: datetime) -> _Told:
    members: dict[int, list[Alert]] = defaultdict(list)
    for alert in grouped:
        if alert.group_id is not None:
            members[alert.group_id].append(alert)
    rows = AlertGroup.objects.filter(pk__in=list(members)).select_related("rule")
    told, events = [], 0
    for group in rows.select_for_update(of=("self",)).order_by("pk"):
        if "told" not in group.facts:
            if group.opened_at > at - set_by_people.group_hold:
                continue
            publish(_joined(group, members[group.pk], at))
            group.facts["told"] = at.timestamp()
            group.save(update_fields=["facts"])
            events += 1
        told += members[group.pk]
    return _Told(told, events)


def _raised(alert: Alert, at: datetime) -> AlertRaised:
    return AlertRaised(
        alert=alert.pk,
        rule=alert.rule.code,
        name=alert.rule.name,
        severity=Severity(alert.severity),
        incident=alert.rule.incident,
        serial=alert.terminal.serial,
        path=alert.terminal.path,
        said=alert.said,
        began_at=alert.began_at,
        at=at,
    )


def _joined(group: AlertGroup, alerts: Sequence[Alert], at: datetime) -> AlertsJoined:
    return AlertsJoined(
        group=group.pk,
        rule=group.rule.code,
        name=group.rule.name,
        severity=Severity(group.rule.severity),
        incident=group.rule.incident,
        joined_by=group.joined_by,
        title=group.title,
        path=group.path,
        facts=group.facts,
        alerts=tuple(alert.pk for alert in alerts[:NAMED_AT_MOST]),
        at=at,
    )
