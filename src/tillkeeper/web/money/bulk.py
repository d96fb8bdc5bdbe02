"""Verbs for many cases: the ticked rows, or all that the queue finds. Asked with a dry run, then done, then told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import origins
from tillkeeper.settlement.queries.cases import SORTS, count_by_state, numbers_of
from tillkeeper.settlement.services.case_sets import (
    IN_REQUEST,
    Outcome,
    do_for_all,
    place_order,
)
from tillkeeper.settlement.wording import CASE_LABELS, CLASS_LABELS
from tillkeeper.web.asking import one_of
from tillkeeper.web.money.cases import found
from tillkeeper.web.money.many import VERBS, Many
from tillkeeper.web.money.outcomes import result_page
from tillkeeper.web.parts import Request, answer, blame, changed, sent_by_list, wants_part
from tillkeeper.web.places import narrowed

MOST: Final = 100  # a page has no more


@dataclass(frozen=True)
class Chosen:
    """Which cases are meant, and what is needed to ask for them again in the next form."""

    numbers: Sequence[int]
    query: str
    all_matching: bool

    @cached_property
    def count(self) -> int:
        """How many they are."""
        return len(self.numbers)

    @property
    def back(self) -> str:
        """The address of the queue they were chosen in."""
        page = reverse("web:cases")
        return f"{page}?{self.query}" if self.query else page

    @property
    def difference(self) -> str:
        """The class that the queue shows; blank if all of them."""
        return one_of(QueryDict(self.query), "difference", CLASS_LABELS)


def chosen_of(request: Request) -> Chosen:
    """Return what the queue's form sent: `case` many times, or `all_matching` with the queue's `query`.

    Raises:
        TooManyCases: the queue finds more than one order takes.
    """
    sent = request.POST
    query = sent.get("query", "")
    if sent.get("all_matching"):
        asked = QueryDict(query)
        scope = request.actor.scope(Right.MONEY_VIEW)
        place = narrowed(scope, asked.get("organisation", ""))
        return Chosen(numbers_of(found(place, asked, request.actor, SORTS[0])), query, True)
    ticked = dict.fromkeys(sent.getlist("case"))
    numbers = [int(one) for one in ticked if one.isascii() and one.isdigit() and len(one) < 19]
    return Chosen(numbers[:MOST], query, False)


class CountForm(forms.Form):
    """The number of cases, typed where money moves in all that a queue finds."""

    confirm = forms.CharField(
        label=gettext_lazy("Type the number of cases to confirm"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, expected: int, **kwargs: Any) -> None:
        """Show the number that is to be typed."""
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["confirm"].widget.attrs["placeholder"] = str(expected)

    def clean_confirm(self) -> str:
        """Compare it; the queue may find others by now."""
        typed = str(self.cleaned_data["confirm"]).replace(",", "").strip()
        if typed != str(self.expected):
            raise forms.ValidationError(
                _("Type %(n)s, the number of cases chosen.") % {"n": self.expected}
            )
        return typed


@login_required
@sent_by_list("web:cases")
def take(request: Request) -> HttpResponse:
    """Assign the chosen cases to whoever asks, without asking anything else; of very many, ask."""
    request.actor.require(Right.MONEY_WORK)
    chosen = chosen_of(request)
    if chosen.all_matching and "confirmed" not in request.POST:
        return ask(request, "take")
    return _do(request, "take", chosen, {})


@login_required
@sent_by_list("web:cases")
def ask(request: Request, verb: str) -> HttpResponse:
    """Ask what a verb needs, with how many may take it; then do it."""
    if verb not in VERBS:
        raise Http404(verb)
    one = VERBS[verb]
    request.actor.require(one.right)
    chosen = chosen_of(request)
    sent = request.POST if request.POST.get("confirmed") else None
    form = one.form(sent, request.actor, chosen.difference)
    count = _counted(one, chosen, sent)
    if sent is not None and form.is_valid() and (count is None or count.is_valid()):
        try:
            return _do(request, verb, chosen, form.cleaned_data)
        except TillkeeperError as error:
            blame(form, error)
    return _asked(request, verb, chosen, [form, count] if count else [form])


def _counted(one: Many, chosen: Chosen, sent: Any) -> CountForm | None:
    if one.danger and chosen.all_matching:
        return CountForm(sent, expected=chosen.count)
    return None


def _asked(
    request: Request, verb: str, chosen: Chosen, asked: Sequence[forms.Form]
) -> HttpResponse:
    one = VERBS[verb]
    heading = ngettext("%(what)s: %(n)s case", "%(what)s: %(n)s cases", chosen.count)
    ctx = {
        "forms": asked,
        "chosen": chosen,
        "title": heading % {"what": one.title, "n": f"{chosen.count:,}"},
        "submit": one.title,
        "lead": one.lead,
        "danger": one.danger,
        "told": _dry_run(request, one, chosen),
        "action": reverse("web:cases-many", args=[verb]),
    }
    status = 422 if any(form.errors for form in asked) else 200
    return answer(request, "money/cases_many.html", "money/_cases_many.html", ctx, status)


def _dry_run(request: Request, one: Many, chosen: Chosen) -> dict[str, Any]:
    """Return how many of the chosen may take a verb as they stand now, and why the others may not."""
    counted = count_by_state(request.actor.scope(one.right), chosen.numbers)
    usable = set(CASE_LABELS) if one.step is None else {str(s) for s in origins(one.step)}
    may = sum(n for state, n in counted.items() if state in usable)
    return {
        "may": may,
        "refused": chosen.count - may,
        "states": [
            (CASE_LABELS.get(state, state), n)
            for state, n in sorted(counted.items())
            if state not in usable
        ],
        "not_yours": chosen.count - sum(counted.values()),
    }


def _do(request: Request, verb: str, chosen: Chosen, given: dict[str, Any]) -> HttpResponse:
    """Do it at once, or leave very many to the worker and show how far it is."""
    one, by, at = VERBS[verb], request.actor, timezone.now()
    numbers, deed = chosen.numbers, one.deed(given, request.actor)
    if chosen.count <= IN_REQUEST:
        outcome = do_for_all(numbers=numbers, deed=deed, by=by, at=at)
        return _told(request, one, chosen, outcome)
    placed = place_order(numbers=numbers, deed=deed, by=by, at=at, title=verb, back=chosen.back)
    page = reverse("web:cases-order", args=[placed.key])
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(page)


def _told(request: Request, one: Many, chosen: Chosen, outcome: Outcome) -> HttpResponse:
    """Say what came of it: in passing when all went well, else with a line for each."""
    moved = len(outcome.moved)
    text = one.done(moved) % {"n": f"{moved:,}"}
    if outcome.moved and not outcome.refused and wants_part(request):
        return changed(request, text, page=reverse("web:cases"))
    return result_page(request, outcome, text=text, back=chosen.back)
