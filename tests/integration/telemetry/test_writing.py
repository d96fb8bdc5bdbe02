"""The writer's rounds: what terminals said becomes what is known of them, once, whatever the order."""

from datetime import timedelta
from functools import partial

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import (
    NOON,
    OrganisationFactory,
    SiteFactory,
    TerminalFactory,
    TerminalModelFactory,
)
from tests.integration.telemetry.voices import Shelf, check_in, reading

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.errors import CursorMoved
from tillkeeper.telemetry.models import Cursor, Live, StateChange, Tally
from tillkeeper.telemetry.queries.cursors import STATE, policies
from tillkeeper.telemetry.queries.live import attention, live_counts, live_of, watched
from tillkeeper.telemetry.queries.states import state_changes, uptime
from tillkeeper.telemetry.services.rounds import gateway_lives, short_round
from tillkeeper.telemetry.services.sweeping import sweep
from tillkeeper.telemetry.services.writing import rounds
from tillkeeper.telemetry.services.writing.cursors import lives
from tillkeeper.telemetry.services.writing.line import Line

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def line(shelf):
    return Line(shelf, 0)


def test_a_check_in_becomes_what_is_known_of_the_terminal(shelf, line):
    terminal = TerminalFactory(state="active")
    shelf.say(
        check_in(
            terminal.pk,
            reading(1, -10, battery_level=80, mains=True, carrier="CMCC", temperature=999),
            at_s=5,
            skew_s=60,
            counter=7,
        )
    )
    assert line.go_round(at=NOON, wait_s=0) == 1
    row = live_of(SYSTEM, terminal.serial)
    assert row is not None
    assert (row.state, row.latest("battery_level"), row.latest("mains")) == ("online", 80, True)
    assert row.signals["battery_level"].at == NOON.timestamp() - 10
    assert row.carrier == "CMCC"
    assert row.skew_s == 60
    assert row.refused == {"temperature": 1}
    assert row.heard_at == NOON + timedelta(seconds=5)
    assert row.since == row.heard_at
    assert Live.objects.get().counter == 7
    assert Tally.objects.get(code="field_refused").count == 1
    assert live_counts(SYSTEM)["online"] == 1
    assert [c.to_state for c in StateChange.objects.all()] == ["online"]
    assert Cursor.objects.get(name="state").position == 1


def minutes(count):
    return NOON + timedelta(minutes=count)


def sweep_at(at, *, caught_up=True):
    return sweep(numbers=policies(on=at.date()), caught_up=caught_up, at=at)


def listen(until_minutes, begins_minutes=0):
    """Sweep every minute, as the rounds do."""
    found = []
    for minute in range(begins_minutes, until_minutes + 1):
        swept = sweep_at(minutes(minute))
        found += [(minute, "late", pk) for pk in swept.late]
        found += [(minute, "offline", pk) for pk in swept.offline]
    return found


def test_a_silent_terminal_is_late_then_offline_then_online_again_once_each(shelf, line):
    terminal, other = TerminalFactory(), TerminalFactory()
    shelf.say(check_in(terminal.pk, reading(1)), check_in(other.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    shelf.say(check_in(other.pk, reading(2, 900), at_s=900))
    line.go_round(at=NOON, wait_s=0)
    assert listen(22) == [(11, "late", terminal.pk), (21, "offline", terminal.pk)]
    row = live_of(SYSTEM, terminal.serial)
    assert (row.state, row.why, row.since) == ("offline", ("silent",), minutes(21))
    shelf.say(check_in(terminal.pk, reading(2, 1400), at_s=1400))
    line.go_round(at=minutes(24), wait_s=0)
    row = live_of(SYSTEM, terminal.serial)
    assert (row.state, row.why) == ("online", ())
    changes = [
        (change.from_state, change.to_state)
        for change in reversed(state_changes(SYSTEM, terminal.serial))
    ]
    assert changes == [
        ("", "online"),
        ("online", "late"),
        ("late", "offline"),
        ("offline", "online"),
    ]


def test_after_an_own_outage_nobody_is_called_silent_before_everybody_could_have_come(shelf, line):
    terminal = TerminalFactory()
    shelf.say(check_in(terminal.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    sweep_at(NOON)
    outage_ends = 120
    found = listen(outage_ends + 20, begins_minutes=outage_ends)
    assert found == [(outage_ends + 8, "offline", terminal.pk)]


def test_while_the_writer_is_behind_nobody_is_called_silent(shelf, line):
    terminal = TerminalFactory()
    shelf.say(check_in(terminal.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    listen(5)
    for minute in range(6, 60):
        assert not sweep_at(minutes(minute), caught_up=False).offline
    assert listen(90, begins_minutes=60) == [(67, "offline", terminal.pk)]


def statements_of(work):
    with CaptureQueriesContext(connection) as told:
        work()
    return len(told)


def test_rounds_and_sweeps_take_the_same_number_of_statements_for_few_and_for_many(shelf, line):
    model, home = TerminalModelFactory(), OrganisationFactory()
    spent = []
    for round_number, count in enumerate((10, 300)):
        terminals = [TerminalFactory(model=model, home=home) for _ in range(count)]
        begins = round_number * 7200
        shelf.say(*(check_in(t.pk, reading(1, begins, rsrp=-90), at_s=begins) for t in terminals))
        first = statements_of(lambda: line.go_round(at=NOON, wait_s=0))
        shelf.say(
            *(
                check_in(t.pk, reading(2, begins + 300, rsrp=-80), at_s=begins + 300)
                for t in terminals
            )
        )
        second = statements_of(lambda: line.go_round(at=NOON, wait_s=0))
        listen(begins // 60 + 24, begins_minutes=begins // 60 + 5)
        swept = statements_of(partial(sweep_at, minutes(begins // 60 + 26)))
        spent.append((first, second, swept))
    assert spent[0][1:] == spent[1][1:]
    assert spent[1][0] <= spent[0][0]  # which read cursors and policies too


def test_one_item_that_cannot_be_taken_never_stops_the_line(shelf, line, monkeypatch):
    terminals = [TerminalFactory() for _ in range(5)]
    poisoned = terminals[3].pk
    own = rounds.hear

    def hear(known, check_ins):
        if poisoned in known:
            raise ValueError
        own(known, check_ins)

    monkeypatch.setattr(rounds, "hear", hear)
    shelf.say(*(check_in(terminal.pk, reading(1)) for terminal in terminals))
    shelf.append([(0, b"\xc1 no segment")])
    shelf.append([(0, msgspec.msgpack.encode([["c", "no", "item"], ["z", 1]]))])
    assert line.go_round(at=NOON, wait_s=0) == 5
    assert Live.objects.count() == 4
    assert not Live.objects.filter(pk=poisoned).exists()
    counted = dict(Tally.objects.values_list("code", "count"))
    assert counted["item_set_aside"] == 3
    assert counted["segment_set_aside"] == 1
    assert line.go_round(at=NOON, wait_s=0) == 0


def test_what_a_terminal_outside_the_ledger_says_is_counted_and_no_more(shelf, line):
    terminal = TerminalFactory()
    shelf.say(check_in(terminal.pk, reading(1)), check_in(terminal.pk + 999, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    assert Live.objects.count() == 1
    assert Tally.objects.get(code="terminal_unknown").count == 1


def test_readings_of_tomorrow_and_of_last_year_are_dropped_and_counted(shelf, line):
    terminal = TerminalFactory()
    shelf.say(
        check_in(terminal.pk, reading(1, 86_400), reading(2, -86_400 * 365), reading(3, rsrp=-80))
    )
    line.go_round(at=NOON, wait_s=0)
    counted = dict(Tally.objects.values_list("code", "count"))
    assert (counted["reading_from_the_future"], counted["reading_too_old"]) == (1, 1)
    assert counted["reading"] == 1


def test_values_that_no_database_could_hold_are_refused_one_by_one(shelf, line):
    terminal = TerminalFactory()
    shelf.say(
        check_in(
            terminal.pk,
            reading(1, rsrp=float("nan"), latency=float("inf"), carrier="a\x00b", mains=1, sales=5),
        )
    )
    line.go_round(at=NOON, wait_s=0)
    row = live_of(SYSTEM, terminal.serial)
    assert set(row.signals) == {"sales"}
    assert set(row.refused) == {"rsrp", "latency", "carrier", "mains"}


def test_a_terminal_that_moved_is_away_by_the_distance_its_place_allows(shelf, line):
    site = SiteFactory(latitude="31.230000", longitude="121.470000")
    terminal = TerminalFactory(state="installed", site=site)
    shelf.say(check_in(terminal.pk, reading(1, latitude=31.23, longitude=121.475)))
    line.go_round(at=NOON, wait_s=0)
    near = live_of(SYSTEM, terminal.serial)
    assert near.away_m == pytest.approx(475.5, abs=2)
    assert not near.away
    shelf.say(check_in(terminal.pk, reading(2, 60, latitude=31.33, longitude=121.47), at_s=61))
    line.go_round(at=NOON, wait_s=0)
    assert [row.serial for row in watched(SYSTEM, "away")] == [terminal.serial]
    assert attention(SYSTEM)["away"] == 1


def test_a_neighbours_terminals_are_not_counted_nor_shown(shelf, line, hire, branch, neighbour):
    mine, theirs = (TerminalFactory(state="active", home=home) for home in (branch, neighbour))
    shelf.say(check_in(mine.pk, reading(1)), check_in(theirs.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    mei = hire(Role.ESTATE_MANAGER, branch)
    assert live_counts(mei)["online"] == 1
    assert live_counts(SYSTEM)["online"] == 2
    for question in (live_of, state_changes):
        with pytest.raises(NotFound):
            question(mei, theirs.serial)


def test_of_two_writers_of_a_shard_one_waits(shelf, settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    first, second = Line(shelf, 0), Line(shelf, 0)
    assert first.holds()
    assert first.holds()
    if connection.vendor == "sqlite":  # a session of PostgreSQL may hold its own lock twice
        assert not second.holds()
    first.end(at=NOON)
    assert second.holds()
    second.end(at=NOON)


def test_a_writer_that_lost_its_place_does_nothing_twice(shelf):
    terminal = TerminalFactory()
    first, second = Line(shelf, 0), Line(shelf, 0)
    shelf.say(check_in(terminal.pk, reading(1, temperature=999)))
    first.go_round(at=NOON, wait_s=0)
    second.go_round(at=NOON, wait_s=0)
    shelf.say(check_in(terminal.pk, reading(2, 60, temperature=999), at_s=61))
    second.go_round(at=NOON, wait_s=0)
    shelf.say(check_in(terminal.pk, reading(3, 120, temperature=999), at_s=121))
    with pytest.raises(CursorMoved):
        first.go_round(at=NOON, wait_s=0)
    assert first.go_round(at=NOON, wait_s=0) == 1
    assert live_of(SYSTEM, terminal.serial).refused == {"temperature": 3}


def test_while_no_gateway_listens_nobody_is_called_silent(shelf, line):
    terminal = TerminalFactory()
    shelf.say(check_in(terminal.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    for minute in range(60):
        lives(STATE, 0, at=minutes(minute))
        if minute < 5:
            gateway_lives(at=minutes(minute))
        short_round(shards=1, at=minutes(minute))
    assert live_of(SYSTEM, terminal.serial).state == "online"


def test_uptime_counts_from_when_the_terminal_was_first_heard(shelf, line):
    terminal = TerminalFactory()
    shelf.say(check_in(terminal.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    listen(25)
    told = uptime(SYSTEM, terminal.serial, begins=minutes(-60), ends=minutes(42))
    assert told.counted_s == 42 * 60
    assert told.share == pytest.approx(0.5)
