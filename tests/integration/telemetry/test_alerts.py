"""Readings become alerts: raised once, cleared once, by the rule that counts at the terminal's place."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import NOON, OrganisationFactory, SiteFactory, TerminalFactory, grow_tree
from tests.integration.telemetry.alarms import Ear, after, live, rule, terminal_at

from tillkeeper.telemetry.models import Alert, AlertRule, Live
from tillkeeper.telemetry.rule_defaults import DEFAULTS
from tillkeeper.telemetry.services.alerts.rulebook import forget_rulebook
from tillkeeper.telemetry.services.alerts.usual import forget_sizes
from tillkeeper.telemetry.services.raising import after_sweep

pytestmark = pytest.mark.django_db
LOW = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15, "clear": 25}


@pytest.fixture(autouse=True)
def _own_rules():
    """Only the rules that a test writes."""
    AlertRule.objects.all().delete()
    forget_rulebook()
    forget_sizes()
    yield
    forget_rulebook()


@pytest.fixture
def ear():
    return Ear()


def test_a_value_beyond_its_limit_raises_one_alert_that_says_what_was_seen(ear):
    low, terminal = rule("low", LOW), TerminalFactory()
    ear.hear((terminal, NOON, {"battery_level": 12}))
    ear.hear((terminal, after(5), {"battery_level": 11}))
    (alert,) = Alert.objects.all()
    assert (alert.rule, alert.terminal_id, alert.state, alert.began_at) == (
        low,
        terminal.pk,
        "open",
        NOON,
    )
    assert alert.said["value"] == 12
    assert alert.said["limit"] == 15
    assert alert.said["signal"] == "battery_level"
    assert ear.why[terminal.pk] == ["low"]


def test_it_is_cleared_beyond_the_other_limit_only_and_may_come_again(ear):
    rule("low", LOW)
    terminal = TerminalFactory()
    for minute, level in enumerate([12, 18, 24, 26, 80, 10]):
        ear.hear((terminal, after(minute), {"battery_level": level}))
    states = list(Alert.objects.order_by("pk").values_list("state", "cleared_at"))
    assert states == [("cleared", after(3)), ("open", None)]


def test_readings_that_a_terminal_kept_leave_a_cleared_alert_behind(ear):
    rule("low", LOW)
    terminal = TerminalFactory()
    ear.hear(
        *[(terminal, after(m), {"battery_level": level}) for m, level in enumerate([50, 9, 60, 8])]
    )
    told = list(Alert.objects.order_by("began_at").values_list("state", "began_at"))
    assert told == [("cleared", after(1)), ("open", after(3))]


def test_an_alert_that_stands_is_not_raised_again_by_a_terminal_without_memory(ear):
    rule("low", LOW)
    terminal = TerminalFactory()
    ear.hear((terminal, NOON, {"battery_level": 12}))
    ear.memories.clear()
    ear.hear((terminal, after(5), {"battery_level": 12}))
    assert Alert.objects.count() == 1


def test_what_is_only_worth_knowing_does_not_degrade(ear):
    rule("low", LOW, severity="info")
    terminal = TerminalFactory()
    ear.hear((terminal, NOON, {"battery_level": 12}))
    assert ear.why[terminal.pk] == []
    assert Alert.objects.get().told_at is not None


def test_the_nearest_enabled_rule_of_a_code_counts(ear):
    head, east = grow_tree("HEAD", "EAST")
    west = OrganisationFactory(code="WEST", parent=head)
    rule("low", LOW)
    rule("low", {**LOW, "limit": 5}, at_node=head)
    rule("low", {**LOW, "limit": 40, "clear": 50}, at_node=east)
    rule("low", {"kind": "off"}, at_node=west, enabled=False)
    here, there, elsewhere = (
        TerminalFactory(home=node) for node in (east, west, OrganisationFactory())
    )
    ear.hear(*[(one, NOON, {"battery_level": 12}) for one in (here, there, elsewhere)])
    assert {alert.terminal_id: alert.said["limit"] for alert in Alert.objects.all()} == {
        here.pk: 40,
        elsewhere.pk: 15,
    }


def test_a_rule_can_be_put_off_for_a_place(ear):
    _, east = grow_tree("HEAD", "EAST")
    rule("low", LOW)
    rule("low", {"kind": "off"}, at_node=east)
    ear.hear((TerminalFactory(home=east), NOON, {"battery_level": 12}))
    assert not Alert.objects.exists()


def test_a_makers_code_is_read_by_its_maker(ear):
    rule("heat", {"kind": "code", "signal": "printer_code", "faults": ["H-PRT-HEAT"]})
    pax, imin = (
        TerminalFactory(model__vendor__name="PAX Technology"),
        TerminalFactory(model__vendor__name="iMin"),
    )
    ear.hear(*[(one, NOON, {"printer_code": 8}) for one in (pax, imin)])
    (alert,) = Alert.objects.all()
    assert (alert.terminal_id, alert.said["fault"]) == (pax.pk, "H-PRT-HEAT")


def test_a_terminal_away_from_its_site_is_told_with_how_far(ear):
    rule("moved", {"kind": "place", "times": 2})
    site = SiteFactory(latitude="31.230400", longitude="121.473700")
    terminal = terminal_at(site)
    ear.hear((terminal, NOON, {"latitude": 31.2310, "longitude": 121.4737}))
    ear.hear((terminal, after(5), {"latitude": 31.33, "longitude": 121.4737, "accuracy": 50}))
    assert not Alert.objects.exists()
    ear.hear((terminal, after(10), {"latitude": 31.33, "longitude": 121.4737, "accuracy": 50}))
    assert Alert.objects.get().said["value"] == pytest.approx(11_020, abs=50)


def test_a_clock_that_is_off_is_told(ear):
    rule(
        "clock",
        {"kind": "threshold", "signal": "skew_s", "op": "above", "limit": 120, "size": True},
    )
    terminal = TerminalFactory()
    ear.hear((terminal, NOON, {"battery_level": 50}), skew={terminal.pk: -300.0})
    assert Alert.objects.get().said["value"] == -300


def test_a_reader_is_compared_with_the_same_model_elsewhere(ear):
    spec = {"kind": "ratio", "fails": "tap_fails", "of": ["tap_reads"], "limit": 0.5, "usual": 0.01}
    rule("tap", {**spec, "peers": "model"})
    odd = TerminalFactory()
    live(odd)
    for _ in range(30):
        live(
            TerminalFactory(model=odd.model), signals={"tap_fails": [40, 1], "tap_reads": [200, 1]}
        )
    ear.hear((odd, NOON, {"tap_fails": 0, "tap_reads": 0}))
    # Every third one fails: not much worse than the others of its model, where every fifth does.
    for step in range(1, 10):
        ear.hear((odd, after(5 * step), {"tap_fails": step, "tap_reads": 3 * step}))
    assert not Alert.objects.exists()


def test_a_version_that_no_peer_has_is_told_by_its_name(ear):
    rule("odd", {"kind": "change", "signal": "app_version", "against": "estate"})
    odd = TerminalFactory()
    for _ in range(25):
        live(TerminalFactory(model=odd.model), signals={"app_version": ["4.2.1", 1]})
    ear.hear((odd, NOON, {"app_version": "4.3.0"}))
    assert Alert.objects.get().said["word"] == "4.3.0"


def test_a_silent_terminal_at_a_site_raises_and_clears_one_in_stock_does_not():
    late = rule("late", {"kind": "silence", "state": "late"})
    off = rule("offline", {"kind": "silence"})
    here, kept = terminal_at(), TerminalFactory()
    live(kept)
    Live.objects.update(state="late")
    after_sweep([here.pk, kept.pk], [], at=after(11))
    assert list(Alert.objects.values_list("rule", "terminal")) == [(late.pk, here.pk)]
    Live.objects.update(state="offline")
    after_sweep([here.pk, kept.pk], [], at=after(21))
    assert set(Alert.objects.values_list("rule", "state")) == {
        (late.pk, "cleared"),
        (off.pk, "open"),
    }
    assert Alert.objects.get(rule=off).said["minutes"] == 21
    after_sweep([], [here.pk], at=after(22))
    assert not Alert.objects.filter(cleared_at=None).exists()


def test_the_number_of_statements_does_not_grow_with_the_terminals(ear):
    rule("low", LOW)

    def count(number):
        terminals = [TerminalFactory() for _ in range(number)]
        ear.hear(*[(one, NOON, {"battery_level": 50}) for one in terminals])
        with CaptureQueriesContext(
            connection,
        ) as quiet:
            ear.hear(*[(one, after(1), {"battery_level": 50}) for one in terminals])
        with CaptureQueriesContext(connection) as raising:
            ear.hear(*[(one, after(2), {"battery_level": 5}) for one in terminals])
        with CaptureQueriesContext(connection) as clearing:
            ear.hear(*[(one, after(3), {"battery_level": 50}) for one in terminals])
        return len(quiet), len(raising), len(clearing)

    few = count(2)
    assert count(40) == few
    assert few[0] == 1


def test_quiet_hours_are_those_of_the_site(ear):
    rule("low", LOW, quiet={"from": "22:00", "to": "07:00"})
    terminal = TerminalFactory()
    night = NOON + timedelta(hours=11)  # eleven in the evening in Shanghai
    ear.hear((terminal, night, {"battery_level": 5}))
    assert Alert.objects.get().quiet_until == NOON + timedelta(hours=19)


def test_every_default_is_written_once_and_can_be_judged(ear):
    from tillkeeper.telemetry.services.alerts.seeding import seed_rules

    seed_rules()
    seed_rules()
    assert AlertRule.objects.count() == len(DEFAULTS)
    terminal = TerminalFactory()
    ear.hear((terminal, NOON, {"tampered": True, "battery_level": 80}))
    assert ear.why[terminal.pk] == ["tampered"]
