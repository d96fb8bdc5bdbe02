"""Verbs for many cases and hand matches over the API."""

import pytest
from tests.factories import CaseFactory
from tests.integration.api.conftest import problem

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Case, HandMatch
from tillkeeper.settlement.services import case_sets

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin(signed_in, branch):
    return signed_in(Role.SETTLEMENT_CLERK, branch, username="lin")


@pytest.fixture
def zhao(signed_in, branch):
    return signed_in(Role.SETTLEMENT_APPROVER, branch, username="zhao")


@pytest.fixture
def three(branch):
    return [CaseFactory(organisation=branch, amount_minor=n * 1_000) for n in (1, 2, 3)]


@pytest.fixture
def pair(branch):
    missing = CaseFactory(
        organisation=branch, difference="slip_without_charge", amount_minor=60_000,
        at_stake_minor=-60_000,
    )  # fmt: skip
    return [CaseFactory(organisation=branch, amount_minor=60_000), missing]


def order(caller, verb, **body):
    return caller.post("/money/cases/orders", {"verb": verb, **body})


def test_all_that_the_filters_find_is_assigned_and_nothing_else(lin, three, branch, neighbour):
    other = CaseFactory(organisation=branch, difference="reversal_lost")
    theirs = CaseFactory(organisation=neighbour)
    told = order(lin, "assign", owner="lin", filters={"difference": "charged_without_slip"})
    assert told.status_code == 200, told.content
    assert {k: told.json()[k] for k in ("moved", "refused_count", "cases", "state", "key")} == {
        "moved": 3, "refused_count": 0, "cases": 3, "state": "done", "key": "",
    }  # fmt: skip
    owners = dict(Case.objects.values_list("pk", "owner"))
    assert [owners[case.pk] for case in three] == ["lin"] * 3
    assert (owners[other.pk], owners[theirs.pk]) == ("", "")


def test_each_case_is_judged_by_itself_and_the_answer_says_why(lin, three, neighbour):
    theirs = CaseFactory(organisation=neighbour)
    named = [case.pk for case in three] + [theirs.pk]
    order(lin, "decide", remedy="accept", why="small", cases=named[:1])
    told = order(lin, "hold", until="2999-01-01", why="wait", cases=named).json()
    assert (told["moved"], told["refused_count"]) == (2, 2)
    assert [(one["case"], one["code"]) for one in told["refused"]] == [
        (three[0].pk, "settlement.step_refused"),
        (theirs.pk, "kernel.not_found"),
    ]


def test_decisions_above_the_limit_are_confirmed_together_by_somebody_else(lin, zhao, branch):
    large = [CaseFactory(organisation=branch, amount_minor=60_000) for _ in range(2)]
    small = CaseFactory(organisation=branch, amount_minor=100)
    named = [case.pk for case in [*large, small]]
    assert order(lin, "decide", remedy="refund", why="agreed", cases=named).json()["moved"] == 3
    states = dict(Case.objects.values_list("pk", "state"))
    assert [states[number] for number in named] == ["proposed", "proposed", "closed"]
    told = order(zhao, "confirm", filters={"state": ["proposed"]}).json()
    assert (told["moved"], told["refused_count"]) == (2, 0)
    assert set(Case.objects.values_list("state", flat=True)) == {"closed"}


@pytest.mark.parametrize(
    "body",
    [
        {"verb": "assign"},
        {"verb": "assign", "owner": "lin", "filters": {}},
        {"verb": "assign", "owner": "lin", "cases": [1], "filters": {"mid": "1"}},
        {"verb": "hold", "cases": [1]},
        {"verb": "decide", "cases": [1], "why": "x"},
        {"verb": "dispute", "cases": [1], "why": "x"},
        {"verb": "hold", "cases": [1], "until": "2999-01-01", "remedy": "accept"},
        {"verb": "reopen", "cases": [1]},
        {"verb": "assign", "owner": "x", "filters": {"clas": "held"}},
        {"verb": "assign", "owner": "x", "cases": [0]},
        {"verb": "hold", "cases": [1], "until": "2020-01-01", "why": "x"},
    ],
)
def test_what_an_order_lacks_or_says_twice_is_refused_whole(lin, three, body):
    told = lin.post("/money/cases/orders", body)
    assert told.status_code == 422, told.content
    assert set(Case.objects.values_list("version", flat=True)) == {1}


def test_empty_filters_mean_every_case_only_if_that_is_said(lin, three):
    assert order(lin, "assign", owner="lin", filters={}, all=True).json()["moved"] == 3


def test_very_many_are_left_to_the_worker(
    lin, zhao, three, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("tillkeeper.api.money_sets.IN_REQUEST", 2)
    with django_capture_on_commit_callbacks(execute=True):
        placed = order(lin, "assign", owner="lin", filters={}, all=True)
    assert (placed.status_code, placed.json()["state"]) == (202, "queued")
    key = placed.json()["key"]
    told = lin.get(f"/money/cases/orders/{key}").json()
    assert (told["state"], told["moved"], told["verb"]) == ("done", 3, "assign")
    assert zhao.get(f"/money/cases/orders/{key}").status_code == 404
    assert zhao.post(f"/money/cases/orders/{key}/stop", {}).status_code == 404


def test_an_order_is_stopped_between_two_transactions(
    lin, three, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("tillkeeper.api.money_sets.IN_REQUEST", 0)
    monkeypatch.setattr(case_sets, "AT_ONCE", 2)
    with django_capture_on_commit_callbacks() as waiting:
        key = order(lin, "assign", owner="lin", filters={}, all=True).json()["key"]
    assert lin.post(f"/money/cases/orders/{key}/stop", {}).status_code == 200
    for callback in waiting:
        callback()
    told = lin.get(f"/money/cases/orders/{key}").json()
    assert (told["state"], told["moved"], told["stopped"]) == ("done", 2, True)
    assert Case.objects.filter(owner="lin").count() == 2


def test_orders_need_the_right(lin, zhao, three, signed_in, branch):
    named = [case.pk for case in three]
    assert order(zhao, "assign", owner="x", cases=named).status_code == 403
    assert order(lin, "confirm", cases=named).status_code == 403


def test_cases_are_matched_confirmed_and_undone(lin, zhao, pair):
    body = {"cases": [case.pk for case in pair], "why": "one payment"}
    made = lin.post("/money/matches", body)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["left_minor"], told["postings"]) == ("proposed", 0, [])
    assert [case["id"] for case in told["cases"]] == sorted(body["cases"])
    place = f"/money/matches/{told['number']}"
    assert lin.post(f"{place}/confirm", {"why": ""}).status_code == 403
    done = zhao.post(f"{place}/confirm", {"why": "seen"}).json()
    assert (done["state"], done["settled_by"], len(done["postings"])) == ("confirmed", "zhao", 1)
    case = lin.get(f"/money/cases/{pair[0].pk}").json()
    assert case["decisions"][0]["hand_match"] == told["number"]
    alone = zhao.post(f"/money/cases/{pair[0].pk}/reopen", {"why": "x"})
    problem(alone, 409, "settlement.part_of_match")
    undone = zhao.post(f"{place}/undo", {"why": "no"}).json()
    assert (undone["state"], len(undone["postings"])) == ("reversed", 2)
    again = zhao.post(f"{place}/undo", {"why": "no"})
    problem(again, 409, "settlement.match_step_refused")
    listed = lin.get("/money/matches?state=reversed").json()["items"]
    assert [one["number"] for one in listed] == [told["number"]]
    assert lin.get("/money/matches?state=proposed").json()["items"] == []


def test_a_refused_match_and_one_that_leaves_something(lin, zhao, pair, branch):
    more = CaseFactory(organisation=branch, amount_minor=5)
    cases = [case.pk for case in [*pair, more]]
    asked = lin.post("/money/matches", {"cases": cases, "why": "x"})
    left = problem(asked, 422, "settlement.something_left")
    assert "0.05" in str(left)
    made = lin.post("/money/matches", {"cases": cases, "why": "x", "remedy": "write_off"}).json()
    refused = zhao.post(f"/money/matches/{made['number']}/refuse", {"why": "no"}).json()
    assert (refused["state"], refused["settled_why"]) == ("refused", "no")
    stale = {"cases": cases, "why": "x", "remedy": "write_off", "versions": {str(cases[0]): 1}}
    assert lin.post("/money/matches", stale).status_code == 412


def test_a_neighbours_match_is_not_there(lin, signed_in, branch, neighbour):
    theirs = [CaseFactory(organisation=neighbour, amount_minor=n) for n in (5, 5)]
    Case.objects.filter(pk=theirs[1].pk).update(at_stake_minor=-5)
    keeper = signed_in(Role.ADMINISTRATOR, neighbour, username="next")
    body = {"cases": [case.pk for case in theirs], "why": "x"}
    number = keeper.post("/money/matches", body).json()["number"]
    assert lin.get(f"/money/matches/{number}").status_code == 404
    boss = signed_in(Role.ADMINISTRATOR, branch, username="boss")
    for verb in ("confirm", "refuse", "undo"):
        assert boss.post(f"/money/matches/{number}/{verb}", {"why": "x"}).status_code == 404
    assert lin.post("/money/matches", body).status_code == 404
    assert lin.get("/money/matches").json()["items"] == []
    assert HandMatch.objects.count() == 1
