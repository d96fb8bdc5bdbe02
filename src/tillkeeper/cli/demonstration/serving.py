"""What befalls terminals in service: faults, silence, arrears, closed seasons, removals, manipulation, loss."""

from collections.abc import Mapping, Sequence
from typing import Final

from tillkeeper.cli.demonstration.clock import Process, days
from tillkeeper.cli.demonstration.estate import Estate, Unit
from tillkeeper.cli.demonstration.homecoming import coming_home, examining, given_up
from tillkeeper.cli.demonstration.sellers import Shop
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import EvidenceKind, Step
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import mark_tampered
from tillkeeper.terminals.services.swaps import swap_terminals

FAULTS: Final = (
    "打印卡纸 / Paper jam",
    "读卡失败 / Card read errors",
    "无法联网 / No network",
    "电池鼓包 / Swollen battery",
    "屏幕失灵 / Touch screen dead",
    "密钥丢失 / Keys lost",
)
PAUSES: Final = (
    ("连续三个月无交易 / No transaction for three months", Role.RISK_OFFICER, 70, 0.5),
    ("商户欠费 / Merchant in arrears", Role.ESTATE_MANAGER, 25, 0.8),
    ("季节性停业 / Closed for the season", Role.DISPATCHER, 110, 0.95),
)
MENDED_AT_THE_COUNTER: Final = 0.9
LOOKED_AT_FOR_A_MOVE: Final = 8
LOSSES: Final = ("门店失窃 / Stolen from the store", "盘点未见 / Missing at stocktake")
MARKS: Final = ("防拆封签破损 / Seal broken", "插卡口有异物 / Something in the card slot")


def breaking_down(estate: Estate, region: str, count: int) -> Process:
    """Let some units fail: most are mended where they stand, others swapped, or taken away."""
    units = estate.pick(region, count)
    estate.step(units, Step.REPORT_FAULT, Role.SUPPORT_AGENT, why=estate.chance.choice(FAULTS))
    yield days(estate.chance.uniform(1, 4))
    mended, broken = estate.some(units, MENDED_AT_THE_COUNTER)
    lasting = [unit for unit in mended if estate.usable(unit)]
    estate.step(lasting, Step.RESTORE, Role.DISPATCHER)
    estate.serve(lasting)
    yield days(estate.chance.uniform(1, 5))
    swapped = [unit for unit in broken if _swapped(estate, unit)]
    estate.calendar.begin(coming_home(estate, swapped))
    rest = [unit for unit in units if unit not in lasting and unit not in swapped]
    yield from withdrawing(estate, rest, "故障无法现场修复 / Beyond repair at the counter")


def _swapped(estate: Estate, unit: Unit) -> bool:
    """Put another terminal in a faulty one's place, if a van in its city carries one."""
    spare = next((u for u in estate.vans[unit.city] if estate.usable(u)), None)
    if spare is None:
        return False
    estate.vans[unit.city].remove(spare)
    swap_terminals(
        old=unit.serial,
        new=spare.serial,
        why="故障换机 / Swapped for a fault",
        acceptance=estate.paper("ACC"),
        by=estate.field_actor(unit.city),
        at=estate.now,
    )
    spare.shop, spare.tid, unit.shop = unit.shop, unit.tid, None
    estate.serve([spare])
    return True


def pausing(estate: Estate, region: str, count: int, kind: int) -> Process:
    """Suspend some units for one of the usual reasons; those that do not come back are withdrawn."""
    why, role, typical, share = PAUSES[kind]
    units = estate.pick(region, count)
    estate.step(units, Step.SUSPEND, role, why=why)
    yield days(estate.chance.uniform(0.6, 1.4) * typical)
    back, gone = estate.some(units, share)
    lasting = [unit for unit in back if estate.usable(unit)]
    estate.step(lasting, Step.RESUME, role, why="恢复营业 / In business again")
    estate.serve(lasting)
    gone += [unit for unit in back if unit not in lasting]
    yield from withdrawing(estate, gone, "长期停用 / Out of use for long")


def taking_up(estate: Estate, left: Mapping[str, Sequence[Unit]]) -> Process:
    """Go on with what the old ledgers leave open: what was suspended, faulty, in quarantine or at the maker's."""
    estate.quarantine += left["quarantine"]
    yield days(20)
    calendar = estate.calendar
    calendar.begin(_back_in_service(estate, left["faulty"], Step.RESTORE))
    estate.step(left["repair"], Step.FINISH_REPAIR, Role.REPAIRER)
    estate.quarantine += left["repair"]
    yield days(60)
    calendar.begin(_back_in_service(estate, left["suspended"], Step.RESUME))


def _back_in_service(estate: Estate, units: Sequence[Unit], step: Step) -> Process:
    back, gone = estate.some(units, 0.8)
    estate.step(back, step, Role.DISPATCHER)
    estate.serve(back)
    yield from withdrawing(estate, gone, "台账清理 / Ledger put in order")


def closing_down(estate: Estate, region: str, count: int) -> Process:
    """Let merchants end their contracts."""
    units = estate.pick(region, count)
    yield from withdrawing(estate, units, "商户解约 / Contract ended")


def withdrawing(estate: Estate, units: Sequence[Unit], why: str) -> Process:
    """Take units away from the counter and bring them home."""
    if not units:
        return
    estate.step(units, Step.WITHDRAW, Role.DISPATCHER, why=why)
    yield days(estate.chance.uniform(4, 20))
    estate.step(units, Step.COLLECT, Role.DISPATCHER)
    yield from coming_home(estate, units)


def moving_shop(estate: Estate, region: str) -> Process:
    """Move a unit to another shop of its merchant, with the five elements filed anew."""
    chosen: tuple[Unit, Sequence[Shop]] | None = None
    for unit in estate.pick(region, LOOKED_AT_FOR_A_MOVE):
        elsewhere = [
            shop
            for shop in estate.shops[unit.city]
            if unit.shop and shop.seller is unit.shop.seller and shop is not unit.shop
        ]
        if elsewhere and not chosen and estate.usable(unit, margin_days=15):
            chosen = (unit, elsewhere)
        else:
            estate.serve([unit])
    if chosen:
        yield from _moving(estate, *chosen)


def _moving(estate: Estate, unit: Unit, elsewhere: Sequence[Shop]) -> Process:
    by = estate.field_actor(unit.city)
    estate.step([unit], Step.RELOCATE, Role.DISPATCHER, why="商户迁址 / Merchant moves")
    yield days(estate.chance.uniform(2, 9))
    refiling = estate.paper("BA")
    estate.prove([unit], EvidenceKind.REFILING, by, refiling)
    estate.prove([unit], EvidenceKind.ACCEPTANCE, by, estate.paper("ACC"))
    unit.shop = estate.chance.choice(elsewhere)
    estate.step_one(unit, Step.ARRIVE, by, elements=estate.elements(unit, refiling))
    estate.serve([unit])


def going_missing(estate: Estate, region: str, count: int) -> Process:
    """Lose some units: some are found, some written off by somebody else than who reported them."""
    units = estate.pick(region, count)
    estate.step(units, Step.REPORT_LOST, Role.RISK_OFFICER, why=estate.chance.choice(LOSSES))
    yield days(estate.chance.uniform(20, 70))
    found, gone = estate.some(units, 0.4)
    estate.step(found, Step.FIND, Role.RISK_OFFICER)
    estate.calendar.begin(examining(estate, found))
    yield days(30)
    estate.step(gone, Step.WRITE_OFF, Role.ESTATE_MANAGER, why="核销 / Written off")


def tampering(estate: Estate, region: str, count: int) -> Process:
    """Find units manipulated: out of service, sealed as evidence, scrapped when the case is closed."""
    units = estate.pick(region, count)
    if not units:
        return
    mark_tampered(
        selection=Selection(serials=tuple(unit.serial for unit in units)),
        why=estate.chance.choice(MARKS),
        by=estate.staff[Role.RISK_OFFICER],
        at=estate.now,
    )
    yield days(1)
    estate.step(units, Step.WITHDRAW, Role.DISPATCHER, why="疑似改装 / Suspected manipulation")
    yield days(2)
    estate.step(units, Step.COLLECT, Role.DISPATCHER)
    yield days(2)
    estate.step(units, Step.TAKE_IN, Role.WAREHOUSE_KEEPER)
    yield days(1)
    estate.step(units, Step.SEAL, Role.RISK_OFFICER, why="立案取证 / Evidence for the police")
    yield days(estate.chance.uniform(90, 200))
    estate.prove(units, EvidenceKind.CASE_CLOSED, Role.RISK_OFFICER, estate.paper("CASE"))
    estate.step(units, Step.RELEASE, Role.RISK_OFFICER)
    yield from given_up(estate, units)
