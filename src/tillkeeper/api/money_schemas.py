"""Shapes of money: files, runs, cases, decisions, postings, rules, statements. Amounts are whole minor units."""

from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.utils.timezone import localdate
from ninja import Field, Schema

from tillkeeper.api.schemas import Asked
from tillkeeper.kernel.progress import Progress, progress
from tillkeeper.settlement.lifecycle import CaseState, FileState, Remedy
from tillkeeper.settlement.queries.cases import CaseFilters

BIGGEST = 2**62
Text = Field("", max_length=80)
Signed = Field(
    None, ge=-BIGGEST, le=BIGGEST, description="Signed as what is at stake; all of it if left out."
)


class ProblemKept(Schema):
    """Why a file was refused or a run failed; blank where nothing is wrong."""

    code: str = ""
    sentence: str = ""
    facts: dict[str, Any] = Field({})


class CheckOut(Schema):
    """One of a file's own figures, held against its rows."""

    name: str
    stated: str
    found: str
    line: int | None = None


class SetAsideOut(Schema):
    """A line that was left out, and why."""

    line: int
    column: str
    value: str
    reason: str


class MoneyFileOut(Schema):
    """A journal, bill or statement that was brought in."""

    number: str
    organisation: str = Field(alias="organisation.code")
    role: str = Field(description="journal, bill or statement; blank: it was not recognised.")
    format: str
    name: str
    sha256: str
    size: int
    rows: int
    sums: dict[str, int] = Field(description="By currency; refunds negative.")
    set_aside_count: int
    first_day: date | None
    last_day: date | None
    state: FileState
    problem: ProblemKept
    origin: str
    by: str
    at: datetime


class MoneyFileDetail(MoneyFileOut):
    """With its own figures and the first lines that were set aside."""

    checks: list[CheckOut]
    set_aside: list[SetAsideOut]
    facts: dict[str, Any]


class WhyIn(Asked):
    """A reason."""

    why: str = Field(max_length=400)


class MatchingRunIn(Asked):
    """A day to be matched."""

    organisation: str = Field(max_length=40, description="Code.")
    day: date
    as_of: date | None = Field(None, description="What is due later is held; today if left out.")
    files: list[str] = Field(
        [], max_length=500, description="Numbers; blank: all of the day and of the days around it."
    )


class MatchingProgressOut(Schema):
    """How far a run is."""

    stage: str
    percent: int
    left_s: int | None


class MatchingRunOut(Schema):
    """A matching run."""

    number: str
    organisation: str = Field(alias="organisation.code")
    day: date
    as_of: date
    state: str
    problem: ProblemKept
    cases_opened: int
    cases_vanished: int
    differences_sha256: str
    by: str
    at: datetime
    finished_at: datetime | None


class MatchingRunDetail(MatchingRunOut):
    """With its files, its summary and what it rested on."""

    files: list[str]
    rules: int | None = Field(description="Version of the rules; null: the sound ones.")
    summary: dict[str, Any]
    versions: dict[str, str]
    progress: MatchingProgressOut | None

    @staticmethod
    def resolve_files(row: Any) -> list[str]:
        """By number."""
        return sorted(file.number for file in row.files.all())

    @staticmethod
    def resolve_rules(row: Any) -> int | None:
        """The version they had."""
        return row.rules.version if row.rules else None

    @staticmethod
    def resolve_progress(row: Any) -> Progress | None:
        """None while nothing is being worked on."""
        return progress(row.number)


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


class LedgerEntryOut(Schema):
    """An amount on an account. A debit is positive."""

    account: str
    mid: str
    channel: str
    currency: str
    amount_minor: int
    payments: int
    what: str


class PostingOut(Schema):
    """Entries that belong together and sum to zero."""

    number: str
    kind: str
    why: str
    day: date
    run: str | None = Field(alias="run.number", default=None)
    decision: str | None = Field(alias="decision.number", default=None)
    reverses: str | None = Field(alias="reverses.number", default=None)
    by: str
    at: datetime


class PostingDetail(PostingOut):
    """With its entries."""

    entries: list[LedgerEntryOut]

    @staticmethod
    def resolve_entries(row: Any) -> list[Any]:
        """In the order they were written."""
        return list(row.entries.order_by("pk"))


class BalanceOut(Schema):
    """What stands on an account."""

    account: str
    currency: str
    minor: int
    payments: int


class RulesIn(Asked):
    """The next version of an organisation's rules."""

    organisation: str = Field(max_length=40, description="Code.")
    text: str = Field(max_length=1_000_000, description="TOML.")
    why: str = Field(max_length=200)


class RulesOut(Schema):
    """One version of rules."""

    id: int
    organisation: str = Field(alias="organisation.code")
    version: int
    sha256: str
    why: str
    by: str
    at: datetime


class RulesDetail(RulesOut):
    """With its text."""

    text: str


class StatementIn(Asked):
    """Whose statement, and for when."""

    merchant: str = Field(max_length=20, description="Number.")
    period: str = Field(max_length=10, description="A day (2026-03-02) or a month (2026-03).")
    currency: str = Field("CNY", pattern="^[A-Z]{3}$")


class StatementOut(Schema):
    """A statement that was issued."""

    number: str
    merchant: str = Field(alias="merchant.number")
    first_day: date
    last_day: date
    currency: str
    sha256: str = Field(
        description="Of its canonical text: `totals` as JSON, keys sorted, no blanks."
    )
    by: str
    at: datetime


class StatementDetail(StatementOut):
    """With all it says."""

    totals: dict[str, Any]
