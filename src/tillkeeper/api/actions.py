"""/actions: what is asked of terminals from afar, of one or of many, and what became of each one's part."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import override
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.api.selections import SelectionIn
from tillkeeper.api.throttles import HEAVY
from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState
from tillkeeper.telemetry.queries import orders as queries
from tillkeeper.telemetry.queries.askable import askable
from tillkeeper.telemetry.services.actions import orders as verbs

router = Router(tags=["voice"])


class ActionOrderOut(Schema):
    """One deed for one or for many terminals."""

    number: str
    organisation: str = Field(alias="organisation.code")
    kind: ActionKind
    arguments: dict[str, Any]
    state: OrderState
    why: str
    window: dict[str, str]
    not_before: datetime
    expires_at: datetime
    asked: int = Field(description="How many terminals were meant.")
    planned: int = Field(description="How many of them are asked.")
    by: str
    at: datetime
    approver: str
    approved_at: datetime | None
    cancelled_by: str
    cancelled_at: datetime | None
    ended_at: datetime | None
    version: int


class ActionOrderDetail(ActionOrderOut):
    """With how it stands."""

    states: dict[str, int] = Field(description="Actions by state. Sent is not done: confirmed is.")
    left_out: int = Field(description="Terminals that were meant and are not asked.")
    percent: int | None = Field(description="How far the planning is; null: it does not go on.")


class ActionOut(Schema):
    """One terminal's part."""

    serial: str = Field(alias="terminal.serial")
    state: ActionState
    not_before: datetime
    not_after: datetime
    sent_at: datetime | None
    times_sent: int
    done_at: datetime | None
    code: str
    said: str
    facts: dict[str, Any]


class TerminalActionOut(ActionOut):
    """What was asked of a terminal."""

    order: str = Field(alias="order.number")
    kind: ActionKind = Field(alias="order.kind")


class LeftOutOut(Schema):
    """A terminal that is not asked, and why."""

    serial: str
    code: str
    sentence: str
    facts: dict[str, Any]


class LeftOutPage(Schema):
    """Terminals that an order leaves out."""

    items: list[LeftOutOut]
    next_after: int | None = Field(
        description="For `after` of the next page; null on the last one."
    )


class AskableOut(Schema):
    """A kind of action at a terminal: it may be asked now, or why not."""

    kind: ActionKind
    open: bool
    code: str = ""
    sentence: str = ""


class ActionFiltersIn(Asked):
    """What the list is narrowed to."""

    kind: list[ActionKind] = Field(default_factory=list)
    state: list[OrderState] = Field(default_factory=list)
    asked_by: str = Field("", max_length=120)
    since: AwareDatetime | None = None
    serial: str = Field("", max_length=64)


class ActionOrderIn(SelectionIn):
    """What is asked, of which terminals, why and when."""

    kind: ActionKind
    why: str = Field(min_length=1, max_length=200)
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="By kind; see docs/reference/actions.md."
    )
    window: dict[str, str] = Field(
        default_factory=dict, description='{"from": "22:00", "to": "06:00"}, by the site\'s time.'
    )
    not_before: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None

    def wanted(self) -> verbs.Wanted:
        """Return it as the service takes it."""
        names = {"kind", "why", "arguments", "window", "not_before", "expires_at"}
        return verbs.Wanted(**self.model_dump(include=names))


class ApproveIn(Asked):
    """How many terminals it is for, as whoever confirms read it."""

    terminals: int = Field(ge=0, le=10**9)


class RefuseIn(Asked):
    """The reason."""

    why: str = Field(min_length=1, max_length=200)


@router.get("", response={200: Page[ActionOrderOut], **LISTING})
def list_action_orders(
    request: HttpRequest,
    paging: Query[Paging],
    filters: Query[ActionFiltersIn],
    sort: Literal["-at", "at"] = "-at",
) -> dict[str, Any]:
    """List orders, the newest first."""
    told = filters.model_dump()
    asked = queries.OrderFilters(
        **{**told, "kind": tuple(filters.kind), "state": tuple(filters.state)}
    )
    return page_of(request, queries.orders(actor(request), asked), sort=sort, paging=paging)


@router.post("", response={201: ActionOrderDetail, **WRITING}, throttle=[HEAVY])
def order_actions(request: HttpRequest, body: ActionOrderIn) -> Status[Any]:
    """Ask terminals for something; lock and wipe wait for a second person.

    Up to 1,000 terminals are planned at once, more by the worker.
    """
    who = actor(request)
    made = verbs.order_actions(wanted=body.wanted(), selection=body.selection(), by=who, at=now())
    return Status(201, _shown(who, made.number))


@router.get("/{number}", response={200: ActionOrderDetail, **READING})
def get_action_order(request: HttpRequest, number: str) -> Any:
    """Show an order with how it stands."""
    return _shown(actor(request), number)


@router.get("/{number}/terminals", response={200: Page[ActionOut], **READING})
def list_actions_of_order(
    request: HttpRequest, number: str, paging: Query[Paging], state: ActionState | None = None
) -> dict[str, Any]:
    """List what became of each terminal's part."""
    who = actor(request)
    rows = queries.results(who, queries.order(who, number), state or "")
    return page_of(request, rows, sort="id", paging=paging)


@router.get("/{number}/left-out", response={200: LeftOutPage, **READING})
def list_left_out(request: HttpRequest, number: str, after: int = 0, limit: int = 100) -> Any:
    """List the terminals that were meant and are not asked, with why."""
    room = min(max(limit, 1), 200)
    found = queries.left_out(queries.order(actor(request), number), after=max(after, 0), limit=room)
    items = [
        {
            "serial": row.serial,
            "code": row.error.code,
            "sentence": str(row.error),
            "facts": row.error.facts(),
        }
        for _, row in found
    ]
    return {"items": items, "next_after": found[-1][0] if len(found) == room else None}


@router.post("/{number}/approve", response={200: ActionOrderDetail, **WRITING})
def approve_action_order(request: HttpRequest, number: str, body: ApproveIn) -> Any:
    """Confirm a lock or a wipe that somebody else asked for."""
    who = actor(request)
    verbs.approve_order(number=number, terminals=body.terminals, by=who, at=now())
    return _shown(who, number)


@router.post("/{number}/refuse", response={200: ActionOrderDetail, **WRITING})
def refuse_action_order(request: HttpRequest, number: str, body: RefuseIn) -> Any:
    """Refuse a lock or a wipe that somebody else asked for."""
    who = actor(request)
    verbs.refuse_order(number=number, why=body.why, by=who, at=now())
    return _shown(who, number)


@router.post("/{number}/cancel", response={200: ActionOrderDetail, **WRITING})
def cancel_action_order(request: HttpRequest, number: str) -> Any:
    """Cancel an order: what is not out yet stays in; what is out may still be done."""
    who = actor(request)
    verbs.cancel_order(number=number, by=who, at=now())
    return _shown(who, number)


at_terminal = Router(tags=["voice"])


@at_terminal.get("/{path:serial}/actions", response={200: Page[TerminalActionOut], **READING})
def list_actions_of_terminal(
    request: HttpRequest, serial: str, paging: Query[Paging]
) -> dict[str, Any]:
    """List what was ever asked of a terminal from afar, the newest first."""
    return page_of(request, queries.actions_of(actor(request), serial), sort="-id", paging=paging)


@at_terminal.get("/{path:serial}/actions/askable", response={200: list[AskableOut], **READING})
def list_askable(request: HttpRequest, serial: str) -> Any:
    """List what may be asked of a terminal now, and why the rest may not."""
    with override("en"):
        return [
            {
                "kind": row.kind,
                "open": row.open,
                "code": row.refusal.code if row.refusal else "",
                "sentence": str(row.refusal) if row.refusal else "",
            }
            for row in askable(actor(request), serial)
        ]


def _shown(who: Actor, number: str) -> Any:
    row = queries.order(who, number)
    counted, far = queries.counts(row), progress.progress(row.number)
    row.states, row.left_out = counted.states, counted.refused  # type: ignore[attr-defined]
    row.percent = far.percent if far else None  # type: ignore[attr-defined]
    return row
