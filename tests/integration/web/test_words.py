"""What comes as a code or in English is said in the reader's words: refusals, the audit trail, the policies."""

import pickle
import re
from datetime import UTC, datetime

import pytest
from django.utils import translation
from tests.factories import TerminalFactory

from tillkeeper.api.errors import answer as api_answer
from tillkeeper.cli.answers import sentence as cli_sentence
from tillkeeper.formats.ledgers import errors as ledgers
from tillkeeper.formats.ledgers import recognition
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.models import PolicyRule
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.terminals.lifecycle import EVIDENCE, EvidenceKind, State, Step
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import record_evidence
from tillkeeper.terminals.services.facts import FACTS, update_terminal
from tillkeeper.terminals.services.imports.errors import ImportNotReady
from tillkeeper.terminals.services.orders import Order
from tillkeeper.terminals.services.steps import take_step
from tillkeeper.terminals.wording import STATE_LABELS
from tillkeeper.web.fact_words import fact_told
from tillkeeper.web.imports.wording import KINDS_OF_FILE, worded
from tillkeeper.web.policy_words import RULES, SOURCES
from tillkeeper.web.refusals import sentence_of
from tillkeeper.web.wording import EXPECTATIONS, action_label, field_label

A_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def test_a_phrase_is_english_text_that_keeps_its_template_through_a_queue():
    made = pickle.loads(pickle.dumps(Phrase("1 to %(most)s characters", most=60)))  # noqa: S301  our own bytes
    assert made == "1 to 60 characters"
    assert made.said(lambda template: template.replace("characters", "个字符")) == "1 to 60 个字符"


@pytest.mark.parametrize("said_by", [sentence_of, cli_sentence])
def test_what_a_file_was_found_to_be_is_said_in_the_readers_language(said_by):
    error = ledgers.WrongType(name="a.pdf", found="20 digits")  # any phrase with a translation
    assert "is 20 digits, not" in str(error)
    with translation.override("zh-hans"):
        assert "20 位数字" in said_by(error)


def test_the_api_says_it_in_the_readers_language_and_keeps_the_fact(rf):
    request = rf.get("/api/v1/imports", headers={"accept-language": "zh-hans"})
    error = ledgers.WrongType(name="a.pdf", found="20 digits")
    body = api_answer(request, error).content.decode()
    assert "20 位数字" in body
    assert '"found":"20 digits"' in body


def test_every_word_for_a_kind_of_file_is_in_the_catalogue():
    found = {word for _magic, word in (*recognition._MAGIC, *recognition._MARKUP)}
    assert found - set(KINDS_OF_FILE) == set()


def test_what_a_field_may_be_is_translated_with_its_numbers():
    template = "%(value)s has %(length)s characters; at most %(limit)s are kept. Shorten it."
    phrase = Phrase(template, value="A", length=5, limit=4)
    with translation.override("zh-hans"):
        said = sentence_of(FieldInvalid(field="mcc", value="Name", expected=phrase))
    assert "characters" not in said
    assert "5" in said


def test_expectations_that_services_give_are_marked_for_translation():
    for kind, given in (
        ("currency", "XXX"),
        ("sim_iccid", "1"),
        ("tusn", "1"),
        ("remark", "x" * 300),
    ):
        with pytest.raises(FieldInvalid) as refused:
            _clean(kind, given)
        expected = refused.value.expected
        assert getattr(expected, "template", expected) in EXPECTATIONS


def _clean(name, value):
    from tillkeeper.terminals.services.facts import _clean as clean

    return clean(Terminal(), name, value)


def test_a_refusal_of_an_import_names_status_and_fields_in_the_readers_language():
    with translation.override("zh-hans"):
        assert "done" not in sentence_of(ImportNotReady(number="IM-1", status="done"))
        missing = sentence_of(ledgers.ColumnsMissing(fields="Serial number"))
        wrong = sentence_of(ledgers.MappingWrong(column=2, field="terminal_id"))
    assert "序列号" in missing
    assert "Serial" not in missing
    assert "终端号" in wrong


def test_a_refused_row_names_state_and_field_in_the_readers_language():
    with translation.override("zh-hans"):
        assert str(worded("ledger.state_differs", {"now": "in_stock"})["now"]) == "在库"
        assert worded("ledger.binding_incomplete", {"needed": "terminal_id"})["needed"] == "终端号"
        assert worded("ledger.tusn_differs", {"now": "in_stock"})["now"] == "in_stock"


@pytest.mark.parametrize("name", [*FACTS, *(f for rule in EVIDENCE.values() for f in rule.sets)])
def test_every_fact_of_a_terminal_has_a_label(name):
    assert str(field_label(name)) != name


@pytest.fixture
def lively(branch, system, noon):
    """A terminal to which something of each kind has happened."""
    found = TerminalFactory(state=State.STAGING, home=branch)
    at = datetime(2026, 4, 1, 4, tzinfo=UTC)
    version = found.version
    update_terminal(
        serial=found.serial,
        changes={"seal_number": "S-1", "price_minor": 128000},
        version=version,
        by=system,
        at=at,
    )
    record_evidence(
        selection=Selection(serials=(found.serial,)),
        kind=EvidenceKind.KEY_INJECTION,
        reference="K-1",
        by=system,
        at=at,
    )
    take_step(serial=found.serial, step=Step.PREPARE, order=Order(why="ok"), by=system, at=at)
    return found


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_audit_page_shows_no_name_of_the_programs(desk, lively, language):
    text = desk.get("/audit/", headers={"accept-language": language}).content.decode()
    names = re.findall(r"<dt>([^<]*)</dt>", text)
    values = re.findall(r"<(?:ins|del)>([^<]*)</", text)
    assert len(names) > 8
    if language == "zh-hans":
        assert [name for name in names if A_NAME.fullmatch(name)] == []
    assert [name for name in names if "_" in name] == []
    assert {"staging", "warehouse", "key_injection"}.intersection(values) <= (
        set() if language == "zh-hans" else {"staging", "warehouse"}
    )
    shown = re.sub(r"<[^>]*>", " ", text)
    assert "terminal.update" not in shown
    assert "terminal.evidence" not in shown


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("state", "in_stock", "in stock"),
        ("columns", ["serial", "state"], "Serial number, State"),
        ("filters", {"state": ["active", "faulty"]}, "State: active, faulty"),
        ("mapping", {"0": "serial", "10": "remark"}, "1: Serial number, 11: Remark"),
        ("made", {"models": 1, "sites": 0}, "models: 1, sites: 0"),
        ("expires_at", "2026-03-03T04:00:00+00:00", "2026-03-03 12:00:00"),
        ("warranty_until", "2028-01-31", "2028-01-31"),
        ("remark", "in_stock", "in_stock"),
        ("tampered", True, "yes"),
        ("name", "", "–"),
    ],
)
def test_a_fact_is_told_in_words_and_what_people_typed_as_it_is(name, value, said):
    with translation.override("en"):
        assert fact_told(value, name) == said


@pytest.mark.parametrize(
    "action",
    ["import.map", "model.approval", "terminals.export", "terminal.undo", "terminal.scrap"],
)
def test_an_action_is_told_in_words(action):
    assert str(action_label(action)) != action


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_settings_page_tells_policies_in_words(desk, language):
    text = desk.get("/settings/", headers={"accept-language": language}).content.decode()
    shown = re.sub(r"<[^>]*>", " ", text)
    assert "retention." not in shown
    assert "{" not in shown
    with translation.override(language):
        assert f"{STATE_LABELS[State.REPAIR]}: 45 " in shown
    assert ("repair: 45 days" in shown) == (language == "en")


def test_every_policy_of_the_installation_has_words(db):
    rows = list(PolicyRule.objects.all())
    assert {row.rule for row in rows} == set(RULES)
    assert {row.source for row in rows} <= set(SOURCES)


def test_a_policy_of_another_shape_is_shown_as_it_is(desk):
    PolicyRule.objects.create(
        rule="retention.slip",
        jurisdiction="HK",
        value={"odd": [1]},
        effective_from="2026-02-01",
        source="x",
    )
    assert "odd: 1" in desk.get("/settings/").content.decode()
