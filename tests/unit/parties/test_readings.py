"""Values on their way into a row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.services import readings
from tillkeeper.parties.services.merchants import READERS as MERCHANT
from tillkeeper.parties.services.sites import READERS as SITE

CARD = "6222021000012345673"
BAD_ID = "110105199003071230"


@given(st.text(max_size=200))
def test_whatever_comes_is_read_or_refused_by_field(value):
    for readers in (MERCHANT, SITE):
        for field, reader in readers.items():
            try:
                columns = reader(value)
            except FieldInvalid as refused:
                assert refused.field == field  # noqa: PT017  either way is right
            else:
                assert all(name.startswith(field) for name in columns)


@given(st.text(max_size=150))
def test_reading_what_was_read_changes_nothing(value):
    try:
        columns = SITE["province"](value)
    except FieldInvalid:
        return
    assert SITE["province"](columns["province"]) == columns


def test_a_credit_code_may_be_written_small_and_full_width():
    typed = "９１３１００００ma1fl0bx03 "
    assert readings.uscc(typed) == {"uscc": "91310000MA1FL0BX03"}


@pytest.mark.parametrize("code", ["91310000MA1FL0BX04", "91310000MA1FL0BX0", "1", CARD])
def test_a_credit_code_with_a_wrong_check_character_is_refused(code):
    with pytest.raises(FieldInvalid) as refused:
        readings.uscc(code)
    assert refused.value.field == "uscc"
    assert CARD not in str(refused.value)


def test_a_refused_id_number_is_not_repeated():
    with pytest.raises(FieldInvalid) as refused:
        readings.id_number(BAD_ID)
    assert BAD_ID not in str(refused.value)
    assert refused.value.value == "110*************30"


def test_a_refused_account_is_not_repeated():
    with pytest.raises(FieldInvalid) as refused:
        readings.settlement_account("6222/0210/0001")
    assert "0210" not in str(refused.value)


@pytest.mark.parametrize("field", ["name", "contact"])
def test_a_card_number_is_refused_wherever_text_is_taken(field):
    with pytest.raises(FieldInvalid) as refused:
        MERCHANT[field](f"Shop {CARD}")
    assert CARD not in str(refused.value)


def test_a_field_that_is_not_there_is_named():
    with pytest.raises(FieldInvalid) as refused:
        readings.read(MERCHANT, {"number": "1"})
    assert refused.value.field == "number"


@pytest.mark.parametrize("value", ["91", "-90.1", "north", "nan", "inf", "1e400"])
def test_a_latitude_beyond_the_poles_is_refused(value):
    with pytest.raises(FieldInvalid):
        SITE["latitude"](value)


def test_hashes_stay_out_of_the_audit_trail_and_telephones_are_masked():
    columns = {**readings.settlement_account("1234567890123"), "phone": "13912345678"}
    assert readings.shown(columns) == {
        "settlement_account_masked": "*********0123",
        "phone": "139****5678",
    }
