"""Why settlement refuses."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Conflict, Forbidden, Invalid


@dataclass(eq=False, kw_only=True)
class CaseStepRefused(Conflict):
    """The case stands where this step cannot be taken."""

    code: ClassVar[str] = "settlement.step_refused"
    sentence: ClassVar[str] = "Case %(case)s is %(state)s: %(step)s is not possible now."
    case: int
    step: str
    state: str


@dataclass(eq=False, kw_only=True)
class CaseChanged(Conflict):
    """Somebody else was quicker."""

    code: ClassVar[str] = "settlement.case_changed"
    sentence: ClassVar[str] = (
        "Case %(case)s was changed by somebody else meanwhile. Look at it again."
    )
    case: int


@dataclass(eq=False, kw_only=True)
class OwnProposal(Forbidden):
    """Nobody confirms their own."""

    code: ClassVar[str] = "settlement.own_proposal"
    sentence: ClassVar[str] = (
        "You proposed %(decision)s yourself; a second person has to confirm it."
    )
    decision: str


@dataclass(eq=False, kw_only=True)
class TakenAlready(Conflict):
    """The same file, or the same rows in another file."""

    code: ClassVar[str] = "settlement.taken_already"
    sentence: ClassVar[str] = (
        "%(name)s holds the same %(what)s as %(other)s, which was taken on %(on)s. It is not counted twice."
    )
    name: str
    what: str
    other: str
    on: str


@dataclass(eq=False, kw_only=True)
class Unbalanced(Invalid):
    """Entries that do not sum to zero."""

    code: ClassVar[str] = "settlement.unbalanced"
    sentence: ClassVar[str] = (
        "The entries sum to %(sum)s %(currency)s instead of zero. Nothing was posted."
    )
    sum: int
    currency: str


@dataclass(eq=False, kw_only=True)
class ReversedAlready(Conflict):
    """A posting is reversed once."""

    code: ClassVar[str] = "settlement.reversed_already"
    sentence: ClassVar[str] = "Posting %(posting)s was reversed already, by %(by)s."
    posting: str
    by: str


@dataclass(eq=False, kw_only=True)
class WrongAmount(Invalid):
    """More than is at stake, or of the other sign."""

    code: ClassVar[str] = "settlement.wrong_amount"
    sentence: ClassVar[str] = (
        "%(amount)s is not possible: %(at_stake)s is at stake. Decide about all of it or a part of it."
    )
    amount: str
    at_stake: str


@dataclass(eq=False, kw_only=True)
class NothingToMatch(Invalid):
    """A run needs two sides."""

    code: ClassVar[str] = "settlement.nothing_to_match"
    sentence: ClassVar[str] = (
        "There is no %(missing)s for %(day)s in this organisation. Bring it in first, or name the files."
    )
    missing: str
    day: str


@dataclass(eq=False, kw_only=True)
class MatchedAlready(Conflict):
    """A file that a run has used stays."""

    code: ClassVar[str] = "settlement.matched_already"
    sentence: ClassVar[str] = (
        "File %(file)s was matched by %(run)s and stays. Bring in the corrected file and match the day again."
    )
    file: str
    run: str


@dataclass(eq=False, kw_only=True)
class FiguresDisagree(Invalid):
    """A file whose own figures do not hold."""

    code: ClassVar[str] = "formats.unsound"
    sentence: ClassVar[str] = (
        "%(name)s: %(check)s: the file says %(stated)s, its rows come to %(found)s. "
        "It is refused whole; fetch it again or ask its sender."
    )
    name: str
    check: str
    stated: str
    found: str


@dataclass(eq=False, kw_only=True)
class RunInterrupted(Conflict):
    """The process that matched ended before its work did."""

    code: ClassVar[str] = "settlement.run_interrupted"
    sentence: ClassVar[str] = (
        "Matching run %(run)s was interrupted; nothing of it was written. Match the day again."
    )
    run: str


@dataclass(eq=False, kw_only=True)
class StatementDoesNotProve(Conflict):
    """A statement whose opening and movements do not come to what the ledger holds."""

    code: ClassVar[str] = "settlement.statement_does_not_prove"
    sentence: ClassVar[str] = (
        "The statement of %(merchant)s comes to %(told)s, and the ledger holds %(held)s. Nothing was issued; "
        "run `tillkeeper money ledger verify`."
    )
    merchant: str
    told: str
    held: str
