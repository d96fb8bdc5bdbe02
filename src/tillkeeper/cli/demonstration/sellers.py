"""Made-up merchants and their sites: right in form, checksums included, and nobody's in truth. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final

from tillkeeper.cli.demonstration.names import (
    COMPANY,
    ENGLISH,
    FIRST,
    SECOND,
    STREETS,
    SURNAMES,
    TITLES,
    TRADES,
)
from tillkeeper.cli.demonstration.places import CITIES, City
from tillkeeper.formats.identifiers import (
    holds_pan,
    id_check_character,
    uscc_check_character,
)

ACQUIRER: Final = "99010000"  # no acquirer has a code in this range
SMALL_SHARE: Final = 0.1  # 小微商户: known by a responsible person, not by a credit code
ENGLISH_SHARE: Final = 0.06
SCATTER_DEGREES: Final = 0.03  # about three kilometres around the centre


@dataclass(frozen=True, slots=True)
class Seller:
    """A merchant as a ledger writes it."""

    number: str
    name: str
    uscc: str
    id_number: str
    account: str
    mcc: str
    contact: str
    phone: str
    city: City


@dataclass(frozen=True, slots=True)
class Shop:
    """A site as a ledger writes it."""

    code: str
    name: str
    address: str
    latitude: float
    longitude: float
    contact: str
    phone: str
    seller: Seller


def make_shops(chance: Random, *, sellers: int, shops: int) -> list[Shop]:
    """Return that many shops of that many sellers; every seller has one, chains have most of the rest."""
    cities = list(CITIES.values())
    weights = [city.weight for city in cities]
    names, numbers = _names(chance), count(1)
    made = [
        _seller(chance, next(numbers), names, chance.choices(cities, weights)[0])
        for _ in range(sellers)
    ]
    owners = [*made, *_chains(chance, made, shops - sellers)]
    seen: set[str] = set()
    return [_shop(chance, at, seller, seen) for at, seller in enumerate(owners, start=1)]


def _chains(chance: Random, sellers: Sequence[Seller], more: int) -> Iterator[Seller]:
    """Return the owners of `more` further shops: one seller in six is a chain."""
    chains = [s for s in sellers if not s.id_number][::6] or list(sellers)
    return (chance.choice(chains) for _ in range(more))


def _names(chance: Random) -> Iterator[tuple[str, str]]:
    """Return (name, merchant category code) without end, no name twice."""
    seen: set[str] = set()
    while True:
        mcc, trade, trade_en = chance.choice(TRADES)
        if chance.random() < ENGLISH_SHARE:
            name = f"{chance.choice(ENGLISH)} {trade_en}"
        else:
            brand = chance.choice(FIRST) + chance.choice(SECOND)
            name = f"{brand}{trade}{chance.choice(COMPANY)}"
        if name not in seen:
            seen.add(name)
            yield name, mcc


def _seller(chance: Random, at: int, names: Iterator[tuple[str, str]], city: City) -> Seller:
    name, mcc = next(names)
    small = chance.random() < SMALL_SHARE
    return Seller(
        number=f"898{city.code}{mcc}{at:04d}",
        name=name,
        uscc="" if small else credit_code(city, at),
        id_number=_id_number(city, at) if small else "",
        account=f"9000{chance.randrange(10**12):012d}",
        mcc=mcc,
        contact=_contact(chance),
        phone=_phone(chance, city),
        city=city,
    )


def credit_code(city: City, at: int) -> str:
    """Return a unified social credit code of a series that is nobody's, with its right check character."""
    body = f"91{city.code}00DEM{at:06d}"
    return body + uscc_check_character(body)


def _id_number(city: City, at: int) -> str:
    # A whole province as the place of birth, and 1900: given to nobody.
    # Of few such numbers in a column most may pass a card's check by chance: then the import takes them for cards.
    series = (f"{city.code[:2]}000019000101{number % 1000:03d}" for number in range(at, at + 1000))
    numbers = (body + id_check_character(body) for body in series)
    return next(number for number in numbers if not holds_pan(number))


def _contact(chance: Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(TITLES)


def _phone(chance: Random, city: City) -> str:
    # No local number begins with 0: it can be nobody's.
    return f"{city.area_code}-0{chance.randrange(10**7):07d}"


def _shop(chance: Random, at: int, seller: Seller, seen: set[str]) -> Shop:
    city = seller.city
    while (address := _address(chance, city)) in seen:
        pass
    seen.add(address)
    district = address.removeprefix(city.name)[:2]
    name = seller.name.split("（")[0]
    for ending in ("有限公司", "商贸", "连锁"):
        name = name.removesuffix(ending)
    return Shop(
        code=f"MD{city.code}{at:05d}",
        name=f"{name}（{city.short}{district}店）",
        address=address,
        latitude=round(city.latitude + chance.uniform(-SCATTER_DEGREES, SCATTER_DEGREES), 6),
        longitude=round(city.longitude + chance.uniform(-SCATTER_DEGREES, SCATTER_DEGREES), 6),
        contact=_contact(chance),
        phone=_phone(chance, city),
        seller=seller,
    )


def _address(chance: Random, city: City) -> str:
    return (
        f"{city.name}{chance.choice(city.districts)}{chance.choice(STREETS)}"
        f"{chance.randrange(1, 900)}号{chance.choice(['', '1楼', '2楼', 'B1层', f'{chance.randrange(1, 60)}号铺'])}"
    )
