"""/terminals/{serial}/enrolment: which key a terminal speaks with, the code that lets it enrol, and doubts about it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.queries import doubts, enrolments
from tillkeeper.telemetry.services import doubts as doubting
from tillkeeper.telemetry.services import enrolments as enrolling

router = Router(tags=["voice"])
LONGEST = 200


class EnrolmentOut(Schema):
    """A terminal's key, from when it proved it until it was revoked."""

    id: int
    public_key: str = Field(description="Ed25519, base64url.")
    agent: str
    at: datetime
    source: str
    revoked_at: datetime | None
    revoked_by: str
    why: str


class EnrolmentState(Schema):
    """Who may speak as this terminal, and whether a code waits for it."""

    serial: str
    in_force: EnrolmentOut | None
    code_until: datetime | None = Field(description="A code waits, and is good until then.")
    earlier: list[EnrolmentOut]


class CodeIn(Asked):
    """Whether the present key is to end when the new one enrols."""

    replaces: bool = False


class CodeOut(Schema):
    """A fresh activation code: shown now and never again."""

    serial: str
    code: str
    qr: str = Field(description="What a QR symbol for the terminal says.")
    expires_at: datetime


class VoiceWhyIn(Asked):
    """The reason."""

    why: str = Field(min_length=1, max_length=LONGEST)


class DoubtOut(Schema):
    """A sign that a terminal exists twice."""

    id: int
    code: str
    facts: dict[str, Any]
    first_at: datetime
    last_at: datetime
    times: int
    dismissed_at: datetime | None
    dismissed_by: str
    why: str


class TerminalDoubtOut(DoubtOut):
    """With its terminal."""

    serial: str = Field(alias="terminal.serial")


@router.get("/{path:serial}/enrolment", response={200: EnrolmentState, **READING})
def get_enrolment(request: HttpRequest, serial: str) -> Any:
    """Show which key a terminal speaks with, and which it had."""
    who = actor(request)
    rows = list(enrolments.enrolments_of(who, serial))
    waiting = enrolments.waiting_code(who, serial, at=now())
    return {
        "serial": serial,
        "in_force": next((row for row in rows if row.revoked_at is None), None),
        "code_until": waiting.expires_at if waiting else None,
        "earlier": [row for row in rows if row.revoked_at is not None],
    }


@router.post("/{path:serial}/enrolment/code", response={201: CodeOut, **WRITING})
def make_activation_code(request: HttpRequest, serial: str, body: CodeIn) -> Status[Any]:
    """Make an activation code; one that waited is withdrawn."""
    made = enrolling.make_code(
        serial=serial, replaces=body.replaces, by=_allowed(request), at=now()
    )
    told = {"serial": made.serial, "code": made.code, "qr": made.qr()}
    return Status(201, {**told, "expires_at": made.expires_at})


@router.delete("/{path:serial}/enrolment/code", response={200: EnrolmentState, **WRITING})
def withdraw_activation_code(request: HttpRequest, serial: str) -> Any:
    """Let the code that waits open nothing any more."""
    enrolling.withdraw_code(serial=serial, by=_allowed(request), at=now())
    return get_enrolment(request, serial)


@router.post("/{path:serial}/enrolment/revoke", response={200: EnrolmentState, **WRITING})
def revoke_enrolment(request: HttpRequest, serial: str, body: VoiceWhyIn) -> Any:
    """End the enrolment: gateways refuse its tokens within a second."""
    enrolling.revoke(serial=serial, why=body.why, by=_allowed(request), at=now())
    return get_enrolment(request, serial)


@router.get("/{path:serial}/doubts", response={200: list[DoubtOut], **READING})
def list_doubts_of(request: HttpRequest, serial: str) -> Any:
    """List signs that a terminal exists twice, the open ones first."""
    return list(doubts.doubts_of(actor(request), serial))


@router.post("/{path:serial}/doubts/{doubt}/dismiss", response={200: DoubtOut, **WRITING})
def dismiss_doubt(request: HttpRequest, serial: str, doubt: int, body: VoiceWhyIn) -> Any:
    """Say that a doubt was looked into and there is one terminal only."""
    return doubting.dismiss_doubt(
        serial=serial, doubt=doubt, why=body.why, by=_allowed(request), at=now()
    )


overall = Router(tags=["voice"])


@overall.get("", response={200: Page[TerminalDoubtOut], **LISTING})
def list_doubts(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """List open doubts within the actor's view, the newest first."""
    return page_of(request, doubts.open_doubts(actor(request)), sort="-last_at", paging=paging)


def _allowed(request: HttpRequest) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403, not that there is no such terminal."""
    who = actor(request)
    who.require(Right.ENROL)
    return who
