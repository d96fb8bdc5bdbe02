"""`tillkeeper live`: how terminals are heard, counted, listed, one by one, and what they said before."""

import json
from datetime import timedelta

import pytest
from django.utils.timezone import now
from tests.factories import LiveFactory, TerminalFactory

from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import StateChange
from tillkeeper.telemetry.queries.history import Point, Series
from tillkeeper.telemetry.services.doubts import note_doubts
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(branch):
    return LiveFactory(
        terminal__home=branch, terminal__serial="P800000001",
        signals={"battery_level": 81, "paper_out": False, "of_tomorrow": "blue"},
    )  # fmt: skip


@pytest.fixture
def silent(branch):
    return LiveFactory(
        terminal__home=branch, terminal__serial="P800000002", state=LiveState.OFFLINE, why=["silent"],
        since=now() - timedelta(hours=3), away=True, away_m=12_500,
    )  # fmt: skip


def test_terminals_in_use_are_counted_and_the_others_by_where_they_are(
    tillkeeper, branch, heard, silent
):
    LiveFactory(terminal__home=branch, terminal__state=State.IN_STOCK, state=LiveState.OFFLINE)
    told = json.loads(tillkeeper("live", "counts", "--json").stdout)
    attention = told.pop("attention")
    assert told == {
        "online": 1, "degraded": 0, "late": 0, "offline": 1, "not_in_use": {"in_stock": 1},
    }  # fmt: skip
    assert (attention["offline"], attention["away"], attention["tamper_risk"]) == (1, 1, 0)
    shown = tillkeeper("live", "counts")
    assert shown.exit_code == 0
    for line in ("Not in use: in stock", "Tamper risk", "Away from its site"):
        assert line in shown.stdout


def test_one_that_is_heard_in_time_is_shown_with_its_newest_values(tillkeeper, heard):
    told = tillkeeper("live", "show", "P800000001")
    assert told.exit_code == 0
    for text in ("online", "battery_level", "81 %", "300 s", "blue"):
        assert text in told.stdout
    facts = json.loads(tillkeeper("live", "show", "p800000001", "--json").stdout)
    assert (facts["serial"], facts["state"]) == ("P800000001", "online")
    assert facts["signals"]["battery_level"]["value"] == 81


def test_one_that_is_not_heard_ends_with_1_and_says_why(tillkeeper, branch, silent):
    told = tillkeeper("live", "show", "P800000002")
    assert told.exit_code == 1
    assert "12,500 m" in told.stdout
    assert "silent" in told.stdout
    TerminalFactory(home=branch, serial="P800000003")
    never = tillkeeper("live", "show", "P800000003")
    assert (never.exit_code, never.stdout) == (1, "")
    assert "P800000003 was never heard." in never.stderr
    told = tillkeeper("live", "show", "P800000003", "--json")
    assert (told.exit_code, json.loads(told.stdout)) == (1, {"serial": "P800000003", "state": None})


@pytest.mark.parametrize(
    "asked", [("show",), ("states",), ("history", "battery_level")], ids=lambda asked: asked[0]
)
def test_one_that_is_not_in_the_ledger_is_refused(asked, tillkeeper, branch):
    verb, *more = asked
    told = tillkeeper("live", verb, "NOSUCH1", *more, "--json")
    assert (told.exit_code, json.loads(told.stdout)["code"]) == (1, "kernel.not_found")
    assert "NOSUCH1" in tillkeeper("live", verb, "NOSUCH1", *more).stderr


def test_those_that_want_a_look_are_listed_the_longest_first(tillkeeper, branch, heard, silent):
    longer = LiveFactory(
        terminal__home=branch, state=LiveState.OFFLINE, since=now() - timedelta(days=2)
    )
    told = tillkeeper("live", "list", "offline", "--json")
    assert told.exit_code == 0
    assert [row["serial"] for row in json.loads(told.stdout)] == [
        longer.terminal.serial,
        "P800000002",
    ]
    one = json.loads(tillkeeper("live", "list", "offline", "--limit", "1", "--json").stdout)
    assert len(one) == 1
    shown = tillkeeper("live", "list", "away")
    assert ("P800000002" in shown.stdout, heard.terminal.serial in shown.stdout) == (True, False)
    none = tillkeeper("live", "list", "late")
    assert (none.exit_code, none.stdout.strip()) == (1, "None.")


def test_one_that_may_exist_twice_is_listed_before_it_was_ever_heard(tillkeeper, branch, noon):
    terminal = TerminalFactory(home=branch, serial="P800000004")
    note_doubts([SpooledDoubt(terminal.pk, 1, 0, "two_keys", 2, 1)], at=noon)
    (row,) = json.loads(tillkeeper("live", "list", "tamper_risk", "--json").stdout)
    assert (row["serial"], row["state"], row["why"]) == ("P800000004", None, ["two_keys"])
    shown = tillkeeper("live", "list", "tamper_risk")
    assert (shown.exit_code, "never heard" in shown.stdout) == (0, True)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("list", "sleepy"), "KIND"),
        (("history", "P800000001", "mood"), "SIGNAL"),
        (("history", "P800000001", "carrier"), "SIGNAL"),  # a word, nothing to draw
        (("history", "P800000001", "rsrp", "--last", "soon"), "--last"),
        (("states", "P800000001", "--last", "0h"), "--last"),
        (("states", "P800000001", "--last", "801d"), "--last"),
        (("states", "P800000001", "--last", "٣h"), "--last"),
        (("states", "P800000001", "--last", ""), "--last"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage_and_says_what_can(asked, field, tillkeeper, heard):
    told = tillkeeper("live", *asked, "--json")
    assert told.exit_code == 2
    facts = json.loads(told.stdout)["facts"]
    assert (facts["field"], bool(facts["expected"])) == (field, True)
    assert field in tillkeeper("live", *asked).stderr


def test_history_is_told_in_figures_and_its_absence_ends_with_1(
    tillkeeper, heard, noon, monkeypatch
):
    empty = tillkeeper("live", "history", "P800000001", "battery_level", "--json")
    assert (empty.exit_code, json.loads(empty.stdout)[0]["points"]) == (1, [])
    points = (Point(at=noon, low=79.5, mean=80, high=81, count=3),)
    found = [Series(signal="battery_level", unit="%", raw=True, points=points)]
    monkeypatch.setattr("tillkeeper.cli.live.histories.history", lambda *_args, **_more: found)
    told = tillkeeper("live", "history", "P800000001", "battery_level")
    assert told.exit_code == 0
    for text in ("battery_level %", "79.5", "81", "12:00:00"):
        assert text in told.stdout


def test_comings_and_goings_are_listed_with_the_share_of_time_heard(tillkeeper, heard):
    ago = now() - timedelta(hours=2)
    facts = {"terminal": heard.terminal, "from_state": "online", "to_state": "offline"}
    StateChange.objects.create(**facts, why=["silent"], at=ago)
    told = tillkeeper("live", "states", "P800000001", "--last", "4h")
    assert told.exit_code == 0
    assert "silent" in told.stdout
    assert "% of the time." in told.stdout
    facts = json.loads(tillkeeper("live", "states", "P800000001", "--json").stdout)
    assert [change["to_state"] for change in facts["changes"]] == ["offline"]
    assert 0 <= facts["uptime"] <= 1
    none = tillkeeper("live", "states", "P800000001", "--last", "90m")
    assert none.exit_code == 1
