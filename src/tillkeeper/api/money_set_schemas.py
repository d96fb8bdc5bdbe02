"""Shapes of verbs for many cases and of hand matches."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from ninja import Field, Schema
from pydantic import model_validator

from tillkeeper.api.money_case_schemas import CaseFiltersIn, CaseOut
from tillkeeper.api.money_schemas import BIGGEST
from tillkeeper.api.schemas import Asked
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.kernel.progress import Progress, progress
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.queries.cases import BATCH_MAX
from tillkeeper.settlement.services import deeds
from tillkeeper.settlement.services.case_sets import Order, Outcome
from tillkeeper.settlement.services.settling import Confirm, Refuse

REFUSALS_SHOWN: Final = 1_000
CaseNumber = Annotated[int, Field(ge=1, le=BIGGEST)]
CaseVerb = Literal["assign", "hold", "resume", "dispute", "decide", "confirm", "refuse"]
# What each verb asks for; what it has no use for is refused, lest it be meant for something else.
NEEDED: Final[dict[str, frozenset[str]]] = {
    "assign": frozenset({"owner"}),
    "hold": frozenset({"until", "why"}),
    "resume": frozenset({"why"}),
    "dispute": frozenset({"deadline", "why"}),
    "decide": frozenset({"remedy", "why"}),
    "confirm": frozenset({"why"}),
    "refuse": frozenset({"why"}),
}
MAY_BE_BLANK: Final = frozenset({"owner", "why"})
OF_VERBS: Final = frozenset().union(*NEEDED.values())


class CaseOrderIn(Asked):
    """A verb, and either these cases or all that the filters find. Never neither: that would be everything."""

    verb: CaseVerb
    cases: list[CaseNumber] = Field([], max_length=BATCH_MAX)
    filters: CaseFiltersIn | None = None
    all: bool = Field(False, description="Say so where empty filters are to mean every case.")
    owner: str = Field("", max_length=120, description="For assign; blank: nobody.")
    until: date | None = Field(None, description="For hold.")
    deadline: date | None = Field(None, description="For dispute.")
    remedy: Remedy | None = Field(None, description="For decide: about all at stake in each.")
    why: str = Field("", max_length=400, description="For all but assign.")

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse both and neither; empty filters must be meant, by `all`."""
        if bool(self.cases) == (self.filters is not None):
            raise ValueError("give either cases or filters")
        if self.filters is not None and not self.filters.model_fields_set and not self.all:
            raise ValueError("these filters mean every case: write all: true if that is meant")
        return self

    @model_validator(mode="after")
    def what_the_verb_asks_for(self) -> Self:
        """Refuse a verb without what it needs, and what it has no use for."""
        needed = NEEDED[self.verb]
        for name in sorted(needed - MAY_BE_BLANK):
            if getattr(self, name) is None:
                raise ValueError(f"{self.verb} needs {name}")
        for name in sorted((OF_VERBS - needed) & self.model_fields_set):
            raise ValueError(f"{self.verb} has no use for {name}")
        return self

    def deed(self) -> deeds.Deed:
        """Return what is to be done."""
        given = {name: getattr(self, name) for name in NEEDED[self.verb]}
        if self.verb == "decide":
            return deeds.Decide(deeds.Proposal(**given))
        kinds: dict[str, Any] = {
            "assign": deeds.Assign,
            "hold": deeds.Hold,
            "resume": deeds.Resume,
            "dispute": deeds.Dispute,
            "confirm": Confirm,
            "refuse": Refuse,
        }
        made: deeds.Deed = kinds[self.verb](**given)
        return made


class CaseRefusedOut(Schema):
    """A case that stayed as it was, and why."""

    case: int
    code: str
    title: str
    facts: dict[str, Any]


class CaseOrderOut(Schema):
    """What came of a verb for many cases, or how far it is."""

    key: str = Field(description="For /money/cases/orders/{key}; blank if it was done at once.")
    verb: str
    state: Literal["queued", "running", "done", "broken"]
    cases: int = Field(description="How many are meant.")
    moved: int
    refused_count: int
    refused: list[CaseRefusedOut] = Field(description=f"The first {REFUSALS_SHOWN} of them.")
    stopped: bool = Field(description="Somebody asked; the cases not counted are as they were.")
    progress: Progress | None = None


def done(verb: str, cases: int, outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as CaseOrderOut shows it."""
    moved, refused = outcome.counts
    return {
        "key": "",
        "verb": verb,
        "state": "done",
        "cases": cases,
        "moved": moved,
        "refused_count": refused,
        "refused": [_refused(*pair) for pair in outcome.refused[:REFUSALS_SHOWN]],
        "stopped": outcome.stopped,
    }


def order_told(order: Order) -> dict[str, Any]:
    """Return an order of the worker as CaseOrderOut shows it."""
    told = done(order.title, len(order.numbers), order.outcome)
    return told | {"key": order.key, "state": order.state, "progress": progress(order.key)}


def _refused(case: int, error: TillkeeperError) -> dict[str, Any]:
    return {"case": case, "code": error.code, "title": str(error), "facts": error.facts()}


class HandMatchIn(Asked):
    """Cases that belong together, and why."""

    cases: list[CaseNumber] = Field(min_length=2, max_length=200)
    why: str = Field(max_length=400)
    remedy: Remedy | None = Field(None, description="Of what is left; leave it out if nothing is.")
    versions: dict[int, int] = Field(
        {}, max_length=200, description="By case: a case of another version refuses the match."
    )


class HandMatchOut(Schema):
    """A match that a person made, as a row of a list."""

    number: str
    organisation: str = Field(alias="organisation.code")
    currency: str
    left_minor: int = Field(description="What the cases leave, signed as a stake.")
    remedy: str = Field(description="What becomes of it; blank: nothing is left.")
    why: str
    state: Literal["proposed", "confirmed", "refused", "reversed"]
    proposed_by: str
    proposed_at: datetime
    settled_by: str
    settled_at: datetime | None
    settled_why: str


class HandMatchDetail(HandMatchOut):
    """With its cases and what it posted."""

    cases: list[CaseOut]
    postings: list[str] = Field(description="Numbers in the money ledger, reversals too.")
