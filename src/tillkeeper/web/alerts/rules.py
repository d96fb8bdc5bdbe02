"""Alert rules: which count where, and one as it is written."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.queries import rules as queries
from tillkeeper.telemetry.wording import (
    JOIN_LABELS,
    RULE_KIND_LABELS,
    SEVERITY_LABELS,
    rule_name,
)
from tillkeeper.web.alerts.listing import TONES
from tillkeeper.web.parts import Request
from tillkeeper.web.toml_text import as_toml

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import AlertRule

SHOWN: Final = 500


@login_required
def index(request: Request) -> HttpResponse:
    """List the rules that count within view, by code."""
    request.actor.require(Right.VIEW)
    rows = queries.alert_rules(request.actor)[:SHOWN]
    ctx = {
        "lines": [words_of(row) for row in rows],
        "may_write": bool(request.actor.scope(Right.ALERT_RULES).paths),
    }
    return render(request, "alerts/rules.html", ctx)


@login_required
def detail(request: Request, number: int) -> HttpResponse:
    """Show one rule as it is written."""
    row = queries.alert_rule(request.actor, number)
    mine = bool(row.organisation_id) and request.actor.may(Right.ALERT_RULES, row.path)
    ctx = words_of(row) | {
        "spec": as_toml(row.spec),
        "mine": mine,
        "may_write": bool(request.actor.scope(Right.ALERT_RULES).paths),
    }
    return render(request, "alerts/rule.html", ctx)


def words_of(row: "AlertRule") -> dict[str, Any]:
    """Return a rule in words."""
    severity = Severity(row.severity)
    kind = str(row.spec.get("kind", ""))
    return {
        "rule": row,
        "name": rule_name(row),
        "severity": SEVERITY_LABELS[severity],
        "tone": TONES[severity],
        "kind": RULE_KIND_LABELS.get(kind, kind),
        "joins": [JOIN_LABELS[one] for one in row.join if one in JOIN_LABELS],
    }
