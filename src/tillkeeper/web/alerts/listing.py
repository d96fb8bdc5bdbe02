"""The alerts that wait, what was joined of them, and one with what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.queries import alerts as queries
from tillkeeper.telemetry.wording import (
    ALERT_LABELS,
    SEVERITY_LABELS,
    alert_sentence,
    group_sentence,
    rule_name,
    rule_names,
)
from tillkeeper.web.asking import one_of, text_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, wants_part
from tillkeeper.web.places import office_choices

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import Alert, AlertGroup

GROUPS_SHOWN: Final = 8
NARROWING: Final = ("severity", "state", "rule", "q", "organisation", "group", "alone")
# The colour of each state, by the states that the console's style sheet knows.
TONES: Final = {Severity.INFO: "checked", Severity.WARNING: "soon", Severity.CRITICAL: "faulty"}
TABS: Final[Mapping[str, str | Promise]] = {
    "": _("Waiting"),
    "open": _("Open"),
    "acknowledged": _("Acknowledged"),
    "cleared": _("Cleared"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in words."""

    alert: "Alert"
    name: str | Promise
    sentence: str
    severity: str | Promise
    tone: str
    state: str | Promise

    @property
    def open(self) -> bool:
        """Nobody has acknowledged it."""
        return self.alert.state == AlertState.OPEN


def line_of(row: "Alert") -> Line:
    """Return an alert in words."""
    severity = Severity(row.severity)
    return Line(
        row,
        rule_name(row.rule),
        alert_sentence(row),
        SEVERITY_LABELS[severity],
        TONES[severity],
        ALERT_LABELS[AlertState(row.state)],
    )


@login_required
def index(request: Request) -> HttpResponse:
    """List alerts, the newest first; what was joined stands above."""
    request.actor.require(Right.VIEW)
    asked, by = request.GET, request.actor
    filters = filters_of(asked)
    page = page_of(queries.alerts(by, filters), request)
    ctx: dict[str, Any] = {
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "filtered": any(asked.get(name) for name in NARROWING),
        "may_work": bool(by.scope(Right.ALERTS).paths),
        "query": asked.urlencode(),
        "tabs": list(TABS.items()),
        "tab": one_of(asked, "state", TABS),
        "group": _group(request, filters.group),
    }
    if not wants_part(request):
        ctx |= _around(request)
    return answer(request, "alerts/list.html", "alerts/_table.html", ctx)


def filters_of(asked: Mapping[str, Any]) -> queries.AlertFilters:
    """Return what an address narrows the list to."""
    state, severity = one_of(asked, "state", TABS), one_of(asked, "severity", set(Severity))
    group = str(asked.get("group", ""))
    return queries.AlertFilters(
        state=(state,) if state else (),
        severity=(severity,) if severity else (),
        rule=text_of(asked, "rule", 40),
        place=text_of(asked, "organisation", 40),
        serial=text_of(asked, "q", 64),
        group=int(group) if group.isascii() and group.isdigit() and len(group) < 19 else None,
        alone=asked.get("alone") == "1",
    )


def _around(request: Request) -> dict[str, Any]:
    """Return what is drawn with the whole page only: counts, joined alerts, choices."""
    by = request.actor
    counts = queries.waiting_counts(by)
    groups = list(queries.groups(by)[:GROUPS_SHOWN])
    return {
        "severities": [
            (one.value, SEVERITY_LABELS[one], counts[one], TONES[one]) for one in reversed(Severity)
        ],
        "joined": [(group, group_sentence(group)) for group in groups],
        "rules": [
            (one.code, rule_names({one.code: one.name})[one.code], one.number)
            for one in queries.counts_by_rule(by)
        ],
        "offices": office_choices(by.scope(Right.VIEW)),
        "may_write_rules": bool(by.scope(Right.ALERT_RULES).paths),
    }


def _group(request: Request, number: int | None) -> "tuple[AlertGroup, str] | None":
    if number is None:
        return None
    found = queries.group(request.actor, number)
    return found, group_sentence(found)


@login_required
def detail(request: Request, number: int) -> HttpResponse:
    """Show one alert: what was seen, since when, with whom it is joined, what was noted."""
    row = queries.alert(request.actor, number)
    ctx = {
        "line": line_of(row),
        "joined": group_sentence(row.group) if row.group else "",
        "facts": sorted(row.said.items()),
        "may_work": request.actor.may(Right.ALERTS, row.terminal.path),
    }
    return answer(request, "alerts/detail.html", "alerts/_drawer.html", ctx)
