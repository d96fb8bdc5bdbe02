"""/alert-rules: what somebody should be told of, as data; the nearest rule of a code counts at a place."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, OrganisationRef
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.queries import rules as queries
from tillkeeper.telemetry.services import rules as verbs

router = Router(tags=["voice"])
JoinedBy = Literal["site", "carrier", "host", "version", "model"]


class AlertRuleOut(Schema):
    """A rule. `spec` is told in docs/reference/alert-rules.md."""

    id: int
    organisation: OrganisationRef | None = Field(
        description="Null: a default, that counts everywhere."
    )
    code: str
    name: str
    spec: dict[str, Any]
    severity: Severity
    join: list[str]
    quiet: dict[str, str]
    incident: bool
    enabled: bool
    waiting: int = Field(0, description="How many of its alerts are not cleared.")
    by: str
    at: datetime
    version: int


class AlertRuleBody(Asked):
    """A rule as somebody writes it."""

    code: Annotated[str, Field(min_length=2, max_length=40, pattern="^[a-z][a-z0-9_]*$")]
    name: str = Field(min_length=1, max_length=80)
    spec: dict[str, Any]
    severity: Severity = Severity.WARNING
    join: list[JoinedBy] = Field(default_factory=list)
    quiet: dict[str, str] = Field(
        default_factory=dict, description='{"from": "22:00", "to": "07:00"}, by the site\'s time.'
    )
    incident: bool = False
    enabled: bool = True

    def draft(self) -> verbs.RuleDraft:
        """Return it as the service takes it."""
        told = self.model_dump(exclude={"organisation", "hours"})
        return verbs.RuleDraft(**{**told, "severity": self.severity.value})


class AlertRuleIn(AlertRuleBody):
    """A new rule, and where it counts."""

    organisation: Code


class SwitchIn(Asked):
    """On or off."""

    enabled: bool


@router.get("", response={200: Page[AlertRuleOut], **LISTING})
def list_alert_rules(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """List the rules that count within the actor's view."""
    return page_of(request, queries.alert_rules(actor(request)), sort="code", paging=paging)


@router.get("/{int:number}", response={200: AlertRuleOut, **READING})
def get_alert_rule(request: HttpRequest, response: HttpResponse, number: int) -> Any:
    """Show one rule."""
    return tagged(response, queries.alert_rule(actor(request), number))


@router.post("", response={201: AlertRuleOut, **WRITING})
def write_alert_rule(
    request: HttpRequest, response: HttpResponse, body: AlertRuleIn
) -> Status[Any]:
    """Write a rule at a place; there it goes before the one of its code above."""
    made = verbs.save_rule(
        organisation=body.organisation,
        draft=body.draft(),
        version=None,
        by=_allowed(request),
        at=now(),
    )
    return Status(201, tagged(response, queries.alert_rule(actor(request), made.pk)))


@router.patch("/{int:number}", response={200: AlertRuleOut, **CHANGING})
def change_alert_rule(
    request: HttpRequest, response: HttpResponse, number: int, body: AlertRuleBody
) -> Any:
    """Write a rule anew. A default is nobody's: write one of its code at a place instead."""
    who = _allowed(request)
    row = queries.alert_rule(who, number)
    place = row.organisation.code if row.organisation else ""
    verbs.save_rule(
        organisation=place, draft=body.draft(), version=version_asked(request), by=who, at=now()
    )
    return tagged(response, queries.alert_rule(who, number))


@router.post("/{int:number}/switch", response={200: AlertRuleOut, **CHANGING})
def switch_alert_rule(
    request: HttpRequest, response: HttpResponse, number: int, body: SwitchIn
) -> Any:
    """Switch a rule on or off at its place."""
    who = _allowed(request)
    version = version_asked(request)
    verbs.enable_rule(number=number, enabled=body.enabled, version=version, by=who, at=now())
    return tagged(response, queries.alert_rule(who, number))


def _allowed(request: HttpRequest) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403."""
    who = actor(request)
    who.require(Right.ALERT_RULES)
    return who
