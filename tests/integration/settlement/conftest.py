"""A clerk and an approver of a branch, and short words for bringing files in and matching a day."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from tests.factories import NOON
from tests.money_days import DAY, billed, paid, written

from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.settlement.services.runs import run_matching, start_run

NEXT = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def clerk(hire, branch):
    """Brings files in, matches, decides up to the limit."""
    return hire(Job.SETTLEMENT_CLERK, branch, username="lin")


@pytest.fixture
def approver(hire, branch):
    """Confirms what others decided; writes rules."""
    return hire(Job.SETTLEMENT_APPROVER, branch, username="zhao")


@pytest.fixture
def bring(clerk, branch):
    """Return a function that brings a file of a format in, or bytes as they are."""

    def bring(form, rows=(), *, name="", by=None, organisation="SH", at=NEXT):
        stream = BytesIO(rows) if isinstance(rows, bytes) else written(form, rows)
        return bring_in(
            stream=stream,
            name=name or f"{form}.txt",
            organisation=organisation,
            by=by or clerk,
            at=at,
        )

    return bring


@pytest.fixture
def matched(clerk, branch):
    """Return a function that matches a day and returns its run."""

    def run(day=DAY, *, files=(), by=None, at=NEXT, as_of: date | None = None):
        who = by or clerk
        begun = start_run(
            organisation="SH", day=day, files=files, by=who, at=at, as_of=as_of or date(2026, 3, 5)
        )
        return run_matching(number=begun.number, by=who, at=at)

    return run


@pytest.fixture
def bad_day(bring):
    """Four sales: one agrees, one has no slip, one was never charged, one was charged with 3.00 more."""
    sales = [paid(1), paid(2, 20_000, slip="failed"), paid(3, 30_000), paid(4, 40_000)]
    journal = bring("journal", sales)
    bill = bring(
        "acquirer46", [billed(sales[0]), billed(sales[1]), billed(sales[3], amount_minor=40_300)]
    )
    return journal, bill
