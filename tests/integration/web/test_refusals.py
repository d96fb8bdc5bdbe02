"""Every refusal has its status, and its sentence comes with the facts filled in."""

import pytest
from django.utils import translation

from tillkeeper.kernel.errors import (
    Busy,
    Conflict,
    FieldInvalid,
    Forbidden,
    Invalid,
    NotFound,
    TillkeeperError,
)
from tillkeeper.kernel.room import NoRoom
from tillkeeper.parties import errors as _parties  # noqa: F401  known as soon as imported
from tillkeeper.terminals import errors as _terminals  # noqa: F401
from tillkeeper.web.refusals import STATUS, sentence_of, status_of


def kinds(kind=TillkeeperError):
    """Every refusal there is."""
    return {found for sub in kind.__subclasses__() for found in ({sub} | kinds(sub))}


def test_each_refusal_has_a_status():
    roots = {NotFound, Invalid, Conflict, Forbidden, Busy, NoRoom}
    assert set(STATUS) == roots
    # The API has refusals of its own, which no page can meet.
    ours = [kind for kind in kinds() if not kind.__module__.startswith("tillkeeper.api.")]
    named = [kind for kind in ours if not kind.__name__.startswith("_") and kind not in roots]
    assert [kind.__name__ for kind in named if not roots.intersection(kind.__mro__)] == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(kind="merchant", key="1"), 404),
        (FieldInvalid(field="mcc", value="x", expected="4 digits"), 422),
        (Busy(), 503),
    ],
)
def test_the_nearest_ancestor_in_the_table_decides(error, status):
    assert status_of(error) == status


def test_the_facts_that_are_words_of_ours_are_labelled_and_what_people_typed_is_not():
    with translation.override("en"):
        said = sentence_of(FieldInvalid(field="mcc", value="Name", expected="4 digits"))
    assert said == "Merchant category (MCC): Name is not usable; expected 4 digits."
