"""What people do with cases, as values: each is judged case by case and written for all of them at once.

A deed says which right it asks for, what is wrong with it whatever the case (`check`), and how a case takes it
(`begin`, one look at the database for all cases, gives a function that changes one of them or raises its refusal).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Final, Protocol

from django.utils import timezone

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import Money
from tillkeeper.kernel.policy import policy
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import WrongAmount
from tillkeeper.settlement.lifecycle import (
    POSTED,
    Account,
    CaseStep,
    PostingKind,
    Remedy,
    What,
)
from tillkeeper.settlement.models import Case, Decision
from tillkeeper.settlement.services.changes import (
    REASON_MAX,
    Changes,
    number_decisions,
    post_by_place,
)
from tillkeeper.settlement.services.ledger import Line, Occasion
from tillkeeper.settlement.stakes import stood_on

LIMIT: Final = (
    "settlement.alone_up_to_minor"  # by currency; a currency without one always needs two people
)
Act = Callable[[Case], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody wants to decide. A blank amount means all that is at stake."""

    remedy: Remedy
    why: str
    amount_minor: int | None = None
    evidence_sha256: str = ""


class Deed(Protocol):
    """Something that is done with cases."""

    right: ClassVar[Right]

    def check(self, at: datetime) -> None:
        """Refuse what no case could take.

        Raises:
            FieldInvalid: a day that is not ahead, or no reason.
        """

    def begin(self, rows: Sequence[Case], changes: Changes) -> Act:
        """Look at the database once for all the locked `rows`; return what changes one of them in memory."""

    def finish(self, changes: Changes) -> None:
        """Write what goes beside the cases: decisions and postings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """What moves cases along the table, says why, and has nothing to write beside them."""

    right: ClassVar[Right] = Right.MONEY_WORK
    step: ClassVar[CaseStep]
    why: str

    def check(self, _at: datetime) -> None:
        """Nothing is asked for."""

    def begin(self, _rows: Sequence[Case], changes: Changes) -> Act:
        """Return what moves a case."""

        def act(row: Case) -> None:
            changes.move(row, self.step, self.why)
            self.put_down(row)

        return act

    def put_down(self, row: Case) -> None:
        """Set the day until which a case waits, or clear it."""

    def finish(self, _changes: Changes) -> None:
        """Nothing beside the cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(_Move):
    """Put aside until a day."""

    step: ClassVar[CaseStep] = CaseStep.HOLD
    until: date

    def check(self, at: datetime) -> None:
        """Ask for a day ahead."""
        ahead("until", self.until, at)

    def put_down(self, row: Case) -> None:
        """Set the day."""
        row.held_until = self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(_Move):
    """Take held or disputed cases up again."""

    step: ClassVar[CaseStep] = CaseStep.RESUME
    why: str = ""

    def put_down(self, row: Case) -> None:
        """Clear both days."""
        row.held_until = row.deadline = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(_Move):
    """Take up with the channel or the bank, against a deadline."""

    step: ClassVar[CaseStep] = CaseStep.DISPUTE
    deadline: date

    def check(self, at: datetime) -> None:
        """Ask for a day ahead and a reason."""
        ahead("deadline", self.deadline, at)
        reason(self.why)

    def put_down(self, row: Case) -> None:
        """Set the deadline."""
        row.deadline = self.deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give to somebody; blank: to nobody."""

    right: ClassVar[Right] = Right.MONEY_WORK
    owner: str = ""

    def check(self, _at: datetime) -> None:
        """Anybody's name will do."""

    def begin(self, _rows: Sequence[Case], changes: Changes) -> Act:
        """Return what gives a case to somebody."""
        owner = self.owner.strip()[:120]

        def act(row: Case) -> None:
            before, row.owner = row.owner, owner
            row.version += 1
            changes.note(row, text=f"→ {owner or '—'}")
            changes.tell("case.assign", row, {"owner": before}, {"owner": owner})

        return act

    def finish(self, _changes: Changes) -> None:
        """Nothing beside the cases."""


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide: posted at once within the limit, else proposed to a second person."""

    right: ClassVar[Right] = Right.MONEY_WORK
    proposal: Proposal
    made: list[Decision] = field(default_factory=list, compare=False)

    def check(self, _at: datetime) -> None:
        """Ask for a reason."""
        reason(self.proposal.why)

    def begin(self, _rows: Sequence[Case], changes: Changes) -> Act:
        """Return what decides about a case, its decision among `made`."""
        self.made.clear()
        limits = limits_on(changes.at)
        why = reason(self.proposal.why)

        def act(row: Case) -> None:
            alone = within_limit(row.size_minor, row.currency, limits)
            step = CaseStep.CLOSE if alone else CaseStep.PROPOSE
            row.require(step)
            self.made.append(
                Decision(
                    case=row,
                    remedy=self.proposal.remedy,
                    amount_minor=amount_of(row, self.proposal),
                    currency=row.currency,
                    why=why[:REASON_MAX],
                    evidence_sha256=self.proposal.evidence_sha256,
                    state="confirmed" if alone else "proposed",
                    proposed_by=changes.by.name,
                    proposed_at=changes.at,
                    settled_at=changes.at if alone else None,
                )
            )

        return act

    def finish(self, changes: Changes) -> None:
        """Write the decisions, post those that need nobody else, and move the cases."""
        number_decisions(self.made, by=changes.by, at=changes.at)
        Decision.objects.bulk_create(self.made)
        done = [one for one in self.made if one.state == "confirmed"]
        post_decisions(done, changes)
        for one in self.made:
            step = CaseStep.CLOSE if one.state == "confirmed" else CaseStep.PROPOSE
            changes.move(one.case, step, f"{one.number} {one.why}")


def ahead(name: str, day: date, at: datetime) -> None:
    """Raise FieldInvalid unless a day lies ahead."""
    if day <= timezone.localdate(at):
        raise FieldInvalid(field=name, value=str(day), expected="a day ahead")


def reason(why: str) -> str:
    """Return a reason without blanks around it, or raise FieldInvalid."""
    if not (said := why.strip()):
        raise FieldInvalid(field="why", value="", expected="a reason")
    return said


def limits_on(at: datetime) -> dict[str, int]:
    """Return up to how much one person decides alone, in minor units by currency."""
    limits: dict[str, int] = policy(LIMIT, on=timezone.localdate(at))
    return limits


def within_limit(minor: int, currency: str, limits: dict[str, int]) -> bool:
    """Say whether one person may decide: by all that is at stake, whatever part of it the decision moves."""
    return bool(minor <= limits.get(currency, -1))


def amount_of(row: Case, proposal: Proposal) -> int:
    """Return what a proposal moves of a case's stake.

    Raises:
        WrongAmount: more than is at stake, or of the other sign.
    """
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


def cleared(row: Case, amount_minor: int, remedy: Remedy) -> list[Line]:
    """Return what clears a case off suspense: `amount_minor` of it where the remedy sends it, the rest back home."""
    if not (stake := row.at_stake_minor):
        return []
    home = stood_on(row.difference)
    of = (row.currency, row.mid, row.channel)
    return [
        Line(Account.SUSPENSE, stake, *of, -1, What.DECIDED),
        Line(
            POSTED.get(remedy) or home, -amount_minor, *of, 1 if amount_minor else 0, What.DECIDED
        ),
        Line(home, amount_minor - stake, *of, 0, What.DECIDED),
    ]


def occasion_of(row: Case, decision: Decision, why: str, at: datetime) -> Occasion:
    """Return what a posting of a decision is for."""
    return Occasion(
        PostingKind.DECISION,
        why,
        timezone.localdate(at),
        row.organisation_id,
        row.path,
        decision_id=decision.pk,
    )


def post_decisions(decisions: Sequence[Decision], changes: Changes) -> None:
    """Clear the cases of decisions off suspense, each by a posting of its own."""
    told = [
        (
            cleared(one.case, one.amount_minor, Remedy(one.remedy)),
            occasion_of(one.case, one, f"{one.number} {one.why}", changes.at),
        )
        for one in decisions
    ]
    post_by_place([pair for pair in told if pair[0]], by=changes.by, at=changes.at)
