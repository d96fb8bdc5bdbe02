"""The pure parts of the demonstration: places, sellers, calendar, plan."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.cli.demonstration.clock import Calendar
from tillkeeper.cli.demonstration.places import CITIES, PROVINCES, REGIONS
from tillkeeper.cli.demonstration.sellers import make_shops
from tillkeeper.cli.demonstration.story import plan_for
from tillkeeper.formats.identifiers import holds_pan, is_id_number, is_uscc

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_whole_country_is_there_and_every_place_lies_in_it():
    assert len(PROVINCES) == 31
    assert {province.region for province in PROVINCES.values()} == set(REGIONS)
    assert {city.province for city in CITIES.values()} == set(PROVINCES)
    for city in CITIES.values():
        assert city.code[:2] == city.province
        assert 18 < city.latitude < 54, city
        assert 73 < city.longitude < 135, city
        assert city.districts
        assert city.weight > 0


@given(st.integers(0, 10_000))
def test_made_up_merchants_are_right_in_form_and_alike_for_a_seed(seed):
    shops, again = (make_shops(Random(seed), sellers=30, shops=45) for _ in range(2))  # noqa: S311
    assert shops == again
    sellers = {shop.seller.number: shop.seller for shop in shops}
    assert (len(sellers), len({shop.code for shop in shops})) == (30, 45)
    assert len({shop.address for shop in shops}) == 45
    for seller in sellers.values():
        assert is_uscc(seller.uscc) != is_id_number(seller.id_number)
        assert not holds_pan(f"{seller.name} {seller.phone} {seller.id_number}")


def test_the_calendar_wakes_processes_in_the_order_of_their_times_and_stops_at_the_end():
    calendar, seen = Calendar(START, START + timedelta(days=10)), []

    def ticking(name, every):
        while True:
            seen.append((calendar.now - START, name))
            yield timedelta(days=every)

    calendar.begin(ticking("a", 3))
    calendar.begin(ticking("b", 4), at=START + timedelta(days=1))
    calendar.run(lambda share: None)
    assert [(gone.days, name) for gone, name in seen] == [
        *((0, "a"), (1, "b"), (3, "a"), (5, "b"), (6, "a"), (9, "b"), (9, "a")),
    ]
    assert calendar.now == calendar.end


@given(st.integers(1, 100), st.integers(20, 3_000))
def test_the_lots_of_a_plan_add_up_to_what_is_bought(percent, bought):
    plan = plan_for(percent / 100, bought)
    assert sum(plan.lots) == bought
    assert min(plan.lots) >= 0
