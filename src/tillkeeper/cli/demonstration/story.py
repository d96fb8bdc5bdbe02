"""What happens when, over three years: how many lots, faults, removals. The last weeks are told so that work lies about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from tillkeeper.cli.demonstration.clock import Process
from tillkeeper.cli.demonstration.estate import Estate
from tillkeeper.cli.demonstration.homecoming import lending, rounds
from tillkeeper.cli.demonstration.places import REGIONS
from tillkeeper.cli.demonstration.purchasing import lot
from tillkeeper.cli.demonstration.serving import (
    PAUSES,
    breaking_down,
    closing_down,
    going_missing,
    moving_shop,
    pausing,
    tampering,
)

YEARLY_LOT: Final = 3  # as much as three quarterly ones
QUARTERS: Final = 12
# Days before the end at which the last lots are ordered, so that one is on its way, one received, one on the bench,
# one ready, and one with the technicians.
LAST_LOTS_DAYS: Final = (4, 13, 20, 21.5, 33, 45)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much happens, for an estate of a size; every figure is at least one, so that a small estate has all too."""

    lots: Sequence[int]  # sizes, the last six for LAST_LOTS_DAYS
    faults: int  # occasions, over all the years
    faulty: int  # units an occasion
    pauses: int
    paused: int
    closings: int
    closed: int
    moves: int
    losses: int
    tamperings: int
    loans: int


def plan_for(scale: float, bought: int) -> Plan:
    """Return the plan for a share of the full estate of 10,000."""
    occasions = (
        max(scale, 0.05) ** 0.5
    )  # a small estate has fewer occasions, and fewer units on each

    def often(full: int) -> int:
        return max(2, round(full * occasions))

    def many(full: int) -> int:
        return max(1, round(full * occasions))

    return Plan(
        lots=_lot_sizes(bought),
        faults=often(56),
        faulty=many(18),
        pauses=often(36),
        paused=many(20),
        closings=often(26),
        closed=many(12),
        moves=often(50),
        losses=often(9),
        tamperings=often(5),
        loans=often(6),
    )


def _lot_sizes(bought: int) -> list[int]:
    """Part what is bought into lots that add up: a big one each year, one each quarter, six small ones at the end."""
    shares = [YEARLY_LOT if quarter % 4 == 0 else 1 for quarter in range(QUARTERS - 1)]
    small = max(1, bought // 40)
    left = bought - small * len(LAST_LOTS_DAYS)
    sizes = [left * share // sum(shares) for share in shares]
    sizes[0] += left - sum(sizes)
    return [*sizes, *[small] * len(LAST_LOTS_DAYS)]


def tell(estate: Estate, plan: Plan) -> None:
    """Put everything that is to happen into the calendar."""
    calendar, chance = estate.calendar, estate.chance
    span = calendar.end - calendar.start
    last = len(LAST_LOTS_DAYS)
    for quarter, size in enumerate(plan.lots[:-last]):
        calendar.begin(lot(estate, size), at=calendar.start + span * (quarter + 0.2) / QUARTERS)
    for before, size in zip(LAST_LOTS_DAYS, plan.lots[-last:], strict=True):
        calendar.begin(lot(estate, size), at=calendar.end - timedelta(days=before))
    calendar.begin(rounds(estate, calendar.end))
    for process, at in _befalling(estate, plan):
        calendar.begin(process, at=at)
    for at in _times(chance, calendar.start, calendar.end, plan.loans):
        calendar.begin(
            lending(estate, 2, chance.choice([14, 30]), kept=chance.random() < 0.1), at=at
        )
    calendar.begin(lending(estate, 2, 20, kept=True), at=calendar.end - timedelta(days=40))


def _befalling(estate: Estate, plan: Plan) -> Iterator[tuple[Process, datetime]]:
    chance, start, end = estate.chance, estate.calendar.start, estate.calendar.end
    regions = list(REGIONS)

    def region() -> str:
        return chance.choice(regions)

    for at in _times(chance, start, end, plan.faults):
        yield breaking_down(estate, region(), plan.faulty), at
    for kind, at in enumerate(_times(chance, start, end, plan.pauses)):
        yield pausing(estate, region(), plan.paused, kind % len(PAUSES)), at
    for at in _times(chance, start, end, plan.closings):
        yield closing_down(estate, region(), plan.closed), at
    for at in _times(chance, start, end, plan.moves):
        yield moving_shop(estate, region()), at
    for at in _times(chance, start, end, plan.losses):
        yield going_missing(estate, region(), 2), at
    for at in _times(chance, start, end, plan.tamperings):
        yield tampering(estate, region(), 2), at
    # The last days: a fault just told, terminals on the way, one moving, one missing, one case open.
    yield tampering(estate, region(), 2), end - timedelta(days=60)
    yield going_missing(estate, region(), 2), end - timedelta(days=15)
    for before in (60, 45, 30, 22, 15, 8, 2):
        yield closing_down(estate, region(), plan.closed), end - timedelta(days=before)
    for before in (70, 40, 12, 3, 0.5):
        yield breaking_down(estate, region(), plan.faulty), end - timedelta(days=before)
    for _ in range(6):
        yield moving_shop(estate, region()), end - timedelta(days=1.5)


def _times(chance: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """Return times spread over the years by chance, the nights left out."""
    drawn = sorted(start + (end - start) * chance.random() for _ in range(count))
    return [at.replace(hour=1 + at.hour % 9) for at in drawn]  # 9 to 18 o'clock in China
