"""Shapes of money: files, runs, postings, rules, statements. Amounts are whole minor units."""

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from tillkeeper.api.schemas import Asked
from tillkeeper.kernel.progress import Progress, progress
from tillkeeper.settlement.lifecycle import FileState

BIGGEST = 2**62


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
