"""The plan of a rehearsal: how large, when, how mixed, and what is to go wrong how often. Same plan, same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal.codes import FORMS
from tillkeeper.formats.canonical.tables import Channel

BLOCK_ROWS: Final = 65_536  # what is drawn at once, in whole terminals; part of what a seed means
DAILY_ROWS: Final = 1_000  # of one terminal on average at most: every 50 seconds
MERCHANTS: Final = 900_000  # as many merchant numbers can be told apart
TERMINALS: Final = 10_000_000
UTC_AHEAD_S: Final = 8 * 3600  # China, all year
EPOCH: Final = date(1970, 1, 1)
MONDAY: Final = date(2025, 6, 9)  # of a week without a holiday
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the payments of a clean day."""

    declined: float = 0.03
    voided: float = 0.008
    refunded: float = 0.008
    preauthorised: float = 0.004  # half of them are completed
    reversed: float = 0.003  # the host nets them to zero or never heard of them
    queried: float = 0.03  # a query took a trace number before the payment
    offline: float = 0.01
    repeated: float = 0.01  # the same customer buys the same again, hours later
    reprinted: float = 0.01
    waived: float = 0.2  # of payments by code: the customer's own telephone is the receipt


@dataclass(frozen=True, slots=True)
class Fee:
    """What a payment of a channel costs. A rate is in millionths; the fee is rounded half up to the minor unit."""

    channel: Channel
    rate: int
    card_type: str = ""  # any
    cap_minor: int | None = None
    returned: bool = False  # a refund brings the fee back


FEES: Final = (
    Fee(Channel.CARD, 6_000),
    Fee(Channel.CARD, 5_000, "debit", 2_000),
    Fee(Channel.WECHAT, 3_800, returned=True),
    Fee(Channel.ALIPAY, 3_800, returned=True),
    Fee(Channel.UNIONPAY_QR, 3_800),
)
SURCHARGE_MINOR: Final = 200  # of an instant payout, on each card sale of at least:
SURCHARGED_MINOR: Final = 1_000
PLAN_FEE_MINOR: Final = 6_000  # taken from a payout, as a row of its own in the bill


@dataclass(frozen=True, slots=True)
class Plan:
    """What is rehearsed."""

    seed: int
    rows: int  # payments in the terminals' journals, over all days, before anything goes wrong
    merchants: int
    terminals: int
    first_day: date = MONDAY
    days: int = 1
    channels: Mapping[str, float] = field(
        default_factory=lambda: {"card": 0.5, "wechat": 0.28, "alipay": 0.18, "unionpay_qr": 0.04}
    )
    forms: Mapping[str, float] = field(
        default_factory=lambda: {
            "zm": 0.15,
            "acquirer46": 0.4,
            "ums": 0.15,
            "ums_pipe": 0.2,
            "host": 0.1,
        }
    )  # of merchants, by the file their acquirer writes
    rates: Rates = Rates()
    instant: float = 0.05  # of merchants whose file shows surcharges: paid out at once
    plan_fees: float = 0.02  # of merchants
    cutoff_hour: Mapping[str, int] = field(
        default_factory=lambda: {"card": 23, "unionpay_qr": 23}
    )  # local; the others end their day at midnight
    closed: frozenset[date] = frozenset()  # holidays; Saturdays and Sundays always are
    open_days: frozenset[date] = frozenset()  # weekend days that are worked
    faults: Mapping[str, int] = field(default_factory=dict)  # how many of each, by its name

    def __post_init__(self) -> None:
        if not 1 <= self.merchants <= min(self.terminals, MERCHANTS):
            raise ValueError("a plan needs 1 to 900,000 merchants, each with a terminal")
        if not 1 <= self.terminals <= TERMINALS or self.rows < 0 or self.days < 1:
            raise ValueError("a plan needs 1 to 10,000,000 terminals, a day, and no negative rows")
        if self.rows > self.terminals * self.days * DAILY_ROWS:
            raise ValueError("at most 1,000 rows for each terminal and day")
        _share_out(self.channels, tuple(Channel), "channels")
        _share_out(self.forms, FORMS, "forms")

    @classmethod
    def sized(cls, seed: int, rows: int, faults: Mapping[str, int] | None = None) -> "Plan":
        """Return a plan of one day with an estate that fits the number of rows: 120 for each terminal."""
        terminals = max(rows // 120, 4)
        return cls(seed, rows, max(terminals // 3, 2), terminals, faults=faults or {})

    @property
    def as_of(self) -> date:
        """A day by which everything is due, and late payouts have come."""
        day = self.first_day + timedelta(days=self.days)
        for _ in range(8):
            day = self.working_day_after(day)
        return day

    def working_day_after(self, day: date) -> date:
        """Return the next day on which banks pay."""
        ahead = day + timedelta(days=1)
        while not self._worked(ahead):
            ahead += timedelta(days=1)
        return ahead

    def midnight(self, day: int) -> int:
        """Return when the plan's n-th day begins in China, as seconds since 1970 in UTC."""
        begin = datetime.combine(self.first_day, datetime.min.time(), UTC)
        return int(begin.timestamp()) + day * 86_400 - UTC_AHEAD_S

    def draw(self, *what: int) -> np.random.Generator:
        """Return the chance of one part of the rehearsal, which no other part disturbs."""
        return np.random.Generator(np.random.SFC64([self.seed, *what]))

    def _worked(self, day: date) -> bool:
        return day in self.open_days or (day.weekday() < SATURDAY and day not in self.closed)


def _share_out(told: Mapping[str, float], known: tuple[str, ...], what: str) -> None:
    if not set(told) <= set(known) or min(told.values(), default=0) < 0 or not sum(told.values()):
        raise ValueError(f"a plan needs shares of {what}: {', '.join(known)}")
