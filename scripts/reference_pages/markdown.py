"""Markdown from values, and Chinese from the catalogue of translations."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import polib
from django.utils import translation

CATALOGUE: Final = (
    Path(__file__).resolve().parents[2] / "src/tillkeeper/locale/zh_Hans/LC_MESSAGES/django.po"
)
DRAWN: Final = (
    "<!-- Drawn from the code by scripts/states_page.py: change the code, not this page. -->"
)
PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]")


def head(title: str, *paragraphs: str) -> str:
    """Return the top of a page."""
    return "\n\n".join([f"# {title}", DRAWN, *paragraphs]) + "\n"


def table(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table, with a blank line before it."""
    listed = list(titles)
    lines = [listed, ["---"] * len(listed), *rows]
    return "\n" + "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def code(value: object) -> str:
    """Return a value as it is written in code; nothing for nothing."""
    return f"`{value}`" if str(value) else ""


def english(label: object) -> str:
    """Return a label in English, whether it is translated lazily or not."""
    with translation.override("en"):
        return str(label)


def chinese(label: object) -> str:
    """Return a label in Chinese, "" while the catalogue has none."""
    return _catalogue().get(english(label), "")


def both(label: object) -> str:
    """Return a label in English with the Chinese beside it."""
    word = chinese(label)
    return f"{english(label)} {word}" if word else english(label)


def sentence(template: str) -> str:
    """Return a sentence with its placeholders as people read them."""
    return PLACEHOLDER.sub(r"‹\1›", template).replace("%%", "%").replace("<", "&lt;")


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


@cache
def _catalogue() -> dict[str, str]:
    # The catalogue itself, not its compiled form: that is not in the repository.
    if not CATALOGUE.exists():
        return {}
    entries = polib.pofile(str(CATALOGUE), encoding="utf-8")
    return {entry.msgid: entry.msgstr for entry in entries if entry.msgctxt is None}
