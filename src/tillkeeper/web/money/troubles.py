"""Batches that cannot settle: the list, opening one, its path, looking again, and handing it over."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.queries import find_merchants
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import TroubleStands
from tillkeeper.settlement.lifecycle import TroubleState
from tillkeeper.settlement.queries.troubles import TroubleFilters, story, trouble, troubles
from tillkeeper.settlement.services.troubles import look, open_trouble
from tillkeeper.settlement.services.troubles_handed import hand_over
from tillkeeper.settlement.troubles.wording import SYMPTOM_LABELS, TROUBLE_LABELS
from tillkeeper.terminals.queries.stays import terminal_ids_of
from tillkeeper.web.asking import day_of, one_of, text_of
from tillkeeper.web.money.trouble_words import ending, next_step, steps_of, story_told
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import narrowed, office_choices

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Trouble

# The colour of each state, by the states that the console's style sheet knows.
TONES: Final = {
    TroubleState.OPEN: "faulty",
    TroubleState.SETTLED: "ok",
    TroubleState.HANDED_OVER: "checked",
}
NARROWING: Final = ("state", "day", "q", "organisation")


class TroubleForm(forms.Form):
    """Which batch, and what was seen."""

    mid = forms.CharField(
        label=gettext_lazy("Merchant number"), max_length=40,
        help_text=gettext_lazy("The beginning of the number or a part of the name is enough to find it."),
        widget=forms.TextInput(attrs={"list": "mids", "autocomplete": "off"}),
    )  # fmt: skip
    tid = forms.CharField(
        label=gettext_lazy("Terminal id"), max_length=20,
        widget=forms.TextInput(attrs={"list": "tids", "autocomplete": "off"}),
    )  # fmt: skip
    batch = forms.CharField(
        label=gettext_lazy("Batch"), max_length=12, required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("As on the settlement slip. Empty: all of the day."),
    )  # fmt: skip
    day = forms.DateField(
        label=gettext_lazy("Business day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    symptom = forms.ChoiceField(
        label=gettext_lazy("What was seen"),
        choices=list(SYMPTOM_LABELS.items()),
        widget=forms.RadioSelect,
    )
    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"), required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Offer the offices whose files may tell of it; where there is one only, do not ask."""
        super().__init__(*args, **kwargs)
        offices = office_choices(scope)
        if len(offices) < 2:
            del self.fields["organisation"]
            return
        own = ("", _("the one whose files tell of the merchant"))
        self.fields["organisation"].choices = [own, *offices]  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """What the next person should know."""

    why = forms.CharField(
        label=gettext_lazy("Remark"), max_length=400, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@login_required
def index(request: Request) -> HttpResponse:
    """List troubles, the newest first."""
    request.actor.require(Right.MONEY_VIEW)
    scope, asked = request.actor.scope(Right.MONEY_VIEW), request.GET
    filters = TroubleFilters(
        state=one_of(asked, "state", TROUBLE_LABELS),
        day=day_of(asked.get("day")),
        q=text_of(asked, "q", 40),
    )
    page = page_of(troubles(narrowed(scope, asked.get("organisation", "")), filters), request)
    ctx = {
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "states": list(TROUBLE_LABELS.items()),
        "offices": office_choices(scope),
        "filtered": any(asked.get(name) for name in NARROWING),
    }
    return answer(request, "money/troubles.html", "money/_troubles.html", ctx)


def line_of(row: "Trouble") -> dict[str, Any]:
    """Return a trouble in words."""
    return {
        "trouble": row,
        "state": TROUBLE_LABELS.get(row.state, row.state),
        "tone": TONES.get(TroubleState(row.state), ""),
        "symptom": SYMPTOM_LABELS.get(row.symptom, row.symptom),
    }


@login_required
def new(request: Request) -> HttpResponse:
    """Note that a batch cannot settle, and look at it for the first time."""
    request.actor.require(Right.MONEY_WORK)
    scope = request.actor.scope(Right.MONEY_WORK)
    form = TroubleForm(request.POST or None, scope=scope, initial=_initial(request.GET))
    if request.method == "POST" and form.is_valid():
        try:
            made = open_trouble(**form.cleaned_data, by=request.actor, at=timezone.now())
        except TroubleStands as standing:
            return redirect("web:trouble", standing.number)
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            return redirect("web:trouble", made.number)
    return render(
        request, "money/trouble_new.html", {"form": form}, status=422 if form.errors else 200
    )


def _initial(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "mid": text_of(asked, "mid", 40),
        "tid": text_of(asked, "tid", 20),
        "batch": text_of(asked, "batch", 12),
        "day": day_of(asked.get("day")) or timezone.localdate(),
        "symptom": one_of(asked, "symptom", SYMPTOM_LABELS) or "refuses_settlement",
    }


@login_required
def suggestions(request: Request) -> HttpResponse:
    """Answer the form while somebody types: merchants, and the terminal ids of the one that is named."""
    request.actor.require(Right.MONEY_WORK)
    scope, typed = request.actor.scope(Right.MONEY_WORK), text_of(request.GET, "mid", 40)
    ctx = {"merchants": find_merchants(scope, typed), "tids": terminal_ids_of(scope, typed)}
    return render(request, "money/_trouble_names.html", ctx)


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show the path of a trouble as it stands."""
    subject = _found(request, number)
    told = story(subject)
    steps = steps_of(subject, told, request.actor)
    ctx = line_of(subject) | {
        "steps": steps,
        "next": next_step(steps) if subject.state == TroubleState.OPEN else None,
        "ending": ending(told) if subject.state == TroubleState.SETTLED else None,
        "events": story_told(told),
        "open": subject.state == TroubleState.OPEN,
        "may_work": request.actor.may(Right.MONEY_WORK, subject.path),
        "passed": sum(step.verdict == "passed" for step in steps),
    }
    return answer(request, "money/trouble.html", "money/_trouble.html", ctx)


@login_required
@require_POST
def look_again(request: Request, number: str) -> HttpResponse:
    """Go through all checks again; what was done since is written down first."""
    subject = _found(request, number)
    request.actor.require(Right.MONEY_WORK, subject.path)
    made = look(
        number=number,
        word=request.POST.get("word", ""),
        by=request.actor,
        at=timezone.now(),
    )
    text = _("The batch is settled") if made.state == TroubleState.SETTLED else _("Looked again")
    return changed(request, text, page=reverse("web:trouble", args=[number]))


@login_required
def give(request: Request, number: str) -> HttpResponse:
    """Hand a trouble over as a case."""
    subject = _found(request, number)
    request.actor.require(Right.MONEY_WORK, subject.path)
    form, page = HandOverForm(request.POST or None), reverse("web:trouble", args=[number])
    if request.method == "POST" and form.is_valid():
        try:
            case = hand_over(
                number=number, why=form.cleaned_data["why"], by=request.actor, at=timezone.now()
            )
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            text = _("%(number)s goes on as case %(case)s") % {"number": number, "case": case.pk}
            return changed(request, text, page=page)
    ctx = {
        "form": form,
        "action": request.path,
        "cancel_url": page,
        "title": _("Hand over as a case"),
        "lead": _(
            "The case that stands for it is joined; else one is opened with all that was found, and its money is in "
            "doubt until it is decided."
        ),
        "submit": _("Hand over"),
    }
    return answer(request, "money/step.html", "money/_step.html", ctx, 422 if form.errors else 200)


def _found(request: Request, number: str) -> "Trouble":
    return trouble(request.actor.scope(Right.MONEY_VIEW), number)
