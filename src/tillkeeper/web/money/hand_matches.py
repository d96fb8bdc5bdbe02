"""Hand matches: the list, one of them with its cases, and what a second person does with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillkeeper.kernel.errors import Forbidden, Invalid
from tillkeeper.kernel.money import Money
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import hand_matches as queries
from tillkeeper.settlement.queries.ledger import postings
from tillkeeper.settlement.services import hand_matches as services
from tillkeeper.settlement.wording import DECISION_LABELS, REMEDY_LABELS, tone
from tillkeeper.web.asking import one_of
from tillkeeper.web.money.case import entries_turned, people_with
from tillkeeper.web.money.forms import ReasonForm, WordForm
from tillkeeper.web.money.matching import side_by_side
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed

if TYPE_CHECKING:
    from tillkeeper.settlement.models import HandMatch

Settle = Callable[..., "HandMatch"]


@login_required
def index(request: Request) -> HttpResponse:
    """List the matches that people made, the newest first."""
    request.actor.require(Right.MONEY_VIEW)
    rows = queries.counted(queries.hand_matches(request.actor.scope(Right.MONEY_VIEW)))
    state = one_of(request.GET, "state", DECISION_LABELS)
    page = page_of(rows.filter(state=state) if state else rows, request)
    ctx = {
        "page": page,
        "lines": [line_of(match) for match in page.rows],
        "states": list(DECISION_LABELS.items()),
        "filtered": bool(state),
    }
    return answer(request, "money/hand_matches.html", "money/_hand_matches.html", ctx)


def line_of(match: "HandMatch") -> dict[str, Any]:
    """Return a match in words."""
    return {
        "match": match,
        "state": DECISION_LABELS.get(match.state, match.state),
        "tone": tone("proposed_decision" if match.state == "proposed" else match.state),
        "remedy": REMEDY_LABELS.get(match.remedy, match.remedy),
    }


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show a match: its cases next to each other, what it posted, and what may be done with it."""
    match = _found(request, number)
    may = request.actor.may(Right.MONEY_APPROVE, match.path)
    own = match.proposed_by == request.actor.name
    ctx = line_of(match) | side_by_side([one.case for one in queries.decisions_of(match)])
    ctx |= {
        "left": match.left_minor,  # as it was matched
        "own": own,
        "may_settle": may and not own and match.state == "proposed",
        "may_undo": may and match.state == "confirmed",
        "postings": _posted(request, match),
        "others": _others(match) if match.state == "proposed" else [],
    }
    return render(request, "money/hand_match.html", ctx)


def _found(request: Request, number: str) -> "HandMatch":
    return queries.hand_match(request.actor.scope(Right.MONEY_VIEW), number)


def _posted(request: Request, match: "HandMatch") -> list[str]:
    rows = postings(request.actor.scope(Right.MONEY_VIEW)).filter(queries.posted_for(match))
    return list(rows.order_by("pk").values_list("number", flat=True))


def _others(match: "HandMatch") -> list[str]:
    names = people_with(Right.MONEY_APPROVE, match.path)
    return [name for name in names if name != match.proposed_by]


@login_required
def confirm(request: Request, number: str) -> HttpResponse:
    """Confirm all of what another person matched."""
    words = {"title": _("Confirm the match"), "submit": _("Confirm")}
    text = _("%(number)s is confirmed and posted")
    form = WordForm(request.POST or None)
    return _settled(request, number, form, services.confirm_match, text, words)


@login_required
def refuse(request: Request, number: str) -> HttpResponse:
    """Refuse all of what another person matched."""
    words = {"title": _("Refuse the match"), "submit": _("Refuse"), "danger": True}
    text = _("%(number)s is refused; its cases are open again")
    form = ReasonForm(request.POST or None)
    return _settled(request, number, form, services.refuse_match, text, words)


@login_required
def undo(request: Request, number: str) -> HttpResponse:
    """Undo a match, with the entries that this takes back."""
    match = _found(request, number)
    standing = postings(request.actor.scope(Right.MONEY_VIEW)).filter(
        decision__hand_match=match, decision__state="confirmed", reversed_by=None
    )
    words = {
        "title": _("Undo the match"),
        "submit": _("Undo the match"),
        "danger": True,
        "mirrored": entries_turned(standing),
        "reverses": True,
    }
    text = _("%(number)s is undone; its cases are open again")
    form = ReasonForm(request.POST or None)
    return _settled(request, number, form, services.unmatch, text, words)


def _settled(
    request: Request,
    number: str,
    form: ReasonForm | WordForm,
    settle: Settle,
    text: str,
    words: dict[str, Any],
) -> HttpResponse:
    match = _found(request, number)
    request.actor.require(Right.MONEY_APPROVE, match.path)
    page = reverse("web:hand_match", args=[number])
    if request.method == "POST" and form.is_valid():
        try:
            settle(
                number=number,
                why=form.cleaned_data["why"],
                by=request.actor,
                at=timezone.now(),
            )
        except (Invalid, Forbidden) as refused:
            blame(form, refused)
        else:
            return changed(request, text % {"number": number}, page=page)
    ctx = {"form": form, "action": request.path, "cancel_url": page, "lead": _lead(match), **words}
    status = 422 if form.errors else 200
    return answer(request, "money/step.html", "money/_step.html", ctx, status)


def _lead(match: "HandMatch") -> str:
    """Say what was matched, by whom, and why."""
    number = match.decisions.count()
    said = ngettext(
        "%(who)s matched %(n)s case, left %(left)s: %(why)s",
        "%(who)s matched %(n)s cases, left %(left)s: %(why)s",
        number,
    )
    return said % {
        "who": match.proposed_by,
        "n": number,
        "left": Money(match.left_minor, match.currency),
        "why": match.why,
    }
