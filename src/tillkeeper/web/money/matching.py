"""Matching cases by hand: all of them next to each other, what they leave, and whether one person may."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.errors import Conflict, Forbidden, Invalid
from tillkeeper.kernel.money import Money
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import POSTED, CaseState, Remedy
from tillkeeper.settlement.queries.cases import CaseFilters, cases
from tillkeeper.settlement.services.deeds import limits_on, within_limit
from tillkeeper.settlement.services.hand_matches import (
    LEAST,
    MOST,
    Pairing,
    left_of,
    match_by_hand,
)
from tillkeeper.settlement.wording import REMEDY_LABELS
from tillkeeper.web.money.cases import Line, line_of
from tillkeeper.web.parts import Request, answer, blame, changed, wants_part

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Case

ANY_STATE: Final = CaseFilters(state=tuple(CaseState))


@dataclass(frozen=True, slots=True)
class Side:
    """Cases whose stakes have one sign, with their sum."""

    name: str
    lines: list[Line]
    minor: int


class MatchForm(forms.Form):
    """Why the cases belong together, and what becomes of what they leave."""

    remedy = forms.ChoiceField(
        label=gettext_lazy("What becomes of the rest"), widget=forms.RadioSelect
    )
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, left: int, **kwargs: Any) -> None:
        """Ask for a remedy only where something is left."""
        super().__init__(*args, **kwargs)
        choices = [(one.value, REMEDY_LABELS[one]) for one in POSTED]
        self.fields["remedy"].choices = choices  # type: ignore[attr-defined]
        if not left:
            del self.fields["remedy"]


@login_required
def pair(request: Request) -> HttpResponse:
    """Show the chosen cases next to each other; ask for the reason; match them."""
    request.actor.require(Right.MONEY_WORK)
    if request.method == "POST" and "confirmed" not in request.POST:
        return _to_page(request)
    asked = request.POST if request.method == "POST" else request.GET
    rows = chosen_rows(request, _numbers(asked))
    left = left_of(rows)
    form = MatchForm(request.POST if request.method == "POST" else None, left=left)
    if request.method == "POST" and form.is_valid():
        try:
            match = match_by_hand(
                pairing=_pairing(request.POST, rows, form.cleaned_data),
                by=request.actor,
                at=timezone.now(),
            )
        except (Invalid, Forbidden, Conflict) as refused:
            blame(form, refused)
        else:
            told = {"number": match.number}
            text = _("%(number)s: matched and posted") % told
            if match.state == "proposed":
                text = _("%(number)s is proposed; a second person has to confirm it") % told
            return changed(request, text, page=reverse("web:hand_match", args=[match.number]))
    ctx = side_by_side(rows) | _asked(rows, left, form, asked.get("query", ""))
    return answer(request, "money/pair.html", "money/pair.html", ctx, 422 if form.errors else 200)


def chosen_rows(request: HttpRequest, numbers: Sequence[int]) -> "list[Case]":
    """Return those of the cases that the actor sees, in any state; the service says what is wrong with them."""
    scope = request.actor.scope(Right.MONEY_VIEW)  # type: ignore[attr-defined]
    return list(cases(scope, ANY_STATE).filter(pk__in=numbers))


def side_by_side(rows: "Sequence[Case]") -> dict[str, Any]:
    """Return cases by the sign of their stakes, with the sums and what is left."""
    now = timezone.now()
    lines = [line_of(row, now) for row in rows]
    held = [line for line in lines if line.case.at_stake_minor > 0]
    missing = [line for line in lines if line.case.at_stake_minor < 0]
    nothing = [line for line in lines if not line.case.at_stake_minor]
    sides = [_side(_("Money we hold"), held), _side(_("Money that is missing"), missing)]
    if nothing:
        sides.append(_side(_("No money at stake"), nothing))
    return {
        "sides": sides,
        "left": left_of(rows),
        "currency": rows[0].currency if rows else "CNY",
        "cases": rows,
    }


def _side(name: str, lines: list[Line]) -> Side:
    return Side(name, lines, left_of([line.case for line in lines]))


def _asked(rows: "Sequence[Case]", left: int, form: forms.Form, query: str) -> dict[str, Any]:
    back = f"{reverse('web:cases')}?{query}" if query else reverse("web:cases")
    alike = len({(row.organisation_id, row.currency) for row in rows}) <= 1
    return {
        "form": form,
        "query": query,
        "back": back,
        "few": len(rows) < LEAST,
        "alike": alike,
        "limit": _limit(rows) if rows and alike else "",
        "without": [(row.pk, _without(rows, row.pk, query)) for row in rows],
        "explained": not left,
    }


def _without(rows: "Sequence[Case]", number: int, query: str) -> str:
    """Return the address of the same page without one of the cases."""
    return _address([row.pk for row in rows if row.pk != number], query)


def _limit(rows: "Sequence[Case]") -> str:
    """Say whether one person may match these."""
    currency, total = rows[0].currency, sum(row.size_minor for row in rows)
    limits = limits_on(timezone.now())
    said = {"total": Money(total, currency), "limit": Money(limits.get(currency, 0), currency)}
    if within_limit(total, currency, limits):
        return (
            _("Together %(total)s: up to %(limit)s you match alone, and it is posted at once.")
            % said
        )
    return (
        _(
            "Together %(total)s: above %(limit)s a second person has to confirm all of it before anything is posted."
        )
        % said
    )


def _pairing(sent: QueryDict, rows: "Sequence[Case]", given: dict[str, Any]) -> Pairing:
    remedy = given.get("remedy")
    return Pairing(
        cases=_numbers(sent),  # also those that are not seen: the service refuses them
        why=given["why"],
        remedy=Remedy(remedy) if remedy else None,
        versions=_versions(sent.get("versions", ""), {row.pk for row in rows}),
    )


def _versions(sent: str, known: set[int]) -> dict[int, int]:
    """Return the versions that were looked at, from `12:3,15:1`."""
    pairs = [part.split(":") for part in sent.split(",") if part.count(":") == 1]
    return {
        int(number): int(version)
        for number, version in pairs
        if _is_number(number) and _is_number(version) and int(number) in known
    }


def _numbers(sent: QueryDict) -> list[int]:
    ticked = dict.fromkeys(sent.getlist("case"))
    return [int(one) for one in ticked if _is_number(one)][: MOST + 1]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _address(numbers: Sequence[int], query: str) -> str:
    asked = QueryDict(mutable=True)
    asked.setlist("case", [str(number) for number in numbers])
    if query:
        asked["query"] = query
    return f"{reverse('web:cases-pair')}?{asked.urlencode()}"


def _to_page(request: Request) -> HttpResponse:
    """Answer the queue's form with the page's own address, so that it may be loaded again."""
    url = _address(_numbers(request.POST), request.POST.get("query", ""))
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
