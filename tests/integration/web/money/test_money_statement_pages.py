"""Merchants' statements in the console: issued, shown with their proof, taken as files; refused to whom it must."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.urls import reverse
from tests.factories import NOON, MerchantFactory
from tests.money_days import MID

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.lifecycle import Account, PostingKind, What
from tillkeeper.settlement.models import MerchantStatement
from tillkeeper.settlement.services.ledger import Line, Occasion, post

DAY = date(2026, 3, 2)
NEW = "web:ledger-statements-new"


@pytest.fixture
def merchant(branch):
    return MerchantFactory(number=MID, parent=branch, name="上海镕金")


@pytest.fixture
def sold(branch, clerk, merchant):
    def sold(minor, what=What.SALES, day=DAY):
        lines = [
            Line(Account.CHANNEL_RECEIVABLE, minor, "CNY", MID, "card", 1, what),
            Line(Account.MERCHANT_PAYABLE, -minor, "CNY", MID, "card", 1, what),
        ]
        on = Occasion(PostingKind.SETTLED_DAY, "a day", day, branch.pk, branch.path)
        return post(lines=lines, occasion=on, by=clerk, at=NOON)

    return sold


def issue(desk, **more):
    asked = {"merchant": MID, "period": "day", "on": str(DAY), "currency": "CNY", **more}
    return desk.post(reverse(NEW), asked)


@pytest.fixture
def issued(sold, counter_desk):
    sold(10_000)
    assert issue(counter_desk).status_code == 303
    return MerchantStatement.objects.get()


def page(desk, one):
    return desk.get(reverse("web:ledger-statement", args=[one.number]))


def test_a_statement_is_issued_and_leads_to_its_page(sold, counter_desk):
    sold(10_000)
    made = issue(counter_desk)
    one = MerchantStatement.objects.get()
    assert made["Location"] == reverse("web:ledger-statement", args=[one.number])
    shown = page(counter_desk, one).content.decode()
    assert "上海镕金" in shown
    assert "¥100.00" in shown
    assert shown.count('data-answer="yes"') == 3


@pytest.mark.parametrize("period", ["day", "month"])
def test_day_and_month_are_asked_for(sold, counter_desk, period):
    issue(counter_desk, period=period)
    one = MerchantStatement.objects.get()
    assert (one.first_day, one.last_day) == (
        (DAY, DAY) if period == "day" else (date(2026, 3, 1), date(2026, 3, 31))
    )


def test_what_was_posted_since_is_told(issued, sold, counter_desk):
    sold(5_000)
    shown = page(counter_desk, issued).content.decode()
    assert 'data-answer="unknown"' in shown
    assert "¥150.00" in shown
    assert shown.count('data-answer="yes"') == 2


def test_files_come_in_the_readers_language(issued, counter_desk):
    where = "web:ledger-statement-file"
    pdf = counter_desk.get(reverse(where, args=[issued.number, "pdf"]))
    assert pdf.content.startswith(b"%PDF")
    assert issued.number in pdf["Content-Disposition"]
    for language, word in (("zh-hans", "银行卡"), ("en", "bank card")):
        counter_desk.cookies["django_language"] = language
        book = ZipFile(
            BytesIO(counter_desk.get(reverse(where, args=[issued.number, "xlsx"])).content)
        )
        assert word in book.read("xl/sharedStrings.xml").decode()
    assert counter_desk.get(reverse(where, args=[issued.number, "exe"])).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"merchant": "nobody"}, {"on": "2099-01-01"}, {"on": "x"}, {"currency": "XXX"}, {"merchant": ""}],
)  # fmt: skip
def test_what_cannot_be_issued_is_said_in_the_form(merchant, counter_desk, wrong):
    refused = issue(counter_desk, **wrong)
    assert refused.status_code in {404, 422}
    assert MerchantStatement.objects.count() == 0


def test_a_neighbour_sees_none_of_it(issued, neighbour, hire, visit):
    desk = visit(hire(Role.SETTLEMENT_CLERK, neighbour, username="far"))
    assert page(desk, issued).status_code == 404
    path = reverse("web:ledger-statement-file", args=[issued.number, "pdf"])
    assert desk.get(path).status_code == 404
    assert issued.number not in desk.get(reverse("web:ledger-statements")).content.decode()
    issue(desk)
    assert MerchantStatement.objects.count() == 1


def test_who_may_only_look_issues_nothing(sold, branch, hire, visit):
    sold(10_000)
    desk = visit(hire(Role.RISK_OFFICER, branch, username="risk"))
    assert issue(desk).status_code == 403
    assert desk.get(reverse("web:ledger-statements")).status_code == 200
    shown = desk.get(reverse("web:ledger-merchant", args=[MID])).content.decode()
    assert reverse(NEW) not in shown


def test_who_has_no_right_to_money_sees_nothing(issued, branch, hire, visit):
    desk = visit(hire(Role.TECHNICIAN, branch, username="tech"))
    assert page(desk, issued).status_code in {403, 404}
    assert desk.get(reverse("web:ledger-statements")).status_code == 403


def test_the_list_is_narrowed_and_asks_the_database_a_constant_number_of_times(
    sold, counter_desk, django_assert_max_num_queries
):
    sold(10_000)
    issue(counter_desk)
    issue(counter_desk, period="month")
    with django_assert_max_num_queries(16):
        shown = counter_desk.get(reverse("web:ledger-statements"), {"q": MID})
    assert shown.content.decode().count("data-row") == 2
    none = counter_desk.get(reverse("web:ledger-statements"), {"q": "8983"}).content.decode()
    assert "data-row" not in none
