"""Alerts of rules that were changed, switched off or taken over: they are cleared, and raised anew if need be."""

from datetime import datetime, timedelta
from typing import Final

from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.models import Alert, AlertRule
from tillkeeper.telemetry.rule_defaults import BY
from tillkeeper.telemetry.services.alerts.rulebook import Rulebook
from tillkeeper.telemetry.services.alerts.writing import close

LOOKED_BACK: Final = timedelta(minutes=10)  # a writer may have judged by the old rule for a while
AT_ONCE: Final = 20_000


def clear_outdated(book: Rulebook, *, at: datetime) -> int:
    """Clear open alerts that the rules in force would not have raised; one statement if no rule was changed."""
    changed = AlertRule.objects.filter(at__gt=at - LOOKED_BACK).exclude(by=BY)
    codes = set(changed.values_list("code", flat=True))
    if not codes:
        return 0
    in_force = {one.row.pk: one for one in book.written if one.row.code in codes}
    rows = (
        Alert.objects.filter(cleared_at=None, rule__code__in=codes)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")
        .values_list("pk", "rule_id", "said", "told_at", "severity", "terminal__path")
    )
    outdated = [
        row
        for row in rows[:AT_ONCE]
        if (one := in_force.get(row[1])) is None
        or row[2].get("version") != one.row.version
        or not one.counts_at(row[5])
    ]
    told = [row[0] for row in outdated if row[3] and row[4] != Severity.INFO]
    return close([row[0] for row in outdated], told=told, at=at)
