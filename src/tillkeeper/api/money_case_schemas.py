"""Shapes of cases: as they are shown, filtered and worked. Amounts are whole minor units."""

from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.utils.timezone import localdate
from ninja import Field, Schema

from tillkeeper.api.money_schemas import BIGGEST, WhyIn
from tillkeeper.api.schemas import Asked
from tillkeeper.settlement.lifecycle import CaseState, Remedy
from tillkeeper.settlement.queries.cases import CaseFilters

Text = Field("", max_length=80)
Signed = Field(
    None, ge=-BIGGEST, le=BIGGEST, description="Signed as what is at stake; all of it if left out."
)


class CaseOut(Schema):
    """A payment or payout that does not agree, as a row of a queue."""

    id: int
    difference: str = Field(description="Its class.")
    cause: str
    confidence: int = Field(description="Per cent.")
    state: CaseState
    mid: str
    tid: str
    batch: str
    trace: str
    rrn: str
    order_no: str
    channel: str
    currency: str
    amount_minor: int | None
    other_minor: int | None
    fee_minor: int | None
    expected_fee_minor: int | None
    at_stake_minor: int = Field(description="Positive: held and nobody's yet; negative: missing.")
    at: datetime | None
    day: date | None
    due_on: date | None
    owner: str
    held_until: date | None
    deadline: date | None
    run: str | None = Field(
        None,
        alias="run.number",
        description="The last that found it; null: somebody opened it by hand.",
    )
    sentence: str
    opened_at: datetime
    closed_at: datetime | None
    version: int


class PlaceOut(Schema):
    """Where a row stands in a file as it came."""

    file: str
    name: str
    line: int
    before: list[str] = Field([])
    text: str = ""
    after: list[str] = Field([])


class DecisionOut(Schema):
    """What was decided, by whom, and who confirmed it."""

    number: str
    remedy: Remedy
    amount_minor: int
    currency: str
    why: str
    evidence_sha256: str
    state: str
    proposed_by: str
    proposed_at: datetime
    settled_by: str
    settled_at: datetime | None
    settled_why: str
    hand_match: str | None = Field(
        None, description="Number of the hand match it belongs to, if to one."
    )

    @staticmethod
    def resolve_hand_match(row: Any) -> str | None:
        """Its number."""
        return row.hand_match.number if row.hand_match else None


class CaseNoteOut(Schema):
    """One line of a case's story."""

    step: str
    text: str
    file_name: str
    file_sha256: str
    by: str
    at: datetime


class CaseDetail(CaseOut):
    """With its evidence, the hypotheses that were not taken, decisions and story."""

    evidence: dict[str, Any]
    others: list[dict[str, Any]]
    decisions: list[DecisionOut]
    notes: list[CaseNoteOut]

    @staticmethod
    def resolve_decisions(row: Any) -> list[Any]:
        """Oldest first."""
        return list(row.decisions.select_related("hand_match").order_by("pk"))

    @staticmethod
    def resolve_notes(row: Any) -> list[Any]:
        """Oldest first."""
        return list(row.notes.order_by("pk"))


class CaseFiltersIn(Asked):
    """What a queue is narrowed to."""

    state: list[CaseState] = Field([], description="Blank: all that is not settled.")
    difference: str = Text
    cause: str = Text
    channel: str = Text
    owner: str = Text
    unowned: bool = False
    mid: str = Text
    tid: str = Text
    run: str = Text
    q: str = Field("", max_length=80, description="A trace, reference, order number: whole.")
    older_than: datetime | None = None
    at_least_minor: int | None = Field(None, ge=0, le=BIGGEST)
    due_before: date | None = None
    deadline_within: int | None = Field(
        None,
        ge=0,
        le=3_650,
        description="Days until a dispute's deadline; those that have passed are among them.",
    )

    def filters(self) -> CaseFilters:
        """Return them as the queries take them."""
        told = {**self.model_dump(exclude={"deadline_within"}), "state": tuple(self.state)}
        if self.deadline_within is not None:
            told["deadline_until"] = localdate() + timedelta(days=self.deadline_within)
        return CaseFilters(**told)


class DecideIn(Asked):
    """What is decided about a case."""

    remedy: Remedy
    why: str = Field(max_length=400)
    amount_minor: int | None = Signed
    evidence_sha256: str = Field("", pattern="^([0-9a-f]{64})?$")


class HoldIn(WhyIn):
    """Until when."""

    until: date


class DisputeIn(WhyIn):
    """Against which deadline."""

    deadline: date


class AssignIn(Asked):
    """To whom."""

    owner: str = Field("", max_length=120, description="Blank: to nobody.")


class CaseNoteIn(Asked):
    """A word."""

    text: str = Field(max_length=1000)


CaseSort = Literal["-size_minor", "size_minor", "opened_at", "-opened_at"]
