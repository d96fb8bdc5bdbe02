"""The reference page of classes and causes says what the tables say."""

from pathlib import Path

import pytest

from tillkeeper.engines.matching.classes import MEANINGS, DifferenceClass
from tillkeeper.engines.matching.hypotheses.causes import CAUSES, NAMED_BY_LEGS, TABLE, of_class
from tillkeeper.engines.matching.hypotheses.clues import CLUES

PAGE = Path(__file__).parents[4].joinpath("docs/reference/classes.md").read_text(encoding="utf-8")
LINES = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]


@pytest.mark.parametrize("kind", list(DifferenceClass))
def test_every_class_is_on_the_page_with_its_meaning(kind):
    assert [line[2] for line in LINES if line[0] == f"`{kind}`"] == [MEANINGS[kind]]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_every_cause_is_on_the_page_with_what_happened_and_how_it_ends(cause):
    classes = ", ".join(f"`{kind}`" for kind in cause.classes) or "none"
    told = [f"`{cause.code}`", cause.sequence, classes, cause.end]
    assert ([str(cause.number), *told] if cause.number else told) in LINES


def test_no_other_cause_is_on_the_page():
    numbered = [line[1] for line in LINES if line[0].isdigit()]
    assert numbered == [f"`{cause.code}`" for cause in TABLE]
    assert all(f"| `{code}` | {meaning} |" in PAGE for code, meaning in NAMED_BY_LEGS.items())


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_a_cause_asks_only_questions_that_there_are_and_weighs_some(cause):
    assert set(cause.must) | set(cause.clues) <= set(CLUES)
    assert not cause.classes or sum(cause.clues.values()) > 0


def test_every_class_of_the_journal_leg_has_a_cause():
    of_legs = {"fee_differs", "payout_missing", "payout_late", "payout_differs", "unknown_credit"}
    assert {kind for kind in DifferenceClass if not of_class(kind)} == of_legs
