"""A wallet's bill names the merchant by the channel's number; by the rules its money reaches our merchant's account."""

import pytest
from tests.factories import MerchantFactory
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY, MID, billed, scanned

from tillkeeper.settlement.models import Case
from tillkeeper.settlement.queries.ledger import balances
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.services.statements import issue_statement

pytestmark = pytest.mark.django_db
WECHAT = "1900000109"


@pytest.fixture
def wallet_day(bring, branch):
    MerchantFactory(number=MID, parent=branch)
    sales = [scanned(1), scanned(2, 7_000), scanned(3, 900)]
    bring("journal", sales[:2])
    bring("wechat.trade", [billed(row, mid=WECHAT) for row in sales])


def accounts(by):
    return {one.account: one.minor for one in balances(by.scope("money.view"))}


def statement(clerk):
    return issue_statement(merchant=MID, period=str(DAY), by=clerk, at=NEXT).totals


def test_a_wallets_day_stands_in_the_merchants_statement(wallet_day, matched, approver, clerk):
    write_rules(
        organisation="SH", text=f'[merchants]\n{WECHAT} = "{MID}"\n', why="WeChat", by=approver, at=NEXT
    )  # fmt: skip
    assert matched().state == "done"
    said = statement(clerk)
    assert said["movements"]["sales"] == 17_900
    assert [(row["channel"], row["payments"]) for row in said["rows"]] == [("wechat", 3)]
    lost = Case.objects.get()
    assert (lost.difference, lost.mid, lost.order_no) == (
        "charged_without_slip",
        MID,
        "TK0000000003",
    )
    assert said["movements"]["doubtful"] == -900


def test_a_payment_in_bill_and_account_is_posted_once(bring, matched, clerk):
    """The fund bill of the same day: each payment a second time, and its fee as a movement of its own."""
    sales = [scanned(1), scanned(2, 7_000)]
    bring("journal", sales)
    bring("wechat.trade", [billed(row, mid=WECHAT) for row in sales])
    moved = [{"mid": "", "tid": "", "fee_minor": None, "settled_on": None} | {
        "order_no": row["order_no"], "channel_no": f"9{row['order_no']}", "state": "success", "channel": "wechat",
        "currency": "CNY", "at": row["at"], "text": "交易", **told,
    } for row in sales for told in (
        {"kind": "sale", "amount_minor": row["amount_minor"], "net_minor": row["amount_minor"]},
        {"kind": "fee", "amount_minor": 60, "net_minor": -60},
    )]  # fmt: skip
    bring("wechat.fund", moved)
    run = matched()
    assert (run.state, Case.objects.count()) == ("done", 0)
    assert accounts(clerk)["channel_receivable"] == 17_000
    assert accounts(clerk)["fee_income"] == -(60 + 42)


def test_without_a_rule_it_stands_under_the_channels_number(wallet_day, matched, clerk):
    matched()
    assert statement(clerk)["movements"]["sales"] == 0
    assert Case.objects.get().mid == WECHAT
