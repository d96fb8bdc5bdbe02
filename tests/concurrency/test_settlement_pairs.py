"""Races over hand matches and verbs for many, with real locks: a case is settled once, and the others are told."""

from datetime import timedelta

import pytest
from django.db import transaction
from tests.factories import NOON, CaseFactory, OrganisationFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.settlement.errors import CaseStepRefused, MatchStepRefused, PartOfMatch
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.models import Case, Decision, Entry, HandMatch, Posting
from tillkeeper.settlement.queries.ledger import faults
from tillkeeper.settlement.services.case_sets import do_for_all
from tillkeeper.settlement.services.cases import Proposal, confirm, decide
from tillkeeper.settlement.services.deeds import Assign, Decide
from tillkeeper.settlement.services.hand_matches import (
    Pairing,
    confirm_match,
    match_by_hand,
    refuse_match,
    unmatch,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
LATER = NOON + timedelta(days=1)
BY = {"by": Actor.system("race"), "at": LATER}
SECOND = {"by": Actor.system("zhao"), "at": LATER}
PATIENCE_S = 20


@pytest.fixture
def cases():
    """Three charges without a slip and one slip without a charge of the same 100.00."""
    of = {"organisation": OrganisationFactory(code="HQ")}
    charged = [CaseFactory(**of) for _ in range(3)]
    missing = CaseFactory(**of, difference="slip_without_charge", at_stake_minor=-10_000)
    return [missing, *charged]


def pairing(*cases, **more):
    return Pairing(cases=[case.pk for case in cases], why="one paper", **more)


def test_of_two_matches_that_share_a_case_one_is_made(cases, rival, wait_until_blocked):
    missing, first, second, _third = cases
    with transaction.atomic():
        match_by_hand(pairing=pairing(missing, first), **BY)
        other = rival(match_by_hand, pairing=pairing(second, missing), **SECOND)
        wait_until_blocked()
    with pytest.raises(CaseStepRefused) as refused:
        other.result(timeout=PATIENCE_S)
    assert refused.value.case == missing.pk
    assert HandMatch.objects.count() == 1
    assert Posting.objects.count() == 1
    assert Case.objects.get(pk=second.pk).state == "open"
    assert faults() == []
    assert [verdict.broken for verdict in verify_chains()] == [None]


def test_matches_that_name_the_same_cases_in_another_order_do_not_wait_for_each_other(cases, rival):
    jobs = [
        rival(match_by_hand, pairing=pairing(*order, remedy=Remedy.WRITE_OFF), **who)
        for order, who in ((cases, BY), (cases[::-1], SECOND))
    ]
    ends = [job.exception(timeout=PATIENCE_S) for job in jobs]
    assert sorted(type(end) for end in ends if end) == [CaseStepRefused]
    assert HandMatch.objects.count() == 1


def large():
    cases = [CaseFactory(amount_minor=60_000)]
    of = {"organisation": cases[0].organisation, "amount_minor": 60_000}
    cases.append(CaseFactory(**of, at_stake_minor=-60_000))
    return cases, match_by_hand(pairing=pairing(*cases), **BY).number


@pytest.mark.parametrize("other", [confirm_match, refuse_match])
def test_a_match_is_settled_once(rival, wait_until_blocked, other):
    _cases, number = large()
    with transaction.atomic():
        confirm_match(number=number, **SECOND)
        rivals = rival(other, number=number, why="x", by=Actor.system("qian"), at=LATER)
        wait_until_blocked()
    with pytest.raises(MatchStepRefused):
        rivals.result(timeout=PATIENCE_S)
    assert Posting.objects.count() == 1
    assert set(Decision.objects.values_list("state", "settled_by")) == {("confirmed", "zhao")}


def test_a_match_is_undone_once(rival, wait_until_blocked):
    _cases, number = large()
    confirm_match(number=number, **SECOND)
    with transaction.atomic():
        unmatch(number=number, why="wrong", **SECOND)
        other = rival(unmatch, number=number, why="wrong", **BY)
        wait_until_blocked()
    with pytest.raises(MatchStepRefused):
        other.result(timeout=PATIENCE_S)
    sums = Entry.objects.filter(account="suspense").values_list("amount_minor", flat=True)
    assert (sum(sums), Posting.objects.count()) == (0, 2)
    assert set(Case.objects.values_list("state", flat=True)) == {"open"}


def test_one_case_cannot_be_confirmed_while_its_match_is(rival, wait_until_blocked):
    cases, number = large()
    with transaction.atomic():
        confirm_match(number=number, **SECOND)
        other = rival(confirm, case=cases[0].pk, by=Actor.system("qian"), at=LATER)
        wait_until_blocked()
    with pytest.raises((CaseStepRefused, PartOfMatch)):
        other.result(timeout=PATIENCE_S)
    assert Posting.objects.count() == 1


def test_a_case_that_is_decided_meanwhile_refuses_the_whole_match(cases, rival, wait_until_blocked):
    with transaction.atomic():
        decide(case=cases[1].pk, proposal=Proposal(remedy=Remedy.ACCEPT, why="x"), **BY)
        other = rival(match_by_hand, pairing=pairing(*cases[:2]), **SECOND)
        wait_until_blocked()
    with pytest.raises(CaseStepRefused):
        other.result(timeout=PATIENCE_S)
    assert (HandMatch.objects.count(), Posting.objects.count()) == (0, 1)


def test_two_orders_for_the_same_cases_settle_each_once(cases, rival):
    numbers = [case.pk for case in cases]
    deed = {"deed": Decide(Proposal(remedy=Remedy.ACCEPT, why="x"))}
    again = {"deed": Decide(Proposal(remedy=Remedy.ACCEPT, why="y"))}
    first = rival(do_for_all, numbers=numbers, **deed, **BY)
    second = rival(do_for_all, numbers=numbers[::-1], **again, **SECOND)
    outcomes = [first.result(timeout=PATIENCE_S), second.result(timeout=PATIENCE_S)]
    assert sum(len(one.moved) for one in outcomes) == len(numbers)
    assert sum(len(one.refused) for one in outcomes) == len(numbers)
    assert Decision.objects.count() == Posting.objects.count() == len(numbers)
    assert faults() == []


def test_an_order_waits_for_a_match_in_hand_and_tells_each_case(cases, rival, wait_until_blocked):
    numbers = [case.pk for case in cases]
    with transaction.atomic():
        match_by_hand(pairing=pairing(*cases[:2]), **BY)
        other = rival(do_for_all, numbers=numbers, deed=Assign(owner="lin"), **SECOND)
        wait_until_blocked()
    assert len(other.result(timeout=PATIENCE_S).moved) == len(numbers)
    assert set(Case.objects.values_list("owner", flat=True)) == {"lin"}
    assert sorted(Case.objects.values_list("state", flat=True)) == [
        "closed", "closed", "open", "open",
    ]  # fmt: skip
