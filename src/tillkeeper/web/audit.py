"""The audit trail: searched, read before and after, and its chains verified."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.trail import trail
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.wording import action_choices, kind_choices

ENTRIES_A_PAGE: Final = 50
FAULTS: Final = {
    "missing": _("an entry is missing"),
    "altered": _("the entry was altered after it was written"),
    "headless": _("the head of the chain is gone"),
    "cut_off": _("the end of the chain does not agree with its head"),
}


class TrailForm(forms.Form):
    """What to search for. All are optional; a wrong date is left out and said so."""

    subject = forms.CharField(required=False, max_length=120)
    actor = forms.CharField(required=False, max_length=120)
    action = forms.CharField(required=False, max_length=64)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=1)


@login_required
def index(request: Request) -> HttpResponse:
    """List entries, newest first; “older” goes on from the last one seen."""
    request.actor.require(Right.AUDIT)
    form = TrailForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    entries = trail(
        scope=request.actor.scope(Right.AUDIT),
        subject=_subject(asked.get("subject", "")),
        actor=asked.get("actor", ""),
        action=asked.get("action", ""),
        since=_midnight(asked.get("since")),
        until=_midnight(asked.get("until"), later=1),
        before_id=asked.get("before"),
        limit=ENTRIES_A_PAGE + 1,
    )
    ctx: dict[str, Any] = {
        "entries": entries[:ENTRIES_A_PAGE],
        "older": entries[ENTRIES_A_PAGE - 1].id if len(entries) > ENTRIES_A_PAGE else None,
        "form": form,
        "filtered": any(asked.values()),
    }
    if not request.htmx:
        ctx |= {"kinds": kind_choices(), "actions": action_choices()}
    return answer(request, "audit/list.html", "audit/_table.html", ctx)


def _subject(text: str) -> str:
    """Accept “merchant 898...” as well as “merchant:898...”."""
    return text.strip().replace("：", ":").replace(" ", ":", 1)


def _midnight(day: Any, later: int = 0) -> datetime | None:
    return (
        timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min))
        if day
        else None
    )


@require_POST
@login_required
def verify(request: Request) -> HttpResponse:
    """Walk the chains and say whether they hold."""
    request.actor.require(Right.AUDIT)
    scope = request.actor.scope(Right.AUDIT)
    names = dict(queries.organisations().filter(parent=None).values_list("path", "name"))
    verdicts = [
        {"verdict": verdict, "name": names.get(verdict.root, verdict.root or "–"),
         "fault": FAULTS.get(verdict.broken.reason, verdict.broken.reason) if verdict.broken else ""}
        for verdict in verify_chains()
        if any(place.startswith(verdict.root) for place in scope.paths)
    ]  # fmt: skip
    return answer(
        request,
        "audit/verdict.html",
        "audit/_verdict.html",
        {"verdicts": verdicts, "at": timezone.now()},
    )


urlpatterns = [path("", index, name="audit"), path("verify", verify, name="audit-verify")]
