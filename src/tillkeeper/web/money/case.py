"""One case: its sides, what is thought of it, what may be done, and what was done."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tillkeeper.engines.matching.hypotheses.causes import CAUSES
from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.kernel.money import Money
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import RIGHTS, Right
from tillkeeper.parties.tree import above
from tillkeeper.settlement.lifecycle import MOVES, UNSETTLED, CaseState, CaseStep
from tillkeeper.settlement.queries.cases import case as one_case
from tillkeeper.settlement.queries.hand_matches import FREE, partners
from tillkeeper.settlement.queries.ledger import postings
from tillkeeper.settlement.queries.troubles import troubles_of
from tillkeeper.settlement.wording import (
    ACCOUNT_LABELS,
    CAUSE_LABELS,
    DECISION_LABELS,
    REMEDY_LABELS,
    REMINDER_LABELS,
    STEP_LABELS,
    tone,
)
from tillkeeper.web.money.cases import Line, line_of
from tillkeeper.web.money.evidence_words import evidence_of
from tillkeeper.web.money.sides import compared, rows_of
from tillkeeper.web.parts import Request
from tillkeeper.web.stories import Event

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tillkeeper.settlement.models import Case, CaseNote, Decision, Posting

ENDS: Final = {cause.code: cause.end for cause in CAUSES}
MARKS: Final = {
    CaseStep.HOLD: ("pause", "warn"),
    CaseStep.RESUME: ("play", "info"),
    CaseStep.PROPOSE: ("gavel", "info"),
    CaseStep.CONFIRM: ("check", "good"),
    CaseStep.REFUSE: ("x", "bad"),
    CaseStep.DISPUTE: ("scale", "warn"),
    CaseStep.CLOSE: ("check", "good"),
    CaseStep.REOPEN: ("undo-2", "warn"),
}
# The right that each step asks for; what a page offers is judged by it, what is done by the service.
STEP_RIGHTS: Final = {
    CaseStep.HOLD: Right.MONEY_WORK,
    CaseStep.RESUME: Right.MONEY_WORK,
    CaseStep.PROPOSE: Right.MONEY_WORK,
    CaseStep.DISPUTE: Right.MONEY_WORK,
    CaseStep.CONFIRM: Right.MONEY_APPROVE,
    CaseStep.REFUSE: Right.MONEY_APPROVE,
    CaseStep.REOPEN: Right.MONEY_APPROVE,
}


STANDING: Final = frozenset({"proposed", "confirmed"})  # decisions that were not taken back


@login_required
def detail(request: Request, number: int) -> HttpResponse:
    """Show a case."""
    subject = found(request, number)
    return render(request, "money/case.html", _context(request, subject))


def found(request: Request, number: int) -> "Case":
    """Return a case within the actor's view.

    Raises:
        NotFound: no such case there.
    """
    return one_case(request.actor.scope(Right.MONEY_VIEW), number)


def _context(request: Request, subject: "Case") -> dict[str, Any]:
    scope, now = request.actor.scope(Right.MONEY_VIEW), timezone.now()
    rows = rows_of(subject, scope)
    decisions = list(subject.decisions.select_related("hand_match").order_by("-proposed_at", "-pk"))
    notes, posted = list(subject.notes.all()), _postings(subject, scope, decisions)
    waiting = next((one for one in decisions if one.state == "proposed"), None)
    return {
        "case": subject,
        "line": line_of(subject, now),
        "rows": rows,
        "fields": compared(rows),
        "end": _(ENDS[subject.cause]) if subject.cause in ENDS else "",
        "evidence": evidence_of(subject),
        "hypotheses": [
            (CAUSE_LABELS.get(other["cause"], other["cause"]), _(other["why_not"]))
            for other in subject.others
        ],
        "may": _may(request.actor, subject),
        "may_work": request.actor.may(Right.MONEY_WORK, subject.path),
        "unsettled": subject.state in UNSETTLED,
        "waiting": _waiting(request.actor, subject, waiting),
        "decisions": [_decision(one) for one in decisions],
        "events": _story(notes, posted),
        "files": [(note.file_sha256, note.file_name) for note in notes if note.file_sha256],
        "mine": subject.owner == request.actor.name,
        "troubles": troubles_of(subject),
        "match": next((one.hand_match for one in decisions if one.state in STANDING), None),
        "partners": _partners(subject, scope, now) if subject.state in FREE else [],
    }


def _partners(subject: "Case", scope: Scope, now: datetime) -> list[Line]:
    """Return the cases that this one may belong together with, in words."""
    return [line_of(row, now) for row in partners(scope, subject)]


def _may(by: Actor, subject: "Case") -> dict[str, bool]:
    """Return the steps that the state and the actor's roles allow, by name."""
    state = CaseState(subject.state)
    return {
        step.value: (state, step) in MOVES and by.may(right, subject.path)
        for step, right in STEP_RIGHTS.items()
    }


def _waiting(by: Actor, subject: "Case", decision: "Decision | None") -> dict[str, Any] | None:
    """Return the proposal that a second person has to settle, and who that may be."""
    if decision is None:
        return None
    own = decision.proposed_by == by.name
    others = people_with(Right.MONEY_APPROVE, subject.path) if own else []
    return {
        "decision": decision,
        "remedy": REMEDY_LABELS.get(decision.remedy, decision.remedy),
        "own": own,
        "others": [name for name in others if name != decision.proposed_by],
    }


def people_with(right: Right, path: str) -> list[str]:
    """Return the names of active people whose role at or above a place carries a right."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    active = parties.people(Scope(("",))).filter(
        is_active=True, grants__role__in=roles, grants__organisation__path__in=above(path)
    )
    return list(active.values_list("username", flat=True).distinct())


def _decision(one: "Decision") -> dict[str, Any]:
    return {
        "decision": one,
        "remedy": REMEDY_LABELS.get(one.remedy, one.remedy),
        "state": DECISION_LABELS.get(one.state, one.state),
        "tone": tone("proposed_decision" if one.state == "proposed" else one.state),
    }


def _postings(
    subject: "Case", scope: Scope, decisions: Iterable["Decision"]
) -> Sequence["Posting"]:
    # A hand match is posted once for all its cases; it is part of the story of each.
    matches = [one.hand_match_id for one in decisions if one.hand_match_id]
    of_case = Q(decision__case=subject) | Q(reverses__decision__case=subject)
    of_match = Q(decision__hand_match__in=matches) | Q(reverses__decision__hand_match__in=matches)
    rows = postings(scope).filter(of_case | of_match if matches else of_case)
    return list(rows.prefetch_related("entries").distinct())


def entries_turned(posted: "QuerySet[Posting]") -> list[tuple[str, str | Promise, str]]:
    """Return the entries that taking postings back would write: theirs with the sign turned."""
    return [
        (
            posting.number,
            ACCOUNT_LABELS.get(entry.account, entry.account),
            str(Money(-entry.amount_minor, entry.currency)),
        )
        for posting in posted.prefetch_related("entries")
        for entry in posting.entries.all()
    ]


def _story(notes: Iterable["CaseNote"], posted: Iterable["Posting"]) -> list[Event]:
    told = [_noted(note) for note in notes]
    told += [_posted(posting) for posting in posted]
    return sorted(told, key=attrgetter("at"), reverse=True)


def _noted(note: "CaseNote") -> Event:
    if note.step in REMINDER_LABELS:
        return Event(
            note.at, REMINDER_LABELS[note.step], note.by, "alarm-clock", "soon", why=note.text
        )
    icon, colour = MARKS.get(CaseStep(note.step), ("pencil", "")) if note.step else ("pencil", "")
    title = STEP_LABELS.get(note.step, note.step) if note.step else _("Note")
    return Event(note.at, title, note.by, icon, colour, why=note.text, document=note.file_name)


def _posted(posting: "Posting") -> Event:
    entries = sorted(posting.entries.all(), key=attrgetter("pk"))
    changes = [
        (str(ACCOUNT_LABELS.get(entry.account, entry.account)), None, _amount(entry))
        for entry in entries
    ]
    title = _("Reversed in the ledger") if posting.reverses_id else _("Posted to the money ledger")
    return Event(
        posting.at, title, posting.by, "book-open", "info", document=posting.number, changes=changes
    )


def _amount(entry: Any) -> str:
    return str(Money(entry.amount_minor, entry.currency))


@login_required
def file(request: Request, number: int, sha256: str) -> FileResponse:
    """Return a file that hangs on a case, always as a download.

    Raises:
        NotFound: no such case within the actor's view, or no such file on it.
    """
    subject = found(request, number)
    note = subject.notes.filter(file_sha256=sha256).first()
    if note is None and not subject.decisions.filter(evidence_sha256=sha256).exists():
        raise NotFound(kind="file", key=sha256[:12])
    kept = kept_file(sha256)
    return FileResponse(
        kept.path.open("rb"),
        as_attachment=True,
        filename=note.file_name if note else kept.name,
        content_type="application/octet-stream",
    )
