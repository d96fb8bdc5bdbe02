"""Money: an integer of minor units and an ISO 4217 code. Pure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

# Minor digits where they are not two (ISO 4217, currencies an estate may meet).
MINOR_DIGITS: Final = {"JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def minor_digits(currency: str) -> int:
    """Return how many digits a currency has behind the point."""
    return MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units, e.g. 128000 CNY for ¥1,280.00."""

    minor: int
    currency: str = "CNY"

    @classmethod
    def of(cls, amount: Decimal, currency: str = "CNY") -> "Money":
        """Round a decimal amount of major units half up to the minor unit."""
        scaled = amount.scaleb(minor_digits(currency))
        return cls(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    def __str__(self) -> str:
        return f"{self.currency} {self.major:,.{minor_digits(self.currency)}f}"
