"""Dialogs of what is done with one case. Each asks, calls one service, and says what came of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import Forbidden, Invalid
from tillkeeper.kernel.files import keep_file
from tillkeeper.kernel.money import Money
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.queries.ledger import postings
from tillkeeper.settlement.services import cases as services
from tillkeeper.settlement.services.deeds import limits_on
from tillkeeper.web.money.case import entries_turned, found, people_with
from tillkeeper.web.money.forms import (
    DecideForm,
    DisputeForm,
    HoldForm,
    NoteForm,
    OwnerForm,
    ReasonForm,
    WordForm,
)
from tillkeeper.web.parts import Request, answer, blame, changed

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tillkeeper.settlement.models import Case, Posting

Act = Callable[[dict[str, Any]], str | Promise]
IN_PLACE = (Invalid, Forbidden)  # refusals that the form can show where they belong


def _asked(
    request: Request, subject: "Case", form: forms.Form, act: Act, words: dict[str, Any]
) -> HttpResponse:
    """Show a form; when it is filled in well, do it and say so."""
    page = reverse("web:case", args=[subject.pk])
    if request.method == "POST" and form.is_valid():
        try:
            text = act(form.cleaned_data)
        except IN_PLACE as refused:
            blame(form, refused)
        else:
            return changed(request, text, page=page)
    ctx = {"form": form, "action": request.path, "cancel_url": page, "case": subject, **words}
    status = 422 if form.errors else 200
    return answer(request, "money/step.html", "money/_step.html", ctx, status)


def _subject(request: Request, number: int, right: Right) -> "Case":
    subject = found(request, number)
    request.actor.require(right, subject.path)
    return subject


def _now(subject: "Case") -> dict[str, int]:
    """Return the version that a form is shown for."""
    return {"version": subject.version}


@login_required
def decide(request: Request, number: int) -> HttpResponse:
    """Decide about a case."""
    subject = _subject(request, number, Right.MONEY_WORK)
    sent = request.POST or None
    form = DecideForm(sent, request.FILES or None, case=subject, initial=_now(subject))

    def act(given: dict[str, Any]) -> str:
        decision = services.decide(
            case=number,
            proposal=services.Proposal(
                remedy=Remedy(given["remedy"]),
                why=given["why"],
                amount_minor=given.get("amount"),
                evidence_sha256=_kept(request, given.get("evidence")),
            ),
            version=given["version"],
            by=request.actor,
            at=timezone.now(),
        )
        told = {"number": decision.number}
        if decision.state == "proposed":
            return _("%(number)s is proposed; a second person has to confirm it") % told
        return _("%(number)s is decided and posted") % told

    words = {"title": _("Decide"), "submit": _("Decide"), "lead": _limit(subject), "files": True}
    return _asked(request, subject, form, act, words)


def _limit(subject: "Case") -> str:
    """Say up to which amount one person decides alone."""
    limit = limits_on(timezone.now()).get(subject.currency)
    if limit is None:
        return _("Every decision in %(currency)s has to be confirmed by a second person.") % {
            "currency": subject.currency
        }
    return _(
        "While at most %(amount)s is at stake you decide alone; above it a second person has to confirm before "
        "anything is posted."
    ) % {"amount": Money(limit, subject.currency)}


def _kept(request: Request, file: Any) -> str:
    """Keep a file that was sent along; return its hash, or nothing."""
    if not file:
        return ""
    kept = keep_file(
        file.file,
        name=file.name,
        media_type=(file.content_type or "application/octet-stream")[:120],
        retention=RetentionClass.DOCUMENT,
        by=request.actor,
        at=timezone.now(),
    )
    return kept.sha256


@login_required
def hold(request: Request, number: int) -> HttpResponse:
    """Put a case aside until a day."""
    subject = _subject(request, number, Right.MONEY_WORK)

    def act(given: dict[str, Any]) -> str:
        services.hold(case=number, by=request.actor, at=timezone.now(), **given)
        return _("On hold until %(day)s") % {"day": given["until"]}

    words = {
        "title": _("Put on hold"),
        "submit": _("Hold"),
        "lead": _("It comes back to the queue by itself on that day."),
    }
    return _asked(
        request, subject, HoldForm(request.POST or None, initial=_now(subject)), act, words
    )


@login_required
def resume(request: Request, number: int) -> HttpResponse:
    """Take a held or disputed case up again."""
    subject = _subject(request, number, Right.MONEY_WORK)

    def act(given: dict[str, Any]) -> str:
        services.resume(case=number, by=request.actor, at=timezone.now(), **given)
        return _("Taken up again")

    words = {"title": _("Take up again"), "submit": _("Take up")}
    return _asked(
        request, subject, WordForm(request.POST or None, initial=_now(subject)), act, words
    )


@login_required
def dispute(request: Request, number: int) -> HttpResponse:
    """Take a case up with the channel or the bank."""
    subject = _subject(request, number, Right.MONEY_WORK)

    def act(given: dict[str, Any]) -> str:
        services.dispute(case=number, by=request.actor, at=timezone.now(), **given)
        return _("Disputed; an answer is due by %(day)s") % {"day": given["deadline"]}

    words = {"title": _("Dispute"), "submit": _("Dispute")}
    return _asked(
        request, subject, DisputeForm(request.POST or None, initial=_now(subject)), act, words
    )


@login_required
def note(request: Request, number: int) -> HttpResponse:
    """Write a word or hang a file on a case."""
    subject = _subject(request, number, Right.MONEY_WORK)
    form = NoteForm(request.POST or None, request.FILES or None)

    def act(given: dict[str, Any]) -> str:
        file = given.get("file")
        services.add_note(
            case=number,
            text=given["text"],
            file_sha256=_kept(request, file),
            file_name=file.name if file else "",
            by=request.actor,
            at=timezone.now(),
        )
        return _("Noted")

    words = {"title": _("Note"), "submit": _("Write"), "files": True}
    return _asked(request, subject, form, act, words)


@login_required
def assign(request: Request, number: int) -> HttpResponse:
    """Give a case to somebody who may work on it."""
    subject = _subject(request, number, Right.MONEY_WORK)
    people = people_with(Right.MONEY_WORK, subject.path)
    form = OwnerForm(request.POST or None, people=people, initial={"owner": subject.owner})

    def act(given: dict[str, Any]) -> str:
        services.assign(case=number, owner=given["owner"], by=request.actor, at=timezone.now())
        return _("Assigned to %(owner)s") % {"owner": given["owner"] or _("nobody")}

    words = {"title": _("Assign"), "submit": _("Assign")}
    return _asked(request, subject, form, act, words)


@login_required
@require_POST
def take(request: Request, number: int) -> HttpResponse:
    """Assign a case to whoever asks."""
    subject = _subject(request, number, Right.MONEY_WORK)
    services.assign(case=number, owner=request.actor.name, by=request.actor, at=timezone.now())
    return changed(request, _("It is yours now"), page=reverse("web:case", args=[subject.pk]))


@login_required
def confirm(request: Request, number: int) -> HttpResponse:
    """Confirm what another person proposed."""
    subject = _subject(request, number, Right.MONEY_APPROVE)

    def act(given: dict[str, Any]) -> str:
        decision = services.confirm(case=number, by=request.actor, at=timezone.now(), **given)
        return _("%(number)s is confirmed and posted") % {"number": decision.number}

    words = {"title": _("Confirm the decision"), "submit": _("Confirm"), "lead": _proposed(subject)}
    return _asked(
        request, subject, WordForm(request.POST or None, initial=_now(subject)), act, words
    )


@login_required
def refuse(request: Request, number: int) -> HttpResponse:
    """Refuse what another person proposed."""
    subject = _subject(request, number, Right.MONEY_APPROVE)

    def act(given: dict[str, Any]) -> str:
        decision = services.refuse(case=number, by=request.actor, at=timezone.now(), **given)
        return _("%(number)s is refused; the case is open again") % {"number": decision.number}

    words = {
        "title": _("Refuse the decision"),
        "submit": _("Refuse"),
        "lead": _proposed(subject),
        "danger": True,
    }
    return _asked(
        request, subject, ReasonForm(request.POST or None, initial=_now(subject)), act, words
    )


def _proposed(subject: "Case") -> str:
    """Say what is proposed, by whom, and why."""
    decision = subject.decisions.filter(state="proposed").first()
    if decision is None:
        return ""
    return _("%(who)s proposed %(number)s over %(amount)s: %(why)s") % {
        "who": decision.proposed_by,
        "number": decision.number,
        "amount": Money(decision.amount_minor, decision.currency),
        "why": decision.why,
    }


@login_required
def reopen(request: Request, number: int) -> HttpResponse:
    """Open a closed case again, with the postings that this takes back."""
    subject = _subject(request, number, Right.MONEY_APPROVE)

    def act(given: dict[str, Any]) -> str:
        services.reopen(case=number, by=request.actor, at=timezone.now(), **given)
        return _("Opened again")

    words = {
        "title": _("Open again"),
        "submit": _("Open again"),
        "danger": True,
        "mirrored": entries_turned(_standing(request, subject)),
        "reverses": True,
    }
    return _asked(
        request, subject, ReasonForm(request.POST or None, initial=_now(subject)), act, words
    )


def _standing(request: Request, subject: "Case") -> "QuerySet[Posting]":
    """Return what a case's decision posted and nobody took back."""
    scope = request.actor.scope(Right.MONEY_VIEW)
    return postings(scope).filter(
        decision__case=subject, decision__state="confirmed", reversed_by=None
    )
