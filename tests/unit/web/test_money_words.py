"""The engine's English sentences in the reader's language."""

import re
from types import SimpleNamespace

import pytest
from django.utils import translation

from tillkeeper.engines.matching.fees import wording as fee_wording
from tillkeeper.engines.matching.hypotheses.causes import CAUSES
from tillkeeper.engines.matching.hypotheses.clues import ALL
from tillkeeper.engines.matching.payouts import wording as payout_wording
from tillkeeper.formats.canonical.tables import BillState, JournalState, Kind, SlipState
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.web import asking
from tillkeeper.web.money import (
    clue_words,
    engine_words,
    format_words,
    results,
    rules,
    said,
)

TEMPLATES = (
    *(cause.sentence for cause in CAUSES),
    *fee_wording.SENTENCES.values(),
    *payout_wording.SENTENCES.values(),
)
AWKWARD = {"number": "1. (a) 100 %", "amount": "CNY -1,234.50", "rivals": "MF-1:2, MF-1:3"}


@pytest.fixture
def chinese(monkeypatch):
    """A catalogue in which every sentence only gets a mark, so that its template can be told."""
    monkeypatch.setattr(said, "gettext", lambda text: f"¶{text}")
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_filled_sentence_finds_back_to_its_template(chinese, template):
    names = set(re.findall(r"%\((\w+)\)s", template))
    values = {name: AWKWARD.get(name, f"<{name}>") for name in names}
    assert said.said(template % values) == f"¶{template}" % values


def test_channels_inside_a_sentence_are_named(chinese):
    template = payout_wording.SENTENCES["payout_missing"]
    told = template % {"expected": "CNY 1.00", "who": "wechat", "rows": 1, "due": "2026-03-02"}
    assert "微信支付" in said.said(told) or "WeChat Pay" in said.said(told)


def test_an_english_reader_and_an_unknown_sentence_get_what_is_stored(monkeypatch):
    with translation.override("en"):
        assert said.said("Anything at all.") == "Anything at all."
    with translation.override("zh-hans"):
        assert said.said("No sentence of ours.") == "No sentence of ours."
        assert said.said("") == ""


def test_what_is_marked_for_translation_is_what_the_engine_says():
    assert set(engine_words.HYPOTHESES) == {cause.sentence for cause in CAUSES}
    assert set(engine_words.ENDS) == {cause.end for cause in CAUSES}
    assert {clue.why_not for clue in ALL} <= set(engine_words.WHY_NOT)


def test_every_clue_is_told_as_a_statement():
    assert {clue.name for clue in ALL} == set(clue_words.CLUE_LABELS)


def test_every_format_and_every_word_of_a_row_is_marked_for_translation():
    assert set(format_words.TITLES) == {form.title for form in FORMATS.values()}
    words = {*Kind, *JournalState, *SlipState, *BillState}
    assert words <= set(format_words.VALUE_LABELS)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.34", "CNY", 1234), ("¥1,200", "CNY", 120_000), ("-5", "CNY", -500), ("12.345", "CNY", None),
     ("100", "JPY", 100), ("1.5", "JPY", None), ("1e3", "CNY", 100_000), ("NaN", "CNY", None), ("inf", "CNY", None),
     ("1e99", "CNY", None), ("", "CNY", None), (None, "CNY", None), ("ten", "CNY", None)],
)  # fmt: skip
def test_amounts_are_read_exactly_or_not_at_all(text, currency, minor):
    assert asking.minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("rate", "text"),
    [(3_800, "0.38 %"), (0, "0 %"), (10_000, "1 %"), (1, "0.0001 %"), (1_000_000, "100 %")],
)
def test_a_rate_is_shown_in_per_cent_without_loss(rate, text):
    assert rules.percent(rate) == text


def test_one_difference_among_millions_is_still_seen_within_the_bar():
    run = SimpleNamespace(
        number="MR-1",
        versions={},
        summary={"rows": {"bill": {"rows": 10_000_000, "agreed": 9_999_999, "differing": 1}}},
    )
    (bar,) = results.result_of(run)["bars"]
    agreed, differing = bar["parts"]
    assert (agreed["share"], differing["share"]) == ("100.00", "0.00")
    assert float(differing["at"]) + float(differing["width"]) == pytest.approx(100)
    assert float(differing["width"]) > 0
