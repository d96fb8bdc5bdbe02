"""The estate a rehearsal is played on: merchants with one terminal or hundreds, their hours, prices and acquirers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal.codes import ACQUIRER46, CHANNELS, FORMS, HOST, Bits, Ints, Reals
from tillkeeper.engines.rehearsal.plan import BLOCK_ROWS, Plan
from tillkeeper.engines.rehearsal.texts import FOUR

AREAS: Final = (
    3100, 4403, 4401, 1100, 5101, 6101, 4201, 3301, 3201, 5000, 3702, 2102, 3502, 4301, 3401, 1200,
    4101, 3501, 3601, 4501, 5201, 5301, 6201, 6401, 6501, 2201, 2301, 1501, 1401, 1301,
)  # fmt: skip
ACQUIRERS: Final = (898, 104, 102)
MCCS: Final = (5812, 5411, 5311, 7011, 5541, 5912, 5944, 5651, 4900, 8062)
SCALES: Final = (1, 1, 1, 2, 3, 1, 20, 2, 1, 5)  # of prices, by MCC
MERCHANT_WIDTH: Final = 15
TERMINAL_WIDTH: Final = 8
TERMINAL_STEP: Final = 77_777_777  # prime to 10 ** 8: scatters numbers without a collision


@dataclass(frozen=True, slots=True)
class Block:
    """What is drawn at once: whole terminals of one day."""

    number: int
    day: int
    terminals: slice
    first_row: int  # of the plan
    counts: Ints  # rows of each of its terminals

    @property
    def end_row(self) -> int:
        """The plan's first row after it."""
        return self.first_row + int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class Estate:
    """Arrays by merchant or by terminal."""

    plan: Plan
    merchant: Ints  # of each terminal, ascending
    first_terminal: Ints  # of each merchant
    weight: Reals  # of each terminal's trade, summed up
    form: Ints
    mcc: Ints  # a place in MCCS
    opens: Ints  # seconds after local midnight
    closes: Ints
    instant: Bits
    plan_fee: Bits

    @classmethod
    def of(cls, plan: Plan) -> "Estate":
        """Found the estate of a plan."""
        chance = plan.draw(0)
        merchants = plan.merchants
        sizes = _sizes(chance, merchants, plan.terminals)
        weights = np.clip(chance.lognormal(0, 0.6, plan.terminals), 0.05, 4)
        form = chance.choice(len(FORMS), merchants, p=_shares(plan.forms, FORMS))
        shows_surcharge = (form == ACQUIRER46) | (form == HOST)
        allnight = chance.random(merchants) < 0.06
        return cls(
            plan=plan,
            merchant=np.repeat(np.arange(merchants), sizes),
            first_terminal=np.cumsum(sizes) - sizes,
            weight=np.concatenate([[0.0], np.cumsum(weights)]),
            form=form,
            mcc=chance.integers(0, len(MCCS), merchants),
            opens=np.where(allnight, 0, chance.integers(6 * 4, 10 * 4 + 1, merchants) * 900),
            closes=np.where(allnight, 24, chance.integers(19, 25, merchants)) * 3600,
            instant=shows_surcharge & (chance.random(merchants) < plan.instant),
            plan_fee=chance.random(merchants) < plan.plan_fees,
        )

    def blocks(self) -> Iterator[Block]:
        """Yield what is drawn at once, in order, until all rows of the plan are."""
        before, number = 0, 0
        for day in range(self.plan.days):
            rows = self.plan.rows * (day + 1) // self.plan.days - before
            ends = np.floor(self.weight / self.weight[-1] * rows).astype(np.int64)
            cuts = np.searchsorted(ends, np.arange(0, max(rows, 1), BLOCK_ROWS), side="left")
            edges = np.unique(np.append(cuts, self.plan.terminals))
            for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                counts = np.diff(ends[begin : end + 1])
                yield Block(number, day, slice(begin, end), before + int(ends[begin]), counts)
                number += 1
            before += rows

    def mids(self, merchants: Ints) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
        """Return merchant numbers: acquirer 3, area 4, MCC 4, serial 4."""
        area = np.array(AREAS)[merchants // 10_000 % len(AREAS)]
        acquirer = np.array(ACQUIRERS)[merchants // (10_000 * len(AREAS))]
        groups = (acquirer, area, np.array(MCCS)[self.mcc[merchants]], merchants % 10_000)
        laid = np.stack([FOUR[group] for group in groups], axis=1).view(np.uint8)[:, 1:]
        return np.ascontiguousarray(laid).view(f"S{MERCHANT_WIDTH}").ravel()


def tids(terminals: Ints) -> Ints:
    """Return terminal ids as numbers of 8 digits, each once."""
    numbers: Ints = (terminals + 1) * TERMINAL_STEP % 10**TERMINAL_WIDTH
    return numbers


def _sizes(chance: np.random.Generator, merchants: int, terminals: int) -> Ints:
    """Return terminals of each merchant: one at least, a few with very many."""
    pull = 1 / (1 + np.arange(merchants)) ** 1.1
    chance.shuffle(pull)
    ends = np.floor(np.cumsum(pull) / pull.sum() * (terminals - merchants) + 1e-9)
    ends[-1] = terminals - merchants
    sizes: Ints = 1 + np.diff(ends, prepend=0).astype(np.int64)
    return sizes


def _shares(told: Mapping[str, float], names: tuple[str, ...]) -> Reals:
    given = np.array([told.get(name, 0.0) for name in names])
    shares: Reals = given / given.sum()
    return shares


def channel_shares(plan: Plan) -> Reals:
    """Return the channels' shares summed up, in the order of CHANNELS."""
    return np.cumsum(_shares(plan.channels, tuple(CHANNELS)))
