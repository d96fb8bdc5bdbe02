"""Why settlement refuses."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tillkeeper.formats.statements.amounts import figure_told
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
class PartOfMatch(Conflict):
    """A case that was matched by hand is not settled or opened by itself."""

    code: ClassVar[str] = "settlement.part_of_match"
    sentence: ClassVar[str] = (
        "Case %(case)s belongs to hand match %(match)s with others: confirm, refuse or undo the match as a whole."
    )
    case: int
    match: str


@dataclass(eq=False, kw_only=True)
class NotAlike(Invalid):
    """Cases of two organisations or two currencies explain nothing of each other."""

    code: ClassVar[str] = "settlement.not_alike"
    sentence: ClassVar[str] = (
        "Cases %(case)s and %(other)s are not of one organisation and one currency. Match them apart."
    )
    case: int
    other: int


@dataclass(eq=False, kw_only=True)
class SomethingLeft(Invalid):
    """The rows do not explain each other whole, and nobody said what becomes of the rest."""

    code: ClassVar[str] = "settlement.something_left"
    sentence: ClassVar[str] = (
        "These cases leave %(left)s unexplained. Take other cases, or say what becomes of it: %(remedies)s."
    )
    left: str
    remedies: str


@dataclass(eq=False, kw_only=True)
class MatchStepRefused(Conflict):
    """A hand match that stands where this cannot be done."""

    code: ClassVar[str] = "settlement.match_step_refused"
    sentence: ClassVar[str] = (
        "Hand match %(match)s is %(match_state)s: this is not possible now. Look at it again."
    )
    match: str
    match_state: str


@dataclass(eq=False, kw_only=True)
class TooManyCases(Invalid):
    """More cases at once than one order takes."""

    code: ClassVar[str] = "settlement.too_many_cases"
    sentence: ClassVar[str] = (
        "%(asked)s cases are found; at most %(limit)s can be done at once. Narrow the filter."
    )
    asked: int
    limit: int


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
class ReversedWithItsCase(Conflict):
    """A posting for a case stands and falls with the case: reversed alone, the case would stay closed without it."""

    code: ClassVar[str] = "settlement.reversed_with_its_case"
    sentence: ClassVar[str] = (
        "Posting %(posting)s belongs to %(place)s and is not reversed by itself. Reopen the case, or undo the match: "
        "that reverses what was posted for it."
    )
    posting: str
    place: str  # "#12" of a case; the number of a hand match, or of the run that put its cases in doubt


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

    def worded(self) -> dict[str, Any]:
        """Return the facts with the figures as people write them."""
        return self.facts() | {"stated": figure_told(self.stated), "found": figure_told(self.found)}


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


@dataclass(eq=False, kw_only=True)
class TroubleStands(Conflict):
    """The same batch is being looked after already."""

    code: ClassVar[str] = "settlement.trouble_stands"
    sentence: ClassVar[str] = (
        "%(number)s already leads through this batch. Look again there instead of opening another."
    )
    number: str


@dataclass(eq=False, kw_only=True)
class TroubleEnded(Conflict):
    """It led to its end."""

    code: ClassVar[str] = "settlement.trouble_ended"
    sentence: ClassVar[str] = (
        "%(number)s has ended (%(state)s). Open another if the batch is in trouble again."
    )
    number: str
    state: str


@dataclass(eq=False, kw_only=True)
class LayoutNameTaken(Conflict):
    """A declared layout may not be called as a format of the product is."""

    code: ClassVar[str] = "settlement.layout_name_taken"
    sentence: ClassVar[str] = (
        "%(layout)s is the name of a format that comes with the product. Write another into the line `name = …`, "
        "such as %(proposed)s."
    )
    layout: str
    proposed: str
