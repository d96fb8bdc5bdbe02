"""Readings in the lake: written by the minute, joined, thinned, found again, each once."""

from datetime import timedelta

import pytest
from tests.factories import NOON, TerminalFactory
from tests.integration.telemetry.voices import check_in, reading

from tillkeeper.formats.voice.spooled import pack
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.models import Cursor, HistoryPart
from tillkeeper.telemetry.queries.cursors import policies
from tillkeeper.telemetry.queries.history import history, outlooks, reading_moments
from tillkeeper.telemetry.queries.parts import voice_lake
from tillkeeper.telemetry.services.keeping.joining import forget, join_parts
from tillkeeper.telemetry.services.writing.line import Line

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


@pytest.fixture
def place(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    settings.TILLKEEPER_LAKE = ""
    settings.TILLKEEPER_SPOOL = ""
    return tmp_path


@pytest.fixture
def spool(place, monkeypatch):
    from tillkeeper.telemetry.queries import history as module
    from tillkeeper.telemetry.spool.sqlite import SqliteSpool

    # On PostgreSQL too: the test's transaction is nobody else's to see.
    monkeypatch.setattr(module, "open_spool", lambda: SqliteSpool(place / "spool.sqlite3"))
    spool = SqliteSpool(place / "spool.sqlite3")
    yield spool
    spool.close()


@pytest.fixture
def line(spool):
    return Line(spool, 0)


def say(spool, *items):
    spool.append([(0, pack(list(items)))])


def hours(count):
    return NOON + timedelta(hours=count)


def of(terminal, signal, begins, ends, **more):
    [series] = history(SYSTEM, terminal.serial, [signal], begins=begins, ends=ends, **more)
    return series


def test_what_was_just_said_is_in_the_history_before_and_after_it_is_written(spool, line):
    terminal, other = TerminalFactory(), TerminalFactory()
    say(spool, check_in(terminal.pk, reading(1, 0, rsrp=-90), reading(2, 60, rsrp=-95), at_s=61))
    say(spool, check_in(other.pk, reading(1, 0, rsrp=-50), at_s=61))
    line.go_round(at=NOON, wait_s=0)
    before = of(terminal, "rsrp", NOON, hours(1))
    assert [(p.at, p.mean) for p in before.points] == [
        (NOON, -90),
        (NOON + timedelta(seconds=60), -95),
    ]
    assert line.record(at=NOON, now=True) == 3
    assert spool.waiting(0)[0] == 0
    assert of(terminal, "rsrp", NOON, hours(1)) == before
    assert of(terminal, "rsrp", hours(2), hours(3)).points == []


def test_a_writer_that_died_writes_the_same_history_once(spool, line):
    terminal = TerminalFactory()
    say(spool, check_in(terminal.pk, reading(1, 0, rsrp=-90), at_s=1))
    line.go_round(at=NOON, wait_s=0)
    say(spool, check_in(terminal.pk, reading(2, 10, rsrp=-91), at_s=11))
    reborn = Line(spool, 0)  # what the first one had gathered went with it
    reborn.go_round(at=NOON, wait_s=0)
    assert reborn.record(at=NOON, now=True) == 2
    assert reborn.record(at=NOON, now=True) == 0
    assert [
        seq for _, seq, _ in reading_moments(SYSTEM, terminal.serial, begins=NOON, ends=hours(1))
    ] == [1, 2]
    assert Cursor.objects.get(name="history").position == Cursor.objects.get(name="state").position


def test_minutes_become_hours_become_days_and_doubles_go(spool, line):
    terminal = TerminalFactory()
    for hour in range(30):
        for seq in range(2):
            begins = hour * 3600 + seq * 600
            one = check_in(
                terminal.pk, reading(hour * 2 + seq, begins, rsrp=-90 - seq), at_s=begins
            )
            say(spool, one, one)
            line.go_round(at=hours(hour), wait_s=0)
            line.record(at=hours(hour), now=True)
    begins, ends = NOON, hours(30)
    told = of(terminal, "rsrp", begins, ends)
    assert len(told.points) == 60
    assert join_parts(at=hours(31)) > 0
    join_parts(at=hours(31))
    tiers = set(HistoryPart.objects.filter(replaced_at=None).values_list("tier", flat=True))
    assert tiers == {"hour", "day", "mean"}
    assert of(terminal, "rsrp", begins, ends) == told
    thinned = of(terminal, "rsrp", NOON - timedelta(days=20), ends)
    assert sum(point.count for point in thinned.points) == 60
    assert {(point.low, point.high) for point in thinned.points} >= {(-91, -90)}
    files = sorted(voice_lake().rglob("*.parquet"))
    assert len(files) == HistoryPart.objects.count()
    forget(numbers=policies(on=NOON.date()), at=hours(34))
    assert len(list(voice_lake().rglob("*.parquet"))) == HistoryPart.objects.count() < len(files)
    assert of(terminal, "rsrp", begins, ends) == told


def test_old_readings_go_and_their_hourly_figures_stay(spool, line):
    terminal = TerminalFactory()
    say(
        spool,
        *(check_in(terminal.pk, reading(n, n * 60, rsrp=-90 - n), at_s=n * 60) for n in range(10)),
    )
    line.go_round(at=NOON, wait_s=0)
    line.record(at=NOON, now=True)
    join_parts(at=hours(2))
    join_parts(at=hours(48))
    forget(numbers=policies(on=NOON.date()), at=NOON + timedelta(days=40))
    [point] = of(terminal, "rsrp", NOON, hours(1)).points
    assert (point.low, point.mean, point.high, point.count) == (-99, -94.5, -90, 10)


def test_a_spike_is_never_lost(spool, line):
    terminal = TerminalFactory()
    readings = [reading(n, n, latency=5_000 if n == 777 else 100) for n in range(1500)]
    for begin in range(0, 1500, 150):
        say(spool, check_in(terminal.pk, *readings[begin : begin + 150], at_s=begin + 150))
    line.go_round(at=NOON, wait_s=0)
    line.record(at=NOON, now=True)
    series = of(terminal, "latency", NOON, hours(1), points=50)
    assert len(series.points) <= 50
    assert not series.raw
    assert max(point.high for point in series.points) == 5_000
    assert sum(point.count for point in series.points) == 1500


def test_what_a_terminal_kept_while_it_was_away_is_found_where_it_belongs(spool, line):
    terminal = TerminalFactory()
    say(
        spool,
        check_in(terminal.pk, reading(1, -5 * 86_400, rsrp=-90), reading(2, 0, rsrp=-80), at_s=0),
    )
    line.go_round(at=NOON, wait_s=0)
    line.record(at=NOON, now=True)
    old = of(terminal, "rsrp", NOON - timedelta(days=6), NOON - timedelta(days=4))
    assert [point.mean for point in old.points] == [-90]


def test_a_lake_that_is_away_stops_history_and_nothing_else(spool, line, place):
    terminal = TerminalFactory()
    say(spool, check_in(terminal.pk, reading(1, 0, rsrp=-90), at_s=1))
    line.go_round(at=NOON, wait_s=0)
    (place / "lake").write_text("in the way")
    assert line.record(at=NOON, now=True) == 0
    say(spool, check_in(terminal.pk, reading(2, 10, rsrp=-91), at_s=11))
    assert line.go_round(at=NOON, wait_s=0) == 1
    (place / "lake").unlink()
    assert line.record(at=NOON, now=True) == 2
    assert len(of(terminal, "rsrp", NOON, hours(1)).points) == 2


def test_a_neighbours_history_is_not_there(spool, hire, branch, neighbour):
    terminal = TerminalFactory(home=neighbour)
    mei = hire(Role.ESTATE_MANAGER, branch)
    with pytest.raises(NotFound):
        history(mei, terminal.serial, ["rsrp"], begins=NOON, ends=hours(1))


def test_the_days_left_are_said_where_the_trend_deserves_it(spool, line):
    terminal = TerminalFactory()
    readings = [
        reading(n, -86_400 * (20 - n), battery_health=90 - n * 0.5, storage_free=50 + (n * 7) % 11)
        for n in range(20)
    ]
    say(spool, check_in(terminal.pk, *readings, at_s=0))
    line.go_round(at=NOON, wait_s=0)
    line.record(at=NOON, now=True)
    [outlook] = outlooks(SYSTEM, terminal.serial, at=NOON)
    assert outlook.signal == "battery_health"
    assert outlook.per_day == pytest.approx(-0.5)
    assert outlook.days == pytest.approx((80.5 - 65) / 0.5)
