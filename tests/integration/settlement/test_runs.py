"""A day matched: what does not agree becomes cases, the ledger follows, and doing it again doubles nothing."""

import errno
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.factories import NOON
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY, MID, billed, credited, paid, scanned

from tillkeeper.kernel import progress
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import NothingToMatch
from tillkeeper.settlement.models import Case, MatchingRun, Posting
from tillkeeper.settlement.queries.ledger import balances, faults
from tillkeeper.settlement.queries.runs import run as run_seen
from tillkeeper.settlement.services import runs as services
from tillkeeper.settlement.services.cases import Proposal, decide
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.services.runs import mark_interrupted, run_matching, start_run

pytestmark = pytest.mark.django_db
TUESDAY = DAY + timedelta(days=1)


def told():
    """What the cases say, by trace."""
    return {
        case.trace.lstrip("0"): (case.difference, case.state, case.at_stake_minor)
        for case in Case.objects.all()
    }


def accounts(by):
    return {one.account: one.minor for one in balances(by.scope("money.view"))}


def in_doubt():
    unsettled = Case.objects.exclude(state__in=["closed", "vanished"])
    return sum(unsettled.values_list("at_stake_minor", flat=True))


def test_what_does_not_agree_becomes_cases_and_what_agrees_does_not(bad_day, matched):
    run = matched()
    assert (run.state, run.problem, run.cases_opened, run.cases_vanished) == ("done", {}, 3, 0)
    assert told() == {
        "2": ("charged_without_slip", "open", 20_000),
        "3": ("slip_without_charge", "open", -30_000),
        "4": ("amount_differs", "open", 300),
    }
    case = Case.objects.get(difference="amount_differs")
    assert (case.source_file, case.other_file) == bad_day
    assert (case.source_line, case.other_line, case.day, case.mid) == (5, 4, DAY, MID)
    assert (case.amount_minor, case.other_minor, case.size_minor) == (40_000, 40_300, 300)
    assert case.sentence
    assert case.evidence["clues"]


def test_a_run_keeps_what_it_rests_on(bad_day, matched, clerk):
    run = matched()
    assert {file.number for file in run.files.all()} == {file.number for file in bad_day}
    assert run.summary["classes"]["slip_without_charge"] == {"count": 1, "sums": {"CNY": 30_000}}
    assert run.summary["rows"]["journal"]["agreed"] == 1
    assert {"tillkeeper", "polars", "recipe", "rules_sha256"} <= set(run.versions)
    lines = kept_file(run.differences_sha256).path.read_text().splitlines()
    assert (len(lines), lines[0].split(",")[:3]) == (4, ["class", "cause", "confidence"])
    assert run_seen(clerk.scope("money.view"), run.number).file_count == 2


def test_the_ledger_holds_the_day_and_keeps_doubtful_money_apart(bad_day, matched, clerk):
    matched()
    billed_sum, fees = 10_000 + 20_000 + 40_300, 60 + 120 + 240
    doubt = 20_000 - 30_000 + 300
    assert accounts(clerk) == {
        "channel_receivable": billed_sum,
        "fee_income": -fees,
        "merchant_payable": fees - billed_sum + doubt,
        "suspense": -doubt,
    }
    assert faults() == []
    assert in_doubt() == doubt


def test_the_same_day_again_gives_the_same_cases_and_the_same_balances(bad_day, matched, clerk):
    first = matched()
    before = accounts(clerk), told(), set(Case.objects.values_list("pk", flat=True))
    again = matched()
    assert (again.state, again.cases_opened, again.cases_vanished) == ("done", 0, 0)
    assert (accounts(clerk), told(), set(Case.objects.values_list("pk", flat=True))) == before
    assert {case.first_run_id for case in Case.objects.all()} == {first.pk}
    assert {case.run_id for case in Case.objects.all()} == {again.pk}
    kinds = sorted(Posting.objects.values_list("kind", flat=True))
    assert kinds == ["doubt", "reversal", "settled_day", "settled_day"]
    standing = Posting.objects.filter(kind="settled_day", reversed_by=None)
    assert [posting.run_id for posting in standing] == [again.pk]
    assert faults() == []


def test_a_later_bill_lets_a_case_vanish_and_its_money_leave_suspense(
    bad_day, bring, matched, clerk
):
    matched()
    bring("acquirer46", [billed(paid(3, 30_000))], name="late.csv")
    run = matched()
    assert (run.cases_opened, run.cases_vanished) == (0, 1)
    assert told()["3"] == ("slip_without_charge", "vanished", -30_000)
    assert accounts(clerk)["suspense"] == -in_doubt() == -20_300
    assert faults() == []


def test_the_next_days_run_looks_at_the_day_before_again(bad_day, bring, matched, clerk):
    matched()
    bring("journal", [paid(5, at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC))], name="tuesday.csv")
    late = [
        billed(paid(3, 30_000), settled_on=TUESDAY),
        billed(paid(5, at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC)), settled_on=TUESDAY),
    ]
    bring("acquirer46", late, name="tuesday_bill.csv")
    run = matched(TUESDAY)
    assert (run.state, run.cases_opened, run.cases_vanished) == ("done", 0, 1)
    assert told()["3"][1] == "vanished"
    assert told()["2"][1] == "open"
    assert accounts(clerk)["suspense"] == -in_doubt()


def test_payments_after_the_cut_off_stand_in_the_next_days_bill_and_accuse_nobody(bring, matched):
    """23:00 is the card network's: payments.md, «Settle date ≠ trade date»."""
    late = [
        paid(1),
        paid(2, at=datetime(2026, 3, 2, 15, 20, tzinfo=UTC)),  # 23:20 in Shanghai
    ]
    early = paid(3, at=datetime(2026, 3, 1, 15, 30, tzinfo=UTC))  # the evening before
    bring("journal", [early], name="sunday.csv")
    bring("journal", late, name="monday.csv")
    bring("acquirer46", [billed(early), billed(late[0])], name="monday_bill.csv")
    run = matched(as_of=date(2026, 3, 3))
    assert (run.state, told()) == ("done", {})
    bring("journal", [paid(9, at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC))], name="tuesday.csv")
    tuesday = [paid(9, at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC)), late[1]]
    bring("acquirer46", [billed(row, settled_on=TUESDAY) for row in tuesday], name="tue_bill.csv")
    run = matched(TUESDAY)
    assert (run.state, told()) == ("done", {})


def test_a_file_of_many_days_is_posted_once_for_each_day(bring, matched, clerk):
    """A week's bill counts on Monday with Monday's rows, not seven times with all of them."""
    rows = [
        paid(1),
        paid(2, 50_000, at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC)),
        paid(3, 70_000, slip="failed", at=datetime(2026, 3, 3, 2, 5, tzinfo=UTC)),
    ]
    bring("journal", rows)
    days = (DAY, TUESDAY, TUESDAY)
    bring("acquirer46", [billed(r, settled_on=d) for r, d in zip(rows, days, strict=True)])
    matched(DAY)
    assert accounts(clerk)["channel_receivable"] == 10_000
    matched(TUESDAY)
    assert accounts(clerk)["channel_receivable"] == 130_000
    assert accounts(clerk)["suspense"] == -70_000
    matched(DAY)
    assert accounts(clerk)["channel_receivable"] == 130_000
    assert told() == {"3": ("charged_without_slip", "open", 70_000)}


def test_a_row_that_stands_in_two_bills_is_posted_once(bring, matched, clerk):
    """A corrected bill holds the others again; two equal rows of one bill are two payments."""
    rows = [paid(1), paid(2, 20_000)]
    bring("journal", rows)
    bring("acquirer46", [billed(rows[0])], name="first.csv")
    bring("acquirer46", [billed(row) for row in rows], name="corrected.csv")
    matched()
    assert accounts(clerk)["channel_receivable"] == 30_000
    twice = [billed(paid(5, 700)), billed(paid(5, 700))]
    bring("acquirer46", twice, name="twice.csv")
    matched()
    assert accounts(clerk)["channel_receivable"] == 31_400


def test_a_wechat_day_is_matched_by_order_number(bring, matched):
    sales = [scanned(1), scanned(2, 7_700)]
    bring("journal", sales)
    bring("wechat.trade", [billed(sales[0])])
    run = matched()
    assert run.state == "done"
    assert [(c.difference, c.order_no) for c in Case.objects.all()] == [
        ("slip_without_charge", "TK0000000002")
    ]


def test_refunds_and_what_the_channel_took_back_count_against_the_sales(bring, matched, clerk):
    sale = paid(1, 50_000)
    back = paid(2, 20_000, kind="refund", original_trace="000001", original_rrn=sale["rrn"])
    bring("journal", [sale, back])
    bring("acquirer46", [billed(sale), billed(back, fee_minor=0)])
    run = matched()
    assert run.state == "done"
    assert accounts(clerk)["channel_receivable"] == 30_000
    assert accounts(clerk)["merchant_payable"] == -(30_000 - 300)


def test_a_payout_clears_the_receivable_and_a_missing_one_is_a_case(bring, matched, clerk):
    sales = [paid(1, 100_000)]
    bring("journal", sales)
    bring("acquirer46", [billed(row) for row in sales])
    bring("mt940", [credited(5, on=TUESDAY, text="interest")], name="none.sta")
    run = matched()
    assert run.state == "done"
    assert [c.difference for c in Case.objects.filter(difference__startswith="payout")] == [
        "payout_missing"
    ]
    bring("mt940", [credited(99_400, on=TUESDAY)], name="paid.sta")
    again = matched()
    assert again.cases_vanished == 1
    assert Case.objects.get(difference="payout_missing").state == "vanished"
    assert accounts(clerk)["suspense"] == -in_doubt()
    matched(TUESDAY, files=[file.number for file in again.files.exclude(role="journal")])
    assert accounts(clerk)["bank"] == 99_405


def test_a_decided_case_is_left_alone_by_a_later_run(bad_day, bring, matched, clerk):
    matched()
    case = Case.objects.get(difference="slip_without_charge")
    decide(
        case=case.pk, proposal=Proposal(remedy="accept", why="the host is right"), by=clerk, at=NEXT
    )
    before = accounts(clerk)
    run = matched()
    case.refresh_from_db()
    assert (case.state, case.run_id) == ("closed", run.pk)
    assert accounts(clerk) == before
    assert before["suspense"] == -in_doubt() == -20_300


def test_a_vanished_case_that_is_found_again_is_open_and_in_doubt_again(bad_day, matched, clerk):
    matched()
    case = Case.objects.get(difference="slip_without_charge")
    Case.objects.filter(pk=case.pk).update(state="vanished", closed_at=NOON, held_until=DAY)
    suspense = accounts(clerk)["suspense"]
    matched()
    case.refresh_from_db()
    assert (case.state, case.closed_at, case.held_until) == ("open", None, None)
    assert accounts(clerk)["suspense"] == suspense + 30_000


def test_what_is_not_yet_due_is_held_and_nothing_is_in_doubt(bring, matched, clerk):
    bring("journal", [paid(1), paid(2, 20_000)])
    bring("acquirer46", [billed(paid(1))])
    matched(as_of=DAY)
    assert told() == {"2": ("held", "held", 0)}
    matched(as_of=date(2026, 3, 10))
    assert told() == {"2": ("slip_without_charge", "open", -20_000)}
    assert accounts(clerk)["suspense"] == 20_000


def test_a_run_that_breaks_is_kept_and_nothing_of_it_is(bad_day, matched, clerk, monkeypatch):
    def breaks(*_args, **_more):
        raise MemoryError

    monkeypatch.setattr(services, "post_day", breaks)
    begun = start_run(organisation="SH", day=DAY, by=clerk, at=NEXT)
    with pytest.raises(MemoryError):
        run_matching(number=begun.number, by=clerk, at=NEXT)
    begun.refresh_from_db()
    assert (begun.state, begun.problem["code"]) == ("failed", "settlement.run_broke")
    assert (Case.objects.count(), Posting.objects.count()) == (0, 0)


def test_a_run_that_finds_the_disk_full_says_so_and_keeps_nothing(
    bad_day, matched, clerk, monkeypatch
):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(services, "post_day", full)
    begun = start_run(organisation="SH", day=DAY, by=clerk, at=NEXT)
    with pytest.raises(OSError, match="No space left"):
        run_matching(number=begun.number, by=clerk, at=NEXT)
    begun.refresh_from_db()
    assert (begun.state, begun.problem["code"]) == ("failed", "kernel.no_room")
    assert "make room" in begun.problem["sentence"]
    assert (Case.objects.count(), Posting.objects.count()) == (0, 0)


def test_a_file_whose_rows_are_gone_fails_the_run_with_a_sentence(bad_day, matched):
    (store_of(bad_day[1]) / "about.json").unlink()
    run = matched()
    assert run.state == "failed"
    assert run.problem["sentence"]
    assert Case.objects.count() == 0


def test_a_run_is_done_once(bad_day, matched, clerk):
    run = matched()
    assert run_matching(number=run.number, by=clerk, at=NEXT).state == "done"
    assert Posting.objects.filter(kind="settled_day").count() == 1


def test_a_run_whose_process_was_killed_is_told(bad_day, clerk):
    begun = start_run(organisation="SH", day=DAY, by=clerk, at=NEXT)
    MatchingRun.objects.update(state="running")
    progress.report(begun.number, share=0.05, rows=0, stage="matching")
    assert mark_interrupted(NEXT) == 0
    progress.forget(begun.number)
    assert mark_interrupted(NEXT) == 1
    begun.refresh_from_db()
    assert (begun.state, begun.problem["code"]) == ("failed", "settlement.run_interrupted")


def test_a_queued_run_is_done_by_the_worker(bad_day, clerk, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        begun = start_run(organisation="SH", day=DAY, by=clerk, at=NEXT, queue=True)
    begun.refresh_from_db()
    assert (begun.state, begun.cases_opened) == ("done", 3)


def test_a_day_needs_two_sides(bring, clerk):
    with pytest.raises(NothingToMatch):
        start_run(organisation="SH", day=DAY, by=clerk, at=NEXT)
    bring("journal", [paid(1)])
    with pytest.raises(NothingToMatch) as refused:
        start_run(organisation="SH", day=DAY, by=clerk, at=NEXT)
    assert refused.value.missing == "bill"
    assert MatchingRun.objects.count() == 0


def test_named_files_must_all_be_there(bad_day, clerk):
    with pytest.raises(NotFound) as refused:
        start_run(organisation="SH", day=DAY, files=[bad_day[0].number, "MF-1"], by=clerk, at=NEXT)
    assert refused.value.key == "MF-1"


def test_a_run_goes_by_the_rules_of_its_time(bad_day, matched, approver):
    text = 'version = "2026-03"\n[tolerance]\nabove_minor = 300\nbelow_minor = 0\n'
    book = write_rules(organisation="SH", text=text, why="as agreed", by=approver, at=NOON)
    run = matched()
    assert (run.rules, run.versions["rules"]) == (book, "2026-03")
    assert "4" not in told()


def test_a_neighbours_run_is_not_there(bad_day, matched, hire, neighbour):
    run = matched()
    other = hire(Job.SETTLEMENT_CLERK, neighbour)
    with pytest.raises(NotFound):
        run_seen(other.scope("money.view"), run.number)
    with pytest.raises(NotFound):
        start_run(organisation="SH", day=DAY, by=other, at=NEXT)
