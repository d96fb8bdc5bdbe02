"""Matching by hand: suspense is cleared of exactly these cases, undoing gives back exactly what was before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories import CaseFactory
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY, MID, billed, paid

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import (
    CaseChanged,
    CaseStepRefused,
    MatchStepRefused,
    NotAlike,
    OwnProposal,
    PartOfMatch,
    SomethingLeft,
)
from tillkeeper.settlement.lifecycle import POSTED, UNSETTLED, Remedy
from tillkeeper.settlement.models import Case, Decision, Entry, HandMatch, Posting
from tillkeeper.settlement.queries.hand_matches import partners, standing_match
from tillkeeper.settlement.queries.ledger import balances, faults
from tillkeeper.settlement.services import cases as verbs
from tillkeeper.settlement.services.doubt import Doubt, occasion_of
from tillkeeper.settlement.services.hand_matches import (
    Pairing,
    confirm_match,
    match_by_hand,
    refuse_match,
    unmatch,
)

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("books")
LATER = NEXT + timedelta(days=1)
CLASSES = ("charged_without_slip", "slip_without_charge", "unknown_credit", "payout_missing")
REMEDIES = sorted(POSTED)


def doubted(*, difference="charged_without_slip", minor=10_000, **more):
    """Return a case whose money is on suspense, as a run leaves it."""
    case = CaseFactory(difference=difference, amount_minor=abs(minor), at_stake_minor=minor, **more)
    doubt = Doubt()
    doubt.put(case)
    doubt.post(on=occasion_of(case, why="found", day=DAY), by=SYSTEM, at=NEXT)
    return case


@pytest.fixture
def pair(branch):
    """A charge without a slip and a slip without a charge, of one amount."""
    return [
        doubted(organisation=branch, minor=10_000),
        doubted(organisation=branch, difference="slip_without_charge", minor=-10_000),
    ]


@pytest.fixture
def large(branch):
    """A payout of 900.00 that is missing, and three credits that nobody knows: above the limit."""
    missing = doubted(organisation=branch, difference="payout_missing", minor=-90_000)
    credited = [
        doubted(organisation=branch, difference="unknown_credit", minor=30_000, mid="", trace="")
        for _ in range(3)
    ]
    return [missing, *credited]


def match(cases, by, **more):
    pairing = Pairing(cases=[case.pk for case in cases], why=more.pop("why", "same paper"), **more)
    return match_by_hand(pairing=pairing, by=by, at=NEXT)


def books():
    """Return what stands on every account, merchant, channel and currency; places of nothing are left out."""
    told = {}
    for one in Entry.objects.values_list("account", "mid", "channel", "currency", "amount_minor"):
        told[one[:4]] = told.get(one[:4], 0) + one[4]
    return {place: minor for place, minor in told.items() if minor}


def suspense():
    return sum(minor for place, minor in books().items() if place[0] == "suspense")


def in_doubt():
    return sum(
        case.at_stake_minor for case in Case.objects.filter(state__in=[str(s) for s in UNSETTLED])
    )


def states(cases):
    return [Case.objects.get(pk=case.pk).state for case in cases]


def test_one_and_one_are_matched_and_both_closed(pair, clerk):
    made = match(pair, clerk)
    assert (made.state, made.left_minor, made.remedy, made.settled_by) == ("confirmed", 0, "", "")
    assert states(pair) == ["closed", "closed"]
    assert books() == {}
    decisions = list(Decision.objects.order_by("pk"))
    assert [one.number for one in decisions] == [f"{made.number}-1", f"{made.number}-2"]
    assert {(one.remedy, one.amount_minor, one.hand_match) for one in decisions} == {
        ("match", 0, made)
    }
    posted = Posting.objects.get(kind="decision")
    assert posted.decision == decisions[0]
    assert [verdict.broken for verdict in verify_chains()] == [None]


def test_one_and_many_above_the_limit_wait_for_a_second_person(large, clerk, approver):
    before = books()
    made = match(large, clerk)
    assert (made.state, made.settled_at) == ("proposed", None)
    assert (states(large), books()) == (["proposed"] * 4, before)
    settled = confirm_match(number=made.number, why="agreed", by=approver, at=LATER)
    assert (settled.state, settled.settled_by, settled.settled_at) == ("confirmed", "zhao", LATER)
    assert states(large) == ["closed"] * 4
    assert books() == {}
    assert set(Decision.objects.values_list("state", "settled_by")) == {("confirmed", "zhao")}


def test_the_sum_of_all_sizes_asks_for_two_not_the_largest(branch, clerk):
    """Ten times 60.00 is 600.00, whatever each of them is."""
    cases = [doubted(organisation=branch, minor=6_000 * (-1) ** nth) for nth in range(10)]
    assert match(cases[:8], clerk).state == "confirmed"
    more = [doubted(organisation=branch, minor=6_000 * (-1) ** nth) for nth in range(10)]
    assert match(more, clerk).state == "proposed"


def test_a_refused_match_leaves_the_books_and_opens_every_case(large, clerk, approver):
    made, before = match(large, clerk), books()
    refused = refuse_match(number=made.number, why="not the same", by=approver, at=LATER)
    assert (refused.state, refused.settled_why) == ("refused", "not the same")
    assert (states(large), books()) == (["open"] * 4, before)
    assert match(large, clerk).number != made.number


def test_what_is_left_goes_where_its_remedy_says(branch, clerk):
    missing = doubted(organisation=branch, difference="payout_missing", minor=-10_000)
    credit = doubted(organisation=branch, difference="unknown_credit", minor=9_900, mid="")
    with pytest.raises(SomethingLeft) as refused:
        match([missing, credit], clerk)
    assert refused.value.left == "CNY -1.00"
    assert HandMatch.objects.count() == 0
    made = match([missing, credit], clerk, remedy=Remedy.WRITE_OFF)
    assert (made.left_minor, made.remedy) == (-100, "write_off")
    assert suspense() == 0
    sums = {one.account: one.minor for one in balances(clerk.scope("money.view"))}
    assert {name: minor for name, minor in sums.items() if minor} == {
        "loss": 100, "channel_receivable": -100,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        ("write_off", "none: nothing is left to remedy"),
        ("none", "none: nothing is left to remedy"),
    ],
)
def test_no_remedy_is_named_where_nothing_is_left(pair, clerk, remedy, expected):
    with pytest.raises(FieldInvalid) as refused:
        match(pair, clerk, remedy=Remedy(remedy))
    assert refused.value.expected == expected


@pytest.mark.parametrize("remedy", ["none", "match"])
def test_what_is_left_is_not_remedied_by_nothing(pair, branch, clerk, remedy):
    with pytest.raises(FieldInvalid) as refused:
        match([*pair, doubted(organisation=branch, minor=5)], clerk, remedy=Remedy(remedy))
    assert (refused.value.field, "write_off" in refused.value.expected) == ("remedy", True)


def test_nothing_is_matched_with_one_case_too_many_or_without_a_reason(pair, clerk):
    for cases, why, name in (
        (pair[:1], "x", "cases"),
        ([pair[0], pair[0]], "x", "cases"),
        ([Case(pk=n) for n in range(1, 202)], "x", "cases"),
        (pair, "  ", "why"),
    ):
        with pytest.raises(FieldInvalid) as refused:
            match(cases, clerk, why=why)
        assert refused.value.field == name


def test_strangers_are_not_matched(pair, branch, hire, clerk):
    dollars = doubted(organisation=branch, minor=-10_000, currency="USD")
    with pytest.raises(NotAlike):
        match([pair[0], dollars], clerk)
    # The head office sees both, and still they are of two organisations.
    both = hire(Job.ADMINISTRATOR, branch.parent, username="head")
    of_head = doubted(organisation=branch.parent, minor=-10_000)
    with pytest.raises(NotAlike):
        match([pair[0], of_head], both)


def test_a_closed_a_changed_and_a_strangers_case_refuse_the_whole_match(
    pair, branch, neighbour, clerk
):
    third = doubted(organisation=branch, minor=500)
    verbs.decide(
        case=third.pk,
        proposal=verbs.Proposal(remedy=Remedy.ACCEPT, why="x"),
        by=clerk,
        at=NEXT,
    )
    with pytest.raises(CaseStepRefused):
        match([*pair, third], clerk)
    with pytest.raises(CaseChanged):
        match(pair, clerk, versions={pair[0].pk: 7})
    with pytest.raises(NotFound):
        match([*pair, CaseFactory(organisation=neighbour, amount_minor=0)], clerk)
    assert (HandMatch.objects.count(), states(pair)) == (0, ["open", "open"])


def test_nobody_settles_their_own_and_everybody_needs_the_right(
    large, clerk, approver, hire, branch, neighbour
):
    both = hire(Job.ADMINISTRATOR, branch, username="boss")
    made = match(large, both)
    for settle in (confirm_match, refuse_match):
        with pytest.raises(OwnProposal):
            settle(number=made.number, why="mine", by=both, at=LATER)
        for stranger in (hire(Job.ADMINISTRATOR, neighbour), clerk):
            with pytest.raises(NotFound):
                settle(number=made.number, why="mine", by=stranger, at=LATER)
    with pytest.raises(NotFound):
        match(large[:2], approver)
    confirm_match(number=made.number, by=approver, at=LATER)
    with pytest.raises(NotFound):
        unmatch(number=made.number, why="wrong", by=clerk, at=LATER)
    with pytest.raises(NotFound):
        unmatch(number=made.number, why="x", by=hire(Job.SETTLEMENT_APPROVER, neighbour), at=LATER)


def test_of_a_match_no_case_is_settled_or_opened_alone(large, pair, clerk, approver):
    made = match(large, clerk)
    for settle in (verbs.confirm, verbs.refuse):
        with pytest.raises(PartOfMatch) as refused:
            settle(case=large[1].pk, why="x", by=approver, at=LATER)
        assert refused.value.match == made.number
    done = match(pair, clerk)
    with pytest.raises(PartOfMatch):
        verbs.reopen(case=pair[0].pk, why="x", by=approver, at=LATER)
    unmatch(number=done.number, why="x", by=approver, at=LATER)
    assert standing_match(pair[0]) is None
    verbs.decide(
        case=pair[0].pk, proposal=verbs.Proposal(remedy=Remedy.ACCEPT, why="x"), by=clerk, at=LATER
    )
    assert verbs.reopen(case=pair[0].pk, why="x", by=approver, at=LATER).state == "open"


def test_a_match_is_undone_once_and_only_when_it_stands(large, clerk, approver):
    made = match(large, clerk)
    with pytest.raises(MatchStepRefused) as refused:
        unmatch(number=made.number, why="x", by=approver, at=LATER)
    assert refused.value.match_state == "proposed"
    confirm_match(number=made.number, by=approver, at=LATER)
    with pytest.raises(MatchStepRefused):
        confirm_match(number=made.number, by=approver, at=LATER)
    unmatch(number=made.number, why="x", by=approver, at=LATER)
    with pytest.raises(MatchStepRefused) as refused:
        unmatch(number=made.number, why="x", by=approver, at=LATER)
    assert refused.value.match_state == "reversed"
    assert set(Decision.objects.values_list("state", flat=True)) == {"reversed"}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    stakes=st.lists(
        st.tuples(st.integers(-40_000, 40_000), st.sampled_from(CLASSES)), min_size=2, max_size=6
    ),
    remedy=st.sampled_from(REMEDIES),
)
def test_whatever_is_matched_clears_its_suspense_and_undone_gives_all_back(
    stakes, remedy, branch, clerk, approver
):
    others = doubted(organisation=branch, minor=777)
    cases = [
        doubted(organisation=branch, difference=difference, minor=minor)
        for minor, difference in stakes
    ]
    before, doubt_before = books(), in_doubt()
    left = sum(minor for minor, _difference in stakes)
    made = match(cases, clerk, remedy=Remedy(remedy) if left else None)
    if made.state == "proposed":
        assert books() == before
        confirm_match(number=made.number, by=approver, at=LATER)
    assert suspense() == -in_doubt() == -(doubt_before - left)
    assert faults() == []
    # What was left stands where its remedy says, and nowhere else: the rest of the books is as if nothing was in doubt.
    target = POSTED[Remedy(remedy)]
    moved = {place: books().get(place, 0) - before.get(place, 0) for place in {*books(), *before}}
    if target == "loss":
        assert sum(minor for place, minor in moved.items() if place[0] == "loss") == -left
    assert sum(made.decisions.values_list("amount_minor", flat=True)) == left
    unmatch(number=made.number, why="no", by=approver, at=LATER)
    assert (books(), in_doubt()) == (before, doubt_before)
    assert states(cases) == ["open"] * len(cases)
    assert faults() == []
    assert Case.objects.get(pk=others.pk).version == 1


def test_a_later_run_leaves_matched_cases_and_counts_nothing_twice(bring, matched, clerk, approver):
    sales = [paid(1), paid(2, 20_000, slip="failed"), paid(3, 20_000)]
    bring("journal", sales)
    bring("acquirer46", [billed(sales[0]), billed(sales[1])])
    matched()
    cases = list(Case.objects.order_by("pk"))
    assert {case.difference for case in cases} == {"charged_without_slip", "slip_without_charge"}
    made = match(cases, clerk)
    after = books()
    assert suspense() == 0
    again = matched()
    assert (again.cases_opened, again.cases_vanished) == (0, 0)
    assert (books(), states(cases)) == (after, ["closed", "closed"])
    unmatch(number=made.number, why="no", by=approver, at=LATER)
    assert suspense() == -in_doubt() == 0
    assert states(cases) == ["open", "open"]
    matched()
    assert suspense() == -in_doubt()
    assert Case.objects.count() == 2


def test_likely_partners_are_of_the_other_side_the_equal_amount_first(branch, neighbour, clerk):
    case = doubted(organisation=branch, minor=10_000, day=DAY)
    of = {"organisation": branch, "difference": "slip_without_charge"}
    far = doubted(**of, minor=-10_000, mid="other", day=DAY)
    other_amount = doubted(**of, minor=-4_000, day=DAY + timedelta(days=1))
    equal = doubted(**of, minor=-10_000, day=DAY + timedelta(days=2))
    nearer = doubted(**of, minor=-10_000, day=DAY)
    doubted(organisation=branch, minor=10_000, day=DAY)  # the same side
    doubted(**of, minor=-4_000, day=DAY + timedelta(days=30))  # too far away
    doubted(**of, minor=-10_000, currency="USD", day=DAY)
    doubted(organisation=neighbour, difference="slip_without_charge", minor=-10_000, mid=MID)
    closed = doubted(**of, minor=-10_000, day=DAY)
    verbs.decide(
        case=closed.pk, proposal=verbs.Proposal(remedy=Remedy.ACCEPT, why="x"), by=clerk, at=NEXT
    )
    found = partners(clerk.scope("money.view"), case)
    assert [row.pk for row in found] == [nearer.pk, equal.pk, far.pk, other_amount.pk]


def test_matching_takes_the_same_statements_however_many(branch, clerk):
    def statements(many):
        cases = [doubted(organisation=branch, minor=10 * (-1) ** nth) for nth in range(many)]
        with CaptureQueriesContext(connection) as caught:
            match(cases, clerk)
        # The rows are set one after the other by one prepared statement; this counts each.
        return len([one for one in caught if 'SET "state"' not in one["sql"]])

    statements(2)  # the counters' rows of the day are made
    assert statements(2) == statements(40)
