"""What becomes of terminals that come back: wiped, looked at, and used again, repaired, or scrapped."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tillkeeper.cli.demonstration.catalogue import VENDORS
from tillkeeper.cli.demonstration.clock import Process, days
from tillkeeper.cli.demonstration.estate import MODEL, Estate, Unit
from tillkeeper.cli.demonstration.purchasing import keying
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import EvidenceKind, Step

GOOD: Final = 0.55
WORTH_REPAIR: Final = 0.6  # of those that are not good
REUSED: Final = 0.6  # of what was cleared
WORTH_KEEPING_DAYS: Final = 365  # for which a model must still be usable, to be used again
ROUND_DAYS: Final = 29


def coming_home(estate: Estate, units: Sequence[Unit]) -> Process:
    """Take in units that are on their way back; they wait in quarantine for the next round."""
    if not units:
        return
    yield days(estate.chance.uniform(3, 12))
    estate.step(units, Step.TAKE_IN, Role.WAREHOUSE_KEEPER)
    estate.quarantine += units


def rounds(estate: Estate, until: datetime) -> Process:
    """Look through the quarantine again and again."""
    while estate.now < until:
        yield days(ROUND_DAYS)
        units, estate.quarantine = estate.quarantine, []
        yield from examining(estate, units)


def examining(estate: Estate, units: Sequence[Unit]) -> Process:
    """Wipe units in quarantine, check them for tampering, and decide."""
    if not units:
        return
    for unit in units:
        unit.shop = None
    _wiped_and_checked(estate, units)
    yield days(1)
    old = [unit for unit in units if not estate.usable(unit, margin_days=WORTH_KEEPING_DAYS)]
    good, bad = estate.some([unit for unit in units if unit not in old], GOOD)
    repaired, spent = estate.some(bad, WORTH_REPAIR)
    estate.calendar.begin(at_the_maker(estate, repaired))
    estate.calendar.begin(proposed(estate, old + spent))
    estate.calendar.begin(using_again(estate, good))


def _wiped_and_checked(estate: Estate, units: Sequence[Unit]) -> None:
    estate.prove(units, EvidenceKind.WIPE, Role.KEY_CUSTODIAN, estate.paper("WIPE"))
    estate.prove(units, EvidenceKind.TAMPER_CHECK, Role.REPAIRER, estate.paper("CHK"))


def using_again(estate: Estate, units: Sequence[Unit]) -> Process:
    """Clear units into their branch's stock; most are keyed anew and go into the vans, for swaps."""
    if not units:
        return
    estate.step(units, Step.CLEAR, Role.WAREHOUSE_KEEPER)
    out, kept = estate.some(units, REUSED)
    for unit in kept:
        estate.stock[unit.city].append(unit)
    if not out:
        return
    yield days(estate.chance.uniform(3, 20))
    yield from keying(estate, out)
    yield days(3)
    issued, _ = estate.some(out, 0.6)
    estate.step(issued, Step.ISSUE, Role.WAREHOUSE_KEEPER, custodian="dispatcher")
    for unit in issued:
        estate.vans[unit.city].append(unit)


def at_the_maker(estate: Estate, units: Sequence[Unit]) -> Process:
    """Send units to their makers for repair; they come back into quarantine."""
    for maker in sorted({MODEL[unit.model].vendor for unit in units}):
        theirs = [unit for unit in units if MODEL[unit.model].vendor == maker]
        due = estate.today + timedelta(days=40)
        estate.step(
            theirs, Step.SEND_TO_REPAIR, Role.REPAIRER, custodian=VENDORS[maker], due_back_on=due
        )
    if not units:
        return
    yield days(estate.chance.uniform(18, 50))
    estate.step(units, Step.FINISH_REPAIR, Role.REPAIRER)
    yield days(2)
    _wiped_and_checked(estate, units)
    yield from using_again(estate, units)


def proposed(estate: Estate, units: Sequence[Unit]) -> Process:
    """Ask for units to be scrapped; somebody else decides."""
    if not units:
        return
    estate.step(
        units,
        Step.PROPOSE_SCRAP,
        Role.WAREHOUSE_KEEPER,
        why="超期或不值得维修 / Old, or not worth a repair",
    )
    yield from given_up(estate, units)


def given_up(estate: Estate, units: Sequence[Unit]) -> Process:
    """Scrap units that wait for it, with proof that nothing is left in them; a few are refused."""
    yield days(estate.chance.uniform(15, 45))
    refused, rest = estate.some(units, 0.04)
    estate.step(
        refused, Step.REFUSE_SCRAP, Role.ESTATE_MANAGER, why="先拆配件 / Take the spare parts first"
    )
    estate.prove(rest, EvidenceKind.WIPE, Role.KEY_CUSTODIAN, estate.paper("WIPE"))
    estate.step(rest, Step.SCRAP, Role.ESTATE_MANAGER)


def lending(estate: Estate, count: int, term_days: int, kept: bool) -> Process:
    """Lend units from stock, for a fair or a test; some are not brought back in time."""
    lent = [estate.stock[""].pop() for _ in range(min(count, len(estate.stock[""])))]
    due = estate.today + timedelta(days=term_days)
    estate.step(
        lent,
        Step.LEND,
        Role.WAREHOUSE_KEEPER,
        custodian="展会组 / Trade fair team",
        due_back_on=due,
    )
    yield days(term_days - 2)
    if not kept:
        estate.step(lent, Step.END_LOAN, Role.WAREHOUSE_KEEPER)
        estate.stock[""] += lent
