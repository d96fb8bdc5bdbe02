"""Codes of telemetry and of money in the audit trail, and the shipped rules' names, in the reader's words."""

import pytest
from django.utils import translation

from tillkeeper.settlement.troubles.answers import LOOKS_AT
from tillkeeper.telemetry.rule_defaults import DEFAULTS
from tillkeeper.telemetry.wording import default_names, rule_names
from tillkeeper.web import trail_words
from tillkeeper.web.fact_words import fact_told
from tillkeeper.web.templatetags.ui import came_from, who
from tillkeeper.web.wording import action_choices, action_label, fact_label, kind_choices


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def latin(text):
    return any("a" <= letter.lower() <= "z" for letter in str(text))


def test_what_telemetry_does_has_words_for_each_action_and_fact():
    assert [code for code in trail_words.ACTIONS if latin(action_label(code))] == []
    assert [name for name in trail_words.FACTS if latin(fact_label(name))] == []
    assert not latin(fact_label("key", "enrolment.open"))
    assert [name for name in LOOKS_AT if latin(fact_label(name, "trouble.look"))] == []


@pytest.mark.parametrize(
    ("value", "name"),
    [("proposed", "state"), ("doubt", "kind"), ("totals_differ", "symptom"), ("passed", "journal")],
)
def test_codes_of_money_are_told_in_words(value, name):
    assert not latin(fact_told(value, name))


def test_what_nobody_knows_stays_as_it_was_recorded():
    assert fact_told("X-9 special", "kind") == "X-9 special"
    assert fact_told({"ledger.unheard_of": 2}, "refused_codes") == "ledger.unheard_of: 2"


def test_reasons_of_refused_rows_are_told_without_any_rows_values():
    told = fact_told({"ledger.state_differs": 3}, "refused_codes")
    assert told.endswith(": 3")
    assert not latin(told)
    assert "%(" not in told


def test_the_software_is_named_by_what_it_did():
    assert who("system:terminal P8/1") == "系统（终端 P8/1）"
    assert not latin(who("system:demonstration"))
    assert (latin(came_from("system")), came_from("10.0.0.1")) == (False, "10.0.0.1")


def test_the_trail_offers_kinds_and_actions_by_their_words():
    assert dict(action_choices())["merchant.update"] == str(action_label("merchant.update"))
    assert [code for code, label in (*kind_choices(), *action_choices()) if code == label] == []


def test_a_default_rule_has_its_name_in_the_readers_language_and_ones_own_keeps_its_own():
    seed = DEFAULTS[0]
    assert rule_names({seed.code: seed.name}) == {seed.code: default_names()[seed.name]}
    assert default_names()[seed.name] != seed.name
    assert rule_names({seed.code: "My own", "x": seed.name}) == {
        seed.code: "My own",
        "x": seed.name,
    }
