"""Many cases at a time, and cases matched by hand, as the operator of an installation does it."""

import json

import pytest
from tests.factories import NOON, CaseFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.settlement.models import Case
from tillkeeper.settlement.services.hand_matches import confirm_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(branch):
    return [CaseFactory(organisation=branch, amount_minor=n * 1_000) for n in (1, 2, 3)]


@pytest.fixture
def pair(branch):
    missing = CaseFactory(
        organisation=branch, difference="slip_without_charge", amount_minor=900, at_stake_minor=-900
    )
    return [CaseFactory(organisation=branch, amount_minor=900), missing]


def states():
    return dict(Case.objects.values_list("pk", "state"))


def test_all_of_a_class_are_decided(tillkeeper, three, branch):
    other = CaseFactory(organisation=branch, difference="reversal_lost")
    said = tillkeeper(
        "money", "work", "decide", "--class", "charged_without_slip", "--remedy", "accept", "--why", "x"
    )  # fmt: skip
    assert (said.exit_code, "3 cases moved" in said.stdout) == (0, True), said.output
    assert states() == {**{case.pk: "closed" for case in three}, other.pk: "open"}


def test_each_refusal_is_told(tillkeeper, three):
    first = three[0].pk
    tillkeeper("money", "decide", first, "accept", "--why", "x")
    args = ["money", "work", "hold", first, three[1].pk, "--until", "2999-01-01", "--why", "x"]
    said = tillkeeper(*args, "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["cases"], told["moved"]) == (1, 2, 1)
    assert [(one["case"], one["code"]) for one in told["refused"]] == [
        (first, "settlement.step_refused")
    ]
    again = tillkeeper(*args)
    assert again.exit_code == 1
    assert f"{first}: Case {first} is closed" in again.stderr
    assert "2 cases refused" in again.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("assign",),
        ("assign", "1", "--all"),
        ("assign", "1", "--class", "held"),
        ("hold", "--all", "--why", "x"),
        ("hold", "--all", "--until", "2020-01-01", "--why", "x"),
        ("dispute", "--all", "--why", "x"),
        ("decide", "--all", "--why", "x"),
        ("decide", "--all", "--remedy", "magic", "--why", "x"),
        ("reopen", "--all"),
        ("assign", "--all", "--state", "lost"),
    ],
)
def test_wrong_usage_changes_nothing(tillkeeper, three, arguments):
    said = tillkeeper("money", "work", *arguments)
    assert said.exit_code == 2, said.output
    assert set(Case.objects.values_list("version", flat=True)) == {1}


def test_all_means_all_that_is_not_settled(tillkeeper, three):
    tillkeeper("money", "decide", three[0].pk, "accept", "--why", "x")
    said = tillkeeper("money", "work", "assign", "--all", "--to", "lin", "--json")
    assert json.loads(said.stdout) == {"cases": 2, "moved": 2, "refused": []}


def test_cases_are_paired_listed_and_unpaired(tillkeeper, pair):
    said = tillkeeper(
        "money", "pair", *[case.pk for case in pair], "--why", "one payment", "--json"
    )
    assert said.exit_code == 0, said.output
    made = json.loads(said.stdout)
    assert (made["state"], made["left_minor"]) == ("confirmed", 0)
    listed = json.loads(tillkeeper("money", "pairs", "--state", "confirmed", "--json").stdout)
    assert [(one["number"], one["cases"]) for one in listed] == [(made["number"], 2)]
    assert made["number"] in tillkeeper("money", "pairs").stdout
    assert json.loads(tillkeeper("money", "pairs", "--state", "refused", "--json").stdout) == []
    alone = tillkeeper("money", "pair", pair[0].pk, pair[1].pk, "--why", "again")
    assert alone.exit_code == 1
    undone = tillkeeper("money", "unpair", made["number"], "--why", "wrong")
    assert (undone.exit_code, "open again" in undone.stdout) == (0, True)
    assert set(states().values()) == {"open"}
    assert tillkeeper("money", "unpair", made["number"], "--why", "wrong").exit_code == 1


def test_what_is_left_needs_a_remedy(tillkeeper, pair, branch):
    cases = [*[case.pk for case in pair], CaseFactory(organisation=branch, amount_minor=5).pk]
    said = tillkeeper("money", "pair", *cases, "--why", "x")
    assert (said.exit_code, "0.05" in said.stderr) == (2, True)
    assert tillkeeper("money", "pair", *cases, "--why", "x", "--rest", "match").exit_code == 2
    assert tillkeeper("money", "pair", *cases, "--why", "x", "--rest", "write_off").exit_code == 0


def test_above_the_limit_somebody_else_settles_the_pair(tillkeeper, branch):
    cases = [CaseFactory(organisation=branch, amount_minor=0) for _ in range(2)]
    big = CaseFactory(organisation=branch, amount_minor=60_000)
    named = [case.pk for case in [*cases, big]]
    said = tillkeeper("money", "pair", *named, "--why", "x", "--rest", "refund", "--json")
    number = json.loads(said.stdout)["number"]
    for verb in ("pair-confirm", "pair-refuse"):
        own = tillkeeper("money", verb, number, "--why", "x")
        assert (own.exit_code, "second person" in own.stderr) == (1, True)
    confirm_match(number=number, by=Actor.system("zhao"), at=NOON)
    assert set(states().values()) == {"closed"}
