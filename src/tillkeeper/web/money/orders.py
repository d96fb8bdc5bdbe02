"""Verbs for very many cases that the worker does: how far they are, a way to stop them, what came of them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tillkeeper.kernel.progress import asked_to_stop, progress
from tillkeeper.settlement.services.case_sets import Order, order_of, stop_order
from tillkeeper.settlement.wording import STAGE_LABELS
from tillkeeper.web.money.many import VERBS
from tillkeeper.web.money.outcomes import told
from tillkeeper.web.parts import Request, answer

WORKING = frozenset({"queued", "running"})


@login_required
def detail(request: Request, key: str) -> HttpResponse:
    """Show how far an order is; once it is over, what came of it. Only to whoever gave it."""
    order = order_of(key, request.actor)
    if order.state in WORKING:
        part = "money/_order_progress.html"
        return answer(request, "money/order.html", part, _working(order))
    if request.htmx:
        page = reverse("web:cases-order", args=[key])
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    moved = len(order.outcome.moved)
    one = VERBS[order.title]
    ctx = _about(order) | told(request, order.outcome)
    ctx |= {"text": one.done(moved) % {"n": f"{moved:,}"}, "broken": order.state == "broken"}
    return answer(request, "money/order.html", "money/order.html", ctx)


@login_required
@require_POST
def stop(request: Request, key: str) -> HttpResponse:
    """Ask the worker to stop after the cases it has in hand."""
    stop_order(key, request.actor)
    return redirect("web:cases-order", key)


def _about(order: Order) -> dict[str, Any]:
    return {"order": order, "title": VERBS[order.title].title, "back": order.back}


def _working(order: Order) -> dict[str, Any]:
    heard = progress(order.key)
    stage = STAGE_LABELS.get(heard.stage, heard.stage) if heard else ""
    return _about(order) | {
        "progress": heard,
        "stage_label": stage,
        "working": True,
        "stopping": asked_to_stop(order.key),
        "total": len(order.numbers),
    }
