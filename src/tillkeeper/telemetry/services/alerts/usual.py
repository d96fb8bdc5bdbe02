"""How large the groups are that alerts may share, and how many alerts they usually have."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from tillkeeper.engines.alerting.joining import Lone, Usual
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import below
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.models import Alert, Live
from tillkeeper.terminals.lifecycle import AT_A_SITE
from tillkeeper.terminals.queries import matching
from tillkeeper.terminals.selection import Filters

LOOKED_BACK: Final = timedelta(days=7)
NOT_OF_LATE: Final = timedelta(hours=1)
LEAST_A_MONTH: Final = (
    1.0  # alerts of a rule for each terminal: what a rule without a past is taken to have
)
MONTH_S: Final = 30 * 86_400.0
SIZES_GOOD_FOR: Final = timedelta(minutes=10)
SIZES_MAX: Final = 10_000
Group = tuple[str, str]  # by, key
_SIZES: dict[Group, tuple[datetime, int]] = {}


def usual_of(
    alerts: Mapping[int, Sequence[Lone]], windows: Mapping[int, timedelta], *, at: datetime
) -> dict[int, dict[Group, Usual]]:
    """Return, for each rule, what is usual of the groups that at least two of its alerts share."""
    shared = {rule: _shared(some) for rule, some in alerts.items()}
    sizes = _sizes({group for groups in shared.values() for group in groups}, at)
    if not sizes:
        return {}
    rates = _rates([rule for rule, groups in shared.items() if groups], at)
    return {
        rule: {
            group: Usual(
                terminals=max(sizes[group], count),
                expected=rates[rule] * sizes[group] * windows[rule].total_seconds(),
            )
            for group, count in groups.items()
        }
        for rule, groups in shared.items()
        if groups
    }


def _shared(alerts: Sequence[Lone]) -> dict[Group, int]:
    counts: dict[Group, int] = {}
    for alert in alerts:
        for group in alert.groups:
            counts[group] = counts.get(group, 0) + 1
    return {group: count for group, count in counts.items() if count > 1}


def _rates(rules: Sequence[int], at: datetime) -> dict[int, float]:
    """Return how many alerts of each rule a terminal has in a second, by the last week; two statements."""
    span = Q(at__gt=at - LOOKED_BACK, at__lte=at - NOT_OF_LATE)
    rows = Alert.objects.filter(span, rule_id__in=rules, group=None).order_by()
    counts = dict(rows.values_list("rule_id").annotate(number=Count("pk")))
    terminals = max(1, Live.objects.count()) if counts else 1
    seconds = (LOOKED_BACK - NOT_OF_LATE).total_seconds()
    return {
        rule: max(counts.get(rule, 0) / terminals / seconds, LEAST_A_MONTH / MONTH_S)
        for rule in rules
    }


def _sizes(groups: set[Group], at: datetime) -> dict[Group, int]:
    """Return how many terminals each group has; one statement for each way of joining, at most every ten minutes."""
    known = {
        group: size
        for group in groups
        if (told := _SIZES.get(group)) and timedelta(0) <= at - told[0] < SIZES_GOOD_FOR
        for size in (told[1],)
    }
    missing: dict[str, list[str]] = {}
    for by, key in groups - set(known):
        missing.setdefault(by, []).append(key)
    if len(_SIZES) > SIZES_MAX:
        _SIZES.clear()
    for by, keys in missing.items():
        for key, size in _counted(by, keys).items():
            _SIZES[by, key] = (at, size)
            known[by, key] = size
    return known


def forget_sizes() -> None:
    """Count anew the next time."""
    _SIZES.clear()


_FIELDS: Final = {
    "site": "site_id",
    "model": "model_id",
    "host": "binding__acquirer_code",
    "carrier": "live__carrier",
    "version": "live__app_version",
}


def _counted(by: str, keys: Sequence[str]) -> dict[str, int]:
    counted: dict[str, int] = dict.fromkeys(keys, 0)
    for root in {key.partition("/")[0] for key in keys}:
        mine = [key.split("/", 1)[1] for key in keys if key.startswith(f"{root}/")]
        wide = {name.partition("/")[0] for name in mine} if by == "carrier" else set(mine)
        rows = _terminals(root).filter(**{f"{_FIELDS[by]}__in": sorted(wide)}).order_by()
        if by == "carrier":
            told = rows.values_list(_FIELDS[by], "site__province").annotate(number=Count("pk"))
            for carrier, province, number in told:
                _add(counted, f"{root}/{carrier}", number)
                _add(counted, f"{root}/{carrier}/{province or ''}", number)
        else:
            for name, number in rows.values_list(_FIELDS[by]).annotate(number=Count("pk")):
                _add(counted, f"{root}/{name}", number)
    return counted


def _add(counted: dict[str, int], key: str, number: int) -> None:
    if key in counted:
        counted[key] += number


def _terminals(root: str) -> QuerySet[Any]:
    everything = Actor.system("telemetry").scope(Right.VIEW)
    return matching(everything, Filters(state=tuple(sorted(AT_A_SITE)))).filter(below(root))
