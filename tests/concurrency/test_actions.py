"""Orders for actions from afar, two at once: the second person and the one who cancels, results and their end."""

from datetime import timedelta

import pytest
from django.db import transaction
from tests.factories import NOON, OrganisationFactory, PersonFactory
from tests.integration.telemetry.asked import ordered, speaking, word

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.errors import OrderStepRefused
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState
from tillkeeper.telemetry.models import Action, ActionOrder
from tillkeeper.telemetry.queries.actions import WaitingActions
from tillkeeper.telemetry.services.actions import (
    approve_order,
    cancel_order,
    expire_actions,
    note_results,
    run_plan,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
SYSTEM = Actor.system("test")


@pytest.fixture
def place():
    return OrganisationFactory(code="HQ")


@pytest.fixture
def second(place):
    return actor_of(
        PersonFactory(username="wen", role=Role.RISK_OFFICER, role__at=place), source="test"
    )


def proposed(place):
    asker = actor_of(
        PersonFactory(username="rui", role=Role.RISK_OFFICER, role__at=place), source="test"
    )
    return ordered(*speaking(2, home=place), by=asker, kind=ActionKind.LOCK)


def test_of_one_who_confirms_and_one_who_cancels_the_first_counts(
    place, second, rival, wait_until_blocked
):
    made = proposed(place)
    with transaction.atomic():
        cancel_order(number=made.number, by=second, at=NOON)
        confirms = rival(approve_order, number=made.number, terminals=2, by=second, at=NOON)
        wait_until_blocked()
    with pytest.raises(OrderStepRefused):
        confirms.result(timeout=5)
    made.refresh_from_db()
    assert (made.state, made.approver) == (OrderState.CANCELLED, "")


def test_who_cancels_what_is_being_confirmed_stops_it(place, second, rival, wait_until_blocked):
    made = proposed(place)
    with transaction.atomic():
        approve_order(number=made.number, terminals=2, by=second, at=NOON)
        cancels = rival(cancel_order, number=made.number, by=second, at=NOON)
        wait_until_blocked()
    assert cancels.result(timeout=5).state == OrderState.CANCELLED
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.CANCELLED}


def test_two_who_cancel_are_one_and_one_who_is_told(place, rival, wait_until_blocked):
    made = ordered(*speaking(home=place), by=SYSTEM)
    with transaction.atomic():
        cancel_order(number=made.number, by=SYSTEM, at=NOON)
        again = rival(cancel_order, number=made.number, by=SYSTEM, at=NOON)
        wait_until_blocked()
    with pytest.raises(OrderStepRefused):
        again.result(timeout=5)


def test_a_word_that_comes_while_its_order_is_cancelled_is_the_truth(place, rival):
    made = ordered(*speaking(2, home=place), by=SYSTEM)
    first, other = Action.objects.order_by("pk")
    with transaction.atomic():
        note_results([word(first)], at=NOON)
        # What a writer holds is passed over: nobody waits, so nobody can wait in a ring.
        rival(cancel_order, number=made.number, by=SYSTEM, at=NOON).result(timeout=20)
        assert note_results([word(other)], at=NOON) == 1
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.CONFIRMED}
    expire_actions(at=NOON + timedelta(seconds=10))
    made.refresh_from_db()
    assert (made.state, made.ended_at) == (OrderState.CANCELLED, NOON + timedelta(seconds=10))


def test_what_was_passed_over_when_its_order_was_cancelled_is_ended_by_the_round(place, rival):
    made = ordered(*speaking(2, home=place), by=SYSTEM)
    with transaction.atomic():
        list(Action.objects.select_for_update().order_by("pk")[:1])
        rival(cancel_order, number=made.number, by=SYSTEM, at=NOON).result(timeout=20)
    assert Action.objects.filter(state=ActionState.QUEUED).count() == 1
    expire_actions(at=NOON + timedelta(seconds=10))
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.CANCELLED}


def test_two_workers_plan_an_order_once(place, rival, wait_until_blocked, monkeypatch):
    monkeypatch.setattr("tillkeeper.telemetry.services.actions.orders.IN_REQUEST", 0)
    monkeypatch.setattr("tillkeeper.telemetry.services.actions.planning.LOT", 3)
    monkeypatch.setattr(
        "tillkeeper.telemetry.services.actions.orders.enqueue_plan", lambda _number: None
    )
    made = ordered(*speaking(7, home=place), by=SYSTEM)
    assert made.state == OrderState.PLANNING
    both = [rival(run_plan, number=made.number, at=NOON) for _ in range(2)]
    assert [one.result(timeout=30) for one in both] == [OrderState.RUNNING] * 2
    assert Action.objects.count() == 7
    made.refresh_from_db()
    assert made.planned == 7


def test_a_stop_reaches_those_who_hand_out_before_the_actions_are_ended(place, rival):
    made = ordered(*speaking(3, home=place), by=SYSTEM)
    mine = WaitingActions()
    mine.refresh(at=NOON)
    assert len(mine) == 3
    with transaction.atomic():
        list(Action.objects.select_for_update().values_list("pk"))
        rival(cancel_order, number=made.number, by=SYSTEM, at=NOON).result(timeout=20)
        mine.refresh(at=NOON)
    assert len(mine) == 0


def test_a_round_leaves_an_order_alone_that_is_cancelled_meanwhile(
    place, rival, wait_until_blocked
):
    made = ordered(*speaking(home=place), by=SYSTEM)
    with transaction.atomic():
        note_results([word(Action.objects.get())], at=NOON)
    with transaction.atomic():
        ActionOrder.objects.filter(pk=made.pk).update(state=OrderState.CANCELLED)
        ends = rival(expire_actions, at=NOON + timedelta(seconds=10))
        wait_until_blocked()
    ends.result(timeout=5)
    made.refresh_from_db()
    assert (made.state, made.ended_at) == (OrderState.CANCELLED, NOON + timedelta(seconds=10))
