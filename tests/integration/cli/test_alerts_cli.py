"""`tillkeeper alert`: listed, shown, acknowledged; rules written from a file and tried."""

import json

import pytest
from tests.factories import NOON, TerminalFactory

from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.models import Alert, AlertRule

pytestmark = pytest.mark.django_db
SPEC = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15, "clear": 25}
SAID = {"kind": "threshold", "signal": "battery_level", "value": 9.0, "limit": 15.0}
FILE = """
organisation = "SH"
code = "battery_low"
name = "Battery low here"
severity = "critical"
join = ["site"]
quiet = { from = "22:00", to = "07:00" }

[spec]
kind = "threshold"
signal = "battery_level"
op = "below"
limit = 10
clear = 20
"""


@pytest.fixture
def low(head_office):
    return AlertRule.objects.create(
        organisation=head_office, path=head_office.path, code="battery_low", name="Battery low",
        spec=SPEC, severity=Severity.WARNING, by="ada", at=NOON,
    )  # fmt: skip


@pytest.fixture
def raised(low, branch):
    def make(serial, **more):
        facts = {"state": AlertState.OPEN, "severity": low.severity, "said": SAID, "began_at": NOON}
        terminal = TerminalFactory(home=branch, serial=serial)
        return Alert.objects.create(rule=low, terminal=terminal, at=NOON, **{**facts, **more})

    return make


@pytest.fixture
def rule_file(tmp_path):
    path = tmp_path / "rule.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_alerts_are_listed_narrowed_and_shown(tillkeeper, raised):
    row = raised("P800000001")
    told = tillkeeper("alert", "list")
    assert told.exit_code == 0
    assert "Battery charge is 9 %; the limit is 15 %." in told.stdout
    listed = json.loads(tillkeeper("alert", "list", "--severity", "warning", "--json").stdout)
    assert [(one["number"], one["serial"]) for one in listed] == [(row.pk, "P800000001")]
    assert json.loads(tillkeeper("alert", "list", "--serial", "P800000002", "--json").stdout) == []
    shown = tillkeeper("alert", "show", row.pk)
    assert (shown.exit_code, "P800000001" in shown.stdout) == (1, True)


@pytest.mark.parametrize(
    "wrong", [("--state", "asleep"), ("--severity", "odd"), ("--organisation", "XX")]
)
def test_what_cannot_be_asked_is_wrong_usage(tillkeeper, branch, wrong):
    assert tillkeeper("alert", "list", *wrong).exit_code == 2


def test_an_alert_that_is_not_there_is_refused(tillkeeper, branch):
    told = tillkeeper("alert", "show", "7", "--json")
    assert (told.exit_code, json.loads(told.stdout)["code"]) == (1, "kernel.not_found")


def test_alerts_are_acknowledged_and_each_that_is_not_says_why(tillkeeper, raised):
    one, over = raised("P1"), raised("P2", state=AlertState.CLEARED, cleared_at=NOON)
    told = tillkeeper("alert", "acknowledge", one.pk, over.pk, "--note", "cable sent", "--json")
    assert told.exit_code == 1
    said = json.loads(told.stdout)
    assert said["acknowledged"] == [one.pk]
    assert [(row["number"], row["code"]) for row in said["refused"]] == [
        (over.pk, "telemetry.alert_over")
    ]
    one.refresh_from_db()
    assert (one.state, one.note) == (AlertState.ACKNOWLEDGED, "cable sent")


def test_all_that_a_filter_finds_are_acknowledged_but_never_all_by_mistake(tillkeeper, raised):
    rows = [raised(f"P{number}") for number in range(3)]
    assert tillkeeper("alert", "acknowledge").exit_code == 2
    told = tillkeeper("alert", "acknowledge", "--rule", "battery_low")
    assert (told.exit_code, told.stdout.strip()) == (0, "3 acknowledged.")
    assert {Alert.objects.get(pk=row.pk).state for row in rows} == {AlertState.ACKNOWLEDGED}


def test_a_rule_is_written_from_a_file_and_written_again_as_its_next_version(
    tillkeeper, branch, low, rule_file
):
    assert tillkeeper("alert", "rule", rule_file).exit_code == 0
    rule_file.write_text(FILE.replace("limit = 10", "limit = 12"), encoding="utf-8")
    told = json.loads(tillkeeper("alert", "rule", rule_file, "--json").stdout)
    assert (told["organisation"], told["version"], told["spec"]["limit"]) == ("SH", 2, 12)
    assert (told["join"], told["quiet"]) == (["site"], {"from": "22:00", "to": "07:00"})
    listed = json.loads(tillkeeper("alert", "rules", "--code", "battery_low", "--json").stdout)
    assert {row["organisation"] for row in listed} >= {"SH", low.organisation.code}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("code =", "coda =", "coda"), ('name = "Battery low here"', "name = 7", "name"),
     ('["site"]', "[1]", "join"), ("[spec]", "[special]", "special"), ('name = "Battery low here"', "", "name"),
     ('"battery_level"', '"mood"', "signal"), ('"critical"', '"awful"', "severity"),
     ('"22:00"', "22:00:00", "quiet.from"), ("limit = 10", "limit = 2026-01-01", "limit"),
     ("limit = 10", "limit =", "FILE")],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_by_its_field(
    tillkeeper, branch, rule_file, old, new, field
):
    rule_file.write_text(FILE.replace(old, new), encoding="utf-8")
    for verb in ("rule", "rehearse"):
        told = tillkeeper("alert", verb, rule_file, "--json")
        assert told.exit_code == 2, told.output
        assert json.loads(told.stdout)["facts"]["field"] == field
    assert not AlertRule.objects.filter(organisation=branch).exists()


def test_a_file_that_is_not_there_or_no_text_is_wrong_usage(tillkeeper, branch, tmp_path):
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("none.toml", "odd.toml"):
        assert tillkeeper("alert", "rule", tmp_path / name).exit_code == 2


def test_a_rule_needs_a_place(tillkeeper, branch, rule_file):
    rule_file.write_text(FILE.replace('organisation = "SH"', ""), encoding="utf-8")
    assert tillkeeper("alert", "rule", rule_file).exit_code == 2
    assert tillkeeper("alert", "rule", rule_file, "--organisation", "SH").exit_code == 0


def test_a_rehearsal_writes_nothing(tillkeeper, branch, rule_file):
    told = tillkeeper("alert", "rehearse", rule_file, "--hours", "2", "--json")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["alerts"] == 0
    assert tillkeeper("alert", "rehearse", rule_file, "--hours", "200").exit_code == 2
    assert not AlertRule.objects.filter(organisation=branch).exists()


def test_groups_are_listed(tillkeeper, branch):
    told = tillkeeper("alert", "groups", "--json")
    assert (told.exit_code, json.loads(told.stdout)) == (0, [])
