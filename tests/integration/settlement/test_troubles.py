"""A batch that cannot settle, led to its money or to a case, over files as terminals, channels and banks send them."""

from datetime import date, timedelta

import pytest
from tests.factories import (
    NOON,
    MatchingRunFactory,
    MerchantFactory,
    SiteFactory,
    TerminalFactory,
)
from tests.money_days import DAY, MID, TID, billed, credited, paid

from tillkeeper.kernel.errors import FieldInvalid, NotAllowed, NotFound
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import TroubleEnded, TroubleStands
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.models import Case, Entry, Trouble, TroubleCheck
from tillkeeper.settlement.queries.ledger import balances, faults
from tillkeeper.settlement.queries.troubles import last_round, story
from tillkeeper.settlement.services.cases import Proposal, confirm, decide, reopen
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.services.troubles import add_word, look, open_trouble
from tillkeeper.settlement.services.troubles_handed import hand_over
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Terminal

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=3)  # the payout of Monday is due on Tuesday
DUE = date(2026, 3, 3)
SALES = [paid(1), paid(2, 20_000), paid(3, 5_000, kind="refund", original_trace="000001")]
NET = 10_000 - 60 + 20_000 - 120 - 5_000 - 30


@pytest.fixture
def shop(branch):
    """The merchant of the days of money, with an account."""
    return MerchantFactory(number=MID, parent=branch, settlement_account_masked="6222****1234")


@pytest.fixture
def terminal(shop, branch):
    """Its terminal, in service since long before the day."""
    return TerminalFactory(
        home=branch,
        site=SiteFactory(merchant=shop),
        state=State.ACTIVE,
        state_since=NOON - timedelta(days=30),
        elements={"tid": TID, "valid_from": NOON - timedelta(days=30)},
    )


@pytest.fixture
def opened(clerk):
    """Return a function that opens a trouble of batch 1 of the day."""

    def make(*, by=None, at=LATER, **more):
        said = {"mid": MID, "tid": TID, "batch": "1", "day": DAY, "symptom": "no_money", **more}
        return open_trouble(by=by or clerk, at=at, **said)

    return make


@pytest.fixture
def whole_day(bring, matched):
    """Journal and bill that agree, matched."""
    bring("journal", SALES)
    bring("acquirer46", [billed(row) for row in SALES])
    return matched()


def answers(trouble):
    """What each check of the last round came to."""
    return {one.check_code: one.facts["answer"] for one in last_round(story(trouble))}


def verdicts(trouble):
    return {one.check_code: one.verdict for one in last_round(story(trouble))}


def test_a_whole_path_to_the_settled_batch(terminal, opened, bring, matched, clerk):
    trouble = opened()
    told = answers(trouble)
    assert (told["terminal"], told["binding"], told["elements"], told["merchant"]) == (
        "in_service", "bound", "whole", "ready",
    )  # fmt: skip
    assert (told["journal"], told["batch"], told["payout"]) == ("missing", "unknown", "unknown")
    assert trouble.state == "open"

    bring("journal", SALES)
    trouble = look(number=trouble.number, by=clerk, at=LATER, word="journal exported")
    told = answers(trouble)
    assert (told["journal"], told["batch"], told["reversals"]) == ("sound", "there", "clear")
    assert (told["bill"], told["run"], told["totals"]) == ("missing", "none", "unknown")

    bring("acquirer46", [billed(row) for row in SALES])
    trouble = look(number=trouble.number, by=clerk, at=LATER)
    told = answers(trouble)
    assert (told["bill"], told["run"], told["totals"]) == ("sound", "none", "equal")
    assert (told["due"], told["statement"], told["payout"]) == ("due", "missing", "no_statement")

    matched()
    bring("camt.053", [credited(NET, on=DUE)])
    trouble = look(number=trouble.number, by=clerk, at=LATER)
    assert set(verdicts(trouble).values()) <= {"passed", "unknown"}, answers(trouble)
    assert (trouble.state, trouble.ended_at) == ("settled", LATER)
    payout = next(one for one in story(trouble) if one.facts.get("answer") == "credited").facts
    assert payout["credited"] == f"CNY {NET / 100:.2f}"
    assert (payout["booked_on"], bool(payout["file"])) == ("2026-03-03", True)


def test_looking_again_writes_nothing_new_where_nothing_changed(opened, clerk, branch):
    trouble = opened(organisation="SH")
    before = TroubleCheck.objects.count()
    again = look(number=trouble.number, by=clerk, at=LATER + timedelta(hours=1))
    assert (TroubleCheck.objects.count(), again.version) == (before, trouble.version)
    look(number=trouble.number, by=clerk, at=LATER, word="  rebooted it  ")
    told = story(Trouble.objects.get())
    assert [one.text for one in told if not one.check_code] == ["rebooted it"]
    assert {one.round for one in told} == {1}


def test_a_batch_stands_once_while_it_is_open(opened, clerk, branch):
    first = opened(organisation="SH")
    with pytest.raises(TroubleStands) as refused:
        opened(organisation="SH", batch="000001")  # the same number, as the slip has it
    assert refused.value.number == first.number
    hand_over(number=first.number, by=clerk, at=LATER)
    assert opened(organisation="SH").number != first.number


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mid": " "}, "mid"),
        ({"tid": "1" * 21}, "tid"),
        ({"batch": "12a"}, "batch"),
        ({"day": LATER.date() + timedelta(days=1)}, "day"),
        ({"symptom": "angry"}, "symptom"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(opened, branch, wrong, field):
    with pytest.raises(FieldInvalid) as refused:
        opened(organisation="SH", **wrong)
    assert refused.value.field == field
    assert not Trouble.objects.exists()


def test_the_office_that_has_the_files_answers_for_the_merchant(opened, terminal, bring, branch):
    assert opened(tid="99999999").organisation == branch  # the only office in view
    bring("journal", SALES)
    assert opened().organisation == branch


def test_nobody_answers_for_an_unknown_merchant_where_there_are_several_offices(
    opened, administrator, branch, neighbour
):
    with pytest.raises(FieldInvalid) as refused:
        opened(by=administrator)
    assert refused.value.field == "organisation"
    assert opened(by=administrator, organisation="BJ").organisation == neighbour


def test_rights_and_scope_of_troubles(opened, clerk, approver, hire, neighbour, branch):
    trouble = opened(organisation="SH")
    other = hire(Job.SETTLEMENT_CLERK, neighbour, username="wu")
    for act in (look, hand_over):
        with pytest.raises(NotFound):
            act(number=trouble.number, by=other, at=LATER)
        with pytest.raises(NotFound):  # sees money there, and may not work on it
            act(number=trouble.number, by=approver, at=LATER)
    with pytest.raises(NotFound):
        opened(by=other, organisation="SH", batch="2")
    with pytest.raises(NotAllowed):
        opened(by=hire(Job.TECHNICIAN, branch, username="ke"), batch="2")
    with pytest.raises(FieldInvalid):
        add_word(number=trouble.number, text=" ", by=clerk, at=LATER)


def test_an_ended_trouble_stays_as_it_is(opened, clerk, branch):
    trouble = opened(organisation="SH")
    hand_over(number=trouble.number, by=clerk, at=LATER)
    for act in (look, hand_over):
        with pytest.raises(TroubleEnded):
            act(number=trouble.number, by=clerk, at=LATER)
    with pytest.raises(TroubleEnded):
        add_word(number=trouble.number, text="too late", by=clerk, at=LATER)


# What each check comes to, by what is there.


@pytest.mark.parametrize(
    ("state", "since", "answer"),
    [
        (State.ACTIVE, -30, "in_service"),
        (State.SUSPENDED, -30, "stopped"),
        (State.SUSPENDED, 1, "was_in_service"),
        (State.FAULTY, 0, "stopped"),
    ],
)
def test_the_terminal(terminal, opened, state, since, answer):
    Terminal.objects.filter(pk=terminal.pk).update(
        state=state, state_since=NOON + timedelta(days=since)
    )
    assert answers(opened())["terminal"] == answer
    assert answers(opened(tid="99999999"))["terminal"] == "unknown"


def test_the_binding_and_its_five_elements(terminal, opened, shop, branch):
    binding = terminal.binding
    assert answers(opened())["binding"] == "bound"
    assert answers(opened(day=DAY - timedelta(days=40), batch="2"))["binding"] == "none"
    other = MerchantFactory(number="898310154110009", parent=branch)
    assert answers(opened(mid=other.number))["binding"] == "elsewhere"
    type(binding).objects.filter(pk=binding.pk).update(
        settlement_account_masked="", address="", settlement_account_hash="b" * 64
    )
    told = opened(batch="3")
    assert answers(told)["elements"] == "missing"
    missing = next(one for one in story(told) if one.check_code == "elements")
    assert missing.facts["elements"] == ["settlement_account_masked", "address"]
    assert missing.text == "Missing: settlement account, address."
    type(binding).objects.filter(pk=binding.pk).update(
        settlement_account_masked="6222****9999", address="Nanjing Road 1"
    )
    type(shop).objects.filter(pk=shop.pk).update(settlement_account_hash="a" * 64)
    assert answers(opened(batch="4"))["elements"] == "other_account"


def test_the_merchant(shop, opened, branch):
    assert answers(opened())["merchant"] == "ready"
    type(shop).objects.filter(pk=shop.pk).update(settlement_account_masked="")
    assert answers(opened(batch="2"))["merchant"] == "no_account"
    assert answers(opened(mid="1", organisation="SH"))["merchant"] == "unknown"


def test_a_refused_file_is_named_where_none_counts(opened, bring, shop):
    bring("journal", b"what is this", name="journal.csv", at=NOON)
    told = opened()
    assert (answers(told)["journal"], answers(told)["bill"]) == ("refused", "refused")
    assert "journal.csv" in next(one.text for one in story(told) if one.check_code == "journal")


@pytest.mark.parametrize(
    ("rows", "batch", "reversals"),
    [
        ([paid(1)], "there", "clear"),
        ([paid(1), paid(2, state="reversal_pending")], "there", "pending"),
        ([paid(1), paid(2, state="unknown")], "there", "pending"),
        ([paid(1), paid(2, state="reversal_exhausted")], "there", "given_up"),
        ([paid(1), paid(2, state="reversed")], "there", "clear"),
        ([paid(1, state="declined")], "empty", "clear"),
        ([paid(1, batch="000007")], "missing", "unknown"),
    ],
)
def test_the_batch_and_what_is_unclear_in_it(opened, bring, shop, rows, batch, reversals):
    bring("journal", rows)
    told = answers(opened())
    assert (told["batch"], told["reversals"]) == (batch, reversals)


def test_a_gap_that_the_channel_fills_is_found(opened, bring, shop):
    sales = [paid(1), paid(2), paid(3)]
    bring("journal", [sales[0], sales[2]])
    bring("acquirer46", [billed(row) for row in sales])
    told = opened()
    assert (answers(told)["batch"], answers(told)["totals"]) == ("gaps", "differ")
    assert "000002" in next(one.text for one in story(told) if one.check_code == "batch")


def test_a_batch_was_closed_if_the_journal_says_so_or_another_began(opened, bring, shop):
    bring("journal", [paid(1), paid(2, batch="000002")])
    assert answers(opened())["closed"] == "followed"
    assert answers(opened(batch="2"))["closed"] == "unsaid"
    assert answers(opened(batch="2", organisation="SH", day=DAY, at=NOON, tid="1"))["closed"] == (
        "unknown"
    )


def test_a_batch_of_today_is_not_yet_due(opened, bring, shop):
    bring("journal", SALES, at=NOON)
    told = answers(opened(at=NOON))
    assert (told["closed"], told["bill"]) == ("still_open", "not_yet")


def test_bills_are_asked_for_by_the_batches_channels(opened, bring, shop):
    bring("journal", SALES)
    other = [billed(paid(8, mid="898310154110002", tid="10000002"))]
    bring("acquirer46", other)
    told = opened()
    assert answers(told)["bill"] == "empty"  # the channel's bill is there, the merchant not in it
    bring("acquirer46", [billed(row) for row in SALES], name="second.csv")
    assert answers(opened(batch=""))["bill"] == "sound"


def test_the_run_must_have_had_the_files(opened, bring, shop, branch, matched, clerk):
    bring("journal", SALES)
    assert answers(opened(batch="9"))["run"] == "none"
    bring("acquirer46", [billed(row) for row in SALES[:2]])
    matched()
    assert answers(opened())["run"] == "done"
    late = bring("acquirer46", [billed(SALES[2])], name="late.csv")
    told = opened(batch="")
    assert answers(told)["run"] == "stale"
    assert late.number in next(one.text for one in story(told) if one.check_code == "run")
    MatchingRunFactory(organisation=branch, day=DAY, state="running", at=LATER, number="MR-X")
    assert answers(opened(batch="2"))["run"] == "running"


def test_a_failed_run_tells_why(opened, shop, branch):
    MatchingRunFactory(
        organisation=branch, day=DAY, state="failed", problem={"sentence": "The disk is full."}
    )
    told = opened()
    assert answers(told)["run"] == "failed"
    assert "The disk is full." in next(one.text for one in story(told) if one.check_code == "run")


def test_counts_and_sums_agree_when_a_sale_was_reversed_at_the_channel(opened, bring, shop):
    undone = paid(2, 20_000, state="reversed")
    bring("journal", [paid(1), undone])
    bring("acquirer46", [billed(paid(1))])
    assert answers(opened())["totals"] == "equal"


def test_payments_under_another_terminal_are_told(opened, bring, shop):
    bring("journal", SALES)
    moved = [billed(SALES[0], tid="10000009"), *(billed(row) for row in SALES[1:])]
    bring("acquirer46", moved)
    assert answers(opened())["totals"] == "elsewhere"


def test_open_cases_and_fees_of_the_batch(opened, bring, shop, matched, approver):
    write_rules(
        organisation="SH", why="contract", by=approver, at=NOON,
        text='[[fees]]\nname = "card"\npercent = 0.6\n',
    )  # fmt: skip
    dear = billed(paid(2, 20_000), fee_minor=500)
    bring("journal", [paid(1), paid(2, 20_000), paid(3, 30_000)])
    bring("acquirer46", [billed(paid(1)), dear])
    assert answers(opened(batch="8"))["cases"] == "unknown"
    matched()
    told = opened()
    assert (answers(told)["cases"], answers(told)["fees"]) == ("open", "differ")
    case = Case.objects.get(difference="slip_without_charge")
    found = next(one for one in story(told) if one.check_code == "cases")
    assert found.facts["cases"] == [case.pk]
    assert answers(opened(batch="9"))["cases"] == "none"  # of another batch


def test_no_fee_plan_is_said(opened, whole_day, shop):
    told = answers(opened())
    assert (told["cases"], told["fees"]) == ("none", "no_plan")


@pytest.mark.parametrize(
    ("credit", "answer"),
    [
        (credited(NET, on=DUE), "credited"),
        (credited(NET, on=DUE + timedelta(days=1)), "late"),
        (credited(NET - 5_000, on=DUE), "differs"),
        (credited(77, on=DUE, text="somebody else"), "missing"),
    ],
)
def test_the_payout_at_the_bank(opened, bring, whole_day, shop, credit, answer):
    bring("camt.053", [credit])
    if answer in ("late", "missing"):
        bring("camt.053", [credited(5, on=DUE, text="interest")], name="tuesday.xml")
    told = opened()
    assert (answers(told)["due"], answers(told)["payout"]) == ("due", answer)
    assert answers(told)["statement"] == "there"
    assert (told.state == "settled") == (answer in ("credited", "late"))


def test_a_payout_is_waited_for_until_its_day(opened, whole_day, shop):
    told = answers(opened(at=NOON + timedelta(hours=1)))
    assert (told["due"], told["statement"], told["payout"]) == ("not_yet", "not_yet", "waiting")


# Handing over.


def test_a_missing_payout_becomes_a_case_that_the_next_run_knows(
    opened, bring, whole_day, shop, clerk, matched
):
    bring("camt.053", [credited(77, on=DUE, text="somebody else")])
    trouble = opened()
    case = hand_over(number=trouble.number, by=clerk, at=LATER, why="asked the acquirer")
    assert (case.difference, case.cause, case.run) == (
        "payout_missing",
        "payout_not_yet_booked",
        None,
    )
    assert (case.amount_minor, case.at_stake_minor, case.due_on) == (NET, -NET, DUE)
    assert case.evidence["trouble"] == trouble.number
    assert case.evidence["found"]["payout"]["verdict"] == "failed"
    assert "asked the acquirer" in case.notes.get().text
    trouble.refresh_from_db()
    assert (trouble.state, trouble.case) == ("handed_over", case)
    assert _suspense(clerk) == NET
    assert faults() == []
    run = matched()
    assert (run.state, run.cases_opened) == ("done", 0)
    case.refresh_from_db()
    assert (case.run, case.state) == (run, "open")
    assert Case.objects.filter(difference="payout_missing").get() == case
    assert sum(Entry.objects.values_list("amount_minor", flat=True)) == 0


def test_a_payout_whose_case_stands_is_joined_and_vanishes_when_the_money_came(
    opened, bring, whole_day, shop, clerk, matched
):
    bring("camt.053", [credited(77, on=DUE, text="somebody else")])
    matched()
    case = Case.objects.get(difference="payout_missing")
    before = _suspense(clerk)
    assert hand_over(number=opened().number, by=clerk, at=LATER) == case
    assert _suspense(clerk) == before
    bring("camt.053", [credited(NET, on=DUE)], name="late.xml")
    matched()
    case.refresh_from_db()
    assert case.state == "vanished"


def test_a_case_that_vanished_comes_back_with_its_money_in_doubt(
    opened, bring, whole_day, shop, clerk, matched
):
    bring("camt.053", [credited(77, on=DUE, text="somebody else")])
    first = hand_over(number=opened().number, by=clerk, at=LATER)
    Case.objects.filter(pk=first.pk).update(state="vanished", closed_at=LATER)
    before = _suspense(clerk)
    assert hand_over(number=opened().number, by=clerk, at=LATER) == first
    first.refresh_from_db()
    assert (first.state, first.closed_at) == ("open", None)
    assert _suspense(clerk) == before + NET
    Case.objects.filter(pk=first.pk).update(state="closed", closed_at=LATER)
    other = hand_over(number=opened().number, by=clerk, at=LATER)
    assert (other.difference, other.pk == first.pk) == ("payout_missing", False)


@pytest.mark.usefixtures("whole_day", "shop")
@pytest.mark.parametrize("remedy", [Remedy.WRITE_OFF, Remedy.REFUND, Remedy.RE_PRESENT])
def test_what_was_decided_about_a_payout_is_not_in_doubt_again_in_its_second_case(
    opened, bring, clerk, approver, matched, remedy
):
    bring("camt.053", [credited(77, on=DUE, text="somebody else")])
    first = hand_over(number=opened().number, by=clerk, at=LATER)
    before = _suspense(clerk) - NET
    proposal = Proposal(remedy=remedy, why="it is so")
    if decide(case=first.pk, proposal=proposal, by=clerk, at=LATER).state == "proposed":
        confirm(case=first.pk, by=approver, at=LATER)
    second = hand_over(number=opened().number, by=clerk, at=LATER)
    assert (second.pk == first.pk, second.at_stake_minor, second.size_minor) == (False, 0, 0)
    assert hand_over(number=opened().number, by=clerk, at=LATER) == second
    assert _suspense(clerk) == before
    matched()
    reopen(case=first.pk, why="looked again", by=approver, at=LATER)
    stakes = Case.objects.filter(closed_at=None).values_list("at_stake_minor", flat=True)
    assert _suspense(clerk) == before + NET == -sum(stakes)
    assert faults() == []


def test_totals_that_differ_become_a_case_with_the_difference_at_stake(opened, bring, shop, clerk):
    bring("journal", SALES)
    bring("acquirer46", [billed(SALES[0])])
    case = hand_over(number=opened().number, by=clerk, at=LATER)
    assert (case.difference, case.cause) == ("amount_differs", "batch_upload_incomplete")
    assert (case.tid, case.batch, case.day) == (TID, "000001", DAY)
    assert (case.amount_minor, case.other_minor, case.at_stake_minor) == (25_000, 10_000, -15_000)
    assert _suspense(clerk) == 15_000
    assert faults() == []


def test_an_open_case_of_the_batch_is_joined(opened, bring, shop, clerk, matched):
    bring("journal", [paid(1), paid(3, 30_000)])
    bring("acquirer46", [billed(paid(1))])
    matched()
    standing = Case.objects.get()
    assert hand_over(number=opened().number, by=clerk, at=LATER) == standing
    assert Case.objects.count() == 1


def test_what_nobody_can_tell_becomes_a_case_without_money(opened, clerk, branch):
    trouble = opened(organisation="SH")
    case = hand_over(number=trouble.number, by=clerk, at=LATER)
    assert (case.difference, case.cause, case.at_stake_minor) == ("ambiguous", "batch_unclear", 0)
    assert trouble.number in case.sentence
    assert not Entry.objects.exists()


def test_a_round_asks_the_database_as_often_for_many_files_as_for_few(
    opened, bring, whole_day, shop, clerk, django_assert_max_num_queries
):
    trouble = opened()
    for number in range(4, 9):
        bring("journal", [paid(number, batch="000009")], name=f"{number}.csv")
    with django_assert_max_num_queries(35):
        look(number=trouble.number, by=clerk, at=LATER)


def _suspense(by):
    held = balances(by.scope("money.view"))
    return sum(one.minor for one in held if one.account == "suspense")
