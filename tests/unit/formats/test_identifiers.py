from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.formats import identifiers as ids

uscc_bodies = st.from_regex(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True)
digit_strings = st.text("0123456789", min_size=12, max_size=18)
births = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(uscc_bodies)
def test_a_code_with_its_check_character_is_a_uscc(body):
    assert ids.is_uscc(body + ids.uscc_check_character(body))


@given(uscc_bodies, st.sampled_from(ids.USCC_ALPHABET))
def test_any_other_check_character_is_refused(body, other):
    right = ids.uscc_check_character(body)
    assert ids.is_uscc(body + other) == (other == right)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110108MA01EXAMP", "", "x" * 18])
def test_published_code_is_right_and_scraps_are_not(code):
    assert ids.is_uscc(code) == (code == "91350100M000100Y43")


@given(st.sampled_from(sorted(ids.PROVINCES)), births, st.integers(0, 999))
def test_an_id_number_holds_province_birth_date_and_check_digit(province, born, order):
    body = f"{province}0101{born:%Y%m%d}{order:03}"
    check = ids.id_check_character(body)
    assert ids.is_id_number(body + check)
    assert not ids.is_id_number(body + ("0" if check != "0" else "1"))


def test_an_id_number_with_an_impossible_birth_date_is_refused():
    body = "11010519490230002"
    assert not ids.is_id_number(body + ids.id_check_character(body))
    assert ids.is_id_number("11010519491231002X")


@given(digit_strings)
def test_exactly_one_last_digit_passes_luhn(body):
    assert sum(ids.passes_luhn(body + str(last)) for last in range(10)) == 1


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("4111111111111111", True),
        ("卡号4111 1111 1111 1111，请核对", True),
        ("4111-1111-1111-1111", True),
        ("４１１１１１１１１１１１１１１１", True),
        ("4111111111111112", False),
        ("13800138000 13900139000", False),
        ("00005702280117638929", False),
        ("2024-03-05 10:20:30", False),
        ("4111.1111.1111.1111", True),
        ("卡4111．1111．1111．1111。", True),
        ("4111 - 1111 - 1111 - 1111", True),
        ("4111_1111/1111·1111", True),
        ("4111–1111—1111‑1111", True),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", True),
        ("3782.822463.10005", True),
        ("622202.1234567890128", True),
        ("2024 4111.1111.1111.1111 12", True),
        ("4111.1111.1111.1112", False),
        ("版本 4.12.1.2024.03.05", False),
        ("5,105,105,105,105,100", False),
        ("4111\n1111\n1111\n1111", False),
    ],
)
def test_card_numbers_are_seen_in_running_text(text, holds):
    assert ids.holds_pan(text) == holds
    assert (ids.mask_pans_in(text) != text) == holds


days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
postcodes = st.from_regex(r"[0-9]{6}", fullmatch=True)
landlines = st.from_regex(r"0[0-9]{2,3}-[2-8][0-9]{6,7}", fullmatch=True)
separators = st.sampled_from([" ", ".", "-", "/", ", ", " - ", "、"])


@given(days, days, st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y%m%d"]), separators)
def test_two_days_side_by_side_are_no_card_number(first, second, style, between):
    written = first.strftime(style), second.strftime(style)
    # 16 digits in two groups of eight are in no group that cards are written in
    assert not ids.holds_pan(between.join(written))


@given(postcodes, mobiles, landlines, separators)
def test_postcodes_and_telephone_numbers_side_by_side_are_no_card_number(
    postcode, mobile, landline, between
):
    assert not ids.holds_pan(between.join((postcode, mobile, landline, mobile)))


@given(st.integers(20_000_000, 69_999_998), separators)
def test_a_range_of_serial_numbers_is_no_card_number(serial, between):
    assert not ids.holds_pan(f"{serial}{between}{serial + 1}")


@given(st.from_regex(r"[3-6][0-9]{14}", fullmatch=True), separators)
def test_a_card_number_is_seen_with_any_usual_separator_and_masked(body, between):
    digits = next(body + str(n) for n in range(10) if ids.passes_luhn(body + str(n)))
    written = between.join(digits[n : n + 4] for n in range(0, 16, 4))
    assert ids.holds_pan(f"卡 {written}，请核对")
    assert ids.mask_pans_in(f"卡 {written}，请核对") == f"卡 {ids.mask_pan(digits)}，请核对"


@given(st.text(max_size=40))
def test_masks_keep_the_length_and_never_show_a_short_value(text):
    for mask in (ids.mask_pan, ids.mask_account, ids.mask_id_number, ids.mask_phone):
        assert len(mask(text)) == len(text)
    assert set(ids.mask_pan(text[:10])) <= {"*"}


def test_masks_show_what_may_be_seen():
    assert ids.mask_pan("6222021234567890123") == "622202*********0123"
    assert ids.mask_account("755900000012345") == "***********2345"
    assert ids.mask_phone("13800138000") == "138****8000"
    assert ids.mask_id_number("11010519491231002X") == "110*************2X"
