"""Money is whole minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.kernel.money import Money, minor_digits


@given(st.integers(-(10**12), 10**12), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_major_units_and_back_are_equal(minor, currency):
    assert Money.of(Money(minor, currency).major, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "minor"), [("0.005", 1), ("0.004", 0), ("-0.005", -1), ("12.345", 1235)]
)
def test_halves_are_rounded_away_from_zero(amount, minor):
    assert Money.of(Decimal(amount)).minor == minor


def test_a_yen_has_no_fen():
    assert minor_digits("JPY") == 0
    assert str(Money(128000)) == "CNY 1,280.00"
