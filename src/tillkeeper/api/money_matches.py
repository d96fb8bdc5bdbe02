"""/money/matches: cases that people matched with each other by hand."""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Query, Router, Status

from tillkeeper.api import money_set_schemas as shapes
from tillkeeper.api.authentication import actor
from tillkeeper.api.money import seen
from tillkeeper.api.money_schemas import WhyIn
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import hand_matches as queries
from tillkeeper.settlement.queries.ledger import postings
from tillkeeper.settlement.services import hand_matches as verbs

router = Router(tags=["money"])
DETAIL: Any = {200: shapes.HandMatchDetail, **WRITING}


@router.post("", response={201: shapes.HandMatchDetail, **WRITING})
def match_by_hand(request: HttpRequest, body: shapes.HandMatchIn) -> Status[Any]:
    """Match cases with each other; posted at once within the limit, above it a second person confirms all of it."""
    who = _allowed(request, Right.MONEY_WORK)
    made = verbs.match_by_hand(pairing=verbs.Pairing(**body.model_dump()), by=who, at=now())
    return Status(201, _told(request, made.number))


@router.get("", response={200: Page[shapes.HandMatchOut], **LISTING})
def list_hand_matches(
    request: HttpRequest,
    paging: Query[Paging],
    state: Literal["", "proposed", "confirmed", "refused", "reversed"] = "",
) -> dict[str, Any]:
    """List hand matches, the newest first."""
    rows = queries.hand_matches(seen(request)).select_related("organisation")
    return page_of(request, rows.filter(state=state) if state else rows, sort="-id", paging=paging)


@router.get("/{number}", response={200: shapes.HandMatchDetail, **READING})
def get_hand_match(request: HttpRequest, number: str) -> Any:
    """Show a hand match with its cases and postings."""
    return _told(request, number)


@router.post("/{number}/confirm", response=DETAIL)
def confirm_hand_match(request: HttpRequest, number: str, body: WhyIn) -> Any:
    """Confirm all of a match that another person proposed; it is posted."""
    by = _allowed(request, Right.MONEY_APPROVE)
    verbs.confirm_match(number=number, why=body.why, by=by, at=now())
    return _told(request, number)


@router.post("/{number}/refuse", response=DETAIL)
def refuse_hand_match(request: HttpRequest, number: str, body: WhyIn) -> Any:
    """Refuse all of a match that another person proposed; its cases are open again."""
    by = _allowed(request, Right.MONEY_APPROVE)
    verbs.refuse_match(number=number, why=body.why, by=by, at=now())
    return _told(request, number)


@router.post("/{number}/undo", response=DETAIL)
def undo_hand_match(request: HttpRequest, number: str, body: WhyIn) -> Any:
    """Undo a match: what it posted is reversed, and every case is open again."""
    by = _allowed(request, Right.MONEY_APPROVE)
    verbs.unmatch(number=number, why=body.why, by=by, at=now())
    return _told(request, number)


def _allowed(request: HttpRequest, right: Right) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403, not that there is no such match."""
    who = actor(request)
    who.require(right)
    return who


def _told(request: HttpRequest, number: str) -> Any:
    scope = actor(request).scope(Right.MONEY_VIEW)
    match: Any = queries.hand_match(scope, number)
    match.cases = [one.case for one in queries.decisions_of(match)]
    posted = postings(scope).filter(queries.posted_for(match)).order_by("pk")
    match.postings = list(posted.values_list("number", flat=True))
    return match
