"""The orders, the newest first; those that wait for a second person stand above."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.action_words import KIND_LABELS, ORDER_LABELS
from tillkeeper.telemetry.lifecycle import ActionKind, OrderState
from tillkeeper.telemetry.queries.orders import OrderFilters, orders, to_approve
from tillkeeper.web.asking import one_of, text_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, wants_part

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import ActionOrder

NARROWING: Final = ("kind", "state", "serial")
# The colour of each state, by the states that the console's style sheet knows.
TONES: Final = {
    OrderState.PROPOSED: "soon",
    OrderState.PLANNING: "checked",
    OrderState.RUNNING: "running",
    OrderState.FINISHED: "ok",
    OrderState.REFUSED: "faulty",
    OrderState.CANCELLED: "",
}


@login_required
def index(request: Request) -> HttpResponse:
    """List orders."""
    request.actor.require(Right.VIEW)
    asked, by = request.GET, request.actor
    kind, state = one_of(asked, "kind", set(ActionKind)), one_of(asked, "state", set(OrderState))
    filters = OrderFilters(
        kind=(kind,) if kind else (),
        state=(state,) if state else (),
        serial=text_of(asked, "serial", 64),
    )
    page = page_of(orders(by, filters), request)
    ctx: dict[str, Any] = {
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "filtered": any(asked.get(name) for name in NARROWING),
    }
    if not wants_part(request):
        ctx |= {
            "waiting": [line_of(row) for row in to_approve(by)[:20]],
            "kinds": list(KIND_LABELS.items()),
            "states": list(ORDER_LABELS.items()),
        }
    return answer(request, "actions/list.html", "actions/_table.html", ctx)


def line_of(row: "ActionOrder") -> dict[str, Any]:
    """Return an order in words."""
    state = OrderState(row.state)
    return {
        "order": row,
        "kind": KIND_LABELS[ActionKind(row.kind)],
        "state": ORDER_LABELS[state],
        "tone": TONES[state],
    }
