"""`tillkeeper action`: ordered, listed, shown, confirmed or refused by a second person, cancelled, put into a file."""

import csv
import json

import pytest
from tests.factories import NOON, TerminalFactory
from tests.integration.telemetry.asked import ordered, speaking, word

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState
from tillkeeper.telemetry.models import Action, ActionOrder
from tillkeeper.telemetry.services.actions.noting import note_results
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(branch):
    return [speaking(home=branch, serial=f"P80000000{number}")[0] for number in (1, 2)]


@pytest.fixture
def seizing(fleet, branch, hire):
    """A lock that a person asked for: it waits for a second one."""
    return ordered(*fleet, by=hire(Role.RISK_OFFICER, branch), kind=ActionKind.LOCK)


@pytest.fixture
def going_on(fleet, branch, hire):
    """An order that is running."""
    return ordered(*fleet, by=hire(Role.ESTATE_MANAGER, branch))


def _facts(result):
    return json.loads(result.stdout)


def test_terminals_are_asked_by_serial_number_and_those_that_cannot_be_are_told(
    tillkeeper, fleet, branch
):
    mute = TerminalFactory(home=branch, state=State.ACTIVE, serial="P800000009")
    told = tillkeeper(
        "action", "order", "self_test", "P800000001", mute.serial, "--why", "it jams",
        "--argument", "parts=printer,network", "--window", "22:00-06:00", "--within", "24h", "--json",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    said = _facts(told)
    assert (said["kind"], said["state"], said["why"]) == ("self_test", "running", "it jams")
    assert said["arguments"] == {"parts": ["printer", "network"]}
    assert said["window"] == {"from": "22:00", "to": "06:00"}
    assert (said["states"]["queued"], said["left_out"]) == (1, 1)
    shown = tillkeeper("action", "show", said["number"])
    assert (shown.exit_code, "Left out" in shown.stdout) == (1, True)


def test_all_that_a_filter_finds_are_asked_but_never_all_by_mistake(tillkeeper, fleet):
    assert tillkeeper("action", "order", "reboot", "--why", "x").exit_code == 2
    told = tillkeeper(
        "action", "order", "configure", "--why", "x", "--organisation", "SH", "--state", "active",
        "--argument", "values.apn=cmnet", "--argument", "values.retries=3", "--json",
    )  # fmt: skip
    said = _facts(told)
    assert (told.exit_code, said["planned"]) == (0, 2)
    assert said["arguments"] == {"values": {"apn": "cmnet", "retries": 3}}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("dance", "P800000001"), "KIND"),
        (("reboot", "P800000001", "--within", "soon"), "--within"),
        (("reboot", "P800000001", "--within", "100d"), "--within"),
        (("reboot", "P800000001", "--window", "late"), "--window"),
        (("reboot", "P800000001", "--window", "22:00-22:00"), "--window"),
        (("self_test", "P800000001", "--argument", "printer"), "--argument"),
        (("self_test", "P800000001", "--argument", "parts=mood"), "--argument"),
        (("configure", "P800000001", "--argument", "values=x", "--argument", "values.a=1"), "--argument"),
        (("reboot", "P800000001", "--argument", "how=hard"), "--argument"),
        (("reboot", "--organisation", "XX"), "--organisation"),
        (("reboot", "--state", "asleep"), "state"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_wrong_usage_and_names_the_option(asked, field, tillkeeper, fleet):
    told = tillkeeper("action", "order", *asked, "--why", "x", "--json")
    assert told.exit_code == 2, told.output
    assert _facts(told)["facts"]["field"].startswith(field)
    assert not ActionOrder.objects.exists()


def test_an_order_for_nobody_or_without_a_reason_is_refused(tillkeeper, fleet):
    told = tillkeeper("action", "order", "reboot", "NOSUCH1", "--why", "x", "--json")
    assert (told.exit_code, _facts(told)["code"]) == (2, "telemetry.nothing_chosen")
    assert tillkeeper("action", "order", "reboot", "P800000001", "--why", " ").exit_code == 2
    assert tillkeeper("action", "order", "reboot", "P800000001").exit_code == 2


def test_orders_are_listed_the_newest_first_and_narrowed(tillkeeper, seizing, going_on):
    rows = _facts(tillkeeper("action", "list", "--json"))
    assert {row["number"] for row in rows} == {seizing.number, going_on.number}
    told = _facts(tillkeeper("action", "list", "--state", "proposed", "--json"))
    assert [row["number"] for row in told] == [seizing.number]
    assert len(_facts(tillkeeper("action", "list", "--limit", "1", "--json"))) == 1
    shown = tillkeeper("action", "list")
    assert (shown.exit_code, seizing.number in shown.stdout) == (0, True)
    assert tillkeeper("action", "list", "--state", "asleep").exit_code == 2


def test_an_order_is_over_when_each_terminal_has_answered(tillkeeper, going_on):
    assert tillkeeper("action", "show", going_on.number).exit_code == 1
    first, second = Action.objects.order_by("pk")
    note_results([word(first), word(second, "failed", code="busy")], at=NOON)
    tillkeeper("action", "cancel", going_on.number)
    told = tillkeeper("action", "show", going_on.number, "--json")
    said = _facts(told)
    assert (told.exit_code, said["states"]["confirmed"], said["states"]["failed"]) == (0, 1, 1)


def test_a_lock_is_confirmed_by_the_count_one_has_read(tillkeeper, seizing):
    wrong = tillkeeper("action", "approve", seizing.number, "--terminals", "3")
    assert wrong.exit_code == 2
    assert "is for 2 terminals, not for 3" in " ".join(wrong.stderr.split())
    assert tillkeeper("action", "approve", seizing.number).exit_code == 2
    told = tillkeeper("action", "approve", seizing.number, "--terminals", "2")
    assert (told.exit_code, "running" in told.stdout.lower()) == (0, True)
    again = tillkeeper("action", "approve", seizing.number, "--terminals", "2")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "this is not possible now" in " ".join(again.stderr.split())


def test_a_lock_asked_for_here_is_not_confirmed_here(tillkeeper, fleet):
    made = _facts(tillkeeper("action", "order", "lock", "P800000001", "--why", "x", "--json"))
    assert made["state"] == "proposed"
    told = tillkeeper("action", "approve", made["number"], "--terminals", "1")
    assert told.exit_code == 1
    assert "a second person has to confirm it" in " ".join(told.stderr.split())


def test_a_lock_is_refused_with_a_reason_and_no_terminal_hears_of_it(tillkeeper, seizing):
    assert tillkeeper("action", "refuse", seizing.number).exit_code == 2
    told = tillkeeper("action", "refuse", seizing.number, "--why", "wrong shop")
    assert told.exit_code == 0
    seizing.refresh_from_db()
    assert seizing.state == OrderState.REFUSED
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.CANCELLED}


def test_an_order_is_cancelled_once(tillkeeper, going_on):
    told = tillkeeper("action", "cancel", going_on.number.lower())
    assert (told.exit_code, "2" in told.stdout) == (0, True)
    again = tillkeeper("action", "cancel", going_on.number)
    assert (again.exit_code, again.stdout) == (1, "")


def test_results_are_written_to_a_file_terminal_by_terminal(tillkeeper, going_on, tmp_path):
    note_results([word(Action.objects.order_by("pk")[0], said="done")], at=NOON)
    told = tillkeeper("action", "results", going_on.number, tmp_path / "out.csv")
    assert (told.exit_code, "2 rows written" in told.stdout) == (0, True)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["Serial number", "P800000001", "P800000002"]
    nowhere = tillkeeper("action", "results", going_on.number, tmp_path / "none" / "out.csv")
    assert nowhere.exit_code == 2
    assert "Traceback" not in nowhere.output


@pytest.mark.parametrize(
    "asked",
    [("show",), ("cancel",), ("approve", "--terminals", "1"), ("refuse", "--why", "x"), ("results", "out.csv")],
    ids=lambda asked: asked[0],
)  # fmt: skip
def test_an_order_that_is_not_there_is_refused(asked, tillkeeper, branch, tmp_path):
    verb, *more = asked
    more = [tmp_path / name if name == "out.csv" else name for name in more]
    told = tillkeeper("action", verb, "AO-1", *more)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "AO-1" in told.stderr
