"""Codes of telemetry and of money in the audit trail, and the shipped rules' names, in the reader's words."""

import pytest
from django.utils import translation

from tillkeeper.settlement.troubles.answers import LOOKS_AT
from tillkeeper.telemetry.rule_defaults import DEFAULTS
from tillkeeper.telemetry.wording import default_names, rule_names
from tillkeeper.web import trail_words
from tillkeeper.web.fact_words import fact_told
from tillkeeper.web.money.rule_words import calendar_told, rules_told, versions_told
from tillkeeper.web.templatetags.ui import came_from, who
from tillkeeper.web.wording import action_choices, action_label, fact_label, kind_choices

RECORDED = {"polars": "2.1.0", "recipe": "2", "rules": "sound-1", "rules_sha256": "79" * 32}


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


def test_a_refusal_and_a_format_are_told_in_words_with_their_code_behind():
    told = fact_told("terminals.import_rows_refused", "code")
    assert told.endswith(" (terminals.import_rows_refused)")
    assert "全部或全不" in told
    assert "%(" not in told
    assert fact_told("acquirer46", "format").endswith(" (acquirer46)")
    assert fact_told("ums.pos", "format") == "银联商务 POS 对账明细（含批次号） (ums.pos)"
    assert fact_told("BR-0001", "code") == "BR-0001"
    assert fact_told("our-own-bill", "format") == "our-own-bill"


def test_what_was_asked_of_terminals_is_told_in_words():
    asked = {"parts": ["printer", "network"], "from": 1_795_262_659_115, "size": 200_000}
    told = fact_told(asked, "arguments")
    assert told.startswith("测试内容: 打印机 · 网络, 日志起: 2026-11-2")
    assert "1795262659115" not in told


def test_the_rules_and_calendars_of_runs_are_told_in_words():
    assert not latin(calendar_told("cn"))
    assert not latin(calendar_told("every_day"))
    assert "DE-BY" in calendar_told("de-by")
    assert rules_told("2026-03") == "2026-03"
    told = {label: (words, code) for label, words, code in versions_told(RECORDED)}
    assert told["规则"] == ("Tillkeeper 自带规则，第 1 版", "sound-1")
    assert told["polars"] == ("2.1.0", "")
    assert "rules_sha256" not in told


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
