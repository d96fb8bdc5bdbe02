"""SIM cards and currencies that cannot be are refused where they are entered; a swap needs two terminals."""

import pytest
from tests.factories import TerminalFactory, TerminalModelFactory, VendorFactory

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import CURRENCIES, Money
from tillkeeper.terminals.errors import SwappedForItself
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.services.facts import update_terminal
from tillkeeper.terminals.services.ordering import Purchase, order_terminals
from tillkeeper.terminals.services.swaps import swap_terminals

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(branch, administrator, noon):
    found = TerminalFactory(home=branch)

    def run(**changes):
        return update_terminal(
            serial=found.serial, changes=changes, version=found.version, by=administrator, at=noon
        )

    return run


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("89860012345678901234", "89860012345678901234"),
        ("8986 0012 3456 7890 1234", "89860012345678901234"),
        ("898600d1234567890123", "898600D1234567890123"),
        ("8986001234567890125", "8986001234567890125"),  # passes Luhn, as a card's number does
        ("", ""),
    ],
)
def test_a_sim_cards_number_is_kept_without_blanks(change, typed, kept):
    assert change(sim_iccid=typed).sim_iccid == kept


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "460001234567890",
        "8986001234567",
        "898600123456789012345",
        "89X60012345678901234",
        "４",
    ],
)
def test_what_cannot_be_a_sim_card_is_refused(change, typed):
    with pytest.raises(FieldInvalid) as refused:
        change(sim_iccid=typed)
    assert refused.value.field == "sim_iccid"


def test_a_card_number_given_as_a_sim_card_is_refused_and_not_repeated(change):
    with pytest.raises(FieldInvalid) as refused:
        change(sim_iccid="4111111111111111")
    assert "4111111111111111" not in str(refused.value.facts())


def test_a_currency_of_iso_4217_is_kept_in_capitals(change):
    assert change(currency="usd").currency == "USD"


@pytest.mark.parametrize("wrong", ["RMB", "XXX", "", "US"])
def test_what_is_no_currency_is_refused(change, wrong):
    with pytest.raises(FieldInvalid) as refused:
        change(currency=wrong)
    assert refused.value.field == "currency"


def test_an_order_in_no_currency_is_refused(head_office, administrator, noon):
    purchase = Purchase(
        model=TerminalModelFactory().code,
        supplier=VendorFactory().code,
        organisation=head_office.code,
        price_minor=1,
        currency="RMB",
    )
    with pytest.raises(FieldInvalid) as refused:
        order_terminals(serials=["P82000001"], purchase=purchase, by=administrator, at=noon)
    assert refused.value.field == "currency"


def test_the_minor_digits_of_a_currency_are_those_of_iso_4217():
    assert len(CURRENCIES) > 150
    digits = {code: str(Money(1000, code)) for code in ("CNY", "JPY", "CLP", "KWD")}
    assert digits == {
        "CNY": "CNY 10.00",
        "JPY": "JPY 1,000",
        "CLP": "CLP 1,000",
        "KWD": "KWD 1.000",
    }


def test_a_terminal_is_not_swapped_for_itself(branch, administrator, noon):
    unit = TerminalFactory(state=State.ACTIVE, home=branch)
    with pytest.raises(SwappedForItself) as refused:
        swap_terminals(
            old=unit.serial,
            new=f" {unit.serial.lower()} ",
            why="x",
            acceptance="S-1",
            by=administrator,
            at=noon,
        )
    assert refused.value.facts() == {"serial": unit.serial}
    unit.refresh_from_db()
    assert unit.state == State.ACTIVE
