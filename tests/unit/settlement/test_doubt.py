"""Money in doubt: whatever cases come and go, its entries sum to zero and suspense is what they have at stake."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.settlement.lifecycle import MOVES, POSTED, UNSETTLED, Account, CaseState, CaseStep
from tillkeeper.settlement.models import Case
from tillkeeper.settlement.services.doubt import Doubt
from tillkeeper.settlement.services.span import AROUND, days_judged
from tillkeeper.settlement.stakes import STAKES, at_stake_minor, stood_on

cases = st.builds(
    Case,
    difference=st.sampled_from(DifferenceClass),
    currency=st.sampled_from(["CNY", "USD", "JPY"]),
    mid=st.sampled_from(["", "M1", "M2"]),
    channel=st.sampled_from(["card", "wechat"]),
    at_stake_minor=st.integers(-(10**12), 10**12),
)
amounts = st.none() | st.integers(-(10**9), 10**9)


def sums(doubt):
    told = Counter()
    for line in doubt.lines():
        told[line.currency] += line.amount_minor
    return {currency: minor for currency, minor in told.items() if minor}


@given(st.lists(cases), st.lists(cases))
def test_entries_sum_to_zero_and_suspense_is_what_is_at_stake(come, go):
    doubt = Doubt()
    for case in come:
        doubt.put(case)
    for case in go:
        doubt.take_back(case)
    assert sums(doubt) == {}
    held = sum(line.amount_minor for line in doubt.lines() if line.account == Account.SUSPENSE)
    stakes = sum(c.at_stake_minor for c in come) - sum(c.at_stake_minor for c in go)
    assert held == -stakes


@given(st.lists(cases))
def test_what_comes_and_goes_leaves_nothing(come):
    doubt = Doubt()
    for case in come:
        doubt.put(case)
    for case in reversed(come):
        doubt.take_back(case)
    assert all(line.amount_minor == 0 and line.payments == 0 for line in doubt.lines())


@given(
    st.sampled_from(DifferenceClass),
    st.fixed_dictionaries(
        dict.fromkeys(("amount_minor", "other_minor", "fee_minor", "expected_fee_minor"), amounts)
    ),
)
def test_every_class_says_what_is_at_stake_and_where_it_stood(difference, row):
    assert isinstance(at_stake_minor({"class": difference, **row}), int)
    assert stood_on(difference) in (Account.MERCHANT_PAYABLE, Account.CHANNEL_RECEIVABLE)


def test_no_class_was_forgotten():
    assert set(STAKES) == set(DifferenceClass)
    assert Account.SUSPENSE not in POSTED.values()


def test_every_state_of_a_case_is_reached_and_every_step_is_used():
    assert set(MOVES.values()) == set(CaseState)
    assert {step for _state, step in MOVES} == set(CaseStep)
    assert {state for state, step in MOVES if step == CaseStep.REOPEN} == set(CaseState) - UNSETTLED


@given(st.dates())
def test_every_payments_day_is_judged_by_its_own_run_and_the_next(day):
    if day.toordinal() < 10 or day.toordinal() > 3_600_000:
        return
    first, last = days_judged(day)
    assert (last - first).days == 1
    assert last == day
    assert all(before >= 2 and after >= 1 for before, after in AROUND.values())
