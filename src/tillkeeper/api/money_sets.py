"""/money/cases/orders: one verb for many cases, done at once or, of very many, by the worker."""

from typing import Any, Final

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Router, Status

from tillkeeper.api import money_set_schemas as shapes
from tillkeeper.api.authentication import actor
from tillkeeper.api.problems import READING, WRITING
from tillkeeper.api.throttles import HEAVY
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries.cases import cases, numbers_of
from tillkeeper.settlement.services.case_sets import (
    IN_REQUEST,
    do_for_all,
    order_of,
    place_order,
    stop_order,
)

router = Router(tags=["money"])
ORDERED: Final[Any] = {200: shapes.CaseOrderOut, 202: shapes.CaseOrderOut, **WRITING}


@router.post("", response=ORDERED, throttle=[HEAVY])
def order_for_many(request: HttpRequest, body: shapes.CaseOrderIn) -> Status[Any]:
    """Do one verb with many cases, each judged by itself. Up to 1,000 are done at once; more are left to the worker."""
    who, deed = actor(request), body.deed()
    who.require(deed.right)
    numbers = _numbers(body, who)
    if len(numbers) <= IN_REQUEST:
        outcome = do_for_all(numbers=numbers, deed=deed, by=who, at=now())
        return Status(200, shapes.done(body.verb, len(numbers), outcome))
    order = place_order(numbers=numbers, deed=deed, by=who, at=now(), title=body.verb)
    return Status(202, shapes.order_told(order))


@router.get("/{key}", response={200: shapes.CaseOrderOut, **READING})
def get_order_for_many(request: HttpRequest, key: str) -> Any:
    """Show how far an order of one's own is, and what came of it; kept for a week."""
    return shapes.order_told(order_of(key, actor(request)))


@router.post("/{key}/stop", response={200: shapes.CaseOrderOut, **WRITING})
def stop_order_for_many(request: HttpRequest, key: str) -> Any:
    """Stop an order of one's own after the cases in hand; what is done stays done."""
    return shapes.order_told(stop_order(key, actor(request)))


def _numbers(body: shapes.CaseOrderIn, who: Actor) -> list[int]:
    if body.filters is None:
        return list(dict.fromkeys(body.cases))
    return numbers_of(cases(who.scope(Right.MONEY_VIEW), body.filters.filters()))
