"""What people do with one case: hold, dispute, decide, confirm, refuse, reopen; a set of one of `deeds`.

A decision up to the limit of the policy is posted at once; above it a second person confirms, never the same.
"""

from datetime import date, datetime

from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import unit_of_work, verb
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import CaseChanged, PartOfMatch
from tillkeeper.settlement.lifecycle import CaseState, CaseStep
from tillkeeper.settlement.models import Case, CaseNote, Decision, Posting
from tillkeeper.settlement.queries.cases import case_locked
from tillkeeper.settlement.services.changes import Changes
from tillkeeper.settlement.services.deeds import (
    LIMIT,
    Assign,
    Decide,
    Deed,
    Dispute,
    Hold,
    Proposal,
    Resume,
    reason,
)
from tillkeeper.settlement.services.doubt import Doubt, occasion_of
from tillkeeper.settlement.services.ledger import mirror
from tillkeeper.settlement.services.settling import Confirm, Refuse

__all__ = [
    "LIMIT",
    "Proposal",
    "add_note",
    "assign",
    "confirm",
    "decide",
    "dispute",
    "hold",
    "refuse",
    "reopen",
    "resume",
    "wake",
]


@verb
def decide(
    *, case: int, proposal: Proposal, by: Actor, at: datetime, version: int | None = None
) -> Decision:
    """Decide about a case; posted at once within the limit, else proposed to a second person.

    Raises:
        NotFound: no such case within the actor's view.
        CaseChanged: it is another version than the one that was looked at.
        CaseStepRefused: it is closed, or somebody's proposal is waiting.
        WrongAmount: more than is at stake.
        FieldInvalid: no reason is given.
    """
    deed = Decide(proposal)
    _do(deed, case, version, by=by, at=at)
    return deed.made[0]


@verb
def confirm(
    *, case: int, by: Actor, at: datetime, why: str = "", version: int | None = None
) -> Decision:
    """Confirm what another person proposed; it is posted.

    Raises:
        NotFound: no such case within the actor's view.
        CaseStepRefused: nothing is proposed.
        OwnProposal: the actor proposed it.
        PartOfMatch: it was matched with others by hand; they are confirmed together.
    """
    deed = Confirm(why)
    _do(deed, case, version, by=by, at=at)
    return deed.settled[0]


@verb
def refuse(*, case: int, why: str, by: Actor, at: datetime, version: int | None = None) -> Decision:
    """Refuse what another person proposed; the case is open again.

    Raises:
        NotFound, CaseStepRefused, OwnProposal, PartOfMatch: as `confirm`.
        FieldInvalid: no reason is given.
    """
    deed = Refuse(why)
    _do(deed, case, version, by=by, at=at)
    return deed.settled[0]


@verb
def hold(
    *, case: int, until: date, why: str, by: Actor, at: datetime, version: int | None = None
) -> Case:
    """Put a case aside until a day; it comes back by itself.

    Raises:
        NotFound, CaseStepRefused: as everywhere.
        FieldInvalid: the day is not ahead.
    """
    return _do(Hold(until=until, why=why), case, version, by=by, at=at)


@verb
def resume(
    *, case: int, by: Actor, at: datetime, why: str = "", version: int | None = None
) -> Case:
    """Take a held or disputed case up again."""
    return _do(Resume(why=why), case, version, by=by, at=at)


@verb
def dispute(
    *, case: int, deadline: date, why: str, by: Actor, at: datetime, version: int | None = None
) -> Case:
    """Take a case up with the channel or the bank, against a deadline.

    Raises:
        NotFound, CaseStepRefused: as everywhere.
        FieldInvalid: the deadline is not ahead, or no reason is given.
    """
    return _do(Dispute(deadline=deadline, why=why), case, version, by=by, at=at)


@verb
def assign(*, case: int, owner: str, by: Actor, at: datetime, version: int | None = None) -> Case:
    """Give a case to somebody; blank: to nobody."""
    return _do(Assign(owner=owner), case, version, by=by, at=at)


@verb
def reopen(*, case: int, why: str, by: Actor, at: datetime, version: int | None = None) -> Case:
    """Open a closed or vanished case again; what was posted for it is reversed, so that its money is in doubt again.

    Raises:
        NotFound, CaseStepRefused, CaseChanged: as everywhere.
        PartOfMatch: it was closed together with others by hand; the match is undone as a whole.
        FieldInvalid: no reason is given.
    """
    reason(why)
    row = _case(case, Right.MONEY_APPROVE, by, version)
    row.require(CaseStep.REOPEN)
    standing = list(row.decisions.filter(state="confirmed").select_related("hand_match"))
    for decision in standing:
        if decision.hand_match is not None:
            raise PartOfMatch(case=case, match=decision.hand_match.number)
    if row.state == CaseState.VANISHED:
        _doubt_again(row, why, by=by, at=at)
    row.held_until = row.deadline = None
    changes = Changes(by, at)
    changes.move(row, CaseStep.REOPEN, why)
    changes.write()
    take_back(standing, why=why, by=by, at=at)
    return row


def take_back(decisions: list[Decision], *, why: str, by: Actor, at: datetime) -> None:
    """Reverse what was posted for decisions, and mark them reversed; the caller has locked their cases."""
    numbers = [one.pk for one in decisions]
    written = Posting.objects.select_for_update(of=("self",)).filter(
        decision__in=numbers, reversed_by=None
    )
    for posting in written.order_by("pk"):
        mirror(posting, why=why, by=by, at=at)
    Decision.objects.filter(pk__in=numbers).update(state="reversed")


def _doubt_again(row: Case, why: str, *, by: Actor, at: datetime) -> None:
    doubt = Doubt()
    doubt.put(row)
    doubt.post(on=occasion_of(row, why=why, day=timezone.localdate(at)), by=by, at=at)


@verb
def add_note(
    *, case: int, text: str, by: Actor, at: datetime, file_sha256: str = "", file_name: str = ""
) -> CaseNote:
    """Write a word, or hang a file, on a case."""
    if not (text.strip() or file_sha256):
        raise FieldInvalid(field="text", value="", expected="a word or a file")
    row = _case(case, Right.MONEY_WORK, by)
    changes = Changes(by, at)
    note = changes.note(row, text=text.strip(), file=(file_sha256, file_name))
    changes.write()
    return note


def wake(*, by: Actor, at: datetime) -> int:
    """Open the held cases whose day has come; for the clock. Returns how many."""
    due = Case.objects.filter(state="held", held_until__lte=timezone.localdate(at)).values_list(
        "pk", flat=True
    )
    woken = 0
    for number in list(due):
        with unit_of_work():
            row = Case.objects.select_for_update().get(pk=number)
            if row.state == "held":
                _write(Resume(), row, by=by, at=at)
                woken += 1
    return woken


def _do(deed: Deed, number: int, version: int | None, *, by: Actor, at: datetime) -> Case:
    deed.check(at)
    row = _case(number, deed.right, by, version)
    _write(deed, row, by=by, at=at)
    return row


def _write(deed: Deed, row: Case, *, by: Actor, at: datetime) -> None:
    changes = Changes(by, at)
    deed.begin([row], changes)(row)
    deed.finish(changes)
    changes.write()


def _case(number: int, right: Right, by: Actor, version: int | None = None) -> Case:
    row = case_locked(by.scope(right), number)
    if version is not None and row.version != version:
        raise CaseChanged(case=number)
    return row
