"""Windows in a site's own time: what the clock on the wall shows, in zones whose clocks jump too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.telemetry.windows import Window, next_span

# Clocks that never jump, that jump an hour, half an hour, at midnight, backwards in winter, and once a whole day.
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
)
BEGIN, END = datetime(2010, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001  hypothesis adds the zone
moments = st.datetimes(BEGIN, END, timezones=st.just(UTC))
clocks = st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0))
windows = st.builds(Window, clocks, clocks).filter(lambda w: w.begins != w.ends)
zones = st.sampled_from(ZONES).map(ZoneInfo)
NEW_YORK = ZoneInfo("America/New_York")
SPRING = datetime(2026, 3, 8, 0, 0, tzinfo=UTC)  # at 2:00 the clock jumps to 3:00, 7:00 UTC
AUTUMN = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)  # at 2:00 the clock jumps back to 1:00, 6:00 UTC


@given(windows, zones, moments)
@example(Window(time(2, 10), time(2, 50)), NEW_YORK, SPRING)
@example(Window(time(1, 15), time(1, 45)), NEW_YORK, AUTUMN)
@example(Window(time(22), time(6)), NEW_YORK, SPRING)
@example(Window(time(2, 30), time(1, 30)), NEW_YORK, AUTUMN)
def test_the_clock_on_the_wall_shows_the_window_from_its_opening_until_it_shuts(window, zone, at):
    opens, shuts = next_span(window, zone, at)
    assert at < shuts
    assert opens < shuts
    for part in range(16):
        moment = opens + (shuts - opens) * part / 16
        assert window.shows(moment.astimezone(zone).time())


@given(windows, zones, moments)
def test_windows_follow_one_another_without_overlapping(window, zone, at):
    _, shuts = next_span(window, zone, at)
    opens, later = next_span(window, zone, shuts)
    assert shuts <= opens < later
    assert opens - shuts <= timedelta(days=3)


@given(windows, zones, moments, st.floats(0, 1))
def test_every_moment_of_a_window_finds_the_same_window(window, zone, at, share):
    opens, shuts = next_span(window, zone, at)
    within = opens + (shuts - opens) * share
    assume(within < shuts)
    assert next_span(window, zone, within) == (opens, shuts)


def test_a_window_that_the_clock_jumps_over_waits_for_the_next_night():
    opens, _ = next_span(Window(time(2, 10), time(2, 50)), NEW_YORK, SPRING)
    assert opens.astimezone(NEW_YORK) == datetime(2026, 3, 7, 2, 10, tzinfo=NEW_YORK) + timedelta(
        days=2
    )


def test_a_window_reads_back_as_it_is_kept():
    window = Window(time(22), time(6, 30))
    assert Window.of(window.facts()) == window
    assert Window.of({}) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"from": "22:00"},
        {"from": "25:00", "to": "06:00"},
        {"from": "06:00", "to": "06:00"},
        {"from": 22, "to": 6},
    ],
)
def test_what_is_no_window_is_refused(facts):
    with pytest.raises(FieldInvalid):
        Window.of(facts)
