"""Verbs for several cases at a time: each by itself, and what came of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseState
from tillkeeper.settlement.queries.cases import CaseFilters, cases
from tillkeeper.settlement.services.cases import Outcome, assign, for_each, hold
from tillkeeper.web.money.cases import Line, line_of
from tillkeeper.web.money.forms import HoldForm
from tillkeeper.web.parts import Request, answer, changed, wants_part
from tillkeeper.web.refusals import sentence_of

MOST: Final = 100  # a page has no more
ANY_STATE: Final = CaseFilters(state=tuple(CaseState))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a verb for one case."""

    number: int
    line: Line | None  # None: not within the actor's view
    sentence: str | Promise
    moved: bool


@login_required
@require_POST
def take(request: Request) -> HttpResponse:
    """Assign the chosen cases to whoever asks."""
    request.actor.require(Right.MONEY_WORK)
    chosen = _chosen(request)
    act = partial(assign, owner=request.actor.name, by=request.actor, at=timezone.now())
    outcome = for_each(chosen, _by_number(act))
    text = ngettext("%(n)s case is yours", "%(n)s cases are yours", len(outcome.moved))
    return _told(request, chosen, outcome, text % {"n": len(outcome.moved)})


@login_required
@require_POST
def put_aside(request: Request) -> HttpResponse:
    """Ask until when, then hold the chosen cases."""
    request.actor.require(Right.MONEY_WORK)
    chosen = _chosen(request)
    form = HoldForm(request.POST if request.POST.get("confirmed") else None)
    if not (form.is_bound and form.is_valid()):
        return _asked(request, form, chosen)
    given = {"until": form.cleaned_data["until"], "why": form.cleaned_data["why"]}
    act = partial(hold, **given, by=request.actor, at=timezone.now())
    outcome = for_each(chosen, _by_number(act))
    text = ngettext("%(n)s case is on hold", "%(n)s cases are on hold", len(outcome.moved))
    return _told(request, chosen, outcome, text % {"n": len(outcome.moved)})


def _by_number(act: Callable[..., Any]) -> Callable[[int], Any]:
    return lambda number: act(case=number)


def _asked(request: Request, form: forms.Form, chosen: Sequence[int]) -> HttpResponse:
    count = ngettext("Hold %(n)s case", "Hold %(n)s cases", len(chosen)) % {"n": len(chosen)}
    ctx = {
        "form": form,
        "chosen": chosen,
        "title": count,
        "action": reverse("web:cases-hold"),
        "back": _back(request),
    }
    status = 422 if form.errors else 200
    return answer(request, "money/bulk_hold.html", "money/_bulk_hold.html", ctx, status)


def _chosen(request: Request) -> list[int]:
    sent = dict.fromkeys(request.POST.getlist("case"))
    return [int(one) for one in sent if one.isascii() and one.isdigit() and len(one) < 19][:MOST]


def _back(request: Request) -> str:
    query = request.POST.get("query", "")
    return f"{reverse('web:cases')}?{query}" if query else reverse("web:cases")


def _told(request: Request, chosen: Sequence[int], outcome: Outcome, text: str) -> HttpResponse:
    """Say what came of it: in passing when all went well, else with a line for each."""
    if outcome.moved and not outcome.refused and wants_part(request):
        return changed(request, text, page=reverse("web:cases"))
    now, scope = timezone.now(), request.actor.scope(Right.MONEY_VIEW)
    rows = {row.pk: row for row in cases(scope, ANY_STATE).filter(pk__in=chosen)}
    refused = dict(outcome.refused)
    results = [
        Result(
            number,
            line_of(rows[number], now) if number in rows else None,
            sentence_of(refused[number]) if number in refused else _("done"),
            number not in refused,
        )
        for number in chosen
    ]
    ctx = {"results": results, "text": text, "back": _back(request), "nothing": not chosen}
    return answer(request, "money/bulk_result.html", "money/_bulk_result.html", ctx)
