"""Fee plans (费率方案) as data: what a payment should cost, whom a plan is for, which of two plans counts.

The most specific plan wins: one for a merchant number before one for a longer, then a shorter beginning of it, before
one for an MCC, before one for a card type, before one for a channel. Two plans that could claim the same payment with
the same right are refused when the rules are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, groupby
from typing import Final

MILLION: Final = 1_000_000  # rates are whole millionths: 0.38 % is 3,800
EXACT_MID: Final = 99  # ranks a whole merchant number above any beginning of one
SURCHARGE_ON: Final = ("charged", "all")
DEDUCTED_FROM: Final = ("payout", "separate")
PERIODS: Final = ("month", "year")


@dataclass(frozen=True, slots=True)
class Tier:
    """The rate from a month's volume on."""

    from_minor: int
    rate: int


@dataclass(frozen=True, slots=True)
class Surcharge:
    """What an instant payout (D0, 秒到) costs on top."""

    flat_minor: int = 0
    rate: int = 0
    on: str = "charged"  # only where the channel charges one, or on every payment


@dataclass(frozen=True, slots=True)
class PlanFee:
    """What having the terminal costs for each month or year (流量费)."""

    amount_minor: int
    period: str = "year"
    deducted_from: str = "payout"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a plan is for. Nothing named: everybody."""

    mids: tuple[str, ...] = ()  # whole numbers, or beginnings that end in "*"
    mccs: tuple[str, ...] = ()
    card_types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    currency: str = "CNY"
    first_day: date = date.min
    last_day: date = date.max

    def claims(self) -> "Iterator[Claim]":
        """Yield every single combination that the plan is for."""
        for mid in self.mids or ("*",):
            for mcc in self.mccs or ("",):
                for card_type in self.card_types or ("",):
                    for channel in self.channels or ("",):
                        yield Claim(mid, mcc, card_type, channel)


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One combination. A mid that ends in "*" is a beginning; "" for the others is any."""

    mid: str
    mcc: str
    card_type: str
    channel: str

    @property
    def rank(self) -> tuple[int, bool, bool, bool]:
        """How specific it is; the higher goes first. Claims of one rank name the same columns."""
        length = len(self.mid) - 1 if self.mid.endswith("*") else EXACT_MID
        return length, self.mcc != "", self.card_type != "", self.channel != ""


@dataclass(frozen=True, slots=True)
class FeePlan:
    """What payments of a scope cost: rate and flat part, at least the floor, at most the cap."""

    name: str
    scope: Scope = Scope()
    rate: int = 0
    tiers: tuple[Tier, ...] = ()  # in place of rate, by the month's volume before the payment
    flat_minor: int = 0
    floor_minor: int = 0
    cap_minor: int | None = None
    refund_returns_fee: bool = False
    surcharge: Surcharge | None = None  # none: not judged
    plan_fee: PlanFee | None = None
    charges: bool = True  # False: it names a plan fee alone and says nothing of payments


def rivals(plans: Sequence[FeePlan]) -> tuple[FeePlan, FeePlan, Claim] | None:
    """Return two plans that could claim one payment with the same right, and the combination; or None."""
    claims = sorted(
        ((plan.scope.currency, claim), number)
        for number, plan in enumerate(plans)
        for claim in set(plan.scope.claims())
    )
    for (_, claim), group in groupby(claims, key=lambda pair: pair[0]):
        named = [plans[number] for _, number in group]
        for one, other in combinations(named, 2):
            if _overlap(one.scope, other.scope):
                return one, other, claim
    return None


def _overlap(one: Scope, other: Scope) -> bool:
    return one.first_day <= other.last_day and other.first_day <= one.last_day
