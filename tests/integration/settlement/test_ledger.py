"""The money ledger: always zero, written once, undone only by its mirror image."""

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import NOON
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY

from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import ReversedAlready, ReversedWithItsCase, Unbalanced
from tillkeeper.settlement.lifecycle import Account, PostingKind, Remedy
from tillkeeper.settlement.models import Case, Entry, Posting
from tillkeeper.settlement.queries.ledger import balances, faults, postings, written
from tillkeeper.settlement.services.cases import Proposal, decide, reopen
from tillkeeper.settlement.services.ledger import Line, Occasion, post, reverse

pytestmark = pytest.mark.django_db
A, B, C = Account.BANK, Account.CHANNEL_RECEIVABLE, Account.LOSS


@pytest.fixture
def posted(branch, clerk):
    """Return a function that posts lines."""

    def posted(*lines):
        occasion = Occasion(PostingKind.PAYOUT, "by hand", DAY, branch.pk, branch.path)
        return post(lines=[Line(*line) for line in lines], occasion=occasion, by=clerk, at=NOON)

    return posted


def test_a_posting_sums_to_zero_in_every_currency(posted):
    posting = posted(
        (A, 500, "CNY"), (B, -500, "CNY"), (A, 7, "USD"), (B, -7, "USD"), (C, 0, "CNY")
    )
    assert (posting.entries.count(), written(), faults()) == (4, (1, 4), [])


@pytest.mark.parametrize(
    "lines",
    [[(A, 500, "CNY")], [(A, 500, "CNY"), (B, -500, "USD")], [(A, 5, "CNY"), (B, -4, "CNY")]],
)
def test_what_does_not_sum_to_zero_is_not_written(posted, lines):
    with pytest.raises(Unbalanced):
        posted(*lines)
    assert written() == (0, 0)


def test_a_reversal_is_the_mirror_image_and_both_stay(posted, approver):
    posting = posted((A, 500, "CNY", "M1", "card", 3, "sales"), (B, -500, "CNY", "M1", "card", 3))
    mirrored = reverse(number=posting.number, why="wrong day", by=approver, at=NEXT)
    facts = ("account", "mid", "channel", "currency", "what")
    assert list(mirrored.entries.order_by("pk").values_list(*facts)) == list(
        posting.entries.order_by("pk").values_list(*facts)
    )
    assert [e.amount_minor for e in mirrored.entries.order_by("pk")] == [-500, 500]
    assert (mirrored.day, mirrored.reverses, mirrored.kind) == (DAY, posting, "reversal")
    assert all(
        one.minor == 0 and one.payments == 0 for one in balances(approver.scope("money.view"))
    )
    with pytest.raises(ReversedAlready) as refused:
        reverse(number=posting.number, why="again", by=approver, at=NEXT)
    assert refused.value.by == mirrored.number


def test_a_reversal_needs_a_reason_the_right_and_the_view(posted, clerk, approver, hire, neighbour):
    posting = posted((A, 500, "CNY"), (B, -500, "CNY"))
    with pytest.raises(FieldInvalid):
        reverse(number=posting.number, why=" ", by=approver, at=NEXT)
    with pytest.raises(NotFound):
        reverse(number=posting.number, why="x", by=clerk, at=NEXT)
    other = hire(Job.ADMINISTRATOR, neighbour)
    with pytest.raises(NotFound):
        reverse(number=posting.number, why="x", by=other, at=NEXT)
    assert list(postings(other.scope("money.view"))) == []
    assert balances(other.scope("money.view")) == []


@pytest.mark.parametrize("model", [Posting, Entry])
def test_what_is_written_is_not_changed(posted, model):
    posted((A, 500, "CNY"), (B, -500, "CNY"))
    field = "why" if model is Posting else "amount_minor"
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**{field: 1})


@pytest.mark.postgres
def test_postgresql_deletes_nothing_from_the_ledger(posted):
    posted((A, 500, "CNY"), (B, -500, "CNY"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.all()._raw_delete("default")


@pytest.mark.postgres
def test_postgresql_refuses_an_unbalanced_write_past_the_service(posted):
    posting = posted((A, 500, "CNY"), (B, -500, "CNY"))
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        Entry.objects.create(posting=posting, account=A, currency="CNY", amount_minor=1)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_unbalanced_write_past_the_service_is_found(posted):
    posting = posted((A, 500, "CNY"), (B, -500, "CNY"))
    with transaction.atomic():  # taken back before PostgreSQL asks
        Entry.objects.create(posting=posting, account=A, currency="CNY", amount_minor=1)
        assert [(one.posting, one.sum_minor) for one in faults()] == [(posting.number, 1)]
        transaction.set_rollback(True)
    assert faults() == []


def test_balances_are_by_merchant_and_day(posted, clerk):
    posted((A, 500, "CNY", "M1"), (B, -500, "CNY", "M1"), (A, 9, "CNY", "M2"), (B, -9, "CNY", "M2"))
    scope = clerk.scope("money.view")
    assert [(b.account, b.minor) for b in balances(scope, mid="M1")] == [
        ("bank", 500), ("channel_receivable", -500),
    ]  # fmt: skip
    assert balances(scope, until=DAY.replace(day=1)) == []


def test_what_was_posted_for_a_case_goes_back_with_the_case_and_not_alone(
    bad_day, matched, clerk, approver
):
    run = matched()
    case = Case.objects.get(difference="charged_without_slip")
    accept = Proposal(remedy=Remedy.ACCEPT, why="seen")
    decision = decide(case=case.pk, proposal=accept, by=clerk, at=NEXT)
    decided = Posting.objects.get(decision=decision)
    doubt = Posting.objects.get(kind="doubt")
    before = Posting.objects.count()
    for posting, place in ((decided, f"#{case.pk}"), (doubt, run.number)):
        with pytest.raises(ReversedWithItsCase) as refused:
            reverse(number=posting.number, why="wrong", by=approver, at=NEXT)
        assert refused.value.place == place
    assert Posting.objects.count() == before
    reopen(case=case.pk, why="wrong", by=approver, at=NEXT)
    assert Posting.objects.get(reverses=decided)
