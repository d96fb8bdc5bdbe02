"""What was agreed with a channel or an acquirer: when its day ends, when it pays, how exactly sums must agree."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from tillkeeper.formats.canonical.reading import ZONE

CN: Final = "cn"
EVERY_DAY: Final = "every_day"
DAY_MINUTES: Final = 24 * 60
NOON_MINUTES: Final = 12 * 60


@dataclass(frozen=True, slots=True)
class Terms:
    """When a channel's business day ends and when it pays."""

    zone: str = ZONE
    cutoff_minutes: int = (
        0  # after midnight; from noon on: of the day itself, before noon: of the morning after
    )
    cycle_days: int = 1  # T+n
    calendar: str = CN  # cn, every_day, or an ISO country such as "de" or "de-by"
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()
    hold_days: int = 0  # days after the due date during which a one-sided row is still held

    @property
    def shift_minutes(self) -> int:
        """Minutes to add to local time so that its date is the business date."""
        if self.cutoff_minutes >= NOON_MINUTES:
            return DAY_MINUTES - self.cutoff_minutes
        return -self.cutoff_minutes


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two sums or days may lie apart and still agree. Above: the bank or channel has more than expected."""

    above_minor: int = 0
    below_minor: int = 0
    above_millionths: int = 0  # of the expected amount
    below_millionths: int = 0
    days_before: int = 1
    days_after: int = 1

    def above(self, amount_minor: int) -> int:
        """Return the minor units by which a sum may exceed `amount_minor`: the larger of the two limits."""
        return max(self.above_minor, abs(amount_minor) * self.above_millionths // 1_000_000)

    def below(self, amount_minor: int) -> int:
        """Return the minor units by which a sum may fall short of `amount_minor`."""
        return max(self.below_minor, abs(amount_minor) * self.below_millionths // 1_000_000)


@dataclass(frozen=True, slots=True)
class Windows:
    """Within how many minutes two rows are taken for one purchase, or one message sent twice."""

    duplicate_minutes: int = 10
    retransmission_minutes: int = 2


@dataclass(frozen=True, slots=True)
class PayoutTerms:
    """How credits on a bank statement are looked for."""

    days_after: int = 7  # after the due date, a credit may still belong to a payout
    late_after_days: int = 0  # after the due date, before a credit counts as late
    payers: tuple[
        str, ...
    ] = ()  # only credits that name one of them must be payouts; none: every credit must
