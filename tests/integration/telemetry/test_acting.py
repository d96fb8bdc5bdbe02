"""What becomes of actions: handed out, sent, answered, expired, cancelled; and what waits, as a gateway sees it."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from tests.factories import NOON
from tests.integration.telemetry.asked import HOUR, ordered, speaking, word

from tillkeeper.kernel.models import Delivery
from tillkeeper.kernel.outbox import deliver_due
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.events import ActionsFinished
from tillkeeper.telemetry.lifecycle import (
    ACTION_MOVES,
    ActionKind,
    ActionState,
    ActionStep,
    OrderState,
)
from tillkeeper.telemetry.models import Action, ActionOrder
from tillkeeper.telemetry.queries import waiting as waiting_module
from tillkeeper.telemetry.queries.actions import WaitingActions, counts, waiting_since
from tillkeeper.telemetry.services.actions import (
    approve_order,
    cancel_order,
    end_cancelled,
    expire_actions,
    note_results,
    note_sent,
)
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import timeline

pytestmark = pytest.mark.django_db
NOON_MS = int(NOON.timestamp() * 1000)


@pytest.fixture
def action(branch, system):
    """One that waits."""
    ordered(*speaking(home=branch), by=system)
    return Action.objects.select_related("terminal").get()


def take(action, step):
    """Take a step as those do who may."""
    at = NOON + HOUR
    if step is ActionStep.SEND:
        note_sent([(action.pk, NOON_MS)])
    elif step is ActionStep.CONFIRM:
        note_results([word(action)], at=at)
    elif step is ActionStep.FAIL:
        note_results([word(action, "failed")], at=at)
    elif step is ActionStep.EXPIRE:
        ActionOrder.objects.update(expires_at=NOON)
        expire_actions(at=at)
    else:
        ActionOrder.objects.update(state=OrderState.CANCELLED)
        end_cancelled(number=action.order.number, at=at)


@pytest.mark.parametrize("step", ActionStep)
@pytest.mark.parametrize("state", ActionState)
def test_the_set_wise_steps_keep_to_the_table(action, state, step):
    Action.objects.update(state=state)
    take(action, step)
    action.refresh_from_db()
    assert action.state == ACTION_MOVES.get((state, step), state)
    assert (action.ended_at is not None) == (
        (state, step) in ACTION_MOVES and step is not ActionStep.SEND
    )


def test_what_was_sent_twice_is_counted_and_the_latest_told(action):
    note_sent([(action.pk, NOON_MS + 1000), (action.pk, NOON_MS)])
    note_sent([(action.pk, NOON_MS + 500)])
    action.refresh_from_db()
    assert (action.times_sent, action.sent_at) == (3, NOON + timedelta(seconds=1))


def test_a_word_about_another_terminals_action_counts_for_nothing(action, branch):
    (other,) = speaking(home=branch)
    foreign = word(action, "failed", terminal=other.pk)
    assert note_results([foreign, word(action)], at=NOON) == 1
    action.refresh_from_db()
    assert action.state == ActionState.CONFIRMED


def test_the_first_word_counts_and_a_second_does_not(action):
    assert note_results([word(action, "failed"), word(action)], at=NOON) == 1
    assert note_results([word(action)], at=NOON) == 0
    action.refresh_from_db()
    assert action.state == ActionState.FAILED


def test_a_word_about_no_action_is_nothing(action):
    assert note_results([word(action, action=10**12)], at=NOON) == 0
    assert note_results([], at=NOON) == 0
    assert note_sent([]) == 0


def test_what_nobody_confirmed_yet_no_terminal_can_have_done(branch, hire):
    officer = hire(Role.RISK_OFFICER, branch)
    ordered(*speaking(home=branch), by=officer, kind=ActionKind.LOCK)
    action = Action.objects.get()
    assert note_results([word(action)], at=NOON) == 0
    action.refresh_from_db()
    assert action.state == ActionState.QUEUED


def test_what_a_terminal_says_is_kept_without_card_numbers_and_what_no_database_holds(action):
    facts = {
        "level": math.nan,
        "rate": 1.5,
        "ok": True,
        "note": "card 4111111111111111",
        "none": None,
    }
    told = word(action, code="E\x0012", said="read 4111 1111 1111 1111\x00 \ud800", facts=facts)
    assert note_results([told], at=NOON) == 1
    action.refresh_from_db()
    assert action.code == "E\ufffd12"
    assert "411111******1111" in action.said
    assert "1111 1111" not in action.said
    assert action.facts == {
        "level": None,
        "rate": 1.5,
        "ok": True,
        "note": "card 411111******1111",
        "none": None,
    }


def test_a_confirmed_wipe_is_a_proof_where_the_state_asks_for_one(
    branch, hire, head_office, system
):
    first, second = (hire(Role.RISK_OFFICER, branch, username=name) for name in ("rui", "wen"))
    stored = speaking(home=branch, state=State.IN_STOCK)[0]
    (sold,) = speaking(home=branch)
    made = ordered(stored, sold, by=first, kind=ActionKind.WIPE)
    approve_order(number=made.number, terminals=2, by=second, at=NOON)
    note_results([word(action) for action in Action.objects.all()], at=NOON + HOUR)
    deliver_due(at=NOON + HOUR)
    stored.refresh_from_db()
    sold.refresh_from_db()
    assert (stored.wiped, stored.keyed, stored.state) == (True, False, State.IN_STOCK)
    assert (sold.wiped, sold.state) == (False, State.ACTIVE)
    told = timeline(stored, scope=system.scope("estate.view"))
    assert [row.document for row in told if row.kind == "evidence"] == [made.number]


def test_an_order_of_which_nothing_waits_is_finished_and_told_of(action, monkeypatch):
    told = []
    monkeypatch.setattr("tillkeeper.telemetry.services.actions.ending.publish", told.append)
    expire_actions(at=NOON)
    assert told == []
    note_results([word(action)], at=NOON)
    expire_actions(at=NOON + HOUR)
    order = ActionOrder.objects.get()
    assert (order.state, order.ended_at) == (OrderState.FINISHED, NOON + HOUR)
    assert told == [
        ActionsFinished(
            order=order.number,
            kind="reboot",
            state="finished",
            path=order.path,
            counts={"confirmed": 1},
            at=NOON + HOUR,
        )
    ]
    expire_actions(at=NOON + 2 * HOUR)
    assert len(told) == 1


def test_what_waited_too_long_expires_and_a_late_word_is_still_the_truth(action):
    assert expire_actions(at=NOON + timedelta(days=7) - HOUR) == 0
    assert expire_actions(at=NOON + timedelta(days=7)) == 1
    assert ActionOrder.objects.get().state == OrderState.FINISHED
    assert note_results([word(action)], at=NOON + timedelta(days=8)) == 1
    action.refresh_from_db()
    assert action.state == ActionState.CONFIRMED


def test_a_cancelled_order_waits_for_the_word_of_what_was_sent(branch, system):
    ordered(*speaking(2, home=branch), by=system)
    sent, queued = Action.objects.order_by("pk")
    note_sent([(sent.pk, NOON_MS)])
    order = ActionOrder.objects.get()
    cancel_order(number=order.number, by=system, at=NOON)
    expire_actions(at=NOON)
    order.refresh_from_db()
    queued.refresh_from_db()
    assert (order.state, order.ended_at, queued.state) == (
        OrderState.CANCELLED,
        None,
        ActionState.CANCELLED,
    )
    assert note_results([word(sent)], at=NOON) == 1
    expire_actions(at=NOON + HOUR)
    order.refresh_from_db()
    assert (order.state, order.ended_at) == (OrderState.CANCELLED, NOON + HOUR)
    assert counts(order).states["confirmed"] == 1


def test_a_window_that_shut_moves_to_the_next_night_until_the_order_ends(branch, system):
    night = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    ordered(
        *speaking(2, home=branch),
        by=system,
        window={"from": "22:00", "to": "06:00"},
        expires_at=night + timedelta(days=1, hours=4),
    )
    done, waits = Action.objects.order_by("pk")
    note_results([word(done)], at=night)
    expire_actions(at=night + 7 * HOUR)
    waits.refresh_from_db()
    assert waits.not_before == night
    expire_actions(at=night + 8 * HOUR)
    waits.refresh_from_db()
    done.refresh_from_db()
    day = timedelta(days=1)
    assert (waits.not_before, waits.not_after) == (night + day, night + day + 4 * HOUR)
    assert done.not_before == night
    before = ActionOrder.objects.get().version
    expire_actions(at=night + 9 * HOUR)
    assert ActionOrder.objects.get().version == before
    assert expire_actions(at=night + day + 4 * HOUR) == 1


def test_a_gateway_sees_what_waits_what_is_cancelled_and_what_is_done(branch, system, monkeypatch):
    monkeypatch.setattr(waiting_module, "AT_ONCE", 2)
    terminals = speaking(5, home=branch)
    first = ordered(*terminals, by=system)
    second = ordered(terminals[0], by=system, kind=ActionKind.SELF_TEST)
    mine = WaitingActions()
    while mine.refresh(at=NOON):
        pass
    now = NOON.timestamp()
    assert len(mine) == 6
    assert [deed.kind for _, deed in mine.due(terminals[0].pk, now, 16)] == ["reboot", "self_test"]
    assert [deed.kind for _, deed in mine.due(terminals[0].pk, now, 1)] == ["reboot"]
    assert mine.due(terminals[0].pk, now - 1, 16) == []
    assert mine.due(terminals[0].pk, now + 8 * 86_400, 16) == []
    change = waiting_since(mine.mark, at=NOON)
    assert (change.waiting, change.deeds, change.gone_orders, change.gone) == (
        [],
        {},
        frozenset(),
        frozenset(),
    )
    answered = Action.objects.get(order=first, terminal=terminals[1])
    note_results([word(answered)], at=NOON)
    cancel_order(number=second.number, by=system, at=NOON)
    mine.refresh(at=NOON + timedelta(seconds=1))
    assert mine.due(terminals[1].pk, now, 16) == []
    assert [deed.kind for _, deed in mine.due(terminals[0].pk, now, 16)] == ["reboot"]
    assert len(mine) == 4


def test_a_gateway_hands_out_nothing_that_waits_for_a_second_person(branch, hire):
    officer, second = (hire(Role.RISK_OFFICER, branch, username=name) for name in ("rui", "wen"))
    (terminal,) = speaking(home=branch)
    made = ordered(terminal, by=officer, kind=ActionKind.LOCK)
    mine = WaitingActions()
    mine.refresh(at=NOON)
    assert len(mine) == 0
    approve_order(number=made.number, terminals=1, by=second, at=NOON)
    mine.refresh(at=NOON)
    assert [deed.number for _, deed in mine.due(terminal.pk, NOON.timestamp(), 16)] == [made.number]


def test_a_gateway_hears_of_a_window_that_moved(branch, system):
    (terminal,) = speaking(home=branch)
    ordered(terminal, by=system, window={"from": "22:00", "to": "06:00"})
    mine = WaitingActions()
    night = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    mine.refresh(at=NOON)
    assert mine.due(terminal.pk, NOON.timestamp(), 16) == []
    assert len(mine.due(terminal.pk, night.timestamp(), 16)) == 1
    expire_actions(at=night + 8 * HOUR)
    mine.refresh(at=night + 8 * HOUR)
    assert mine.due(terminal.pk, (night + 8 * HOUR).timestamp(), 16) == []
    assert len(mine.due(terminal.pk, (night + 24 * HOUR).timestamp(), 16)) == 1


def test_asking_what_waits_costs_two_statements_while_nothing_changes(
    branch, system, django_assert_num_queries
):
    mine = WaitingActions()
    with django_assert_num_queries(1):
        mine.refresh(at=NOON)
    ordered(*speaking(3, home=branch), by=system)
    mine.refresh(at=NOON)
    with django_assert_num_queries(2):
        mine.refresh(at=NOON)


def test_a_quiet_round_reads_no_action(branch, system, django_assert_num_queries):
    ordered(*speaking(home=branch), by=system)
    with django_assert_num_queries(5 + 2):  # and the savepoint of its transaction
        expire_actions(at=NOON)
    assert not Delivery.objects.exists()
