"""Money that left the bank for a merchant reduces the merchant's balance: only where rules and statement say so."""

from datetime import timedelta

import pytest
from tests.factories import MerchantFactory
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY, MID, billed, credited, paid

from tillkeeper.settlement.lifecycle import PostingKind
from tillkeeper.settlement.models import Entry, Posting
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.services.statements import issue_statement

PAYERS = '[payouts]\npayers = ["银联商务"]\n'
OURS = "898310154110002"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def merchant(branch):
    return MerchantFactory(number=MID, parent=branch)


@pytest.fixture
def rules(approver):
    return write_rules(organisation="SH", text=PAYERS, why="our payers", by=approver, at=NEXT)


def bank(bring, *lines):
    """Bring a statement in; each line is (minor, text)."""
    rows = [credited(minor, on=DAY, text=text) for minor, text in lines]
    return bring("camt.053", rows, name="bank.xml")


@pytest.fixture
def sold(bring):
    sale = paid(1)
    bring("journal", [sale])
    bring("acquirer46", [billed(sale)])


def entries():
    told = Entry.objects.filter(posting__kind=PostingKind.PAYOUT, posting__reversed_by=None)
    return sorted(told.values_list("account", "mid", "amount_minor", "payments"))


def test_a_debit_for_a_merchant_is_paid_out_and_stands_in_the_statement(
    sold, bring, matched, rules, clerk
):
    bank(bring, (-6_000, f"结算款 {MID}"), (-3_000, f"{MID} 二"), (9_940, f"银联商务 {MID}"))
    matched()
    assert entries() == [("bank", MID, -9_000, 2), ("merchant_payable", MID, 9_000, 2)]
    told = issue_statement(merchant=MID, period=str(DAY), by=clerk, at=NEXT).totals
    assert told["movements"]["paid_out"] == -9_000
    assert told["closing_minor"] == sum(told["movements"].values()) == 10_000 - 60 - 9_000


@pytest.mark.parametrize(
    "text",
    [
        f"银联商务 扣回 {MID}",  # a channel takes its money back
        "房租",  # nobody's
        "898310154119999",  # no merchant of ours
    ],
)
def test_other_debits_are_nobodys_payout(sold, bring, matched, rules, text):
    bank(bring, (-6_000, text))
    matched()
    assert entries() == []


def test_a_debit_that_names_two_merchants_is_not_guessed(sold, bring, matched, rules, branch):
    MerchantFactory(number=OURS, parent=branch)
    bank(bring, (-6_000, f"{MID} {OURS}"))
    matched()
    assert entries() == []


def test_a_neighbours_merchant_is_not_paid_from_here(sold, bring, matched, rules, neighbour):
    MerchantFactory(number=OURS, parent=neighbour)
    bank(bring, (-6_000, OURS))
    matched()
    assert entries() == []


def test_without_payers_in_the_rules_nothing_is_certain(sold, bring, matched):
    bank(bring, (-6_000, f"结算款 {MID}"))
    matched()
    assert entries() == []


def test_a_day_matched_again_is_paid_out_once(sold, bring, matched, rules):
    bank(bring, (-6_000, f"结算款 {MID}"))
    matched()
    matched()
    assert entries() == [("bank", MID, -6_000, 1), ("merchant_payable", MID, 6_000, 1)]
    assert Posting.objects.filter(kind=PostingKind.PAYOUT).count() == 2
    assert sum(Entry.objects.values_list("amount_minor", flat=True)) == 0


def test_a_day_counts_only_its_own_debits(sold, bring, matched, rules):
    bring("camt.053", [credited(-6_000, on=DAY + timedelta(days=1), text=MID)], name="bank.xml")
    matched()
    assert entries() == []
