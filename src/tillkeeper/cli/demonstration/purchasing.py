"""Terminals bought: ordered in lots at head office, taken in, keyed, sent to the branches, installed."""

from collections.abc import Sequence
from typing import Final

from tillkeeper.cli.demonstration.catalogue import MODELS, VENDORS, Model, serial_number
from tillkeeper.cli.demonstration.clock import Process, days
from tillkeeper.cli.demonstration.estate import Estate, Unit
from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.cli.demonstration.places import CITIES
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import EvidenceKind, Step
from tillkeeper.terminals.services.ordering import Purchase, order_terminals

DELIVERY_DAYS: Final = 60  # for which the certificate must still be good when an order is placed
CITIES_A_LOT: Final = 5
KEPT_AT_HEAD_OFFICE: Final = 0.12
KEPT_IN_VANS: Final = 0.3  # for swaps
KEPT_AT_BRANCHES: Final = 0.25
VISITS_A_DAY: Final = 5


def lot(estate: Estate, size: int, model: Model | None = None) -> Process:
    """Buy a lot: some of it is cancelled or rejected, some stays in stock, the rest goes out to the cities."""
    units = _ordered(estate, size, model or _in_fashion(estate))
    yield days(12)
    late, units = estate.some(units, 0.02)
    estate.step(
        late, Step.CANCEL, Role.PURCHASER, why="厂商停产，订单行取消 / Supplier cannot deliver"
    )
    estate.step(units, Step.RECEIVE, Role.WAREHOUSE_KEEPER)
    yield days(2)
    damaged, units = estate.some(units, 0.02)
    estate.step(
        damaged, Step.REJECT, Role.WAREHOUSE_KEEPER, why="包装封签破损 / Seal of the box broken"
    )
    estate.step(units, Step.ACCEPT, Role.WAREHOUSE_KEEPER)
    kept, units = estate.some(units, KEPT_AT_HEAD_OFFICE)
    estate.stock[""] += kept
    yield days(5)
    yield from keying(estate, units)
    yield days(3)
    for city, sent in _allotted(estate, units):
        node = CITIES[city].node
        estate.step(sent, Step.TRANSFER, Role.WAREHOUSE_KEEPER, organisation=node)
        for unit in sent:
            unit.city = city
        estate.calendar.begin(
            rolling_out(estate, sent), at=estate.now + days(estate.chance.uniform(3, 15))
        )


def keying(estate: Estate, units: Sequence[Unit]) -> Process:
    """Stage units from stock, inject keys, and mark them ready."""
    estate.step(units, Step.STAGE, Role.KEY_CUSTODIAN)
    yield days(1.2)
    run = estate.paper("RUN")
    estate.prove(
        units,
        EvidenceKind.KEY_INJECTION,
        Role.KEY_CUSTODIAN,
        run,
        kif="KIF-DEMO-1",
        custodians=["keys", "keys-2"],
        lines=len(units),
    )
    yield days(0.8)
    estate.step(units, Step.PREPARE, Role.KEY_CUSTODIAN)


def rolling_out(estate: Estate, units: Sequence[Unit]) -> Process:
    """Issue ready units of one city; most are installed within weeks, some wait in the van for swaps."""
    _kept, units = estate.some(units, KEPT_AT_BRANCHES)
    if not units:
        return
    by = estate.field_actor(units[0].city)
    estate.step(units, Step.ISSUE, Role.WAREHOUSE_KEEPER, custodian=by.name)
    yield days(estate.chance.uniform(1, 6))
    waiting, out = estate.some(units, KEPT_IN_VANS)
    estate.vans[units[0].city] += waiting
    while out:
        today, out = out[:VISITS_A_DAY], out[VISITS_A_DAY:]
        yield from installing(estate, today)
        yield days(estate.chance.uniform(2, 12))


def installing(estate: Estate, units: Sequence[Unit]) -> Process:
    """Install units at shops of their city; they are activated when the network entry has come."""
    by = estate.field_actor(units[0].city)
    for unit in units:
        unit.shop, unit.tid = estate.chance.choice(estate.shops[unit.city]), estate.new_tid()
        estate.step_one(unit, Step.INSTALL, by, site=unit.shop.code)
    estate.prove(
        units, EvidenceKind.ACCEPTANCE, by, estate.paper("ACC"), test_transaction="0.01 CNY"
    )
    yield days(estate.chance.uniform(0.2, 2.5))
    for unit in units:
        if estate.usable(unit):
            estate.step_one(unit, Step.ACTIVATE, by, elements=estate.elements(unit))
    estate.serve(unit for unit in units if estate.usable(unit))


def last_visits(estate: Estate, count: int) -> Process:
    """Install what the fullest van carries, so late that no network entry comes in time."""
    van = max(estate.vans.values(), key=len, default=[])
    carried = [unit for unit in van if estate.usable(unit)][:count]
    for unit in carried:
        van.remove(unit)
    if carried:
        yield from installing(estate, carried)


def _in_fashion(estate: Estate) -> Model:
    end = estate.calendar.end.date()
    delivered = estate.today + days(DELIVERY_DAYS)
    offered = [m for m in MODELS if m.bought and m.buyable(delivered, end)]
    return estate.chance.choices(offered, [m.bought for m in offered])[0]


def _ordered(estate: Estate, size: int, model: Model) -> list[Unit]:
    units = [Unit(new_serial(estate, model), model.code) for _ in range(size)]
    outcome = order_terminals(
        serials=[unit.serial for unit in units],
        purchase=Purchase(
            model=model.code,
            organisation=HEAD_OFFICE,
            supplier=model.vendor,
            price_minor=model.price_minor,
            owner=VENDORS[model.vendor] if model.code == "MG-BOX" else "岁禾支付",
        ),
        by=estate.staff[Role.PURCHASER],
        at=estate.now,
    )
    if outcome.moved != size:
        raise RuntimeError(f"order of {model.code}: {outcome.refused}")
    return units


def new_serial(estate: Estate, model: Model) -> str:
    """Return the next serial number of a maker."""
    estate.serials += 1
    return serial_number(model, estate.today.year, estate.serials)


def _allotted(estate: Estate, units: Sequence[Unit]) -> list[tuple[str, list[Unit]]]:
    """Share units out to a few cities that have shops."""
    cities = {estate.at_random_city().code for _ in range(CITIES_A_LOT * 2)}
    chosen = sorted(city for city in cities if estate.shops.get(city))[:CITIES_A_LOT]
    chosen = chosen or [city for city in estate.shops if estate.shops[city]][:1]
    return [
        (city, list(units[at :: len(chosen)]))
        for at, city in enumerate(chosen)
        if units[at :: len(chosen)]
    ]
