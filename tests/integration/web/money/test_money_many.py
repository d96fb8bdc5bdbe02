"""Verbs for many cases in the console: the ticked rows, and all that the queue finds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.factories import CaseFactory

from tillkeeper.settlement.models import Case

LATER = str(timezone.localdate() + timedelta(days=9))


@pytest.fixture
def queue(branch, run):
    """Two charges of 5.00 and 600.00, and a lost reversal of 70.00."""
    of = {"organisation": branch, "run": run}
    return [
        CaseFactory(**of, trace="000301", amount_minor=500),
        CaseFactory(**of, trace="000302", amount_minor=60_000),
        CaseFactory(**of, trace="000303", difference="reversal_lost", amount_minor=7_000),
    ]


def do(desk, verb, **given):
    return desk.post(reverse("web:cases-many", args=[verb]), {"confirmed": "1", **given})


def all_found(query, **given):
    return {"all_matching": "1", "query": query, **given}


def states(cases):
    return [Case.objects.get(pk=case.pk).state for case in cases]


def test_all_that_the_queue_finds_is_meant_and_nothing_else(counter_desk, queue, beyond):
    told = do(
        counter_desk, "hold", **all_found("difference=charged_without_slip", until=LATER, why="x")
    )
    assert "2 cases are on hold" in told.content.decode()
    assert states(queue) == ["held", "held", "open"]
    assert states([beyond]) == ["open"]


@pytest.mark.parametrize(
    ("verb", "given", "state"),
    [
        ("dispute", {"deadline": LATER, "why": "asked the channel"}, "disputed"),
        ("hold", {"until": LATER, "why": "x"}, "held"),
        ("assign", {"owner": "lin"}, "open"),
    ],
)
def test_the_ticked_are_moved(counter_desk, queue, verb, given, state):
    told = do(counter_desk, verb, case=[queue[0].pk, queue[2].pk], **given)
    assert told.status_code == 200
    assert states(queue) == [state, "open", state]
    owners = list(Case.objects.order_by("pk").values_list("owner", flat=True))
    assert owners == (["lin", "", "lin"] if verb == "assign" else ["", "", ""])


def test_money_in_all_that_is_found_moves_only_once_its_number_is_typed(counter_desk, queue):
    given = all_found("", remedy="refund", why="agreed with the channel")
    asked = counter_desk.post(reverse("web:cases-many", args=["decide"]), all_found(""))
    assert 'placeholder="3"' in asked.content.decode()
    assert do(counter_desk, "decide", **given).status_code == 422
    assert do(counter_desk, "decide", **given, confirm="2").status_code == 422
    assert states(queue) == ["open"] * 3
    told = do(counter_desk, "decide", **given, confirm="3").content.decode()
    assert "3 cases are decided" in told
    assert states(queue) == ["closed", "proposed", "closed"]


def test_proposals_are_confirmed_together_but_nobodys_own(
    counter_desk, second_desk, queue, visit, hire, branch
):
    do(counter_desk, "decide", case=[queue[1].pk], remedy="refund", why="x")
    assert do(counter_desk, "confirm", case=[queue[1].pk], why="").status_code == 403
    told = do(second_desk, "confirm", case=[queue[1].pk, queue[0].pk], why="").content.decode()
    assert "1 decision is confirmed and posted" in told
    assert f"Case {queue[0].pk} is open: Decision confirmed is not possible now." in told
    assert states(queue) == ["open", "closed", "open"]


def test_taking_all_that_is_found_is_asked_first(counter_desk, queue, htmx):
    place = reverse("web:cases-take")
    asked = counter_desk.post(place, all_found("q=000303"), headers=htmx)
    assert "Assign to me: 1 case" in asked.content.decode()
    assert set(Case.objects.values_list("owner", flat=True)) == {""}
    done = counter_desk.post(place, all_found("q=000303", confirmed="1"), headers=htmx)
    assert done.status_code == 204
    assert Case.objects.get(owner="lin").trace == "000303"


def test_the_dry_run_says_why_some_stay(counter_desk, queue):
    do(counter_desk, "hold", case=[queue[0].pk], until=LATER, why="x")
    asked = counter_desk.post(reverse("web:cases-hold"), {"case": [case.pk for case in queue]})
    told = asked.context["told"]
    assert (told["may"], told["refused"], [n for _s, n in told["states"]]) == (2, 1, [1])


def test_an_unknown_verb_and_a_missing_right_are_refused(counter_desk, second_desk, queue):
    assert do(counter_desk, "reopen", case=[queue[0].pk], why="x").status_code == 404
    for verb in ("hold", "assign", "dispute", "decide"):
        assert do(second_desk, verb, case=[queue[0].pk]).status_code == 403
    assert states(queue) == ["open"] * 3


def test_very_many_are_left_to_the_worker_and_the_page_tells(
    counter_desk, second_desk, queue, monkeypatch, htmx, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("tillkeeper.web.money.bulk.IN_REQUEST", 2)
    with django_capture_on_commit_callbacks() as waiting:
        placed = do(counter_desk, "hold", **all_found("", until=LATER, why="x"))
    page = counter_desk.get(placed["Location"]).content.decode()
    assert "Waiting for the worker" in page
    assert "Stop" in page
    assert second_desk.get(placed["Location"]).status_code == 404
    for callback in waiting:
        callback()
    over = counter_desk.get(placed["Location"], headers=htmx)
    assert over["HX-Redirect"] == placed["Location"]
    told = counter_desk.get(placed["Location"]).content.decode()
    assert "3 cases are on hold" in told
    assert states(queue) == ["held"] * 3


def test_an_order_is_stopped_by_whoever_gave_it(
    counter_desk, second_desk, queue, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("tillkeeper.web.money.bulk.IN_REQUEST", 0)
    monkeypatch.setattr("tillkeeper.settlement.services.case_sets.AT_ONCE", 1)
    with django_capture_on_commit_callbacks() as waiting:
        placed = do(counter_desk, "hold", **all_found("", until=LATER, why="x"))
    stop = f"{placed['Location']}/stop"
    assert second_desk.post(stop).status_code == 404
    assert counter_desk.post(stop).status_code == 302
    for callback in waiting:
        callback()
    told = counter_desk.get(placed["Location"]).content.decode()
    assert "It was stopped" in told
    assert states(queue).count("held") == 1


def test_many_cases_take_as_many_statements_as_few(counter_desk, branch, run):
    def statements(many):
        cases = [CaseFactory(organisation=branch, run=run, amount_minor=100) for _ in range(many)]
        with CaptureQueriesContext(connection) as caught:
            do(counter_desk, "decide", case=[case.pk for case in cases], remedy="accept", why="x")
        assert states(cases) == ["closed"] * many
        return len([one for one in caught if not one["sql"].startswith("UPDATE")])

    statements(2)
    assert statements(2) == statements(60)
