"""Starting a matching run: an organisation, a day, and the files it rests on."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import FileState
from tillkeeper.settlement.queries.files import files
from tillkeeper.settlement.services.runs import start_run
from tillkeeper.web.asking import day_of
from tillkeeper.web.money.files import line_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices

OFFERED_MAX: Final = 100
NEAR: Final = timedelta(days=10)  # files of these days around are offered beside those of the day


class StartForm(forms.Form):
    """What is matched, and as of when."""

    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"))
    day = forms.DateField(
        label=gettext_lazy("Business day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    as_of = forms.DateField(
        label=gettext_lazy("As of"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Decides what is still held and what is missing. Empty: today."),
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Offer the offices whose files one may match."""
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = office_choices(scope)  # type: ignore[attr-defined]


@login_required
def new(request: Request) -> HttpResponse:
    """Choose and start; the worker does it."""
    request.actor.require(Right.MONEY_WORK)
    scope = request.actor.scope(Right.MONEY_WORK)
    asked = request.POST if request.method == "POST" else request.GET
    form = StartForm(request.POST or None, scope=scope, initial=_initial(request.GET, scope))
    by_hand = bool(asked.get("by_hand"))
    ticked = asked.getlist("file") if by_hand else []
    if request.method == "POST" and form.is_valid():
        try:
            run = start_run(
                **form.cleaned_data,
                files=ticked,
                queue=True,
                by=request.actor,
                at=timezone.now(),
            )
        except TillkeeperError as error:
            blame(form, error)
        else:
            page = reverse("web:run", args=[run.number])
            if request.htmx:
                return HttpResponse(status=204, headers={"HX-Redirect": page})
            text = _("Run %(number)s has been started") % {"number": run.number}
            return changed(request, text, page=page)
    ctx = {"form": form, "chosen": _offered(scope, form, ticked), "by_hand": by_hand}
    status = 422 if form.errors else 200
    return answer(request, "money/run_new.html", "money/_run_new.html", ctx, status)


def _initial(asked: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    yesterday = timezone.localdate() - timedelta(days=1)
    offices = office_choices(scope)
    code = asked.get("organisation") or (offices[0][0] if offices else "")
    return {
        "organisation": code,
        "day": day_of(asked.get("day")) or yesterday,
        "as_of": day_of(asked.get("as_of")),
    }


def _offered(scope: Scope, form: StartForm, ticked: list[str]) -> list[dict[str, Any]]:
    """Return the files that a run of that day may rest on; those that have rows of it are ticked at first."""
    code, day = form["organisation"].value(), form["day"].value()
    on = day if isinstance(day, date) else day_of(day)
    node = parties.organisations(scope).filter(code=code).first() if scope.paths else None
    if node is None or on is None:
        return []
    near = files(scope).filter(organisation=node, state=FileState.TAKEN)
    near = near.filter(first_day__lte=on + NEAR, last_day__gte=on - NEAR)
    return [
        line_of(file) | {"ticked": file.number in ticked if ticked else _has(file, on)}
        for file in near[:OFFERED_MAX]
    ]


def _has(file: Any, day: date) -> bool:
    return bool(file.first_day <= day <= file.last_day)
