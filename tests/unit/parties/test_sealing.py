"""What is kept of personal data."""

from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.parties.sealing import Sealed, sealed, sealed_account, sealed_id_number

ID_NUMBER = "110105199003071239"


@given(st.text(), st.text())
def test_equal_values_and_no_others_have_equal_hashes(one, other):
    assert (sealed(one) == sealed(other)) == (one == other)


def test_another_key_gives_another_hash():
    with override_settings(SECRET_KEY="another"):
        other = sealed(ID_NUMBER)
    assert other != sealed(ID_NUMBER)


@given(st.text("0123456789", min_size=12, max_size=30))
def test_of_an_account_at_most_ten_digits_can_be_read(number):
    kept = sealed_account(number)
    assert number not in repr(kept)
    assert sum(character != "*" for character in kept.masked) <= 10
    assert len(kept.masked) == len(number)


def test_an_id_number_is_not_in_what_is_kept_of_it():
    kept = sealed_id_number(ID_NUMBER)
    assert kept.masked == "110*************39"
    assert len(kept.digest) == 64


def test_nothing_is_kept_of_nothing():
    assert sealed_account("") == sealed_id_number("") == Sealed()
