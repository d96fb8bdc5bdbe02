"""The page on the rules says what the code reads: its example is read, its keys are the keys."""

import re
from pathlib import Path

from tillkeeper.engines.matching.rules.book import (
    PAYOUT_KEYS,
    SECTIONS,
    TOLERANCE_KEYS,
    WINDOW_KEYS,
    Rules,
)
from tillkeeper.engines.matching.rules.reading_plans import PLAN_KEYS
from tillkeeper.engines.matching.rules.reading_terms import TERM_KEYS

PAGE = (Path(__file__).parents[3] / "docs/reference/rules.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_can_be_read():
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    assert len(Rules.of_text(example[1]).plans) == 4


def test_every_key_stands_on_the_page_and_no_other():
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    keys = {*TERM_KEYS, *TOLERANCE_KEYS, *WINDOW_KEYS, *PAYOUT_KEYS, *PLAN_KEYS, "version"}
    assert named == keys
    assert all(section in PAGE for section in SECTIONS)
