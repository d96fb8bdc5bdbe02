"""What people do with a case: hold, dispute, decide, confirm, refuse, reopen. One case or many, by the same table.

A decision up to the limit of the policy is posted at once; above it a second person confirms, never the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, unit_of_work, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import FieldInvalid, TillkeeperError
from tillkeeper.kernel.money import Money
from tillkeeper.kernel.policy import policy
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import CaseChanged, OwnProposal, WrongAmount
from tillkeeper.settlement.lifecycle import (
    POSTED,
    Account,
    CaseState,
    CaseStep,
    PostingKind,
    Remedy,
    What,
)
from tillkeeper.settlement.models import Case, CaseNote, Decision, Posting
from tillkeeper.settlement.queries.cases import case_locked
from tillkeeper.settlement.services.doubt import Doubt, occasion_of
from tillkeeper.settlement.services.ledger import Line, Occasion, mirror, post
from tillkeeper.settlement.stakes import stood_on

PREFIX: Final = "DC"
LIMIT: Final = (
    "settlement.alone_up_to_minor"  # by currency; a currency without one always needs two people
)
REASON_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a verb for many: the cases that moved, and why the others did not."""

    moved: list[int] = field(default_factory=list)
    refused: list[tuple[int, TillkeeperError]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody wants to decide. A blank amount means all that is at stake."""

    remedy: Remedy
    why: str
    amount_minor: int | None = None
    evidence_sha256: str = ""


def for_each(cases: Iterable[int], act: Callable[[int], Any]) -> Outcome:
    """Call a verb for many cases, each in a unit of its own: one refusal stops nobody else."""
    outcome = Outcome()
    for number in cases:
        try:
            act(number)
        except TillkeeperError as refusal:
            outcome.refused.append((number, refusal))
        else:
            outcome.moved.append(number)
    return outcome


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
    row = _case(case, Right.MONEY_WORK, by, version)
    why = _reason(proposal.why)
    alone = _alone(row, at)
    step = CaseStep.CLOSE if alone else CaseStep.PROPOSE
    row.require(step)
    amount = _amount(row, proposal)
    decision = Decision.objects.create(
        number=issue_document(
            prefix=PREFIX, kind="decision", place=row.path, by=by, at=at, title=why[:80]
        ),
        case=row,
        remedy=proposal.remedy,
        amount_minor=amount,
        currency=row.currency,
        why=why[:REASON_MAX],
        evidence_sha256=proposal.evidence_sha256,
        state="confirmed" if alone else "proposed",
        proposed_by=by.name,
        proposed_at=at,
        settled_at=at if alone else None,
    )
    if alone:
        _post(row, decision, by=by, at=at)
    _move(row, step, by=by, at=at, text=f"{decision.number} {why}")
    return decision


@verb
def confirm(
    *, case: int, by: Actor, at: datetime, why: str = "", version: int | None = None
) -> Decision:
    """Confirm what another person proposed; it is posted.

    Raises:
        NotFound: no such case within the actor's view.
        CaseStepRefused: nothing is proposed.
        OwnProposal: the actor proposed it.
    """
    row = _case(case, Right.MONEY_APPROVE, by, version)
    _move(row, CaseStep.CONFIRM, by=by, at=at, text=why)
    decision = _settle(row, "confirmed", by=by, at=at, why=why)
    _post(row, decision, by=by, at=at)
    return decision


@verb
def refuse(*, case: int, why: str, by: Actor, at: datetime, version: int | None = None) -> Decision:
    """Refuse what another person proposed; the case is open again.

    Raises:
        NotFound, CaseStepRefused, OwnProposal: as `confirm`.
        FieldInvalid: no reason is given.
    """
    _reason(why)
    row = _case(case, Right.MONEY_APPROVE, by, version)
    _move(row, CaseStep.REFUSE, by=by, at=at, text=why)
    return _settle(row, "refused", by=by, at=at, why=why)


@verb
def hold(
    *, case: int, until: date, why: str, by: Actor, at: datetime, version: int | None = None
) -> Case:
    """Put a case aside until a day; it comes back by itself.

    Raises:
        NotFound, CaseStepRefused: as everywhere.
        FieldInvalid: the day is not ahead.
    """
    if until <= timezone.localdate(at):
        raise FieldInvalid(field="until", value=str(until), expected="a day ahead")
    row = _case(case, Right.MONEY_WORK, by, version)
    row.held_until = until
    return _move(row, CaseStep.HOLD, by=by, at=at, text=why)


@verb
def resume(
    *, case: int, by: Actor, at: datetime, why: str = "", version: int | None = None
) -> Case:
    """Take a held or disputed case up again."""
    row = _case(case, Right.MONEY_WORK, by, version)
    row.held_until = row.deadline = None
    return _move(row, CaseStep.RESUME, by=by, at=at, text=why)


@verb
def dispute(
    *, case: int, deadline: date, why: str, by: Actor, at: datetime, version: int | None = None
) -> Case:
    """Take a case up with the channel or the bank, against a deadline.

    Raises:
        NotFound, CaseStepRefused: as everywhere.
        FieldInvalid: the deadline is not ahead, or no reason is given.
    """
    if deadline <= timezone.localdate(at):
        raise FieldInvalid(field="deadline", value=str(deadline), expected="a day ahead")
    _reason(why)
    row = _case(case, Right.MONEY_WORK, by, version)
    row.deadline = deadline
    return _move(row, CaseStep.DISPUTE, by=by, at=at, text=why)


@verb
def reopen(*, case: int, why: str, by: Actor, at: datetime, version: int | None = None) -> Case:
    """Open a closed or vanished case again; what was posted for it is reversed, so that its money is in doubt again.

    Raises:
        NotFound, CaseStepRefused, CaseChanged: as everywhere.
        FieldInvalid: no reason is given.
    """
    _reason(why)
    row = _case(case, Right.MONEY_APPROVE, by, version)
    row.require(CaseStep.REOPEN)
    if row.state == CaseState.VANISHED:
        _doubt_again(row, why, by=by, at=at)
    row.held_until = row.deadline = None
    _move(row, CaseStep.REOPEN, by=by, at=at, text=why)
    for decision in row.decisions.filter(state="confirmed"):
        written = Posting.objects.select_for_update(of=("self",)).filter(
            decision=decision, reversed_by=None
        )
        for posting in written:
            mirror(posting, why=why, by=by, at=at)
        Decision.objects.filter(pk=decision.pk).update(state="reversed")
    return row


def _doubt_again(row: Case, why: str, *, by: Actor, at: datetime) -> None:
    doubt = Doubt()
    doubt.put(row)
    doubt.post(on=occasion_of(row, why=why, day=timezone.localdate(at)), by=by, at=at)


@verb
def assign(*, case: int, owner: str, by: Actor, at: datetime, version: int | None = None) -> Case:
    """Give a case to somebody; blank: to nobody."""
    row = _case(case, Right.MONEY_WORK, by, version)
    before, row.owner = row.owner, owner.strip()[:120]
    row.version += 1
    row.save(update_fields=["owner", "version"])
    _note(row, text=f"→ {row.owner or '—'}", by=by, at=at)
    record_change(
        action="case.assign",
        subject=f"case:{row.pk}",
        place=row.path,
        by=by,
        at=at,
        before={"owner": before},
        after={"owner": row.owner},
    )
    return row


@verb
def add_note(
    *, case: int, text: str, by: Actor, at: datetime, file_sha256: str = "", file_name: str = ""
) -> CaseNote:
    """Write a word, or hang a file, on a case."""
    if not (text.strip() or file_sha256):
        raise FieldInvalid(field="text", value="", expected="a word or a file")
    row = _case(case, Right.MONEY_WORK, by)
    return _note(row, text=text.strip()[:1000], by=by, at=at, file=(file_sha256, file_name))


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
                row.held_until = None
                _move(row, CaseStep.RESUME, by=by, at=at)
                woken += 1
    return woken


def _case(number: int, right: Right, by: Actor, version: int | None = None) -> Case:
    row = case_locked(by.scope(right), number)
    if version is not None and row.version != version:
        raise CaseChanged(case=number)
    return row


def _amount(row: Case, proposal: Proposal) -> int:
    stake, amount = row.at_stake_minor, proposal.amount_minor
    if proposal.remedy not in POSTED:
        return 0
    if amount is None:
        return stake
    if amount == 0 or amount * stake < 0 or abs(amount) > abs(stake):
        raise WrongAmount(
            amount=str(Money(amount, row.currency)), at_stake=str(Money(stake, row.currency))
        )
    return amount


def _alone(row: Case, at: datetime) -> bool:
    """Say whether one person may decide: by all that is at stake, whatever part of it the decision moves."""
    limits = policy(LIMIT, on=timezone.localdate(at))
    return bool(row.size_minor <= limits.get(row.currency, -1))


def _reason(why: str) -> str:
    if not (reason := why.strip()):
        raise FieldInvalid(field="why", value="", expected="a reason")
    return reason


def _settle(row: Case, state: str, *, by: Actor, at: datetime, why: str) -> Decision:
    decision = Decision.objects.select_for_update().get(case=row, state="proposed")
    if decision.proposed_by == by.name:
        raise OwnProposal(decision=decision.number)
    decision.state, decision.settled_by, decision.settled_at = state, by.name, at
    decision.settled_why = why[:REASON_MAX]
    decision.save(update_fields=["state", "settled_by", "settled_at", "settled_why"])
    return decision


def _post(row: Case, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Clear the case's money off suspense: what was decided about where it goes, the rest back where it stood."""
    if not (stake := row.at_stake_minor):
        return
    home = stood_on(row.difference)
    target = POSTED.get(Remedy(decision.remedy)) or home
    occasion = Occasion(
        PostingKind.DECISION,
        f"{decision.number} {decision.why}",
        timezone.localdate(at),
        row.organisation_id,
        row.path,
        decision_id=decision.pk,
    )
    of, amount = (decision.currency, row.mid, row.channel), decision.amount_minor
    lines = [
        Line(Account.SUSPENSE, stake, *of, -1, What.DECIDED),
        Line(target, -amount, *of, 1 if amount else 0, What.DECIDED),
        Line(home, amount - stake, *of, 0, What.DECIDED),
    ]
    post(lines=lines, occasion=occasion, by=by, at=at)


def _move(row: Case, step: CaseStep, *, by: Actor, at: datetime, text: str = "") -> Case:
    before = row.state
    row.take(step)
    row.closed_at = at if row.state == "closed" else None
    row.save(update_fields=["state", "version", "closed_at", "held_until", "deadline"])
    _note(row, text=text, step=step, by=by, at=at)
    record_change(
        action=f"case.{step}",
        subject=f"case:{row.pk}",
        place=row.path,
        by=by,
        at=at,
        before={"state": before},
        after={"state": row.state, "why": text},
    )
    return row


def _note(
    row: Case,
    *,
    by: Actor,
    at: datetime,
    text: str = "",
    step: str = "",
    file: tuple[str, str] = ("", ""),
) -> CaseNote:
    return CaseNote.objects.create(
        case=row,
        step=step,
        text=text[:1000],
        file_sha256=file[0],
        file_name=file[1][:255],
        by=by.name,
        at=at,
    )
