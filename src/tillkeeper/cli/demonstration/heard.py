"""What was heard of the demonstration's fleet, beside the truth of what went wrong in it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.cli.demonstration.voice import DAY, story, truths
from tillkeeper.engines.rehearsal.fleet import Truth
from tillkeeper.engines.rehearsal.fleet.kinds import SILENCE
from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.lifecycle import AlertState
from tillkeeper.telemetry.queries.alerts import AlertFilters, alerts, groups
from tillkeeper.telemetry.queries.live import live_counts

SLACK_S: Final = 1800.0  # an alert so long after the end of a fault may still be of it
SOON_S: Final = 60.0

Raised = Mapping[str, Sequence[tuple[float, bool]]]  # serial -> when, and whether it was joined


def heard(by: Actor) -> Iterator[tuple[str | Promise, str]]:
    """Return the fleet in figures; nothing where there is none."""
    told = story()
    if told is None:
        return
    raised = _raised(by)
    causes: dict[int, list[Truth]] = defaultdict(list)
    for truth in truths():
        if truth.seen_at is not None and _could_be_heard(truth, told.begins):
            causes[truth.cause].append(truth)
    found = sum(any(_is_found(one, raised) for one in some) for some in causes.values())
    states = live_counts(by)
    all_alerts = [joined for some in raised.values() for _at, joined in some]
    yield _("Terminals enrolled"), f"{told.terminals:,}"
    yield _("heard now: online, degraded, late, offline"), " · ".join(map(str, states.values()))
    yield _("Check-ins taken"), f"{told.check_ins:,}"
    yield _("with readings"), f"{told.readings:,}"
    yield _("Faults that showed"), f"{len(causes):,}"
    yield _("of these found"), f"{found:,}"
    yield _("Alerts"), f"{len(all_alerts):,}"
    yield (
        _("of these joined to others, in so many groups"),
        (f"{sum(all_alerts):,} · {groups(by, closed=True).count():,}"),
    )


def _raised(by: Actor) -> Raised:
    rows = alerts(by, AlertFilters(state=tuple(AlertState)))
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for serial, at, group in rows.values_list("terminal__serial", "began_at", "group_id"):
        found[serial].append((at.timestamp(), group is not None))
    return found


def _could_be_heard(truth: Truth, begins: float) -> bool:
    """Say whether anybody listened: of the day whose readings came later, silence cannot be known."""
    return SILENCE not in truth.shows or truth.ends > begins + DAY.total_seconds()


def _is_found(truth: Truth, raised: Raised) -> bool:
    return any(
        truth.begins - SOON_S <= at <= truth.ends + SLACK_S
        for at, _ in raised.get(truth.serial, ())
    )
