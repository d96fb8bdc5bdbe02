"""What the clock brings: alerts with one cause are one group, told once; what stands alone is told alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import (
    NOON,
    MerchantFactory,
    OrganisationFactory,
    SiteFactory,
    TerminalModelFactory,
)
from tests.integration.telemetry.alarms import Ear, after, rule, terminal_at

from tillkeeper.kernel.events import handlers, subscribe
from tillkeeper.kernel.outbox import deliver_due
from tillkeeper.telemetry.events import AlertRaised, AlertsCleared, AlertsJoined
from tillkeeper.telemetry.models import Alert, AlertGroup, AlertRule, Live
from tillkeeper.telemetry.services.alerts.rulebook import forget_rulebook
from tillkeeper.telemetry.services.alerts.usual import forget_sizes
from tillkeeper.telemetry.services.raising import after_sweep, alert_rounds

pytestmark = pytest.mark.django_db
OFFLINE = {"kind": "silence"}
EVENTS = []


def hear_raised(event):
    EVENTS.append(event)


def hear_joined(event):
    EVENTS.append(event)


def hear_cleared(event):
    EVENTS.append(event)


@pytest.fixture(autouse=True)
def _own_rules():
    AlertRule.objects.all().delete()
    forget_rulebook()
    forget_sizes()
    yield
    forget_rulebook()
    forget_sizes()


@pytest.fixture
def told():
    """What was told so far, when asked."""
    EVENTS.clear()
    subscribe(AlertRaised, hear_raised)
    subscribe(AlertsJoined, hear_joined)
    subscribe(AlertsCleared, hear_cleared)

    def ask(at=None):
        deliver_due(at=at or after(600), limit=1000)
        return EVENTS

    yield ask
    for name in [name for name in handlers if name.startswith(__name__)]:
        del handlers[name]


def fall_silent(terminals, at):
    Live.objects.filter(pk__in=[one.pk for one in terminals]).update(state="offline")
    after_sweep([one.pk for one in terminals], [], at=at)


def shop(head, terminals, *, carrier="CMCC", province="上海市", **facts):
    site = SiteFactory(merchant=MerchantFactory(parent=head), province=province)
    return [terminal_at(site, carrier=carrier, **facts) for _ in range(terminals)]


@pytest.fixture
def head():
    return OrganisationFactory(code="HEAD")


@pytest.fixture
def model(db):
    return TerminalModelFactory()


def test_a_shop_that_goes_dark_is_one_group_told_once(head, model, told):
    rule("offline", OFFLINE, join=["site", "carrier"], incident=True)
    dark = shop(head, 4, model=model)
    for _ in range(10):
        shop(head, 4, model=model)
    fall_silent(dark[:2], after(20))
    alert_rounds(at=after(20))
    fall_silent(dark[2:], after(20.5))
    alert_rounds(at=after(20.6))
    alert_rounds(at=after(22))
    alert_rounds(at=after(30))
    group = AlertGroup.objects.get()
    assert (group.joined_by, group.title) == ("site", dark[0].site.name)
    assert group.path == dark[0].path
    assert (group.facts["joined"], group.facts["of"]) == (4, 4)
    (event,) = told()
    assert isinstance(event, AlertsJoined)
    assert (event.rule, event.joined_by, event.incident, len(event.alerts)) == (
        "offline",
        "site",
        True,
        4,
    )
    assert not Alert.objects.filter(told_at=None).exists()


def test_an_outage_of_a_carrier_in_many_shops_is_one_group(head, model, told):
    rule("offline", OFFLINE, join=["site", "carrier"])
    struck = [one for _ in range(6) for one in shop(head, 2, model=model)]
    for _ in range(6):
        shop(head, 2, model=model, carrier="CUCC")
    fall_silent(struck, after(20))
    alert_rounds(at=after(20))
    alert_rounds(at=after(22))
    group = AlertGroup.objects.get()
    assert (group.joined_by, group.title.partition("/")[0], group.path) == (
        "carrier",
        "CMCC",
        head.path,
    )
    assert group.facts["joined"] == 12
    assert len(told()) == 1


def test_one_silent_terminal_stands_alone_and_is_told_after_the_wait(head, told):
    rule("offline", OFFLINE, join=["site"])
    one, *_ = shop(head, 4)
    fall_silent([one], after(20))
    alert_rounds(at=after(21))
    assert told() == []
    alert_rounds(at=after(25))
    alert_rounds(at=after(26))
    (event,) = told()
    assert isinstance(event, AlertRaised)
    assert (event.serial, event.rule) == (one.serial, "offline")
    assert event.said["minutes"] == 20


def test_two_head_offices_never_share_a_group(model, told):
    rule("offline", OFFLINE, join=["carrier"])
    struck = [one for _ in range(2) for one in shop(OrganisationFactory(), 6, model=model)]
    fall_silent(struck, after(20))
    alert_rounds(at=after(20))
    assert AlertGroup.objects.count() == 2
    for group in AlertGroup.objects.all():
        assert all(alert.terminal.path.startswith(group.path) for alert in group.alerts.all())


def test_a_group_is_closed_and_told_once_all_is_well(head, told):
    rule("offline", OFFLINE, join=["site"])
    dark = shop(head, 3)
    fall_silent(dark, after(20))
    alert_rounds(at=after(20))
    alert_rounds(at=after(22))
    after_sweep([], [one.pk for one in dark[:2]], at=after(30))
    alert_rounds(at=after(30))
    assert AlertGroup.objects.get().closed_at is None
    after_sweep([], [dark[2].pk], at=after(31))
    alert_rounds(at=after(31))
    group = AlertGroup.objects.get()
    assert group.closed_at == after(31)
    assert [type(event) for event in told()] == [AlertsJoined, AlertsCleared]
    assert told()[-1].groups == (group.pk,)


def test_very_many_without_a_cause_are_told_as_one(head, told):
    low = rule("low", {"kind": "flag", "signal": "paper_out"})
    terminals = [one for _ in range(15) for one in shop(head, 4)]
    Ear().hear(*[(one, NOON, {"paper_out": True}) for one in terminals])
    alert_rounds(at=after(0))
    alert_rounds(at=after(2))
    (event,) = told()
    assert isinstance(event, AlertsJoined)
    assert (event.joined_by, event.facts["joined"]) == ("rule", 60)
    assert low.alerts.filter(told_at=None).count() == 0


def test_quiet_hours_are_over_before_it_is_told(head, told):
    rule("out", {"kind": "flag", "signal": "paper_out"}, quiet={"from": "22:00", "to": "07:00"})
    one, other = shop(head, 2)
    night = NOON + timedelta(hours=11)
    ear = Ear()
    ear.hear((one, night, {"paper_out": True}), (other, night, {"paper_out": True}))
    alert_rounds(at=night + timedelta(minutes=10))
    ear.hear((other, night + timedelta(hours=1), {"paper_out": False}))
    alert_rounds(at=NOON + timedelta(hours=19))
    events = told(NOON + timedelta(hours=20))
    assert [event.serial for event in events] == [one.serial]


def test_alerts_of_a_rule_that_was_changed_are_cleared_and_come_again(head):
    out = rule("out", {"kind": "flag", "signal": "paper_out"})
    one, *_ = shop(head, 1)
    ear = Ear()
    ear.hear((one, NOON, {"paper_out": True}))
    out.spec, out.version, out.at = {**out.spec, "times": 2}, 2, after(1)
    out.save()
    alert_rounds(at=after(2))
    assert Alert.objects.get().state == "cleared"
    ear.hear((one, after(3), {"paper_out": True}))
    ear.hear((one, after(4), {"paper_out": True}))
    assert Alert.objects.filter(state="open").count() == 1


def test_a_round_takes_as_many_statements_for_one_group_as_for_a_large_one(head):
    rule("offline", OFFLINE, join=["site"])

    def count(number):
        forget_sizes()
        fall_silent(shop(head, number), after(20))
        with CaptureQueriesContext(connection) as joining:
            alert_rounds(at=after(20))
        with CaptureQueriesContext(connection) as telling:
            alert_rounds(at=after(22))
        Alert.objects.update(cleared_at=after(23), state="cleared")
        alert_rounds(at=after(24))
        return len(joining), len(telling)

    few = count(3)
    assert count(20) == few
