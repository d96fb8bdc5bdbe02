"""One order: how it stands, each terminal's part, and what a second person or its giver may do."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillkeeper.kernel import progress
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.action_words import ACTION_LABELS
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState, right_to
from tillkeeper.telemetry.queries import orders as queries
from tillkeeper.telemetry.services.actions import orders as verbs
from tillkeeper.telemetry.services.actions.exports import export_results
from tillkeeper.web.actions.listing import line_of
from tillkeeper.web.actions.wording import arguments_told, facts_told
from tillkeeper.web.asking import one_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.refusals import sentence_of

LEFT_OUT_SHOWN: Final = 50
TONES: Final = {
    ActionState.QUEUED: "checked",
    ActionState.SENT: "running",
    ActionState.CONFIRMED: "ok",
    ActionState.FAILED: "faulty",
    ActionState.EXPIRED: "soon",
    ActionState.CANCELLED: "",
}
GOING_ON: Final = frozenset({OrderState.PROPOSED, OrderState.PLANNING, OrderState.RUNNING})


class ApproveForm(forms.Form):
    """How many terminals it is for, typed by whoever confirms."""

    terminals = forms.IntegerField(
        label=gettext_lazy("Type the number of terminals to confirm"), min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip


class RefuseForm(forms.Form):
    """The reason."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show an order and, page by page, what became of each terminal's part."""
    request.actor.require(Right.VIEW)
    row, state = _found(request, number), one_of(request.GET, "state", set(ActionState))
    counted = queries.counts(row)
    page = page_of(queries.results(request.actor, row, state), request)
    ctx = line_of(row) | {
        "page": page,
        "parts": [
            (part, ACTION_LABELS[ActionState(part.state)], TONES[ActionState(part.state)], facts_told(part.facts))
            for part in page.rows
        ],
        "arguments": arguments_told(row.arguments),
        "tabs": _tabs(counted.states),
        "tab": state,
        "left_out": [
            (one.serial, sentence_of(one.error))
            for _key, one in queries.left_out(row, limit=LEFT_OUT_SHOWN)
        ]
        if counted.refused
        else [],
        "left_out_count": counted.refused,
        "progress": progress.progress(row.number) if row.state == OrderState.PLANNING else None,
        "going_on": row.state in GOING_ON,
        **_may(request, row),
    }  # fmt: skip
    return answer(request, "actions/order.html", "actions/_order.html", ctx)


def _tabs(states: Mapping[str, int]) -> list[tuple[str, Any, int]]:
    shown = [(name, ACTION_LABELS[ActionState(name)], n) for name, n in states.items() if n]
    return [("", _("All"), sum(states.values())), *shown]


def _may(request: Request, row: Any) -> dict[str, bool]:
    by, waits = request.actor, row.state == OrderState.PROPOSED
    second = waits and row.by != by.name and by.may(Right.APPROVE_SEIZE, row.path)
    mine = by.may(right_to(ActionKind(row.kind)), row.path) or row.by == by.name
    return {
        "may_approve": second,
        "own": waits and row.by == by.name,
        "may_cancel": row.state in GOING_ON and mine,
    }


@login_required
def results_file(request: Request, number: str) -> HttpResponse | FileResponse:
    """Download what became of each terminal's part."""
    row = _found(request, number)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{row.number}.csv"
        export_results(
            number=row.number,
            path=path,
            by=request.actor,
            at=timezone.now(),
            language=get_language() or "",
        )
        opened = path.open("rb")  # the name may go: the bytes are read through the open file
    return FileResponse(opened, as_attachment=True, filename=f"{row.number}.csv")


@login_required
def approve(request: Request, number: str) -> HttpResponse:
    """Confirm a lock or a wipe as the second person."""
    row, form = _second(request, number), ApproveForm(request.POST or None)
    form.fields["terminals"].widget.attrs["placeholder"] = str(row.planned)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data["terminals"]
        try:
            verbs.approve_order(
                number=row.number, terminals=told, by=request.actor, at=timezone.now()
            )
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            return changed(request, _("Approved"), page=_page(row.number))
    return _ask(request, form, row.number, _("Approve"), danger=True)


@login_required
def refuse(request: Request, number: str) -> HttpResponse:
    """Refuse a lock or a wipe as the second person."""
    row, form = _second(request, number), RefuseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["why"]
        try:
            verbs.refuse_order(number=row.number, why=why, by=request.actor, at=timezone.now())
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            return changed(request, _("Refused"), page=_page(row.number))
    return _ask(request, form, row.number, _("Refuse"))


@login_required
@require_POST
def cancel(request: Request, number: str) -> HttpResponse:
    """Cancel an order: what is not out yet stays in."""
    row = _found(request, number)
    verbs.cancel_order(number=row.number, by=request.actor, at=timezone.now())
    return changed(request, _("Cancelled: what is not out yet stays in"), page=_page(row.number))


def _found(request: Request, number: str) -> Any:
    return queries.order(request.actor, number)


def _second(request: Request, number: str) -> Any:
    """Return an order for somebody who may be its second person: others see no form."""
    row = _found(request, number)
    request.actor.require(Right.APPROVE_SEIZE, row.path)
    return row


def _page(number: str) -> str:
    return reverse("web:action", args=[number])


def _ask(
    request: Request, form: forms.Form, number: str, title: str, *, danger: bool = False
) -> HttpResponse:
    ctx = {
        "form": form, "title": f"{title}: {number}", "submit": title, "action": request.path,
        "cancel_url": _page(number), "danger": danger,
    }  # fmt: skip
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)
