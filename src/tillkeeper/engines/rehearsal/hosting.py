"""What the channels hold of a day: a booking for each charge, its fee half up to the minor unit, the day it settles.

Columns of a bill are arrays of one length. `row` says which row of the journal a booking belongs to.
"""

from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal import codes
from tillkeeper.engines.rehearsal.codes import BLANK, CARD_TYPES, CHANNELS, Bits, Ints
from tillkeeper.engines.rehearsal.estate import Estate
from tillkeeper.engines.rehearsal.plan import (
    EPOCH,
    FEES,
    PLAN_FEE_MINOR,
    SURCHARGE_MINOR,
    SURCHARGED_MINOR,
    UTC_AHEAD_S,
    Plan,
)
from tillkeeper.engines.rehearsal.trade import BIN_TYPES, ITS_REVERSAL, Journal, scattered

Bill = dict[str, Ints]

DAY_S: Final = 86_400
NO_CAP: Final = 10**15
TAKEN_OVER: Final = (
    "number", "terminal", "merchant", "batch", "trace", "order", "kind", "amount", "channel", "card", "cryptogram",
    "original_trace", "original_rrn", "original_order",
)  # fmt: skip


def _fee_tables() -> tuple[Ints, Ints, Bits]:
    """Return rate and cap by channel and card type, and by channel whether a refund brings the fee back."""
    rates = np.zeros((len(CHANNELS), len(CARD_TYPES)), np.int64)
    caps = np.full(rates.shape, NO_CAP)
    returned = np.zeros(len(CHANNELS), np.bool_)
    for fee in FEES:
        channel = CHANNELS.index(fee.channel)
        types = CARD_TYPES.index(fee.card_type) if fee.card_type else slice(None)
        rates[channel, types] = fee.rate
        caps[channel, types] = fee.cap_minor or NO_CAP
        returned[channel] |= fee.returned
    return rates, caps, returned


RATES, CAPS, RETURNED = _fee_tables()


def hold(estate: Estate, journal: Journal) -> Bill:
    """Return the clean bill of a journal: charges, refunds and voids; both sides of what was reversed; plan fees."""
    billed = (journal["state"] == codes.APPROVED) & (journal["kind"] != codes.PREAUTH)
    netted = np.flatnonzero(journal["netted"])
    bill = booked(journal, np.flatnonzero(billed | (journal["netted"] == 1)))
    parts = [
        bill,
        reversals(journal, netted, journal["reversed_at"][netted]),
        _plan_fees(estate, journal),
    ]
    bill = joined(parts)
    price(estate, bill, slice(None))
    return bill


def booked(journal: Journal, rows: Ints) -> Bill:
    """Return bookings of journal rows, not priced yet. A code is booked up to 2 seconds after the terminal's time."""
    bill = {name: journal[name].take(rows) for name in TAKEN_OVER}
    late = np.where(bill["channel"] == codes.CARD, 0, rows % 3)
    bill |= {
        "row": rows,
        "rrn": journal["host_rrn"][rows],
        "at": journal["at"][rows] + late,
        "kept": np.ones(len(rows), np.int64),
        "misstated": np.zeros(len(rows), np.int64),  # added to the fee, and to nothing else
    }
    return bill | dict.fromkeys(("fee", "surcharge", "net", "settled"), np.zeros(0, np.int64))


def reversals(journal: Journal, rows: Ints, at: Ints) -> Bill:
    """Return the reversals of payments: under their traces, with numbers of their own; codes keep the order number."""
    bill = booked(journal, rows)
    coded = (bill["channel"] == codes.WECHAT) | (bill["channel"] == codes.ALIPAY)
    numbers = scattered(journal["number"][rows], ITS_REVERSAL)
    return bill | {
        "at": at,
        "kind": np.full(len(rows), codes.REVERSAL),
        "original_trace": bill["trace"],
        "original_rrn": bill["rrn"],
        "original_order": bill["order"],
        "rrn": np.where(coded, BLANK, numbers),
    }


def joined(bills: list[Bill]) -> Bill:
    """Return bookings one behind the other."""
    return {name: np.concatenate([bill[name] for bill in bills]) for name in bills[0]}


def price(estate: Estate, bill: Bill, rows: slice | Ints) -> None:
    """Set fee, surcharge, net and settlement day; of all rows, or of some after their amounts have changed."""
    amount, channel, kind = (bill[name][rows] for name in ("amount", "channel", "kind"))
    card = bill["card"][rows]
    types = np.where(card < 0, 0, BIN_TYPES[card // 10_000])
    fees = np.minimum((amount * RATES[channel, types] + 500_000) // 1_000_000, CAPS[channel, types])
    sale = (kind == codes.SALE) | (kind == codes.COMPLETION)
    instant = estate.instant[bill["merchant"][rows]] & (channel == codes.CARD)
    surcharge = np.where(
        instant & (kind == codes.SALE) & (amount >= SURCHARGED_MINOR), SURCHARGE_MINOR, 0
    )
    fees = np.where(sale, fees, np.where((kind == codes.REFUND) & ~RETURNED[channel], 0, -fees))
    fees[kind == codes.FEE] = 0
    told = {
        "fee": fees + bill["misstated"][rows],
        "surcharge": surcharge,
        "net": np.where(sale, amount, -amount) - fees - surcharge,
        "settled": settled_on(estate.plan, bill["at"][rows], channel),
    }
    for name, value in told.items():
        if isinstance(rows, slice):
            bill[name] = value
        else:
            bill[name][rows] = value


def settled_on(plan: Plan, at: Ints, channel: Ints) -> Ints:
    """Return the settlement day as days since 1970: the next one from the channel's cut-off on."""
    hours = np.array([plan.cutoff_hour.get(name, 24) for name in CHANNELS])
    day: Ints = (at + UTC_AHEAD_S + (24 - hours[channel]) * 3600) // DAY_S
    return day


def first_settlement(plan: Plan) -> int:
    """Return the plan's first settlement day as days since 1970."""
    return (plan.first_day - EPOCH).days


def _plan_fees(estate: Estate, journal: Journal) -> Bill:
    """Return a plan fee (流量费) for each merchant who owes one, with the first card payment of its first terminal."""
    merchant = journal["merchant"]
    first = estate.plan_fee[merchant] & (estate.first_terminal[merchant] == journal["terminal"])
    rows = np.flatnonzero(
        first & (journal["place"] == 0) & (journal["at"] < estate.plan.midnight(1))
    )
    blank = np.full(len(rows), BLANK)
    names = (
        "batch",
        "trace",
        "rrn",
        "order",
        "card",
        "cryptogram",
        "original_trace",
        "original_rrn",
        "original_order",
    )
    return (
        booked(journal, rows)
        | dict.fromkeys(names, blank)
        | {
            "kind": np.full(len(rows), codes.FEE),
            "channel": np.full(len(rows), codes.CARD),
            "amount": np.full(len(rows), PLAN_FEE_MINOR),
        }
    )
