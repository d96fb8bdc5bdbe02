"""What money is in doubt in a difference: the specification. Pure.

Positive: we hold money that nobody may claim yet. Negative: somebody's money is missing.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from tillkeeper.engines.matching.classes import DifferenceClass as C
from tillkeeper.settlement.lifecycle import Account

Row = Mapping[str, Any]


def _amount(row: Row) -> int:
    return int(row["amount_minor"] or 0)


def _more_than_expected(row: Row) -> int:
    return int(row["other_minor"] or 0) - int(row["amount_minor"] or 0)


def _fee_too_high(row: Row) -> int:
    """A fee that is too high is money that the merchant misses."""
    return int(row["expected_fee_minor"] or 0) - int(row["fee_minor"] or 0)


def _missing(row: Row) -> int:
    return -_amount(row)


def _nothing(_row: Row) -> int:
    return 0


STAKES: Final[Mapping[str, Callable[[Row], int]]] = MappingProxyType(
    {
        C.CHARGED_WITHOUT_SLIP: _amount,
        C.SLIP_WITHOUT_CHARGE: _missing,
        C.DUPLICATE_CHARGE: _amount,
        C.AMOUNT_DIFFERS: _more_than_expected,
        C.FEE_DIFFERS: _fee_too_high,
        C.PAYOUT_MISSING: _missing,
        C.PAYOUT_LATE: _nothing,
        C.PAYOUT_DIFFERS: _more_than_expected,
        C.UNKNOWN_CREDIT: _amount,
        C.REFUND_NOT_RETURNED: _amount,
        C.REFUND_WITHOUT_SLIP: _missing,
        C.WRONG_MERCHANT: _amount,
        C.WRONG_TERMINAL: _nothing,
        C.REVERSAL_LOST: _amount,
        C.REVERSAL_LATE: _amount,
        C.TRACE_GAP: _nothing,
        C.HELD: _nothing,
        C.AMBIGUOUS: _nothing,
    }
)

# Where the money of a difference stood before it was put on suspense: with the merchant, or still with the channel.
WITH_THE_CHANNEL: Final = frozenset(
    {C.PAYOUT_MISSING, C.PAYOUT_LATE, C.PAYOUT_DIFFERS, C.UNKNOWN_CREDIT}
)


def stood_on(difference: str) -> Account:
    """Return the account that a difference's money was taken off, and goes back to when it is accepted."""
    return (
        Account.CHANNEL_RECEIVABLE if difference in WITH_THE_CHANNEL else Account.MERCHANT_PAYABLE
    )


def at_stake_minor(row: Row) -> int:
    """Return what is in doubt in a row of differences, in minor units."""
    return STAKES[row["class"]](row)
