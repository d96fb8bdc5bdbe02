"""Saying what a kind of line means, and having a log read again with what was said."""

from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import PatternState
from tillkeeper.telemetry.log_words import fault_choices
from tillkeeper.telemetry.queries import logs as queries
from tillkeeper.telemetry.services.logs import judge_pattern, read_again
from tillkeeper.web.parts import Request, answer, blame, changed

MEANINGS: Final = (
    (PatternState.KNOWN.value, gettext_lazy("It stands for a fault")),
    (PatternState.HARMLESS.value, gettext_lazy("It is harmless: later logs do not show it")),
    (PatternState.NEW.value, gettext_lazy("Nobody knows yet")),
)


class JudgeForm(forms.Form):
    """What a kind of line means."""

    state = forms.ChoiceField(
        label=gettext_lazy("What it means"), choices=MEANINGS, widget=forms.RadioSelect
    )
    fault = forms.ChoiceField(
        label=gettext_lazy("Fault"), required=False,
        help_text=gettext_lazy("Only with a kind of line that stands for a fault."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the fault table in the reader's language."""
        super().__init__(*args, **kwargs)
        self.fields["fault"].choices = [("", "–"), *fault_choices()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A fault is named exactly where one is meant."""
        told = super().clean() or {}
        if told.get("state") == PatternState.KNOWN and not told.get("fault"):
            self.add_error("fault", _("Choose the fault it stands for."))
        return told


@login_required
def judge(request: Request, number: int) -> HttpResponse:
    """Ask what a kind of line means, and write it down for all later logs."""
    request.actor.require(Right.ALERTS)
    row = queries.pattern(number)
    page = reverse("web:log-pattern", args=[number])
    form = JudgeForm(request.POST or None, initial={"state": row.state, "fault": row.fault})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            judge_pattern(
                pattern=number, state=PatternState(told["state"]), fault=told["fault"],
                by=request.actor, at=timezone.now(),
            )  # fmt: skip
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            return changed(
                request, _("Noted; it counts for every log that is read from now on"), page=page
            )
    ctx = {
        "form": form,
        "title": _("What does this kind of line mean?"),
        "lead": row.template,
        "submit": _("Save"),
        "action": request.path,
        "cancel_url": page,
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


@login_required
@require_POST
def again(request: Request, number: int) -> HttpResponse:
    """Have a log read again."""
    read_again(log_id=number, by=request.actor, at=timezone.now())
    return changed(request, _("It is being read again"), page=reverse("web:log", args=[number]))
