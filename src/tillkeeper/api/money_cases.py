"""/money/cases: what does not agree, and what people do about it. If-Match is heeded when sent."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Query, Router, Status

from tillkeeper.api import money_case_schemas as shapes
from tillkeeper.api.authentication import actor
from tillkeeper.api.money import seen
from tillkeeper.api.money_schemas import WhyIn
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.versions import tagged, version_if_asked
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import cases as queries
from tillkeeper.settlement.services import cases as verbs

router = Router(tags=["money"])
DETAIL: Any = {200: shapes.CaseDetail, **WRITING}


@router.get("", response={200: Page[shapes.CaseOut], **LISTING})
def list_cases(
    request: HttpRequest,
    paging: Query[Paging],
    filters: Query[shapes.CaseFiltersIn],
    sort: shapes.CaseSort = "-size_minor",
) -> dict[str, Any]:
    """List cases, the largest first; without a state, all that are not settled."""
    rows = queries.cases(seen(request), filters.filters(), sort)
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/{case}", response={200: shapes.CaseDetail, **READING})
def get_case(request: HttpRequest, response: HttpResponse, case: int) -> Any:
    """Show a case: evidence, other hypotheses with why not, decisions and story."""
    return tagged(response, queries.case(seen(request), case))


@router.post("/{case}/decide", response=DETAIL)
def decide(request: HttpRequest, response: HttpResponse, case: int, body: shapes.DecideIn) -> Any:
    """Decide; within the limit it is posted at once, above it a second person confirms."""
    proposal = verbs.Proposal(**body.model_dump())
    verbs.decide(case=case, proposal=proposal, **_said(request, Right.MONEY_WORK))
    return _now(request, response, case)


@router.post("/{case}/confirm", response=DETAIL)
def confirm(request: HttpRequest, response: HttpResponse, case: int, body: WhyIn) -> Any:
    """Confirm what another person proposed; it is posted."""
    verbs.confirm(case=case, why=body.why, **_said(request, Right.MONEY_APPROVE))
    return _now(request, response, case)


@router.post("/{case}/refuse", response=DETAIL)
def refuse(request: HttpRequest, response: HttpResponse, case: int, body: WhyIn) -> Any:
    """Refuse what another person proposed; the case is open again."""
    verbs.refuse(case=case, why=body.why, **_said(request, Right.MONEY_APPROVE))
    return _now(request, response, case)


@router.post("/{case}/hold", response=DETAIL)
def hold(request: HttpRequest, response: HttpResponse, case: int, body: shapes.HoldIn) -> Any:
    """Put a case aside until a day; it comes back by itself."""
    verbs.hold(case=case, **body.model_dump(), **_said(request, Right.MONEY_WORK))
    return _now(request, response, case)


@router.post("/{case}/resume", response=DETAIL)
def resume(request: HttpRequest, response: HttpResponse, case: int, body: WhyIn) -> Any:
    """Take a held or disputed case up again."""
    verbs.resume(case=case, why=body.why, **_said(request, Right.MONEY_WORK))
    return _now(request, response, case)


@router.post("/{case}/dispute", response=DETAIL)
def dispute(request: HttpRequest, response: HttpResponse, case: int, body: shapes.DisputeIn) -> Any:
    """Take a case up with the channel or the bank, against a deadline."""
    verbs.dispute(case=case, **body.model_dump(), **_said(request, Right.MONEY_WORK))
    return _now(request, response, case)


@router.post("/{case}/reopen", response=DETAIL)
def reopen(request: HttpRequest, response: HttpResponse, case: int, body: WhyIn) -> Any:
    """Open a closed or vanished case again; what was posted for it is reversed."""
    verbs.reopen(case=case, why=body.why, **_said(request, Right.MONEY_APPROVE))
    return _now(request, response, case)


@router.post("/{case}/assign", response=DETAIL)
def assign(request: HttpRequest, response: HttpResponse, case: int, body: shapes.AssignIn) -> Any:
    """Give a case to somebody."""
    verbs.assign(case=case, owner=body.owner, **_said(request, Right.MONEY_WORK))
    return _now(request, response, case)


@router.post("/{case}/notes", response={201: shapes.CaseNoteOut, **WRITING})
def add_note(request: HttpRequest, case: int, body: shapes.CaseNoteIn) -> Status[Any]:
    """Write a word on a case."""
    by = _allowed(request, Right.MONEY_WORK)
    return Status(201, verbs.add_note(case=case, text=body.text, by=by, at=now()))


def _allowed(request: HttpRequest, right: Right) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403, not that there is no such case."""
    who = actor(request)
    who.require(right)
    return who


def _said(request: HttpRequest, right: Right) -> dict[str, Any]:
    return {"by": _allowed(request, right), "at": now(), "version": version_if_asked(request)}


def _now(request: HttpRequest, response: HttpResponse, case: int) -> Any:
    return tagged(response, queries.case(actor(request).scope(Right.MONEY_VIEW), case))
