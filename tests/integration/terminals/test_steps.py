"""Steps: one terminal, many terminals, the same guard."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.factories import (
    MerchantFactory,
    ModelApprovalFactory,
    SiteFactory,
    TerminalFactory,
    grant,
)

from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.errors import Forbidden, NotFound, Stale
from tillkeeper.parties.models import Person
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.errors import (
    BatchTooLong,
    GuardFailed,
    NeededForStep,
    OneByOne,
    OutOfOrder,
    StepRefused,
    TerminalIdTaken,
)
from tillkeeper.terminals.lifecycle import MOVES, ONE_BY_ONE, Guard, Holder, State, Step
from tillkeeper.terminals.models import Batch, StepTaken
from tillkeeper.terminals.queries import timeline, viewable
from tillkeeper.terminals.selection import Filters, Selection
from tillkeeper.terminals.services import sets
from tillkeeper.terminals.services.orders import Elements, Order
from tillkeeper.terminals.services.steps import take_step, take_steps

pytestmark = pytest.mark.django_db
SAID = Order(why="idle", custodian="Wang", document="X-1")
SHARED = sorted(set(Step) - ONE_BY_ONE - {Step.OPEN})


@pytest.fixture
def later(noon):
    return noon + timedelta(hours=1)


def elements_of(site, tid="10000001", **more):
    return Elements(
        merchant=site.merchant.number, site=site.code, tid=tid, acquirer_code="48021000", **more
    )


def test_a_step_changes_the_state_and_writes_history_and_audit(branch, manager, later):
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    moved = take_step(
        serial=terminal.serial, step=Step.SUSPEND, order=Order(why="idle"), by=manager, at=later
    )
    assert (moved.state, moved.state_since, moved.version) == ("suspended", later, 2)
    row = moved.history.get()
    assert (row.from_state, row.to_state, row.why, row.by) == (
        "active",
        "suspended",
        "idle",
        "person:mei",
    )
    assert row.document.startswith("SU-")
    assert verify_chains()[0].entries == 1


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", [Step.SUSPEND, Step.ISSUE, Step.SCRAP, Step.TRANSFER])
def test_a_state_that_is_not_in_the_table_refuses_and_writes_nothing(
    state, step, branch, administrator, later
):
    terminal = TerminalFactory(state=state, home=branch, keyed=True, wiped=True)
    order = Order(why="w", custodian="Wang", organisation="SH")
    if (state, step) in MOVES:
        moved = take_step(
            serial=terminal.serial, step=step, order=order, by=administrator, at=later
        )
        assert moved.state == MOVES[state, step][0]
        return
    with pytest.raises(StepRefused) as refused:
        take_step(serial=terminal.serial, step=step, order=order, by=administrator, at=later)
    assert refused.value.facts() == {"serial": terminal.serial, "step": step, "state": state}
    assert not terminal.history.exists()


@pytest.mark.parametrize("step", SHARED)
def test_all_at_once_and_one_by_one_agree_for_every_state(step, branch, administrator, later):
    order = Order(why="w", custodian="Wang", organisation="SH", document="X-1")
    pairs = [
        (TerminalFactory(state=s, home=branch), TerminalFactory(state=s, home=branch))
        for s in State
    ]
    one_by_one = {}
    for single, _ in pairs:
        try:
            taken = take_step(
                serial=single.serial, step=step, order=order, by=administrator, at=later
            )
            one_by_one[single.serial] = taken.state
        except (StepRefused, GuardFailed) as error:
            one_by_one[single.serial] = (error.code, error.facts().get("guard"))
    serials = tuple(twin.serial for _, twin in pairs)
    outcome = take_steps(
        selection=Selection(serials=serials), step=step, order=order, by=administrator, at=later
    )
    refused = {r.serial: (r.error.code, r.error.facts().get("guard")) for r in outcome.refused}
    for single, twin in pairs:
        twin.refresh_from_db()
        assert one_by_one[single.serial] == refused.get(twin.serial, twin.state)
    assert outcome.moved == len(pairs) - len(refused)


def test_many_cost_as_many_statements_as_one(branch, administrator, later):
    counts = []
    for size in (2, 1, 40):  # the first one also begins the chain and the counter
        serials = [TerminalFactory(state=State.ACTIVE, home=branch).serial for _ in range(size)]
        selection = Selection(serials=tuple(serials))
        with CaptureQueriesContext(connection) as seen:
            take_steps(
                selection=selection, step=Step.SUSPEND, order=SAID, by=administrator, at=later
            )
        counts.append(len(seen))
    assert counts[1] == counts[2]


def test_each_terminal_that_stays_is_named_with_its_reason(branch, administrator, later):
    good = TerminalFactory(state=State.READY, home=branch)
    unkeyed = TerminalFactory(state=State.READY, home=branch, keyed=False)
    sold = TerminalFactory(state=State.ACTIVE, home=branch)
    selection = Selection(serials=(good.serial, unkeyed.serial, sold.serial, "NOBODY-1"))
    outcome = take_steps(
        selection=selection, step=Step.ISSUE, order=SAID, by=administrator, at=later
    )
    reasons = {refused.serial: type(refused.error) for refused in outcome.refused}
    assert outcome.moved == 1
    assert reasons == {unkeyed.serial: GuardFailed, sold.serial: StepRefused, "NOBODY-1": NotFound}
    batch = Batch.objects.get(pk=outcome.batch_id)
    assert (batch.asked, batch.moved, batch.refusals.count()) == (4, 1, 3)


def test_all_that_match_a_filter_are_meant(branch, neighbour, manager, later):
    mine = [TerminalFactory(state=State.ACTIVE, home=branch) for _ in range(3)]
    theirs = TerminalFactory(state=State.ACTIVE, home=neighbour)
    selection = Selection(filters=Filters(state=("active",)))
    outcome = take_steps(selection=selection, step=Step.SUSPEND, order=SAID, by=manager, at=later)
    theirs.refresh_from_db()
    assert (outcome.moved, theirs.state) == (len(mine), "active")


def test_a_neighbours_terminal_does_not_exist(neighbour, manager, later):
    theirs = TerminalFactory(state=State.ACTIVE, home=neighbour)
    with pytest.raises(NotFound):
        take_step(serial=theirs.serial, step=Step.SUSPEND, order=SAID, by=manager, at=later)


def test_a_right_held_elsewhere_does_not_count_here(hire, head_office, branch, neighbour, later):
    hire(Role.COMPLIANCE_AUDITOR, head_office, username="cy")
    person = Person.objects.get(username="cy")
    grant(person, Role.ESTATE_MANAGER, neighbour)
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    with pytest.raises((NotFound, Forbidden)):
        take_step(
            serial=terminal.serial,
            step=Step.SUSPEND,
            order=SAID,
            by=actor_of(person, source="t"),
            at=later,
        )


def test_an_auditor_changes_nothing(hire, head_office, branch, later):
    auditor = hire(Role.COMPLIANCE_AUDITOR, head_office)
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    for step in Step:
        with pytest.raises(Forbidden):
            take_step(serial=terminal.serial, step=step, order=SAID, by=auditor, at=later)


def test_history_grows_only_at_its_end(branch, manager, noon):
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    before = noon - timedelta(seconds=1)
    with pytest.raises(OutOfOrder):
        take_step(serial=terminal.serial, step=Step.SUSPEND, order=SAID, by=manager, at=before)


def test_of_two_editors_the_later_is_told(branch, manager, later):
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    with pytest.raises(Stale):
        take_step(
            serial=terminal.serial, step=Step.SUSPEND, order=SAID, version=7, by=manager, at=later
        )


def test_a_step_says_what_it_lacks(branch, manager, later):
    terminal = TerminalFactory(state=State.READY, home=branch)
    with pytest.raises(NeededForStep) as refused:
        take_step(serial=terminal.serial, step=Step.ISSUE, order=Order(), by=manager, at=later)
    assert refused.value.field == "custodian"


def test_steps_with_facts_of_their_own_are_taken_one_by_one(administrator, later):
    with pytest.raises(OneByOne):
        take_steps(
            selection=Selection(serials=("A",)),
            step=Step.INSTALL,
            order=SAID,
            by=administrator,
            at=later,
        )


def test_a_batch_has_a_limit(branch, administrator, later, monkeypatch):
    monkeypatch.setattr(sets, "BATCH_MAX", 2)
    serials = tuple(TerminalFactory(state=State.ACTIVE, home=branch).serial for _ in range(3))
    with pytest.raises(BatchTooLong):
        take_steps(
            selection=Selection(serials=serials),
            step=Step.SUSPEND,
            order=SAID,
            by=administrator,
            at=later,
        )


def test_installing_and_activating_puts_a_terminal_at_a_site_and_binds_it(
    branch, administrator, later
):
    site = SiteFactory(merchant=MerchantFactory(parent=branch))
    terminal = TerminalFactory(state=State.ISSUED, home=branch)
    who = {"serial": terminal.serial, "by": administrator, "at": later}
    here = take_step(step=Step.INSTALL, order=Order(site=site.code), **who)
    assert (here.site, here.organisation, here.path, here.holder) == (
        site,
        site.organisation,
        site.organisation.path,
        Holder.SITE,
    )
    order = Order(elements=elements_of(site))
    with pytest.raises(GuardFailed) as refused:
        take_step(step=Step.ACTIVATE, order=order, **who)
    assert refused.value.guard is Guard.ACCEPTED
    here.accepted = True
    here.save()
    sells = take_step(step=Step.ACTIVATE, order=order, **who)
    assert (sells.state, sells.binding.tid, sells.binding.address) == (
        "active",
        "10000001",
        site.address,
    )
    kinds = {happening.kind for happening in timeline(sells, scope=viewable(administrator))}
    assert {"step", "bound"} <= kinds


def test_without_all_five_elements_nothing_is_activated(branch, administrator, later):
    merchant = MerchantFactory(
        parent=branch, uscc="", id_number_hash="", settlement_account_masked=""
    )
    site = SiteFactory(merchant=merchant)
    terminal = TerminalFactory(state=State.INSTALLED, home=branch, site=site, accepted=True)
    with pytest.raises(GuardFailed) as refused:
        take_step(
            serial=terminal.serial,
            step=Step.ACTIVATE,
            order=Order(elements=elements_of(site)),
            by=administrator,
            at=later,
        )
    assert refused.value.guard is Guard.FIVE_ELEMENTS


def test_a_terminal_id_is_bound_once(branch, administrator, later):
    site = SiteFactory(merchant=MerchantFactory(parent=branch))
    TerminalFactory(state=State.ACTIVE, home=branch, site=site, elements={"tid": "10000001"})
    second = TerminalFactory(state=State.INSTALLED, home=branch, site=site, accepted=True)
    with pytest.raises(TerminalIdTaken):
        take_step(
            serial=second.serial,
            step=Step.ACTIVATE,
            order=Order(elements=elements_of(site)),
            by=administrator,
            at=later,
        )
    second.refresh_from_db()
    assert second.state == "installed"


def test_collecting_ends_the_binding_and_brings_the_terminal_home(branch, administrator, later):
    terminal = TerminalFactory(state=State.WITHDRAWING, home=branch)
    back = take_step(
        serial=terminal.serial, step=Step.COLLECT, order=SAID, by=administrator, at=later
    )
    assert (back.binding, back.site, back.organisation, back.path) == (
        None,
        None,
        branch,
        branch.path,
    )
    assert back.bindings.get().valid_to == later
    assert back.holder == Holder.TRANSIT


def test_a_transfer_moves_the_terminal_under_another_branch(
    branch, neighbour, administrator, later
):
    terminal = TerminalFactory(state=State.IN_STOCK, home=branch)
    order = Order(organisation=neighbour.code)
    moved = take_step(
        serial=terminal.serial, step=Step.TRANSFER, order=order, by=administrator, at=later
    )
    assert (moved.home, moved.organisation, moved.path) == (neighbour, neighbour, neighbour.path)


def test_arriving_needs_the_refiling_and_rebinds_at_the_new_site(branch, administrator, later):
    terminal = TerminalFactory(state=State.RELOCATING, home=branch)
    new = SiteFactory(merchant=terminal.site.merchant)
    order = Order(elements=elements_of(new, refiling_reference="RF-1"))
    who = {
        "serial": terminal.serial,
        "step": Step.ARRIVE,
        "order": order,
        "by": administrator,
        "at": later,
    }
    with pytest.raises(GuardFailed) as refused:
        take_step(**who)
    assert refused.value.guard is Guard.REFILED
    terminal.refiled = True
    terminal.save()
    there = take_step(**who)
    assert (there.site, there.binding.site, there.bindings.count()) == (new, new, 2)


@pytest.mark.parametrize(
    ("approval", "guard"),
    [
        ({"expires_on": "2020-01-01", "use_until": "2021-01-01"}, Guard.APPROVAL_USABLE),
        ({"expires_on": "2020-01-01", "use_until": None}, None),
    ],
)
def test_a_terminal_whose_approval_ended_is_not_resumed(
    approval, guard, branch, administrator, later
):
    terminal = TerminalFactory(state=State.SUSPENDED, home=branch)
    ModelApprovalFactory(model=terminal.model, **approval)
    who = {
        "serial": terminal.serial,
        "step": Step.RESUME,
        "order": SAID,
        "by": administrator,
        "at": later,
    }
    if guard is None:
        assert take_step(**who).state == "active"
        return
    with pytest.raises(GuardFailed) as refused:
        take_step(**who)
    assert refused.value.guard is guard


@pytest.mark.parametrize("waiver", ["", "approved by the board, 2026-01"])
def test_stock_in_of_an_expired_model_needs_a_waiver(waiver, branch, administrator, later):
    terminal = TerminalFactory(state=State.RECEIVED, home=branch)
    ModelApprovalFactory(model=terminal.model, expires_on="2020-01-01", waiver=waiver)
    selection = Selection(serials=(terminal.serial,))
    outcome = take_steps(
        selection=selection, step=Step.ACCEPT, order=SAID, by=administrator, at=later
    )
    assert outcome.moved == bool(waiver)


def test_whoever_proposed_a_scrap_cannot_approve_it_not_even_with_a_token(
    branch, hire, head_office, later
):
    terminal = TerminalFactory(state=State.IN_STOCK, home=branch, wiped=True)
    ada = hire(Role.ADMINISTRATOR, head_office, username="ada")
    bo = hire(Role.ADMINISTRATOR, head_office, username="bo")
    take_step(serial=terminal.serial, step=Step.PROPOSE_SCRAP, order=SAID, by=ada, at=later)
    for same in (ada, replace(ada, kind="token")):
        with pytest.raises(GuardFailed) as refused:
            take_step(serial=terminal.serial, step=Step.SCRAP, order=SAID, by=same, at=later)
        assert refused.value.guard is Guard.SECOND_PERSON
    assert (
        take_step(serial=terminal.serial, step=Step.SCRAP, order=SAID, by=bo, at=later).state
        == "scrapped"
    )


def test_the_database_keeps_history_as_it_was_written(branch, manager, later):
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    take_step(serial=terminal.serial, step=Step.SUSPEND, order=SAID, by=manager, at=later)
    with pytest.raises(DatabaseError), transaction.atomic():
        StepTaken.objects.update(why="something else")


@pytest.mark.parametrize(
    "broken", [{"state": "flying"}, {"state": "active"}, {"holder": "ghost"}, {"site_id": 1}]
)
def test_the_database_refuses_a_state_that_cannot_be(broken, branch):
    terminal = TerminalFactory(state=State.IN_STOCK, home=branch)
    SiteFactory(merchant=MerchantFactory(parent=branch), id=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(terminal).objects.filter(pk=terminal.pk).update(**broken)
