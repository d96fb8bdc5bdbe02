"""A case of a whole batch and the cases of its payments: whatever comes first, an amount is in doubt once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import NOON, MerchantFactory
from tests.money_days import DAY, MID, TEN, TID, billed, paid

from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.models import Case
from tillkeeper.settlement.queries.ledger import balances, faults
from tillkeeper.settlement.services.cases import Proposal, decide, dispute, refuse, reopen
from tillkeeper.settlement.services.troubles import open_trouble
from tillkeeper.settlement.services.troubles_handed import hand_over
from tillkeeper.settlement.services.whole_batches import left_of

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=3)
NEXT_DAY = DAY + timedelta(days=1)
SALES = [paid(1), paid(2, 20_000), paid(3, 30_000)]
MISSING = 50_000  # the channel has but the first


@pytest.fixture(autouse=True)
def _shop(branch):
    MerchantFactory(number=MID, parent=branch, settlement_account_masked="6222****1234")


@pytest.fixture
def short_day(bring):
    """Three sales at the terminal, one of them at the channel."""
    bring("journal", SALES)
    bring("acquirer46", [billed(SALES[0])])


@pytest.fixture
def handed(clerk):
    """Return a function that opens a trouble of a batch and hands it over to a case."""

    def make(batch="1"):
        asked = {"mid": MID, "tid": TID, "batch": batch, "day": DAY, "symptom": "no_money"}
        trouble = open_trouble(by=clerk, at=LATER, **asked)
        return hand_over(number=trouble.number, by=clerk, at=LATER)

    return make


def suspense(by):
    """What lies on suspense, which must be what unsettled cases have at stake."""
    held = sum(one.minor for one in balances(by.scope("money.view")) if one.account == "suspense")
    assert held == -sum(
        Case.objects.filter(closed_at=None).values_list("at_stake_minor", flat=True)
    )
    assert faults() == []
    return held


def decided(case, remedy, clerk):
    return decide(
        case=case.pk, proposal=Proposal(remedy=remedy, why="it is so"), by=clerk, at=LATER
    )


@pytest.mark.parametrize("batch", ["1", ""], ids=["of a batch", "of a whole day"])
def test_the_batchs_case_vanishes_when_a_run_finds_each_of_its_payments(
    short_day, handed, matched, clerk, batch
):
    whole = handed(batch)
    assert suspense(clerk) == MISSING
    run = matched()
    assert suspense(clerk) == MISSING
    whole.refresh_from_db()
    assert (whole.state, whole.at_stake_minor, run.cases_vanished) == ("vanished", 0, 1)
    found = Case.objects.filter(run=run)
    assert sum(found.values_list("at_stake_minor", flat=True)) == -MISSING
    told = whole.notes.get(step="vanish").text
    assert all(f"#{case.pk}" in told for case in found)
    matched()
    assert suspense(clerk) == MISSING


def test_the_batchs_case_keeps_what_its_payments_do_not_yet_explain(bring, handed, matched, clerk):
    night = paid(3, 30_000, at=TEN + timedelta(hours=13, minutes=40))  # of the next business day
    bring("journal", [SALES[0], SALES[1], night])
    bring("acquirer46", [billed(SALES[0])])
    whole = handed()
    assert whole.at_stake_minor == -MISSING
    matched()
    whole.refresh_from_db()
    assert (whole.state, whole.at_stake_minor, whole.size_minor) == ("open", -30_000, 30_000)
    assert suspense(clerk) == MISSING
    later = paid(9, batch="000002", at=TEN + timedelta(days=1))
    bring("journal", [later], name="next.journal")
    bring("acquirer46", [billed(later, settled_on=NEXT_DAY)], name="next.csv")
    matched(NEXT_DAY)
    whole.refresh_from_db()
    assert (whole.state, whole.at_stake_minor) == ("vanished", 0)
    assert stakes() == {"000002": -20_000, "000003": -30_000}


def test_what_was_decided_about_the_whole_is_not_in_doubt_again_with_its_payments(
    short_day, handed, matched, clerk, approver
):
    whole = handed()
    decided(whole, Remedy.ACCEPT, clerk)  # up to the limit of one person
    assert suspense(clerk) == 0
    matched()
    assert (stakes(), suspense(clerk)) == ({"000002": 0, "000003": 0}, 0)
    first = Case.objects.get(trace="000002")
    decided(first, Remedy.NONE, clerk)  # what is in hand goes on yielding
    matched()
    assert (stakes(), suspense(clerk)) == ({"000002": 0, "000003": 0}, 0)
    reopen(case=whole.pk, why="looked again", by=approver, at=LATER)
    assert suspense(clerk) == MISSING
    matched()
    assert suspense(clerk) == MISSING


def test_a_proposal_about_the_whole_stays_as_it_is_until_it_is_refused(
    bring, handed, matched, clerk, approver
):
    bring("journal", [paid(1), paid(2, 60_000)])
    bring("acquirer46", [billed(paid(1))])
    whole = handed()
    decided(whole, Remedy.WRITE_OFF, clerk)
    matched()
    whole.refresh_from_db()
    assert (whole.state, whole.at_stake_minor, stakes()) == ("proposed", -60_000, {"000002": 0})
    assert suspense(clerk) == 60_000
    refuse(case=whole.pk, why="the acquirer pays", by=approver, at=LATER)
    matched()
    whole.refresh_from_db()
    assert (whole.state, stakes()) == ("vanished", {"000002": -60_000})
    assert suspense(clerk) == 60_000


def test_a_disputed_whole_stays_with_what_is_left(short_day, handed, matched, clerk):
    whole = handed()
    dispute(
        case=whole.pk, deadline=LATER.date() + timedelta(days=9), why="asked", by=clerk, at=LATER
    )
    matched()
    whole.refresh_from_db()
    assert (whole.state, whole.at_stake_minor) == ("disputed", 0)
    assert suspense(clerk) == MISSING


def test_one_batch_opened_twice_is_one_case(short_day, handed, clerk):
    assert handed() == handed()
    assert suspense(clerk) == MISSING


def test_a_batch_whose_payments_are_decided_has_nothing_more_at_stake(
    short_day, handed, matched, clerk
):
    matched()
    for case in Case.objects.all():
        decided(case, Remedy.ACCEPT, clerk)
    whole = handed()
    assert (whole.difference, whole.at_stake_minor) == ("amount_differs", 0)
    assert suspense(clerk) == 0


def stakes():
    return dict(Case.objects.exclude(trace="").values_list("trace", "at_stake_minor"))


@given(st.integers(-99, 99), st.integers(-99, 99))
def test_what_is_left_has_the_sign_of_the_stake_and_is_never_larger_when_explained(
    stake, explained
):
    left = left_of(stake, explained)
    assert left * stake >= 0
    if explained * stake >= 0:
        assert abs(left) <= abs(stake)
    if left:
        assert left + explained == stake
