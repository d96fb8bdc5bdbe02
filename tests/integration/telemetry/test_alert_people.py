"""What people do about alerts: see, acknowledge, note, and write the rules; each within their own place."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import NOON, TerminalFactory
from tests.integration.telemetry.alarms import Ear, after, rule

from tillkeeper.engines.alerting.errors import BadSpec
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotAllowed, NotFound, Stale
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.errors import AlertOver
from tillkeeper.telemetry.models import Alert, AlertRule
from tillkeeper.telemetry.queries.alerts import (
    AlertFilters,
    alert,
    alerts,
    counts_by_rule,
    waiting_counts,
)
from tillkeeper.telemetry.queries.rules import alert_rules, rules_for
from tillkeeper.telemetry.services.acknowledging import acknowledge, annotate
from tillkeeper.telemetry.services.alerts.rulebook import forget_rulebook
from tillkeeper.telemetry.services.rehearsing import rehearse_rule
from tillkeeper.telemetry.services.rules import RuleDraft, enable_rule, save_rule
from tillkeeper.telemetry.wording import alert_sentence

pytestmark = pytest.mark.django_db
LOW = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15, "clear": 25}
DRAFT = RuleDraft(code="low", name="Low", spec=LOW)


@pytest.fixture(autouse=True)
def _own_rules():
    AlertRule.objects.all().delete()
    forget_rulebook()
    yield
    forget_rulebook()


@pytest.fixture
def dispatcher(hire, branch):
    return hire(Role.DISPATCHER, branch)


def raised(node, number=1):
    """Terminals of a place with an alert each."""
    if not AlertRule.objects.exists():
        rule("low", LOW)
    terminals = [TerminalFactory(home=node) for _ in range(number)]
    Ear().hear(*[(one, NOON, {"battery_level": 5}) for one in terminals])
    return list(Alert.objects.filter(terminal__in=terminals).order_by("pk"))


def test_many_are_acknowledged_at_once_and_each_other_one_is_told_why(
    dispatcher, branch, neighbour
):
    mine, theirs = raised(branch, 3), raised(neighbour)
    Alert.objects.filter(pk=mine[2].pk).update(state="cleared", cleared_at=NOON)
    ids = [one.pk for one in [*mine, *theirs]]
    outcome = acknowledge(ids=ids, note="called the shop", by=dispatcher, at=after(1))
    assert outcome.moved == ids[:2]
    assert {number: type(error) for number, error in outcome.refused} == {
        ids[2]: AlertOver,
        ids[3]: NotFound,
    }
    row = Alert.objects.get(pk=ids[0])
    assert (row.state, row.note, row.acknowledged_by) == (
        "acknowledged",
        "called the shop",
        dispatcher.name,
    )
    assert AuditEntry.objects.filter(action="alert.acknowledge").count() == 2


def test_acknowledging_takes_as_many_statements_for_one_as_for_fifty(dispatcher, branch):
    def count(number):
        ids = [one.pk for one in raised(branch, number)]
        with CaptureQueriesContext(connection) as seen:
            acknowledge(ids=ids, note="", by=dispatcher, at=after(1))
        return len(seen)

    count(1)
    assert count(1) == count(50)


def test_who_only_looks_acknowledges_nothing(hire, branch):
    (one,) = raised(branch)
    with pytest.raises(NotAllowed):
        acknowledge(ids=[one.pk], note="", by=hire(Role.INSPECTOR, branch), at=NOON)


def test_a_note_is_kept_and_a_blank_one_refused(dispatcher, branch):
    (one,) = raised(branch)
    annotate(number=one.pk, note=" charger ordered ", by=dispatcher, at=NOON)
    assert alert(dispatcher, one.pk).note == "charger ordered"
    with pytest.raises(FieldInvalid):
        annotate(number=one.pk, note=" ", by=dispatcher, at=NOON)


def test_a_neighbours_alert_is_not_there(dispatcher, branch, neighbour):
    (mine,), (theirs,) = raised(branch), raised(neighbour)
    assert list(alerts(dispatcher)) == [mine]
    with pytest.raises(NotFound):
        alert(dispatcher, theirs.pk)
    assert waiting_counts(dispatcher) == {"critical": 0, "warning": 1, "info": 0}
    assert [(one.code, one.number) for one in counts_by_rule(dispatcher)] == [("low", 1)]


def test_alerts_are_narrowed(dispatcher, branch):
    first, second = raised(branch, 2)
    Alert.objects.filter(pk=second.pk).update(severity="critical")
    assert list(alerts(dispatcher, AlertFilters(severity=("critical",)))) == [second]
    assert list(alerts(dispatcher, AlertFilters(serial=first.terminal.serial))) == [first]
    assert list(alerts(dispatcher, AlertFilters(rule="other"))) == []
    assert list(alerts(dispatcher, AlertFilters(place=branch.code), "at")) == [first, second]


def test_an_alert_says_what_was_seen_in_a_sentence(branch):
    (one,) = raised(branch)
    assert alert_sentence(one) == "Battery charge is 5 %; the limit is 15 %."


def test_a_rule_is_written_changed_and_kept_from_being_overwritten(manager, branch):
    made = save_rule(organisation=branch.code, draft=DRAFT, version=None, by=manager, at=NOON)
    assert (made.path, made.version) == (branch.path, 1)
    with pytest.raises(AlreadyExists):
        save_rule(organisation=branch.code, draft=DRAFT, version=None, by=manager, at=NOON)
    changed = RuleDraft(code="low", name="Low", spec={**LOW, "limit": 20})
    assert (
        save_rule(organisation=branch.code, draft=changed, version=1, by=manager, at=NOON).version
        == 2
    )
    with pytest.raises(Stale) as refused:
        save_rule(organisation=branch.code, draft=DRAFT, version=1, by=manager, at=NOON)
    assert (refused.value.current, refused.value.given) == (2, 1)
    assert AuditEntry.objects.filter(action="alert_rule.write").count() == 2


def test_a_rule_is_switched_off_and_the_one_above_counts(manager, branch):
    above = rule("low", LOW)
    made = save_rule(organisation=branch.code, draft=DRAFT, version=None, by=manager, at=NOON)
    assert [one.pk for one in rules_for(branch.path)] == [made.pk]
    enable_rule(number=made.pk, enabled=False, version=1, by=manager, at=NOON)
    assert [one.pk for one in rules_for(branch.path)] == [above.pk]
    with pytest.raises(NotFound):
        enable_rule(number=above.pk, enabled=False, version=1, by=manager, at=NOON)


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"code": "Low!"}, FieldInvalid, "code"),
        ({"name": " "}, FieldInvalid, "name"),
        ({"severity": "high"}, FieldInvalid, "severity"),
        ({"join": ["town"]}, FieldInvalid, "join"),
        ({"spec": {**LOW, "clear": 3}}, BadSpec, "clear"),
        ({"quiet": {"from": "25:00", "to": "07:00"}}, BadSpec, "quiet.from"),
    ],
)
def test_a_draft_is_refused_by_its_field(manager, branch, change, kind, field):
    facts = {"code": "low", "name": "Low", "spec": LOW, **change}
    with pytest.raises(kind) as refused:
        save_rule(
            organisation=branch.code, draft=RuleDraft(**facts), version=None, by=manager, at=NOON
        )
    assert refused.value.field == field
    assert not AlertRule.objects.exists()


def test_rules_are_written_only_where_one_may(manager, dispatcher, branch, neighbour):
    with pytest.raises(NotFound):
        save_rule(organisation=neighbour.code, draft=DRAFT, version=None, by=manager, at=NOON)
    with pytest.raises(NotAllowed):
        save_rule(organisation=branch.code, draft=DRAFT, version=None, by=dispatcher, at=NOON)


def test_the_list_shows_own_rules_and_those_that_count_from_above(
    manager, branch, neighbour, head_office
):
    for code, node in (
        ("everywhere", None),
        ("head", head_office),
        ("mine", branch),
        ("theirs", neighbour),
    ):
        rule(code, LOW, at_node=node)
    assert [one.code for one in alert_rules(manager)] == ["everywhere", "head", "mine"]


def test_a_rule_is_tried_on_what_was_heard(manager, branch, monkeypatch, tmp_path, settings):
    TerminalFactory(home=branch)
    told = rehearse_rule(
        organisation_code=branch.code,
        draft=DRAFT,
        hours=2,
        by=manager,
        at=NOON + timedelta(hours=2),
    )
    assert (told.alerts, told.terminals) == (0, 0)
