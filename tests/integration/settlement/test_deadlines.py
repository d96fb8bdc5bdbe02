"""Deadlines of disputes are told in time: on the overview, in the queue, over API and shell, in the case's story."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.factories import CaseFactory, MoneyFileFactory
from tests.integration.settlement.conftest import NEXT

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.models import PolicyRule
from tillkeeper.parties.models import Person
from tillkeeper.settlement.models import CaseNote
from tillkeeper.settlement.services import deadlines
from tillkeeper.settlement.services.cases import dispute, resume
from tillkeeper.settlement.services.deadlines import remind

pytestmark = pytest.mark.django_db
CLOCK = Actor.system("clock")
TODAY = timezone.localdate(NEXT)


def day(days):
    return TODAY + timedelta(days=days)


def story():
    return sorted(CaseNote.objects.values_list("case_id", "step", "text", "by"))


def test_what_is_near_or_has_passed_is_told_once_each(branch):
    far, near, today, passed = (
        CaseFactory(organisation=branch, state="disputed", deadline=day(n)) for n in (4, 3, 0, -1)
    )
    CaseFactory(organisation=branch, state="open")
    CaseFactory(organisation=branch, state="proposed", deadline=day(1))
    assert remind(by=CLOCK, at=NEXT) == 3
    assert story() == sorted(
        [
            (near.pk, "due_soon", str(day(3)), "clock"),
            (today.pk, "due_soon", str(day(0)), "clock"),
            (passed.pk, "overdue", str(day(-1)), "clock"),
        ]
    )
    assert remind(by=CLOCK, at=NEXT) == 0
    assert (
        remind(by=CLOCK, at=NEXT + timedelta(days=1)) == 2
    )  # the far one is near, today's has passed
    assert far.notes.get().step == "due_soon"


def test_a_dispute_taken_up_anew_is_told_of_anew(branch, clerk):
    case = CaseFactory(organisation=branch, state="disputed", deadline=day(1))
    remind(by=CLOCK, at=NEXT)
    resume(case=case.pk, by=clerk, at=NEXT)
    dispute(case=case.pk, deadline=day(2), why="again", by=clerk, at=NEXT)
    assert remind(by=CLOCK, at=NEXT) == 1
    assert case.notes.filter(step="due_soon").count() == 2


def test_the_policy_says_how_long_before(branch):
    PolicyRule.objects.create(
        rule=deadlines.NOTICE, value=10, effective_from=date(2026, 2, 1), source="ours"
    )
    CaseFactory(organisation=branch, state="disputed", deadline=day(10))
    CaseFactory(organisation=branch, state="disputed", deadline=day(11))
    assert remind(by=CLOCK, at=NEXT) == 1


@pytest.fixture
def disputes(branch, neighbour):
    """Three of the branch by the calendar of today, and one beyond."""
    now = timezone.localdate()
    made = {
        name: CaseFactory(
            organisation=branch, state="disputed", deadline=now + timedelta(days=n), trace=name
        )
        for name, n in (("000011", -2), ("000022", 2), ("000033", 20))
    }
    CaseFactory(organisation=neighbour, state="disputed", deadline=now, trace="000044")
    MoneyFileFactory(organisation=branch)
    return made


@pytest.fixture
def desk(clerk):
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        Person.objects.get(username=clerk.name), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_overview_and_queue_tell_of_them(disputes, desk):
    page = desk.get("/money/").content.decode()
    assert "state=disputed&amp;deadline=passed" in page
    assert "state=disputed&amp;deadline=near" in page
    found = {
        asked: [
            trace
            for trace in ("000011", "000022", "000033", "000044")
            if trace in desk.get(f"/money/cases/?deadline={asked}").content.decode()
        ]
        for asked in ("near", "passed", "", "nonsense")
    }
    assert found["near"] == ["000022"]
    assert found["passed"] == ["000011"]
    assert found[""] == found["nonsense"] == ["000011", "000022", "000033"]
    assert str(disputes["000022"].deadline) in desk.get("/money/cases/").content.decode()


def test_the_story_says_it_in_words(disputes, desk):
    remind(by=CLOCK, at=timezone.now())
    page = desk.get(f"/money/cases/{disputes['000011'].pk}").content.decode()
    assert "Deadline has passed" in page
    assert "Deadline is near" in desk.get(f"/money/cases/{disputes['000022'].pk}").content.decode()


def test_the_api_narrows_by_days(disputes, desk):
    def traces(query):
        return sorted(
            one["trace"]
            for one in json.loads(desk.get(f"/api/v1/money/cases?{query}").content)["items"]
        )

    assert traces("deadline_within=2") == ["000011", "000022"]
    assert traces("deadline_within=20") == ["000011", "000022", "000033"]
    assert traces("") == ["000011", "000022", "000033"]
    assert desk.get("/api/v1/money/cases?deadline_within=-1").status_code == 422


def test_the_shell_narrows_by_days(disputes, capsys):
    from tillkeeper.cli.main import app

    def traces(*more):
        from typer.testing import CliRunner

        told = CliRunner().invoke(app, ["money", "cases", "--json", *more])
        assert told.exit_code == 0, told.output
        return sorted(one["trace"] for one in json.loads(told.stdout))

    assert traces("--deadline-within", "2") == ["000011", "000022", "000044"]
    assert traces("--deadline-within", "0") == ["000011", "000044"]
