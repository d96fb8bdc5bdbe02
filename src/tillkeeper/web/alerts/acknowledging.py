"""Somebody has seen it: one alert or many, with a note."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.queries import alerts as queries
from tillkeeper.telemetry.services.acknowledging import acknowledge, annotate
from tillkeeper.web.alerts.listing import filters_of
from tillkeeper.web.parts import Request, answer, blame, changed, sent_by_list
from tillkeeper.web.refusals import sentence_of

MOST: Final = 10_000


class NoteForm(forms.Form):
    """What is known."""

    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=200, required=False,
        help_text=gettext_lazy("What is known, and who does something about it."),
    )  # fmt: skip


@login_required
@sent_by_list("web:alerts")
def acknowledge_many(request: Request) -> HttpResponse:
    """Acknowledge the ticked alerts, or all that the list finds."""
    request.actor.require(Right.ALERTS)
    numbers = _chosen(request)
    form = NoteForm(request.POST if request.POST.get("confirmed") else None)
    if form.is_bound and form.is_valid():
        return _done(request, numbers, form.cleaned_data["note"])
    heading = ngettext("Acknowledge %(n)s alert", "Acknowledge %(n)s alerts", len(numbers))
    ctx = {
        "form": form,
        "title": heading % {"n": f"{len(numbers):,}"},
        "chosen": request.POST.getlist("alert"),
        "query": request.POST.get("query", ""),
        "all_matching": request.POST.get("all_matching", ""),
        "back": _back(request),
    }
    return answer(
        request, "alerts/many.html", "alerts/_many.html", ctx, 422 if form.errors else 200
    )


@login_required
def acknowledge_one(request: Request, number: int) -> HttpResponse:
    """Acknowledge one alert."""
    row = queries.alert(request.actor, number)
    request.actor.require(Right.ALERTS, row.terminal.path)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _done(request, [number], form.cleaned_data["note"])
    return _ask(request, form, number, _("Acknowledge alert"), _("Acknowledge"))


@login_required
def note(request: Request, number: int) -> HttpResponse:
    """Write a note to an alert."""
    row = queries.alert(request.actor, number)
    request.actor.require(Right.ALERTS, row.terminal.path)
    form = NoteForm(request.POST or None, initial={"note": row.note})
    if request.method == "POST" and form.is_valid():
        try:
            annotate(
                number=number, note=form.cleaned_data["note"], by=request.actor, at=timezone.now()
            )
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            return changed(request, _("Noted"), page=reverse("web:alert", args=[number]))
    return _ask(request, form, number, _("Note on an alert"), _("Save"))


def _ask(request: Request, form: NoteForm, number: int, title: str, submit: str) -> HttpResponse:
    ctx = {
        "form": form,
        "title": title,
        "submit": submit,
        "action": request.path,
        "cancel_url": reverse("web:alert", args=[number]),
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


def _chosen(request: Request) -> list[int]:
    sent = request.POST
    if sent.get("all_matching"):
        filters = filters_of(QueryDict(sent.get("query", "")))
        found = queries.alerts(request.actor, filters).values_list("pk", flat=True)
        return list(found[:MOST])
    ticked = dict.fromkeys(sent.getlist("alert"))
    return [int(one) for one in ticked if one.isascii() and one.isdigit() and len(one) < 19]


def _done(request: Request, numbers: Sequence[int], text: str) -> HttpResponse:
    done = acknowledge(ids=numbers, note=text, by=request.actor, at=timezone.now())
    moved = len(done.moved)
    said = ngettext("%(n)s alert acknowledged", "%(n)s alerts acknowledged", moved)
    words: dict[str, Any] = {"n": f"{moved:,}"}
    told = said % words
    if done.refused:
        first = sentence_of(done.refused[0][1])
        told += _(" · %(n)s not: %(why)s") % {"n": f"{len(done.refused):,}", "why": first}
    return changed(request, told, page=_back(request))


def _back(request: Request) -> str:
    page, query = reverse("web:alerts"), request.POST.get("query", "")
    return f"{page}?{query}" if query else page
