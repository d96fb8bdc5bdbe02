"""/audit: the trail of every change, and the walk along its chain."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, next_link, read_cursor, write_cursor
from tillkeeper.api.problems import LISTING
from tillkeeper.kernel.actor import STEP_WIDTH
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.trail import trail
from tillkeeper.parties.roles import Right

router = Router(tags=["audit"])
SORT = "-id"


class EntryOut(Schema):
    """One change: who, what, when, from where, before and after."""

    sequence: int
    at: datetime
    actor: str
    source: str
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    digest: str


class TrailFilters(Schema):
    """What of the trail is wanted."""

    subject: str = Field("", max_length=120, examples=["terminal:P82003059"])
    by: str = Field("", max_length=120, description="Name of whoever acted.")
    action: str = Field("", max_length=64, description="Beginning of the action's name.")
    since: datetime | None = None
    until: datetime | None = None


class BrokenOut(Schema):
    """The first entry that does not hold."""

    sequence: int
    subject: str
    reason: str


class VerdictOut(Schema):
    """What a walk along one organisation's chain found."""

    root: str
    entries: int
    digest: str
    broken: BrokenOut | None


@router.get("", response={200: Page[EntryOut], **LISTING})
def list_entries(
    request: HttpRequest, paging: Query[Paging], filters: Query[TrailFilters]
) -> dict[str, Any]:
    """List changes within the actor's view, newest first."""
    who = actor(request)
    who.require(Right.AUDIT)
    found = trail(
        scope=who.scope(Right.AUDIT),
        subject=filters.subject,
        actor=filters.by,
        action=filters.action,
        since=filters.since,
        until=filters.until,
        before_id=read_cursor(paging.cursor, SORT),
        limit=paging.limit + 1,
    )
    items, more = found[: paging.limit], len(found) > paging.limit
    return {
        "items": items,
        "next": next_link(request, write_cursor(SORT, items[-1].id) if more else ""),
    }


@router.get("/verify", response={200: list[VerdictOut], **LISTING})
def verify(request: HttpRequest) -> Any:
    """Walk the chains of the organisations the actor audits, and name the first broken entry of each."""
    who = actor(request)
    who.require(Right.AUDIT)
    paths = who.scope(Right.AUDIT).paths
    return [v for v in verify_chains() if any(path[:STEP_WIDTH] in ("", v.root) for path in paths)]
