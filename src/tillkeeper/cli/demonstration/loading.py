"""Loading the demonstration estate: all of it in one transaction, so that a load that was broken off leaves nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from tillkeeper.cli.demonstration.bringing_in import (
    bring_in_opening,
    bring_in_sellers,
    bring_in_stocktake,
    cities_of,
)
from tillkeeper.cli.demonstration.catalogue import create_catalogue
from tillkeeper.cli.demonstration.clock import Calendar, Process, days
from tillkeeper.cli.demonstration.estate import Estate
from tillkeeper.cli.demonstration.money import rehearse_money
from tillkeeper.cli.demonstration.opening import opening_lines
from tillkeeper.cli.demonstration.people import MERCHANT_PLACE, POSTS, hire
from tillkeeper.cli.demonstration.sellers import Shop, make_shops
from tillkeeper.cli.demonstration.serving import taking_up
from tillkeeper.cli.demonstration.story import plan_for, tell
from tillkeeper.cli.demonstration.summing import summary
from tillkeeper.cli.demonstration.touches import finishing_touches
from tillkeeper.cli.demonstration.tree import plant_tree
from tillkeeper.cli.summary import Progress, Summary
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import unit_of_work
from tillkeeper.kernel.statistics import gather_statistics

SEED: Final = 20260301
YEARS_DAYS: Final = 3 * 365
TERMINALS, MERCHANTS, SITES = 10_000, 3_000, 5_000
BOUGHT_SHARE: Final = 0.1  # since the opening; the rest was there
OPENED_SHARE: Final = 0.8  # of the sites; the rest was won since
LEFT_OPEN: Final = ("suspended", "faulty", "quarantine", "repair")
STOCKTAKE_DAYS: Final = 9
STORY_FROM, MONEY_FROM = 0.3, 0.95  # of the progress bar


def load_demonstration(
    progress: Progress, *, scale: float = 1.0, seed: int = SEED, at: datetime | None = None
) -> Summary:
    """Make the estate with three years of history that end now, and say what came of it.

    One transaction: if it is broken off, nothing of it is kept and the next start begins anew.

    Args:
        progress: told of the stage and the share done.
        scale: share of the full 10,000 terminals; tests take a small one.
        seed: the same seed gives the same estate, relative to the day of loading.
        at: the moment at which the history ends; now, unless given.
    """
    end = (at or timezone.now()).replace(second=0, microsecond=0)
    with unit_of_work():
        _make(progress, scale=scale, chance=Random(seed), end=end)  # noqa: S311  nothing secret is drawn
    gather_statistics()
    return summary()


def _make(progress: Progress, *, scale: float, chance: Random, end: datetime) -> None:
    start = end - days(YEARS_DAYS)
    system, count = Actor.system("demonstration"), round(TERMINALS * scale)
    progress(_("Organisation, people and models"), 0.0)
    plant_tree(by=system, at=start)
    create_catalogue(by=system, at=start, today=timezone.localdate(end))
    staff = hire([post for post in POSTS if post.node != MERCHANT_PLACE], by=system, at=start)
    progress(_("Ledgers of the branches"), 0.1)
    shops = make_shops(chance, sellers=round(MERCHANTS * scale), shops=round(SITES * scale))
    old, new = _parted(shops)
    bought = round(count * BOUGHT_SHARE)
    lines = opening_lines(chance, old, count - bought, timezone.localdate(start))
    estate = Estate(Calendar(start, end), chance, staff, cities_of(old), serials=len(lines))
    bring_in_opening(estate, lines)
    hire(
        [post for post in POSTS if post.node == MERCHANT_PLACE],
        merchant_node=f"M{old[0].seller.number}",
        by=system,
        at=start,
    )
    progress(_("Three years of work"), STORY_FROM)
    left = {s: [line.unit for line in lines if line.state == s] for s in LEFT_OPEN}
    estate.calendar.begin(taking_up(estate, left))
    for batch, (won, after) in enumerate(zip(new, (120, 520), strict=True), start=1):
        estate.calendar.begin(_winning(estate, won, batch), at=start + days(after))
    estate.calendar.begin(_counting(estate, max(20, count // 50)), at=end - days(STOCKTAKE_DAYS))
    tell(estate, plan_for(scale, bought))
    estate.calendar.run(partial(_told, progress))
    finishing_touches(estate)
    progress(_("A payment day, matched"), MONEY_FROM)
    rehearse_money(staff, chance=SEED, share=scale, at=end)


def _told(progress: Progress, share: float) -> None:
    progress(_("Three years of work"), STORY_FROM + share * (MONEY_FROM - STORY_FROM))


def _parted(shops: list[Shop]) -> tuple[list[Shop], tuple[list[Shop], list[Shop]]]:
    """Part the shops by their sellers: those of the opening, and two batches that were won since."""
    sellers = list(dict.fromkeys(shop.seller.number for shop in shops))
    first, second = (
        round(len(sellers) * share) for share in (OPENED_SHARE, (1 + OPENED_SHARE) / 2)
    )
    batch = {number: (at >= first) + (at >= second) for at, number in enumerate(sellers)}
    old, won, won_later = ([s for s in shops if batch[s.seller.number] == n] for n in range(3))
    return old, (won, won_later)


def _winning(estate: Estate, shops: list[Shop], batch: int) -> Process:
    bring_in_sellers(estate, shops, batch)
    for city, there in cities_of(shops).items():
        estate.shops[city].extend(there)
    yield from _nothing()


def _counting(estate: Estate, count: int) -> Process:
    bring_in_stocktake(estate, count)
    yield from _nothing()


def _nothing() -> Iterator[timedelta]:
    """Wait for nothing: what happens at one moment is a process too."""
    yield from ()
