"""What readers and commands name in their refusals has its words in both languages."""

import ast
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

from tillkeeper import formats
from tillkeeper.cli.answers import kept
from tillkeeper.web.money.refusal_words import EXPECTED, MISSING, REASON, WHAT
from tillkeeper.web.money.said import refusal_of

NAMED = {"missing": MISSING, "reason": REASON, "what": WHAT}
ARCHIVES = ("BrokenArchive", "Truncated", "TooLarge", "Hostile")
BROKEN = {
    "code": "formats.broken_archive",
    "sentence": "The archive a.zip cannot be opened: its compressed data are damaged. Fetch it again.",
    "facts": {"name": "a.zip", "reason": "its compressed data are damaged"},
}


def _named_by_readers():
    for file in Path(formats.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ARCHIVES:
                for word in node.keywords:
                    if word.arg in NAMED and isinstance(word.value, ast.Constant):
                        yield word.arg, word.value.value


@pytest.mark.parametrize(("name", "word"), sorted(set(_named_by_readers())))
def test_what_a_reader_names_is_marked_for_translation(name, word):
    assert word in NAMED[name]


@pytest.mark.parametrize("word", [*EXPECTED, *MISSING, *REASON, *WHAT])
def test_every_word_is_chinese_on_a_chinese_screen(word):
    with translation.override("zh-hans"):
        assert gettext(word) != word


@pytest.mark.parametrize("say", [kept, refusal_of], ids=["command line", "console"])
def test_a_refusal_that_was_kept_is_said_in_the_readers_language(say):
    with translation.override("en"):
        assert say(BROKEN) == BROKEN["sentence"]
    with translation.override("zh-hans"):
        assert "压缩数据已损坏" in say(BROKEN)
    assert say({}) == ""
    older = {**BROKEN, "facts": {"name": "a.zip", "why": "other facts"}}
    assert say(older) == BROKEN["sentence"]
