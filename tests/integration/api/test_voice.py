"""A terminal's voice over the API: live state, enrolment, alerts and their rules, actions from afar."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.factories import NOON, LiveFactory, MerchantFactory, SiteFactory, TerminalFactory
from tests.integration.api.conftest import problem

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import AlertState, LiveState, Severity
from tillkeeper.telemetry.models import Alert, AlertRule, Doubt, Enrolment, StateChange
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
SERIAL = "P800000001"
LOW = {"kind": "threshold", "signal": "battery_level", "value": 9.0, "limit": 15.0}
SPEC = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15, "clear": 25}


@pytest.fixture
def terminal(branch):
    site = SiteFactory(merchant=MerchantFactory(parent=branch))
    return TerminalFactory(home=branch, serial=SERIAL, state=State.ACTIVE, site=site)


@pytest.fixture
def keeper(signed_in, branch):
    """Somebody with every right there is, but in one branch only."""
    return signed_in(Role.ADMINISTRATOR, branch, username="keeper")


@pytest.fixture
def stranger(signed_in, neighbour):
    return signed_in(Role.ADMINISTRATOR, neighbour, username="stranger")


@pytest.fixture
def looker(signed_in, branch):
    return signed_in(Role.COMPLIANCE_AUDITOR, branch, username="looker")


@pytest.fixture
def alert(terminal, head_office):
    rule = AlertRule.objects.create(
        organisation=head_office, path=head_office.path, code="battery_low", name="Battery low", spec=SPEC,
        severity=Severity.WARNING, by="ada", at=NOON,
    )  # fmt: skip
    return Alert.objects.create(
        rule=rule,
        terminal=terminal,
        state=AlertState.OPEN,
        severity=rule.severity,
        said=LOW,
        began_at=NOON,
        at=NOON,
    )


def test_live_state_is_told_with_the_newest_value_of_each_signal(keeper, terminal):
    assert keeper.get(f"/terminals/{SERIAL}/live").json()["state"] is None
    LiveFactory(
        terminal=terminal,
        state=LiveState.DEGRADED,
        why=["battery_low"],
        signals={"battery_level": 9},
    )
    told = keeper.get(f"/terminals/{SERIAL}/live").json()
    assert (told["state"], told["why"]) == ("degraded", ["battery_low"])
    assert told["signals"]["battery_level"]["value"] == 9
    assert keeper.get("/live").json()["degraded"] == 1


def test_changes_of_state_and_uptime_are_told_for_a_span(keeper, terminal):
    now = timezone.now()
    LiveFactory(terminal=terminal)
    for hours, before, after in (
        (10, "", "online"),
        (5, "online", "offline"),
        (4, "offline", "online"),
    ):
        StateChange.objects.create(
            terminal=terminal, from_state=before, to_state=after, at=now - timedelta(hours=hours)
        )
    begins = (now - timedelta(hours=10)).isoformat().replace("+", "%2B")
    changes = keeper.get(f"/terminals/{SERIAL}/live/states?begins={begins}").json()
    assert [change["to_state"] for change in changes] == ["online", "offline", "online"]
    share = keeper.get(f"/terminals/{SERIAL}/live/uptime?begins={begins}").json()["share"]
    assert share == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    "asked",
    [
        "signal=mood",
        "signal=battery_level&begins=2026-01-02T00:00:00Z&ends=2026-01-01T00:00:00Z",
        "",
        "signal=csq&x=1",
    ],
)
def test_a_history_that_cannot_be_asked_for_is_refused(keeper, terminal, asked):
    problem(keeper.get(f"/terminals/{SERIAL}/live/history?{asked}"), 422, "api.body_invalid")


def test_the_signals_are_told_with_their_ranges(keeper, db):
    told = {row["name"]: row for row in keeper.get("/signals").json()}
    assert (told["battery_level"]["unit"], told["battery_level"]["warn"]) == ("%", 15)


def test_a_code_is_shown_once_and_a_key_is_revoked(keeper, terminal):
    made = keeper.post(f"/terminals/{SERIAL}/enrolment/code", {"replaces": False})
    assert made.status_code == 201
    state = keeper.get(f"/terminals/{SERIAL}/enrolment").json()
    assert (state["in_force"], state["code_until"] is not None) == (None, True)
    assert made.json()["code"] not in str(state)
    assert keeper.delete(f"/terminals/{SERIAL}/enrolment/code").json()["code_until"] is None
    Enrolment.objects.create(terminal=terminal, public_key="k", at=NOON)
    revoked = keeper.post(f"/terminals/{SERIAL}/enrolment/revoke", {"why": "stolen"}).json()
    assert (revoked["in_force"], revoked["earlier"][0]["why"]) == (None, "stolen")


def test_a_doubt_is_listed_and_dismissed_with_a_reason(keeper, terminal):
    doubt = Doubt.objects.create(terminal=terminal, code="two_keys", first_at=NOON, last_at=NOON)
    assert [row["serial"] for row in keeper.walk("/doubts")] == [SERIAL]
    told = keeper.post(
        f"/terminals/{SERIAL}/doubts/{doubt.pk}/dismiss", {"why": "board changed"}
    ).json()
    assert told["dismissed_by"].endswith("keeper")
    assert keeper.walk("/doubts") == []


def test_alerts_are_listed_narrowed_counted_and_acknowledged(keeper, alert):
    [row] = keeper.walk("/alerts?severity=warning&rule=battery_low")
    assert (row["serial"], row["state"]) == (SERIAL, "open")
    assert row["sentence"] == "Battery charge is 9 %; the limit is 15 %."
    assert keeper.walk("/alerts?severity=critical") == []
    assert keeper.get("/alerts/counts").json()["by_severity"]["warning"] == 1
    done = keeper.post("/alerts/acknowledge", {"alerts": [alert.pk, 10**9], "note": "seen"}).json()
    assert done["acknowledged"] == [alert.pk]
    assert [refused["id"] for refused in done["refused"]] == [10**9]
    assert keeper.get(f"/alerts/{alert.pk}").json()["note"] == "seen"


def test_a_rule_is_written_at_a_place_changed_and_switched(keeper, branch):
    body = {"organisation": branch.code, "code": "battery_low", "name": "Here", "spec": SPEC}
    made = keeper.post("/alert-rules", body)
    assert made.status_code == 201, made.content
    number, tag = made.json()["id"], made["ETag"]
    body.pop("organisation")
    changed = keeper.patch(
        f"/alert-rules/{number}", {**body, "spec": {**SPEC, "limit": 10}}, If_Match=tag
    )
    assert changed.json()["spec"]["limit"] == 10
    stale = keeper.patch(f"/alert-rules/{number}", body, If_Match=tag)
    assert stale.status_code in {409, 412}
    off = keeper.post(f"/alert-rules/{number}/switch", {"enabled": False}, If_Match=changed["ETag"])
    assert off.json()["enabled"] is False


def test_a_rule_that_cannot_be_used_is_refused_by_its_field(keeper, branch):
    body = {
        "organisation": branch.code,
        "code": "odd_rule",
        "name": "Odd",
        "spec": {**SPEC, "signal": "mood"},
    }
    refused = keeper.post("/alert-rules", body)
    assert refused.status_code == 422
    assert "signal" in str(refused.json()["facts"])


def test_an_action_is_ordered_shown_and_cancelled(keeper, terminal):
    Enrolment.objects.create(terminal=terminal, public_key="k", at=NOON)
    open_to = {
        row["kind"]: row["open"]
        for row in keeper.get(f"/terminals/{SERIAL}/actions/askable").json()
    }
    assert open_to["reboot"]
    made = keeper.post(
        "/actions", {"serials": [SERIAL, "NOBODY"], "kind": "self_test", "arguments": {"parts": ["printer"]},
         "why": "a complaint"}
    )  # fmt: skip
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert made.json()["states"]["queued"] == 1
    assert [row["serial"] for row in keeper.get(f"/actions/{number}/left-out").json()["items"]] == [
        "NOBODY"
    ]
    assert [row["serial"] for row in keeper.walk(f"/actions/{number}/terminals")] == [SERIAL]
    assert [row["order"] for row in keeper.walk(f"/terminals/{SERIAL}/actions")] == [number]
    assert keeper.post(f"/actions/{number}/cancel").json()["state"] == "cancelled"


def test_a_wipe_waits_for_somebody_else(keeper, signed_in, head_office, terminal):
    Enrolment.objects.create(terminal=terminal, public_key="k", at=NOON)
    made = keeper.post("/actions", {"serials": [SERIAL], "kind": "wipe", "why": "lost"}).json()
    assert made["state"] == "proposed"
    problem(
        keeper.post(f"/actions/{made['number']}/approve", {"terminals": 1}),
        403,
        "telemetry.own_order",
    )
    second = signed_in(Role.RISK_OFFICER, head_office, username="second")
    told = second.post(f"/actions/{made['number']}/approve", {"terminals": 1}).json()
    assert (told["state"], told["approver"]) == ("running", "second")


def test_a_neighbour_sees_nothing_of_it(stranger, keeper, alert, terminal):
    LiveFactory(terminal=terminal)
    Enrolment.objects.create(terminal=terminal, public_key="k", at=NOON)
    number = keeper.post(
        "/actions", {"serials": [SERIAL], "kind": "reboot", "why": "a complaint"}
    ).json()["number"]
    for path in (
        f"/terminals/{SERIAL}/live", f"/terminals/{SERIAL}/live/states", f"/terminals/{SERIAL}/enrolment",
        f"/terminals/{SERIAL}/doubts", f"/terminals/{SERIAL}/actions", f"/alerts/{alert.pk}", f"/actions/{number}",
        f"/terminals/{SERIAL}/live/history?signal=csq",
    ):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    assert stranger.walk("/alerts") == []
    assert stranger.walk("/actions") == []
    assert stranger.get("/live").json()["online"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [(f"/terminals/{SERIAL}/enrolment/code", {}), ("/alerts/acknowledge", {"alerts": [1]}),
     ("/alert-rules", {"organisation": "SH", "code": "xx", "name": "x", "spec": {}}),
     ("/actions", {"serials": [SERIAL], "kind": "reboot", "why": "a complaint"})],
)  # fmt: skip
def test_whoever_only_looks_changes_nothing(looker, terminal, path, body):
    assert looker.post(path, body).status_code == 403
