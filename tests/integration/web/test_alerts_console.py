"""Alerts in the console: seen, narrowed, acknowledged, noted; rules written, changed and switched."""

import pytest
from django.utils import timezone
from tests.factories import NOON, TerminalFactory

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.models import Alert, AlertGroup, AlertRule
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
LOW = {"kind": "threshold", "signal": "battery_level", "value": 9.0, "limit": 15.0}


@pytest.fixture
def low_rule(head_office):
    return AlertRule.objects.create(
        organisation=head_office, path=head_office.path, code="battery_low", name="Battery low",
        spec={"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15, "clear": 25},
        severity=Severity.WARNING, by="ada", at=NOON,
    )  # fmt: skip


def raised(rule, terminal, **more):
    facts = {
        "state": AlertState.OPEN,
        "severity": rule.severity,
        "said": LOW,
        "began_at": NOON,
        "at": NOON,
    }
    return Alert.objects.create(rule=rule, terminal=terminal, **{**facts, **more})


@pytest.fixture
def theirs(low_rule, neighbour):
    return raised(low_rule, TerminalFactory(home=neighbour, serial="N900000001"))


@pytest.fixture
def ours(low_rule, counter, branch):
    terminal = TerminalFactory(home=branch, serial="P800000001", site=counter, state=State.ACTIVE)
    return raised(low_rule, terminal)


def test_the_list_says_what_was_seen_in_the_readers_language(desk, ours):
    chinese = desk.get("/alerts/", headers={"accept-language": "zh-hans"}).content.decode()
    english = desk.get("/alerts/", headers={"accept-language": "en"}).content.decode()
    assert "P800000001" in english
    assert "Battery charge is 9 %; the limit is 15 %." in english
    assert "Battery charge" not in chinese
    assert "9 %" in chinese


@pytest.mark.parametrize(
    ("asked", "there"),
    [("", True), ("?severity=warning", True), ("?severity=critical", False), ("?q=P800000001", True),
     ("?q=NOBODY", False), ("?rule=battery_low", True), ("?state=acknowledged", False), ("?alone=1", True)],
)  # fmt: skip
def test_the_list_is_narrowed(desk, ours, asked, there):
    page = desk.get(f"/alerts/{asked}", headers={"accept-language": "en", "HX-Request": "true"})
    assert ("Battery charge is 9 %" in page.content.decode()) is there


def test_a_neighbours_alert_is_not_seen(visit, hire, branch, theirs, ours):
    client = visit(hire(Role.SUPPORT_AGENT, branch))
    assert "N900000001" not in client.get("/alerts/").content.decode()
    assert client.get(f"/alerts/{theirs.pk}/").status_code == 404
    assert client.get(f"/alerts/{ours.pk}/").status_code == 200


def test_chosen_alerts_are_acknowledged_with_a_note(desk, ours, administrator):
    asked = desk.post("/alerts/acknowledge/", {"alert": [ours.pk]})
    assert asked.status_code == 200
    desk.post(
        "/alerts/acknowledge/", {"alert": [ours.pk], "confirmed": "1", "note": "new cable sent"}
    )
    ours.refresh_from_db()
    assert (ours.state, ours.note) == (AlertState.ACKNOWLEDGED, "new cable sent")
    assert ours.acknowledged_by.endswith(administrator.name)


def test_all_that_match_are_acknowledged(desk, ours, low_rule, counter, branch):
    more = [
        raised(low_rule, TerminalFactory(home=branch, serial=f"P81000000{n}")) for n in range(3)
    ]
    sent = {
        "all_matching": "1",
        "query": "rule=battery_low&q=P810000001",
        "confirmed": "1",
        "note": "",
    }
    desk.post("/alerts/acknowledge/", sent)
    states = {row.terminal.serial: row.state for row in Alert.objects.all()}
    assert states[more[1].terminal.serial] == AlertState.ACKNOWLEDGED
    assert list(states.values()).count(AlertState.OPEN) == 3


def test_whoever_may_not_work_on_alerts_is_refused(visit, hire, branch, ours):
    client = visit(hire(Role.COMPLIANCE_AUDITOR, branch))
    assert client.get(f"/alerts/{ours.pk}/").status_code == 200
    assert client.post(f"/alerts/{ours.pk}/acknowledge/", {"note": ""}).status_code == 403
    ours.refresh_from_db()
    assert ours.state == AlertState.OPEN


def test_joined_alerts_stand_above_the_list_and_lead_to_their_rows(desk, ours, low_rule, branch):
    group = AlertGroup.objects.create(
        rule=low_rule, joined_by="site", key="1", title="Corner shop", facts={"joined": 4, "of": 5},
        organisation=branch, path=branch.path, opened_at=timezone.now(),
    )  # fmt: skip
    ours.group = group
    ours.save()
    page = desk.get("/alerts/", headers={"accept-language": "en"}).content.decode()
    assert "4 of 5 terminals of the site Corner shop" in page
    assert f"?group={group.pk}" in page
    assert "P800000001" in desk.get(f"/alerts/?group={group.pk}").content.decode()


def test_a_rule_is_written_changed_and_switched_off(desk, branch):
    told = {
        "organisation": branch.code, "code": "battery_low", "name": "Battery low here", "severity": "critical",
        "spec": 'kind = "threshold"\nsignal = "battery_level"\nop = "below"\nlimit = 10\nclear = 20\n',
        "join": ["site"], "quiet_from": "22:00", "quiet_to": "07:00", "enabled": "on",
    }  # fmt: skip
    assert desk.post("/alerts/rules/new/", told).status_code == 302
    rule = AlertRule.objects.get(organisation=branch, code="battery_low")
    assert (rule.spec["limit"], rule.join, rule.quiet) == (
        10,
        ["site"],
        {"from": "22:00", "to": "07:00"},
    )
    page = desk.get(f"/alerts/rules/{rule.pk}/", headers={"accept-language": "en"}).content.decode()
    assert "limit = 10" in page
    changed = {
        **told,
        "spec": told["spec"].replace("limit = 10", "limit = 12"),
        "version": rule.version,
    }
    desk.post(f"/alerts/rules/{rule.pk}/edit/", changed)
    desk.post(f"/alerts/rules/{rule.pk}/switch/", {"enabled": "0"})
    rule.refresh_from_db()
    assert (rule.spec["limit"], rule.enabled) == (12, False)


@pytest.mark.parametrize(
    "spec", ["limit = ", 'kind = "threshold"\nsignal = "mood"\nlimit = 1', 'kind = "nonsense"']
)
def test_a_rule_that_cannot_be_used_is_refused_where_it_stands(desk, branch, spec):
    told = {
        "organisation": branch.code,
        "code": "odd_rule",
        "name": "Odd",
        "severity": "info",
        "spec": spec,
    }
    page = desk.post("/alerts/rules/new/", told, headers={"accept-language": "en"})
    assert page.status_code == 422
    assert not AlertRule.objects.filter(code="odd_rule").exists()


def test_an_old_version_does_not_overwrite(desk, branch, low_rule):
    told = {
        "name": "Mine",
        "severity": "info",
        "spec": 'kind = "flag"\nsignal = "paper_out"\n',
        "version": "0",
    }
    page = desk.post(f"/alerts/rules/{low_rule.pk}/edit/", told)
    assert page.status_code == 422
    low_rule.refresh_from_db()
    assert low_rule.name == "Battery low"


def test_no_site_is_no_trouble(desk, low_rule, branch):
    row = raised(low_rule, TerminalFactory(home=branch, serial="P820000001"))
    assert desk.get(f"/alerts/{row.pk}/").status_code == 200
