"""What people may do with a case, and that nobody does it alone where two are asked for."""

from datetime import date, timedelta

import pytest
from tests.factories import NOON, CaseFactory
from tests.integration.settlement.conftest import NEXT
from tests.money_days import DAY

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import CaseChanged, CaseStepRefused, OwnProposal, WrongAmount
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.models import Case, Decision, Posting
from tillkeeper.settlement.queries.cases import CaseFilters, cases
from tillkeeper.settlement.queries.cases import case as case_seen
from tillkeeper.settlement.queries.ledger import balances, faults
from tillkeeper.settlement.services import cases as verbs
from tillkeeper.settlement.services.case_sets import do_for_all
from tillkeeper.settlement.services.cases import Proposal
from tillkeeper.settlement.services.deeds import Hold

pytestmark = pytest.mark.django_db
LIMIT = 50_000  # CNY, of the policy the estate starts with
LATER = NEXT + timedelta(days=2)


@pytest.fixture
def found(bad_day, matched):
    """Return a function that gives the case of a class, as the run found it."""
    matched()
    return lambda difference="charged_without_slip": Case.objects.get(difference=difference)


@pytest.fixture
def big(bring, matched):
    """A charge without slip of 600.00: more than one person may decide."""
    from tests.money_days import billed, paid

    sale = paid(1, 60_000, slip="failed")
    bring("journal", [sale])
    bring("acquirer46", [billed(sale)])
    matched()
    return Case.objects.get()


def decide(case, by, remedy="accept", why="seen", **more):
    proposal = Proposal(remedy=Remedy(remedy), why=why, **more)
    return verbs.decide(case=case.pk, proposal=proposal, by=by, at=NEXT)


def accounts(by):
    return {one.account: one.minor for one in balances(by.scope("money.view"))}


def moved(before, after):
    names = {*before, *after}
    changes = {name: after.get(name, 0) - before.get(name, 0) for name in names}
    return {name: minor for name, minor in changes.items() if minor}


@pytest.mark.parametrize(
    ("difference", "remedy", "moves"),
    [
        ("charged_without_slip", "accept", {"suspense": 20_000, "merchant_payable": -20_000}),
        ("charged_without_slip", "adjust", {"suspense": 20_000, "merchant_payable": -20_000}),
        ("charged_without_slip", "refund", {"suspense": 20_000, "channel_receivable": -20_000}),
        ("charged_without_slip", "match", {"suspense": 20_000, "merchant_payable": -20_000}),
        ("charged_without_slip", "none", {"suspense": 20_000, "merchant_payable": -20_000}),
        ("slip_without_charge", "accept", {"suspense": -30_000, "merchant_payable": 30_000}),
        ("slip_without_charge", "re_present", {"suspense": -30_000, "channel_receivable": 30_000}),
        ("slip_without_charge", "write_off", {"suspense": -30_000, "loss": 30_000}),
    ],
)
def test_a_decision_within_the_limit_is_posted_at_once(found, clerk, difference, remedy, moves):
    case, before = found(difference), accounts(clerk)
    decision = decide(case, clerk, remedy)
    assert (decision.state, decision.proposed_by, decision.settled_by) == ("confirmed", "lin", "")
    assert moved(before, accounts(clerk)) == moves
    case.refresh_from_db()
    assert (case.state, case.closed_at) == ("closed", NEXT)
    assert faults() == []


def test_a_part_is_decided_about_and_the_rest_goes_back_where_it_stood(found, clerk):
    case, before = found(), accounts(clerk)
    decision = decide(case, clerk, "refund", amount_minor=15_000)
    assert decision.amount_minor == 15_000
    assert moved(before, accounts(clerk)) == {
        "suspense": 20_000, "channel_receivable": -15_000, "merchant_payable": -5_000,
    }  # fmt: skip


@pytest.mark.parametrize("amount", [0, 20_001, -1, -20_000])
def test_no_other_amount_than_what_is_at_stake_or_a_part_of_it(found, clerk, amount):
    with pytest.raises(WrongAmount):
        decide(found(), clerk, "refund", amount_minor=amount)
    assert Decision.objects.count() == 0


def test_above_the_limit_a_second_person_confirms(big, clerk, approver):
    before = accounts(clerk)
    decision = decide(big, clerk, "refund")
    assert (decision.state, decision.settled_at) == ("proposed", None)
    big.refresh_from_db()
    assert (big.state, accounts(clerk)) == ("proposed", before)
    settled = verbs.confirm(case=big.pk, why="agreed", by=approver, at=LATER)
    assert (settled.state, settled.settled_by, settled.settled_at) == ("confirmed", "zhao", LATER)
    assert moved(before, accounts(clerk)) == {"suspense": 60_000, "channel_receivable": -60_000}
    big.refresh_from_db()
    assert big.state == "closed"


@pytest.mark.parametrize("remedy", ["none", "match", "refund"])
@pytest.mark.parametrize("amount", [None, 1])
def test_what_is_at_stake_asks_for_two_not_what_is_moved(big, clerk, remedy, amount):
    """Else a decision about one fen, or about nothing, would close a case of any size alone."""
    assert decide(big, clerk, remedy, amount_minor=amount).state == "proposed"


@pytest.mark.parametrize(
    ("amount", "currency", "state"),
    [
        (LIMIT, "CNY", "confirmed"),
        (LIMIT + 1, "CNY", "proposed"),
        (-LIMIT - 1, "CNY", "proposed"),
        (7_000, "USD", "confirmed"),
        (1, "THB", "proposed"),
    ],
)
def test_the_policy_says_how_much_one_may_decide_alone(clerk, branch, amount, currency, state):
    case = CaseFactory(organisation=branch, currency=currency, amount_minor=amount)
    assert decide(case, clerk).state == state


def test_nobody_confirms_or_refuses_their_own(big, hire, branch):
    both = hire(Job.ADMINISTRATOR, branch, username="boss")
    decision = decide(big, both)
    with pytest.raises(OwnProposal) as refused:
        verbs.confirm(case=big.pk, by=both, at=LATER)
    assert refused.value.decision == decision.number
    with pytest.raises(OwnProposal):
        verbs.refuse(case=big.pk, why="changed my mind", by=both, at=LATER)
    token = Actor(kind="token", name="boss", grants=both.grants)
    with pytest.raises(OwnProposal):
        verbs.confirm(case=big.pk, by=token, at=LATER)
    big.refresh_from_db()
    assert big.state == "proposed"


def test_a_clerk_does_not_confirm_and_an_approver_does_not_propose(big, clerk, approver):
    with pytest.raises(NotFound):
        decide(big, approver)
    decide(big, clerk)
    with pytest.raises(NotFound):
        verbs.confirm(case=big.pk, by=clerk, at=LATER)


def test_a_refused_proposal_leaves_the_case_open_and_the_ledger_alone(big, clerk, approver):
    before, decision = accounts(clerk), decide(big, clerk)
    with pytest.raises(FieldInvalid):
        verbs.refuse(case=big.pk, why=" ", by=approver, at=LATER)
    verbs.refuse(case=big.pk, why="ask the shop first", by=approver, at=LATER)
    big.refresh_from_db()
    decision.refresh_from_db()
    assert (big.state, decision.state, decision.settled_why) == (
        "open",
        "refused",
        "ask the shop first",
    )
    assert accounts(clerk) == before
    assert decide(big, clerk, "refund").state == "proposed"


def test_only_one_proposal_waits_at_a_time(big, clerk):
    decide(big, clerk)
    with pytest.raises(CaseStepRefused) as refused:
        decide(big, clerk, "refund")
    assert (refused.value.state, refused.value.step) == ("proposed", "propose")


def test_a_decision_needs_a_reason(found, clerk):
    with pytest.raises(FieldInvalid):
        decide(found(), clerk, why="  ")


def test_of_two_editors_the_second_looks_again(found, clerk):
    case = found()
    verbs.assign(case=case.pk, owner="lin", by=clerk, at=NEXT, version=case.version)
    with pytest.raises(CaseChanged):
        verbs.decide(
            case=case.pk,
            proposal=Proposal(remedy=Remedy.ACCEPT, why="seen"),
            by=clerk,
            at=NEXT,
            version=case.version,
        )


def test_a_held_case_comes_back_on_its_day(found, clerk, system):
    case = found()
    verbs.hold(case=case.pk, until=date(2026, 3, 6), why="the bank looks", by=clerk, at=NEXT)
    assert verbs.wake(by=system, at=LATER) == 0
    case.refresh_from_db()
    assert case.state == "held"
    assert verbs.wake(by=system, at=NEXT + timedelta(days=3)) == 1
    case.refresh_from_db()
    assert (case.state, case.held_until) == ("open", None)
    assert verbs.wake(by=system, at=NEXT + timedelta(days=3)) == 0


def test_a_hold_of_a_person_outlasts_a_later_run(found, matched, clerk):
    case = found()
    verbs.hold(case=case.pk, until=date(2026, 3, 6), why="wait", by=clerk, at=NEXT)
    matched()
    case.refresh_from_db()
    assert (case.state, case.held_until) == ("held", date(2026, 3, 6))


def test_a_hold_looks_ahead(found, clerk):
    with pytest.raises(FieldInvalid):
        verbs.hold(case=found().pk, until=date(2026, 3, 3), why="x", by=clerk, at=NEXT)


def test_a_dispute_has_a_reason_and_a_deadline_and_ends_in_a_decision(found, clerk):
    case = found()
    for deadline, why in ((date(2026, 3, 3), "x"), (date(2026, 3, 20), " ")):
        with pytest.raises(FieldInvalid):
            verbs.dispute(case=case.pk, deadline=deadline, why=why, by=clerk, at=NEXT)
    verbs.dispute(case=case.pk, deadline=date(2026, 3, 20), why="sent to bank", by=clerk, at=NEXT)
    case.refresh_from_db()
    assert (case.state, case.deadline) == ("disputed", date(2026, 3, 20))
    assert decide(case, clerk, "refund").state == "confirmed"


def test_a_case_is_taken_up_again(found, clerk):
    case = found()
    verbs.dispute(case=case.pk, deadline=date(2026, 3, 20), why="sent", by=clerk, at=NEXT)
    verbs.resume(case=case.pk, by=clerk, at=NEXT)
    case.refresh_from_db()
    assert (case.state, case.deadline) == ("open", None)
    with pytest.raises(CaseStepRefused):
        verbs.resume(case=case.pk, by=clerk, at=NEXT)


def test_reopening_reverses_what_was_posted(found, clerk, approver):
    case, before = found(), accounts(clerk)
    decision = decide(case, clerk, "write_off")
    verbs.reopen(case=case.pk, why="the slip was found", by=approver, at=LATER)
    case.refresh_from_db()
    decision.refresh_from_db()
    assert (case.state, case.closed_at, decision.state) == ("open", None, "reversed")
    assert moved(before, accounts(clerk)) == {}
    posting = Posting.objects.get(kind="decision")
    assert posting.reversed_by.why == "the slip was found"
    decide(case, clerk, "refund")
    verbs.reopen(case=case.pk, why="again", by=approver, at=LATER)
    assert moved(before, accounts(clerk)) == {}
    assert faults() == []


def test_a_vanished_case_that_is_reopened_is_in_doubt_again(
    bad_day, bring, matched, clerk, approver
):
    from tests.money_days import billed, paid

    matched()
    before = accounts(clerk)["suspense"]
    bring("acquirer46", [billed(paid(3, 30_000))], name="late.csv")
    matched()
    case = Case.objects.get(state="vanished")
    verbs.reopen(case=case.pk, why="I doubt it", by=approver, at=LATER)
    assert accounts(clerk)["suspense"] == before


def test_a_clerk_does_not_reopen(found, clerk):
    case = found()
    decide(case, clerk)
    with pytest.raises(NotFound):
        verbs.reopen(case=case.pk, why="oops", by=clerk, at=LATER)


def test_a_case_tells_its_story(found, clerk):
    case = found()
    verbs.assign(case=case.pk, owner="lin", by=clerk, at=NEXT)
    verbs.add_note(case=case.pk, text="called the shop", by=clerk, at=NEXT)
    verbs.add_note(
        case=case.pk, text="", by=clerk, at=NEXT, file_sha256="a" * 64, file_name="slip.jpg"
    )
    decide(case, clerk)
    story = [(note.step, note.text, note.file_name) for note in case.notes.order_by("pk")]
    assert story[:3] == [("", "→ lin", ""), ("", "called the shop", ""), ("", "", "slip.jpg")]
    assert story[3][0] == "close"
    actions = list(
        AuditEntry.objects.filter(subject=f"case:{case.pk}").values_list("action", flat=True)
    )
    assert actions == ["case.assign", "case.close"]
    assert all(verdict.broken is None for verdict in verify_chains())
    with pytest.raises(FieldInvalid):
        verbs.add_note(case=case.pk, text="  ", by=clerk, at=NEXT)


def test_of_many_one_refusal_stops_nobody(found, clerk):
    closed, other = found(), found("amount_differs")
    decide(closed, clerk)
    numbers = [closed.pk, other.pk, 10**9]
    deed = Hold(until=date(2026, 3, 6), why="x")
    outcome = do_for_all(numbers=numbers, deed=deed, by=clerk, at=NEXT)
    assert outcome.moved == [other.pk]
    assert [(number, type(error)) for number, error in outcome.refused] == [
        (closed.pk, CaseStepRefused), (10**9, NotFound),
    ]  # fmt: skip


def test_a_neighbours_case_is_not_there_for_any_verb(found, hire, neighbour):
    case, other = found(), hire(Job.ADMINISTRATOR, neighbour)
    said = {"case": case.pk, "by": other, "at": NEXT}
    ahead = date(2026, 3, 20)
    for verb, more in (
        (verbs.decide, {"proposal": Proposal(remedy=Remedy.ACCEPT, why="x")}),
        (verbs.confirm, {}),
        (verbs.refuse, {"why": "x"}),
        (verbs.hold, {"why": "x", "until": ahead}),
        (verbs.resume, {}),
        (verbs.dispute, {"why": "x", "deadline": ahead}),
        (verbs.reopen, {"why": "x"}),
        (verbs.assign, {"owner": "x"}),
        (verbs.add_note, {"text": "x"}),
    ):
        with pytest.raises(NotFound):
            verb(**said, **more)
    scope = other.scope("money.view")
    assert list(cases(scope)) == []
    with pytest.raises(NotFound):
        case_seen(scope, case.pk)


def test_a_queue_is_narrowed_and_sorted(found, clerk):
    found()
    scope = clerk.scope("money.view")
    told = lambda **said: [c.difference for c in cases(scope, CaseFilters(**said))]  # noqa: E731
    assert told() == ["slip_without_charge", "charged_without_slip", "amount_differs"]
    assert told(difference="amount_differs") == ["amount_differs"]
    assert told(at_least_minor=20_000) == ["slip_without_charge", "charged_without_slip"]
    assert told(q="000003") == ["slip_without_charge"]
    assert told(state=("closed",)) == []
    assert told(owner="lin") == []
    assert len(told(unowned=True)) == 3
    assert [c.day for c in cases(scope)] == [DAY] * 3
    assert [c.opened_at for c in cases(scope)] == [NEXT] * 3
    assert NOON < NEXT
