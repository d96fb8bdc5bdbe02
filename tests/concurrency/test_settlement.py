"""Races over money, with real locks: nothing is counted twice, and of two people one is told."""

import gzip
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import transaction
from tests.factories import NOON, CaseFactory, OrganisationFactory
from tests.money_days import DAY, billed, paid, written

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.settlement.errors import CaseStepRefused, TakenAlready
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.models import Case, Decision, MoneyFile, Posting
from tillkeeper.settlement.queries.ledger import balances, faults
from tillkeeper.settlement.services.cases import Proposal, confirm, decide, refuse
from tillkeeper.settlement.services.files import bring_in, lake
from tillkeeper.settlement.services.runs import run_matching, start_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
SYSTEM = Actor.system("race")
LATER = NOON + timedelta(days=1)
BY = {"by": SYSTEM, "at": LATER}


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


def bring(content, name):
    return bring_in(stream=BytesIO(content), name=name, organisation="HQ", **BY)


def a_day():
    OrganisationFactory(code="HQ")
    sales = [paid(1), paid(2, 20_000, slip="failed")]
    bring(written("journal", sales).getvalue(), "journal.csv")
    bring(written("acquirer46", [billed(row) for row in sales]).getvalue(), "bill.csv")


@pytest.mark.parametrize("packed", [False, True])
def test_of_the_same_rows_at_once_one_file_is_taken(rival, wait_until_blocked, packed):
    OrganisationFactory(code="HQ")
    content = written("journal", [paid(1)]).getvalue()
    other = gzip.compress(content) if packed else content
    with transaction.atomic():
        bring(content, "one.csv")
        second = rival(bring, content=other, name="two.csv")
        wait_until_blocked()
    with pytest.raises(TakenAlready) as refused:
        second.result(timeout=20)
    assert refused.value.what == ("rows" if packed else "bytes")
    assert MoneyFile.objects.filter(state="taken").count() == 1
    assert len(list(lake().rglob("about.json"))) == 1


def test_two_runs_of_one_day_at_once_post_it_once(rival):
    a_day()
    runs = [start_run(organisation="HQ", day=DAY, as_of=date(2026, 3, 5), **BY) for _ in range(2)]
    done = [rival(run_matching, number=run.number, **BY) for run in runs]
    assert [one.result(timeout=60).state for one in done] == ["done", "done"]
    assert Posting.objects.filter(kind="settled_day", reversed_by=None).count() == 1
    assert Posting.objects.filter(kind="doubt").count() == 1
    assert Case.objects.count() == 1
    found = {one.account: one.minor for one in balances(SYSTEM.scope("money.view"))}
    assert (found["channel_receivable"], found["suspense"]) == (30_000, -20_000)
    assert faults() == []
    assert [verdict.broken for verdict in verify_chains()] == [None]


def test_of_two_deciders_one_decides_and_the_other_is_told(rival, wait_until_blocked):
    case = CaseFactory(amount_minor=100)
    job = {"case": case.pk, "proposal": Proposal(remedy=Remedy.ACCEPT, why="seen"), **BY}
    with transaction.atomic():
        decide(**job)
        second = rival(decide, **job)
        wait_until_blocked()
    with pytest.raises(CaseStepRefused):
        second.result(timeout=5)
    assert (Decision.objects.count(), Posting.objects.count()) == (1, 1)


def test_of_confirming_and_refusing_at_once_one_counts(rival, wait_until_blocked):
    case = CaseFactory(amount_minor=10_000_000)
    decide(case=case.pk, proposal=Proposal(remedy=Remedy.REFUND, why="seen"), **BY)
    second_person = {"by": Actor.system("zhao"), "at": LATER}
    with transaction.atomic():
        confirm(case=case.pk, **second_person)
        second = rival(refuse, case=case.pk, why="no", **second_person)
        wait_until_blocked()
    with pytest.raises(CaseStepRefused):
        second.result(timeout=5)
    assert Decision.objects.get().state == "confirmed"
    assert Posting.objects.filter(kind="decision").count() == 1
