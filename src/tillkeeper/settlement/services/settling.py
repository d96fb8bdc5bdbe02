"""What a second person does with a proposal: confirm, or refuse. Never whoever proposed it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import OwnProposal, PartOfMatch
from tillkeeper.settlement.lifecycle import CaseStep
from tillkeeper.settlement.models import Case, Decision
from tillkeeper.settlement.services.changes import REASON_MAX, Changes
from tillkeeper.settlement.services.deeds import Act, post_decisions, reason


@dataclass(frozen=True, slots=True)
class _Settling:
    """What confirming and refusing have in common."""

    right: ClassVar[Right] = Right.MONEY_APPROVE
    step: ClassVar[CaseStep]
    state: ClassVar[str]
    why: str = ""
    settled: list[Decision] = field(default_factory=list, compare=False)

    def check(self, _at: datetime) -> None:
        """Nothing is asked for."""

    def begin(self, rows: Sequence[Case], changes: Changes) -> Act:
        """Return what settles a case's proposal."""
        self.settled.clear()
        # The cases are locked, and nobody touches a decision without its case.
        waiting = Decision.objects.filter(
            case__in=[row.pk for row in rows], state="proposed"
        ).select_related("hand_match")
        proposed = {one.case_id: one for one in waiting}

        def act(row: Case) -> None:
            row.require(self.step)
            decision = proposed[row.pk]
            if decision.hand_match is not None:
                raise PartOfMatch(case=row.pk, match=decision.hand_match.number)
            if decision.proposed_by == changes.by.name:
                raise OwnProposal(decision=decision.number)
            decision.case = row
            decision.state, decision.settled_by = self.state, changes.by.name
            decision.settled_at, decision.settled_why = changes.at, self.why[:REASON_MAX]
            self.settled.append(decision)
            changes.move(row, self.step, self.why)

        return act

    def finish(self, changes: Changes) -> None:
        """Write how the proposals were settled."""
        Decision.objects.filter(pk__in=[one.pk for one in self.settled]).update(
            state=self.state,
            settled_by=changes.by.name,
            settled_at=changes.at,
            settled_why=self.why[:REASON_MAX],
        )


@dataclass(frozen=True, slots=True)
class Confirm(_Settling):
    """Confirm what another person proposed; it is posted."""

    step: ClassVar[CaseStep] = CaseStep.CONFIRM
    state: ClassVar[str] = "confirmed"

    def finish(self, changes: Changes) -> None:
        """Write it and post it."""
        _Settling.finish(self, changes)
        post_decisions(self.settled, changes)


@dataclass(frozen=True, slots=True)
class Refuse(_Settling):
    """Refuse what another person proposed; the case is open again."""

    step: ClassVar[CaseStep] = CaseStep.REFUSE
    state: ClassVar[str] = "refused"

    def check(self, _at: datetime) -> None:
        """Ask for a reason."""
        reason(self.why)
