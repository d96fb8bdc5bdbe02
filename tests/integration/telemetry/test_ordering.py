"""Asking terminals for something from afar: who may, which can hear it, and who confirms."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import gettext, override
from tests.factories import NOON, TerminalFactory
from tests.integration.telemetry.asked import HOUR, ordered, speaking

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import FieldInvalid, NotAllowed, NotFound
from tillkeeper.kernel.models import PolicyRule
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.kernel.trail import trail
from tillkeeper.parties.roles import Right, Role
from tillkeeper.telemetry.errors import (
    ActionBarred,
    CannotHear,
    NothingChosen,
    OrderStepRefused,
    OwnOrder,
    TamperedStaysLocked,
    WrongCount,
)
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState
from tillkeeper.telemetry.models import Action, ActionOrder
from tillkeeper.telemetry.queries.actions import (
    OrderFilters,
    actions_of,
    askable,
    counts,
    left_out,
    order,
    orders,
    results,
    to_approve,
)
from tillkeeper.telemetry.services.actions import (
    Wanted,
    approve_order,
    cancel_order,
    export_results,
    order_actions,
    planning,
    refuse_order,
)
from tillkeeper.telemetry.services.actions.planning import run_plan
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.selection import Filters, Selection

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatcher(hire, branch):
    return hire(Role.DISPATCHER, branch, username="olga")


@pytest.fixture
def officer(hire, branch):
    return hire(Role.RISK_OFFICER, branch, username="rui")


@pytest.fixture
def second(hire, branch):
    return hire(Role.RISK_OFFICER, branch, username="wen")


def test_an_order_is_planned_for_those_that_hear_and_says_why_the_others_do_not(
    branch, neighbour, dispatcher
):
    heard, silent = speaking(home=branch)[0], TerminalFactory(state=State.ACTIVE, home=branch)
    scrapped = speaking(home=branch, state=State.SCRAPPED)[0]
    foreign = speaking(home=neighbour)[0]
    made = ordered(heard, silent, scrapped, foreign, by=dispatcher)
    assert (made.state, made.asked, made.planned) == (OrderState.RUNNING, 4, 1)
    assert [row.terminal for row in results(dispatcher, made)] == [heard]
    refused = {row.serial: (type(row.error), row.error.facts()) for _, row in left_out(made)}
    assert refused == {
        foreign.serial: (NotFound, {"kind": "terminal", "key": foreign.serial}),
        scrapped.serial: (
            ActionBarred,
            {"serial": scrapped.serial, "kind": ActionKind.REBOOT, "state": State.SCRAPPED},
        ),
        silent.serial: (CannotHear, {"serial": silent.serial}),
    }
    assert counts(made).refused == 3


def test_an_order_stands_where_all_its_terminals_are(branch, head_office, hire):
    boss = hire(Role.ADMINISTRATOR, head_office, username="boss")
    here, there = speaking(home=branch)[0], speaking(home=head_office)[0]
    assert ordered(here, by=boss).path == here.path
    assert ordered(here, there, by=boss).path == head_office.path


def test_a_filter_finds_what_it_finds_when_it_is_planned(branch, dispatcher):
    speaking(3, home=branch)
    speaking(home=branch, state=State.SUSPENDED)
    made = order_actions(
        wanted=Wanted(kind=ActionKind.SELF_TEST, why="a round"),
        selection=Selection(filters=Filters(state=("active",), received_to=None)),
        by=dispatcher,
        at=NOON,
    )
    assert (made.asked, made.planned) == (3, 3)
    assert made.arguments == {"parts": ["printer", "network", "reader", "sensors"]}


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (ActionKind.REBOOT, Role.INSPECTOR),
        (ActionKind.LOCK, Role.DISPATCHER),
        (ActionKind.UNLOCK, Role.DISPATCHER),
    ],
)
def test_who_does_not_hold_the_right_asks_for_nothing(branch, hire, kind, role):
    (terminal,) = speaking(home=branch)
    with pytest.raises(NotAllowed):
        ordered(terminal, by=hire(role, branch), kind=kind)
    assert not ActionOrder.objects.exists()


def test_what_is_seen_but_may_not_be_asked_is_left_out(head_office, branch, neighbour, hire):
    person = hire(Role.INSPECTOR, head_office, username="two")
    acts = hire(Role.DISPATCHER, branch, username="three")
    both = Actor(kind="person", name="both", grants=person.grants + acts.grants)
    mine, other = speaking(home=branch)[0], speaking(home=neighbour)[0]
    made = ordered(mine, other, by=both)
    assert made.planned == 1
    ((_, row),) = left_out(made)
    assert (row.serial, row.error.facts()) == (other.serial, {"right": Right.ACT})


def test_no_terminal_in_view_is_no_order(neighbour, branch, dispatcher):
    (foreign,) = speaking(home=neighbour)
    with pytest.raises(NothingChosen):
        ordered(foreign, by=dispatcher)
    with pytest.raises(NothingChosen):
        ordered(by=dispatcher)


def test_asking_again_with_the_same_key_is_asking_once(branch, dispatcher):
    (terminal,) = speaking(home=branch)
    first = ordered(terminal, by=dispatcher, key="click-1")
    assert ordered(terminal, by=dispatcher, key="click-1").pk == first.pk
    assert ordered(terminal, by=dispatcher, key="click-2").pk != first.pk


@pytest.mark.parametrize("kind", [ActionKind.LOCK, ActionKind.WIPE])
def test_lock_and_wipe_wait_for_a_second_person(branch, officer, second, kind):
    made = ordered(*speaking(2, home=branch), by=officer, kind=kind)
    assert made.state == OrderState.PROPOSED
    assert [row.number for row in to_approve(second)] == [made.number]
    assert list(to_approve(officer)) == []
    with pytest.raises(OwnOrder):
        approve_order(number=made.number, terminals=2, by=officer, at=NOON)
    with pytest.raises(WrongCount) as refused:
        approve_order(number=made.number, terminals=3, by=second, at=NOON)
    assert refused.value.facts() == {"order": made.number, "expected": 2, "given": 3}
    done = approve_order(number=made.number, terminals=2, by=second, at=NOON + HOUR)
    assert (done.state, done.approver) == (OrderState.RUNNING, "wen")
    with pytest.raises(OrderStepRefused):
        approve_order(number=made.number, terminals=2, by=second, at=NOON + HOUR)


def test_who_has_no_right_to_approve_there_does_not(branch, officer, dispatcher):
    made = ordered(*speaking(home=branch), by=officer, kind=ActionKind.LOCK)
    with pytest.raises(NotAllowed):
        approve_order(number=made.number, terminals=1, by=dispatcher, at=NOON)


def test_what_the_second_person_refuses_no_terminal_hears_of(branch, officer, second):
    made = ordered(*speaking(home=branch), by=officer, kind=ActionKind.WIPE)
    refuse_order(number=made.number, why="not these", by=second, at=NOON)
    made.refresh_from_db()
    assert (made.state, made.ended_at) == (OrderState.REFUSED, NOON)
    assert Action.objects.get().state == ActionState.CANCELLED


def test_unlocking_needs_no_second_person_but_not_a_tampered_terminal(branch, officer):
    fine = speaking(home=branch, state=State.SUSPENDED)[0]
    opened = speaking(home=branch, state=State.SUSPENDED, tampered=True)[0]
    made = ordered(fine, opened, by=officer, kind=ActionKind.UNLOCK)
    assert (made.state, made.planned) == (OrderState.RUNNING, 1)
    ((_, row),) = left_out(made)
    assert isinstance(row.error, TamperedStaysLocked)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", ActionKind)
def test_one_terminal_and_many_are_judged_by_the_same_guard(branch, system, state, kind):
    (terminal,) = speaking(home=branch, state=state)
    alone = {ask.kind: ask.refusal for ask in askable(system, terminal.serial)}[kind]
    made = ordered(terminal, by=system, kind=kind, **ARGUMENTS.get(kind, {}))
    told = [row.error for _, row in left_out(made)]
    assert [(type(e), e.facts()) for e in told] == [
        (type(e), e.facts()) for e in [alone] if e is not None
    ]


ARGUMENTS = {
    ActionKind.MESSAGE: {"arguments": {"zh": "请重启", "en": "Please restart"}},
    ActionKind.CONFIGURE: {"arguments": {"values": {"printer.density": 3}}},
    ActionKind.FETCH_LOG: {
        "arguments": {"from": "2026-03-01T00:00:00+08:00", "to": "2026-03-02T00:00:00+08:00"}
    },
}


def test_a_window_is_in_the_time_of_the_site(branch, dispatcher):
    PolicyRule.objects.create(
        rule="telemetry.zones",
        value={"新疆维吾尔自治区": "Asia/Urumqi", "nowhere": "Not/AZone"},
        effective_from="2026-02-01",
        source="test",
    )
    here, west = speaking(2, home=branch)
    west.site.province = "新疆维吾尔自治区"
    west.site.save()
    stock = speaking(home=branch, state=State.IN_STOCK)[0]
    made = ordered(here, west, stock, by=dispatcher, window={"from": "22:00", "to": "06:00"})
    spans = {row.terminal_id: (row.not_before, row.not_after) for row in Action.objects.all()}
    night = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    assert spans[here.pk] == (night, night + 8 * HOUR)
    assert spans[west.pk] == (night + 2 * HOUR, night + 10 * HOUR)
    assert spans[stock.pk] == spans[here.pk]
    assert made.shuts_at == night + 8 * HOUR


@pytest.mark.parametrize(
    "times",
    [
        {"expires_at": NOON},
        {"expires_at": NOON + timedelta(days=91)},
        {"not_before": NOON + 2 * HOUR, "expires_at": NOON + HOUR},
        {"window": {"from": "6", "to": "x"}},
        {"why": " "},
        {"why": "card 4111111111111111"},
        {"arguments": {"parts": ["printer"]}},
    ],
)
def test_an_order_that_cannot_be_meant_is_refused(branch, dispatcher, times):
    with pytest.raises(FieldInvalid):
        ordered(*speaking(home=branch), by=dispatcher, **times)
    assert not ActionOrder.objects.exists()


@pytest.mark.parametrize("value", [10**400, float("nan"), float("inf"), None, ["x"]])
def test_a_setting_that_is_no_usable_value_is_refused(branch, dispatcher, value):
    told = {"values": {"printer.density": value}}
    with pytest.raises(FieldInvalid):
        ordered(*speaking(home=branch), by=dispatcher, kind=ActionKind.CONFIGURE, arguments=told)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (ActionKind.REBOOT, {"window": {"from": "25:00", "to": "06:00"}}),
        (ActionKind.REBOOT, {"window": {"from": "06:00", "to": "06:00"}}),
        (ActionKind.REBOOT, {"expires_at": NOON}),
        (ActionKind.REBOOT, {"arguments": {"parts": ["printer"]}}),
        (ActionKind.FETCH_LOG, {"arguments": {}}),
        (ActionKind.FETCH_LOG, {"arguments": {"from": NOON, "to": NOON}}),
        (ActionKind.FETCH_LOG, {"arguments": {"from": NOON, "to": NOON + HOUR, "size": 0}}),
        (ActionKind.CONFIGURE, {"arguments": {"values": {}}}),
        (ActionKind.CONFIGURE, {"arguments": {"values": {"Density": 1}}}),
        (ActionKind.CONFIGURE, {"arguments": {"values": {"wifi.password": "x"}}}),
        (ActionKind.CONFIGURE, {"arguments": {"values": {"printer.density": None}}}),
        (
            ActionKind.CONFIGURE,
            {"arguments": {"values": {f"name{n}": "x" * 190 for n in range(64)}}},
        ),
    ],
)
def test_what_is_expected_is_said_in_chinese_too(branch, dispatcher, kind, wanted):
    with pytest.raises(FieldInvalid) as refused:
        ordered(*speaking(home=branch), by=dispatcher, kind=kind, **wanted)
    expected = refused.value.expected
    with override("zh-hans"):
        said = expected.said(gettext) if isinstance(expected, Phrase) else gettext(expected)
    assert re.search("[\u4e00-\u9fff]", said), said


def test_many_terminals_are_left_to_the_worker_who_goes_on_where_another_stopped(
    branch, dispatcher, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("tillkeeper.telemetry.services.actions.orders.IN_REQUEST", 2)
    monkeypatch.setattr(planning, "LOT", 3)
    terminals = speaking(7, home=branch)
    made = ordered(*terminals, by=dispatcher)
    assert (made.state, made.planned) == (OrderState.PLANNING, 0)
    planning._plan_lot(number=made.number, at=NOON)
    assert Action.objects.count() == 3
    assert run_plan(number=made.number, at=NOON) == OrderState.RUNNING
    assert Action.objects.count() == 7
    assert run_plan(number=made.number, at=NOON) == OrderState.RUNNING
    assert set(Action.objects.values_list("terminal", flat=True)) == {t.pk for t in terminals}


def test_a_plan_stops_when_its_order_is_cancelled(branch, dispatcher, monkeypatch):
    monkeypatch.setattr("tillkeeper.telemetry.services.actions.orders.IN_REQUEST", 2)
    monkeypatch.setattr(planning, "LOT", 3)
    made = ordered(*speaking(7, home=branch), by=dispatcher)
    planning._plan_lot(number=made.number, at=NOON)
    cancel_order(number=made.number, by=dispatcher, at=NOON)
    assert run_plan(number=made.number, at=NOON) == OrderState.CANCELLED
    assert Action.objects.count() == 3


def test_planning_takes_as_many_statements_for_many_as_for_few(
    branch, system, django_assert_num_queries
):
    few, many = ordered(*speaking(home=branch), by=system), speaking(40, home=branch)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        ordered(*speaking(1, home=branch)[:1], by=system)
    asked = Selection(serials=tuple(t.serial for t in many))
    with CaptureQueriesContext(connection) as all_of_them:
        order_actions(
            wanted=Wanted(kind=ActionKind.REBOOT, why="all"), selection=asked, by=system, at=NOON
        )
    assert few.planned == 1
    del one
    assert len(all_of_them) < 40


def test_orders_are_seen_where_they_stand_and_by_who_gave_them(
    branch, neighbour, dispatcher, hire, head_office
):
    made = ordered(*speaking(home=branch), by=dispatcher)
    stranger = hire(Role.DISPATCHER, neighbour, username="far")
    assert [row.number for row in orders(dispatcher)] == [made.number]
    assert list(orders(stranger)) == []
    with pytest.raises(NotFound):
        order(stranger, made.number)
    with pytest.raises(NotFound):
        cancel_order(number=made.number, by=stranger, at=NOON)


def test_a_branch_sees_its_terminals_part_of_an_order_from_above(
    branch, neighbour, administrator, dispatcher
):
    mine, other = speaking(home=branch)[0], speaking(home=neighbour)[0]
    made = ordered(mine, other, by=administrator)
    assert [row.terminal_id for row in results(dispatcher, made)] == [mine.pk]
    assert [row.order.number for row in actions_of(dispatcher, mine.serial)] == [made.number]
    with pytest.raises(NotFound):
        actions_of(dispatcher, other.serial)


def test_a_list_of_orders_is_narrowed(branch, dispatcher, administrator):
    one, two = speaking(2, home=branch)
    first = ordered(one, by=dispatcher)
    later = ordered(two, by=administrator, kind=ActionKind.SELF_TEST, at=NOON + HOUR)
    found = {
        name: [row.number for row in orders(administrator, OrderFilters(**{name: value}))]
        for name, value in {
            "kind": ("reboot",),
            "asked_by": "ada",
            "since": NOON + HOUR / 2,
            "serial": two.serial.lower(),
            "state": ("cancelled",),
        }.items()
    }
    assert found == {
        "kind": [first.number],
        "asked_by": [later.number],
        "since": [later.number],
        "serial": [later.number],
        "state": [],
    }


def test_results_go_out_as_a_file(branch, administrator, tmp_path):
    heard, silent = speaking(home=branch)[0], TerminalFactory(home=branch)
    made = ordered(heard, silent, by=administrator)
    path = tmp_path / "results.csv"
    assert (
        export_results(number=made.number, path=path, by=administrator, at=NOON, language="zh-hans")
        == 2
    )
    text = path.read_text(encoding="utf-8-sig")
    assert heard.serial in text
    assert silent.serial in text


def test_who_asked_and_who_confirmed_is_in_the_audit_trail(branch, officer, second, administrator):
    made = ordered(*speaking(home=branch), by=officer, kind=ActionKind.LOCK)
    approve_order(number=made.number, terminals=1, by=second, at=NOON)
    entries = trail(
        scope=administrator.scope(Right.AUDIT), subject=f"action:{made.number}", limit=9
    )
    assert {(entry.action, entry.actor) for entry in entries} == {
        ("action.order", "person:rui"),
        ("action.approve", "person:wen"),
    }
