"""/alerts: what somebody should look at, alone or joined; acknowledged one by one or many at once."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import override
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, OrganisationRef, SiteRef
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.queries import alerts as queries
from tillkeeper.telemetry.services import acknowledging
from tillkeeper.telemetry.wording import alert_sentence

router = Router(tags=["voice"])
Sort = Literal["-at", "at", "-began_at", "began_at"]


class AlertOut(Schema):
    """A rule holds, or held, for a terminal."""

    id: int
    rule: str = Field(alias="rule.code")
    name: str = Field(alias="rule.name")
    serial: str = Field(alias="terminal.serial")
    site: SiteRef | None = Field(alias="terminal.site")
    state: AlertState
    severity: Severity
    sentence: str = Field(description="What was seen, in English.")
    said: dict[str, Any] = Field(description="The same as facts: value, limit, since, peers.")
    began_at: datetime
    at: datetime
    quiet_until: datetime | None
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str
    cleared_at: datetime | None
    group: int | None = Field(None, alias="group_id")

    @staticmethod
    def resolve_sentence(row: Any) -> str:
        """Rendered from the facts."""
        with override("en"):
            return alert_sentence(row)


class GroupOut(Schema):
    """Alerts that have one cause."""

    id: int
    rule: str = Field(alias="rule.code")
    joined_by: str
    key: str
    title: str
    facts: dict[str, Any]
    organisation: OrganisationRef
    waiting: int = Field(description="How many of its alerts are not cleared.")
    opened_at: datetime
    closed_at: datetime | None


class AlertFiltersIn(Asked):
    """What the list is narrowed to. Without `state`: all that is not cleared."""

    state: list[AlertState] = Field(default_factory=list)
    severity: list[Severity] = Field(default_factory=list)
    rule: str = Field("", max_length=40)
    place: str = Field("", max_length=40, description="Code of a node: there and below.")
    site: str = Field("", max_length=40)
    serial: str = Field("", max_length=64)
    group: int | None = None
    alone: bool = Field(default=False, description="Only what is not joined to others.")
    incident: bool | None = None
    raised_from: AwareDatetime | None = None
    raised_until: AwareDatetime | None = None

    def filters(self) -> queries.AlertFilters:
        """Return them as the query takes them."""
        told = self.model_dump()
        return queries.AlertFilters(
            **{**told, "state": tuple(self.state), "severity": tuple(self.severity)}
        )


class AcknowledgeIn(Asked):
    """Which, and what is known."""

    alerts: Annotated[list[int], Field(min_length=1, max_length=10_000)]
    note: str = Field("", max_length=200)


class NoteIn(Asked):
    """What is known."""

    note: str = Field(max_length=200)


class RefusedAlertOut(Schema):
    """An alert that stayed as it was."""

    id: int
    code: str
    facts: dict[str, Any]
    sentence: str


class AcknowledgedOut(Schema):
    """What came of it."""

    acknowledged: list[int]
    refused: list[RefusedAlertOut]


class AlertCountsOut(Schema):
    """How many alerts wait."""

    by_severity: dict[str, int]
    by_rule: dict[str, int]


@router.get("", response={200: Page[AlertOut], **READING})
def list_alerts(
    request: HttpRequest, paging: Query[Paging], filters: Query[AlertFiltersIn], sort: Sort = "-at"
) -> dict[str, Any]:
    """List alerts, the newest first."""
    rows = queries.alerts(actor(request), filters.filters())
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/counts", response={200: AlertCountsOut, **READING})
def count_alerts(request: HttpRequest, filters: Query[AlertFiltersIn]) -> dict[str, Any]:
    """Count alerts by severity and by rule."""
    who, narrowed = actor(request), filters.filters()
    rules = queries.counts_by_rule(who, narrowed)
    return {
        "by_severity": queries.waiting_counts(who, narrowed),
        "by_rule": {rule.code: rule.number for rule in rules},
    }


@router.get("/groups", response={200: Page[GroupOut], **LISTING})
def list_alert_groups(
    request: HttpRequest,
    paging: Query[Paging],
    *,
    closed: bool = False,
    rule: Annotated[str, Field(max_length=40)] = "",
) -> dict[str, Any]:
    """List alerts that were joined since they have one cause; with `closed` also those that are over."""
    rows = queries.groups(actor(request), closed=closed, rule=rule)
    return page_of(request, rows, sort="-opened_at", paging=paging)


@router.get("/groups/{int:number}", response={200: GroupOut, **READING})
def get_alert_group(request: HttpRequest, number: int) -> Any:
    """Show one group; its alerts are the list with `group`."""
    return queries.group(actor(request), number)


@router.get("/{int:number}", response={200: AlertOut, **READING})
def get_alert(request: HttpRequest, number: int) -> Any:
    """Show one alert with what was seen."""
    return queries.alert(actor(request), number)


@router.post("/acknowledge", response={200: AcknowledgedOut, **WRITING})
def acknowledge_alerts(request: HttpRequest, body: AcknowledgeIn) -> dict[str, Any]:
    """Acknowledge alerts, and say of each that stays as it is why."""
    done = acknowledging.acknowledge(
        ids=body.alerts, note=body.note, by=_allowed(request), at=now()
    )
    refused = [
        {"id": number, "code": error.code, "facts": error.facts(), "sentence": str(error)}
        for number, error in done.refused
    ]
    return {"acknowledged": done.moved, "refused": refused}


@router.post("/{int:number}/note", response={200: AlertOut, **WRITING})
def note_alert(request: HttpRequest, number: int, body: NoteIn) -> Any:
    """Write a note to an alert."""
    acknowledging.annotate(number=number, note=body.note, by=_allowed(request), at=now())
    return queries.alert(actor(request), number)


def _allowed(request: HttpRequest) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403, not that there is no such alert."""
    who = actor(request)
    who.require(Right.ALERTS)
    return who
