"""Money of a branch: people who work on it, files, a run and cases."""

import pytest
from django.test import Client
from tests.factories import CaseFactory, MatchingRunFactory, MoneyFileFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile


@pytest.fixture(autouse=True)
def own_var(settings, tmp_path):
    """Keep files of these tests apart."""
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def clerk(hire, branch) -> Actor:
    """Who works on the branch's money."""
    return hire(Role.SETTLEMENT_CLERK, branch, username="lin")


@pytest.fixture
def approver(hire, branch) -> Actor:
    """Who confirms what the clerk proposes."""
    return hire(Role.SETTLEMENT_APPROVER, branch, username="zhou")


@pytest.fixture
def counter_desk(visit, clerk) -> Client:
    """The clerk's browser."""
    return visit(clerk)


@pytest.fixture
def second_desk(visit, approver) -> Client:
    """The approver's browser."""
    return visit(approver)


@pytest.fixture
def bill(branch) -> MoneyFile:
    """A bill of the branch."""
    return MoneyFileFactory(organisation=branch, number="MF-20260302-9001", name="bill.txt")


@pytest.fixture
def run(branch, bill) -> MatchingRun:
    """A finished run of the branch."""
    return MatchingRunFactory(organisation=branch, number="MR-20260302-9001", files=[bill])


@pytest.fixture
def case(branch, run, bill) -> Case:
    """A charge of 100.00 without a slip."""
    return CaseFactory(
        organisation=branch, run=run, source_file=bill, source_line=2, trace="000123"
    )


@pytest.fixture
def beyond(neighbour) -> Case:
    """A case that people of the branch may not see."""
    return CaseFactory(organisation=neighbour)
