"""What a merchant is told: by the ledger, proving itself, frozen."""

import zipfile
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import MerchantFactory
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY, MID, billed, paid

from tillkeeper.formats.merchant_statements import COLUMNS, statement_pdf, statement_xlsx
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.lifecycle import Account, PostingKind, Remedy, What
from tillkeeper.settlement.models import Case, Entry, MerchantStatement
from tillkeeper.settlement.queries.statements import MOVEMENTS, digest_of, proved, statements
from tillkeeper.settlement.services import statements as services
from tillkeeper.settlement.services.cases import Proposal, decide
from tillkeeper.settlement.services.ledger import Line, Occasion, post
from tillkeeper.settlement.services.statements import as_pdf, as_xlsx, issue_statement, period_of

SAID = {
    "merchant": MID,
    "name": "上海镕金",
    "first_day": "2026-03-01",
    "last_day": "2026-03-31",
    "currency": "CNY",
    "opening_minor": 5,
    "movements": dict.fromkeys(COLUMNS, 1),
    "closing_minor": 11,
    "payments": 3,
    "rows": [{"day": "2026-03-02", "channel": "card", "payments": 3, **dict.fromkeys(COLUMNS, 1)}],
}


@pytest.fixture
def merchant(branch):
    return MerchantFactory(number=MID, parent=branch)


@pytest.fixture
def issued(merchant, clerk):
    def issued(period=str(DAY), **more):
        return issue_statement(
            merchant=MID, period=period, by=clerk, at=more.pop("at", NEXT), **more
        )

    return issued


@pytest.mark.django_db
def test_a_day_is_told_by_movements_that_come_to_its_closing(bad_day, matched, issued):
    matched()
    said = issued().totals
    assert said["movements"] == {
        "sales": 70_300, "refunds": 0, "fees": -420, "doubtful": -20_000 + 30_000 - 300, "decided": 0, "paid_out": 0,
    }  # fmt: skip
    assert (said["opening_minor"], said["closing_minor"]) == (0, 70_300 - 420 + 9_700)
    assert proved(said) == said["closing_minor"]
    assert [(row["day"], row["channel"], row["payments"]) for row in said["rows"]] == [
        ("2026-03-02", "card", 3)
    ]


@pytest.mark.django_db
def test_what_comes_later_opens_with_what_was_before(bad_day, matched, issued, clerk, branch):
    matched()
    before = issued().totals["closing_minor"]
    case = Case.objects.get(difference="charged_without_slip")
    decide(
        case=case.pk, proposal=Proposal(remedy=Remedy.ACCEPT, why="slip found"), by=clerk, at=NEXT
    )
    paying = Occasion(PostingKind.PAYOUT, "paid", DAY + timedelta(days=1), branch.pk, branch.path)
    lines = [
        Line(Account.MERCHANT_PAYABLE, 9_000, "CNY", MID),
        Line(Account.BANK, -9_000, "CNY", MID),
    ]
    post(lines=lines, occasion=paying, by=clerk, at=NEXT)
    said = issued("2026-03-03").totals
    assert said["opening_minor"] == before
    assert said["movements"] | {"decided": 20_000, "paid_out": -9_000} == said["movements"]
    assert said["closing_minor"] == before + 20_000 - 9_000
    month = issued("2026-03").totals
    assert (month["opening_minor"], month["closing_minor"]) == (0, said["closing_minor"])


@pytest.mark.django_db
def test_matching_a_day_again_changes_nothing_in_its_statement(bad_day, matched, issued):
    matched()
    first = issued()
    matched()
    assert issued() == first
    assert MerchantStatement.objects.count() == 1


@pytest.mark.django_db
def test_a_statement_stays_as_it_was_issued(bad_day, bring, matched, issued, clerk):
    matched()
    first = issued()
    assert digest_of(first.totals) == first.sha256
    bring("acquirer46", [billed(paid(3, 30_000))], name="late.csv")
    matched()
    second = issued()
    assert (second.number, second.sha256) != (first.number, first.sha256)
    first.refresh_from_db()
    assert digest_of(first.totals) == first.sha256
    assert list(statements(clerk.scope("money.view"))) == [second, first]
    with pytest.raises(IntegrityError), transaction.atomic():
        MerchantStatement.objects.update(sha256="0" * 64)


@pytest.mark.django_db
def test_a_merchant_without_payments_has_an_empty_statement(issued):
    said = issued().totals
    assert (said["rows"], proved(said), said["closing_minor"]) == ([], 0, 0)


@pytest.mark.django_db
def test_a_statement_that_does_not_prove_itself_is_not_issued(
    bad_day, matched, issued, monkeypatch
):
    matched()
    real = services.told
    monkeypatch.setattr(services, "told", lambda *a: real(*a) | {"closing_minor": 1})
    with pytest.raises(services.StatementDoesNotProve):
        issued()
    assert MerchantStatement.objects.count() == 0


@pytest.mark.django_db
def test_a_neighbours_merchant_is_not_there(merchant, hire, neighbour, bad_day, matched, issued):
    matched()
    issued()
    other = hire(Job.SETTLEMENT_CLERK, neighbour)
    with pytest.raises(NotFound):
        issue_statement(merchant=MID, period="2026-03", by=other, at=NEXT)
    assert list(statements(other.scope("money.view"))) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "period", ["2026", "2026-13", "May", "2026-02-30", "2027-01", "2026-03-04"]
)
def test_a_period_is_a_day_or_a_month_that_has_begun(issued, period):
    with pytest.raises(FieldInvalid):
        issued(period)


@pytest.mark.django_db
def test_a_currency_is_one(issued):
    with pytest.raises(FieldInvalid):
        issued(currency="XXX")


@pytest.mark.django_db
def test_every_entry_of_a_merchants_account_has_its_column(bad_day, matched):
    matched()
    used = set(Entry.objects.filter(account="merchant_payable").values_list("what", flat=True))
    assert used == {What.SALES, What.FEES, What.DOUBT}
    assert set(MOVEMENTS) == {"", *What}
    assert set(MOVEMENTS.values()) == set(COLUMNS)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_month_begins_and_ends_where_it_does(day):
    first, last = period_of(f"{day:%Y-%m}")
    assert first.day == 1
    assert first <= day <= last
    assert (last + timedelta(days=1)).day == 1
    assert period_of(str(day)) == (day, day)


@given(st.dictionaries(st.sampled_from(sorted(SAID)), st.integers(), max_size=5))
def test_the_hash_is_of_what_is_said_and_not_of_its_order(changes):
    said = SAID | changes
    assert digest_of(said) == digest_of(dict(sorted(said.items(), reverse=True)))
    assert (digest_of(said) == digest_of(SAID)) == (said == SAID)


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_a_statement_is_printed_the_same_each_time(rows):
    said = SAID | {"rows": SAID["rows"] * rows}
    made = {"number": "MS-1", "sha256": "a" * 64, "made": NEXT}
    pdf = statement_pdf(said, **made)
    assert pdf.startswith(b"%PDF")
    assert pdf == statement_pdf(said, **made)
    book = zipfile.ZipFile(BytesIO(statement_xlsx(said, number="MS-1", sha256="a" * 64)))
    lines = 1 + rows + bool(rows)  # a head; a sum where there is something to sum
    assert book.read("xl/worksheets/sheet2.xml").count(b"<row ") == lines
    assert "上海镕金" in book.read("xl/sharedStrings.xml").decode()


@pytest.mark.django_db
def test_what_was_frozen_is_what_is_printed(bad_day, matched, issued):
    matched()
    made = issued()
    assert as_pdf(made).startswith(b"%PDF")
    assert (
        made.sha256 in zipfile.ZipFile(BytesIO(as_xlsx(made))).read("xl/sharedStrings.xml").decode()
    )
