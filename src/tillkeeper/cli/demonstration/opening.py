"""The estate as it was three years ago: what the branches' ledgers say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from tillkeeper.cli.demonstration.catalogue import MODELS, VENDORS, Model, serial_number, tusn
from tillkeeper.cli.demonstration.estate import Unit
from tillkeeper.cli.demonstration.places import CITIES, City
from tillkeeper.cli.demonstration.sellers import ACQUIRER, Shop
from tillkeeper.cli.demonstration.tree import node_name

# State and its share of a thousand. Those at a counter have a shop, the others a branch.
AT_A_SHOP: Final = {"active": 905, "suspended": 22, "faulty": 12}
ELSEWHERE: Final = {"in_stock": 34, "ready": 12, "issued": 8, "quarantine": 4, "repair": 3}
TIDS_FROM: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a ledger: the unit it is about, its state, and every fact by the name of its field."""

    unit: Unit
    state: str
    city: City
    values: dict[str, Any]


def opening_lines(chance: Random, shops: Sequence[Shop], count: int, on: date) -> list[Line]:
    """Return the lines of the old estate; every shop stands in one at least."""
    states = {**AT_A_SHOP, **ELSEWHERE}
    drawn = chance.choices(list(states), list(states.values()), k=count)
    bound = [at for at, state in enumerate(drawn) if state in AT_A_SHOP]
    for at in range(count):  # each shop has to be named by somebody
        if len(bound) >= len(shops):
            break
        if at not in bound:
            drawn[at] = "active"
            bound.append(at)
    places = dict(zip(sorted(bound), _shuffled(chance, shops, len(bound)), strict=True))
    return [_line(chance, at, state, places.get(at), on) for at, state in enumerate(drawn)]


def _shuffled(chance: Random, shops: Sequence[Shop], count: int) -> list[Shop]:
    places = [*shops, *chance.choices(shops, k=max(0, count - len(shops)))]
    chance.shuffle(places)
    return places


def _line(chance: Random, at: int, state: str, shop: Shop | None, on: date) -> Line:
    model = chance.choices(MODELS, [model.share for model in MODELS])[0]
    weights = [city.weight for city in CITIES.values()]
    city = shop.seller.city if shop else chance.choices(list(CITIES.values()), weights)[0]
    received = on - timedelta(days=chance.randrange(60, 1800))
    unit = Unit(serial_number(model, received.year, at), model.code, city.code, shop)
    unit.tid = str(TIDS_FROM + at) if shop else ""
    values = {**_facts(model, at, received), "serial": unit.serial, "state": state}
    values["organisation"] = node_name(city)
    if shop:
        values |= _place(shop)
        installed = received + timedelta(days=chance.randrange(5, 50))
        values |= {"terminal_id": unit.tid, "installed_on": installed, "acquirer_code": ACQUIRER}
    return Line(unit, state, city, values)


def _facts(model: Model, at: int, received: date) -> dict[str, Any]:
    return {
        "tusn": tusn(model, at),
        "model": model.code,
        "vendor": VENDORS[model.vendor],
        "supplier": VENDORS[model.vendor],
        "purchased_on": received - timedelta(days=14),
        "received_on": received,
        "warranty_until": received + timedelta(days=1095),
        "price": model.price_minor / 100,
        "firmware_version": firmware(model, 1),
        "accessories": "电源适配器、数据线" if at % 3 == 0 else "",
        "remark": "",
    }


def firmware(model: Model, number: int) -> str:
    """Return a version as the maker writes it."""
    return f"{model.code.split('-')[0]}OS {number}.{len(model.name) % 7}.0"


def _place(shop: Shop) -> dict[str, Any]:
    seller = shop.seller
    return {
        **seller_facts(shop),
        "site_code": shop.code,
        "site_name": shop.name,
        "address": shop.address,
        "province": seller.city.province_name,
        "city": seller.city.name,
        "latitude": shop.latitude,
        "longitude": shop.longitude,
    }


def seller_facts(shop: Shop) -> dict[str, Any]:
    """Return what a ledger says of a shop's merchant."""
    seller = shop.seller
    return {
        "merchant_no": seller.number,
        "merchant_name": seller.name,
        "uscc": seller.uscc,
        "id_number": seller.id_number,
        "settlement_account": seller.account,
        "mcc": seller.mcc,
        "contact": seller.contact,
        "phone": seller.phone,
        "organisation": node_name(seller.city),
    }


def site_facts(shop: Shop) -> dict[str, Any]:
    """Return what a ledger of sites says of a shop."""
    named = {
        name: value for name, value in _place(shop).items() if name not in ("organisation", "mcc")
    }
    return {**named, "contact": shop.contact, "phone": shop.phone}
