"""What happens when, over three years: how many lots, faults, removals. The last weeks leave work lying about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from tillkeeper.cli.demonstration.clock import Process
from tillkeeper.cli.demonstration.estate import Estate
from tillkeeper.cli.demonstration.homecoming import lending, rounds
from tillkeeper.cli.demonstration.places import REGIONS
from tillkeeper.cli.demonstration.purchasing import last_visits, lot
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
        return max(2, int(full * occasions + 0.5))

    def many(full: int) -> int:
        return max(1, int(full * occasions + 0.5))

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
    """Return what befalls terminals in service, and when."""
    start, end = estate.calendar.start, estate.calendar.end
    kinds = count()
    told: tuple[tuple[int, Callable[[str], Process]], ...] = (
        (plan.faults, lambda region: breaking_down(estate, region, plan.faulty)),
        (
            plan.pauses,
            lambda region: pausing(estate, region, plan.paused, next(kinds) % len(PAUSES)),
        ),
        (plan.closings, lambda region: closing_down(estate, region, plan.closed)),
        (plan.moves, lambda region: moving_shop(estate, region)),
        (plan.losses, lambda region: going_missing(estate, region, 2)),
        (plan.tamperings, lambda region: tampering(estate, region, 2)),
    )
    for often, process in told:
        for at in _times(estate.chance, start, end, often):
            yield process(_region(estate)), at
    yield from _lately(estate, plan, end)


def _lately(estate: Estate, plan: Plan, end: datetime) -> Iterator[tuple[Process, datetime]]:
    """Return the last days: a fault just told, terminals on their way, one moving, one missing, one case open."""
    yield tampering(estate, _region(estate), 2), end - timedelta(days=60)
    yield going_missing(estate, _region(estate), 2), end - timedelta(days=15)
    for before in (60.0, 45.0, 30.0, 22.0, 15.0, 8.0, 2.0):
        yield closing_down(estate, _region(estate), plan.closed), end - timedelta(days=before)
    for before in (70.0, 40.0, 12.0, 3.0, 0.5):
        yield breaking_down(estate, _region(estate), plan.faulty), end - timedelta(days=before)
    yield last_visits(estate, 5), end - timedelta(hours=4)
    for _ in range(6):
        yield moving_shop(estate, _region(estate)), end - timedelta(days=1.5)


def _region(estate: Estate) -> str:
    return estate.chance.choice(list(REGIONS))


def _times(chance: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """Return times spread over the years by chance, the nights left out."""
    drawn = sorted(start + (end - start) * chance.random() for _ in range(count))
    return [at.replace(hour=1 + at.hour % 9) for at in drawn]  # 9 to 18 o'clock in China
