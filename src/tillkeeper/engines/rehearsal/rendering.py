"""From the rehearsal's numbers to canonical frames; a bill shows of each row what its kind of file has a column for."""

from collections.abc import Callable
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tillkeeper.engines.rehearsal import codes, texts
from tillkeeper.engines.rehearsal.codes import (
    ACQUIRER46,
    ALIPAY_BILL,
    BLANK,
    HOST,
    UMS,
    UMS_PIPE,
    WECHAT_BILL,
    ZM,
    Bits,
    Ints,
)
from tillkeeper.engines.rehearsal.estate import MCCS, Estate, tids
from tillkeeper.engines.rehearsal.hosting import DAY_S, Bill
from tillkeeper.engines.rehearsal.plan import EPOCH, UTC_AHEAD_S
from tillkeeper.engines.rehearsal.trade import BIN_TYPES, BINS, NUMBERS, Journal
from tillkeeper.formats.canonical.tables import BILL, JOURNAL, MOMENT

CURRENCY: Final = "CNY"
OLD_NUMBER: Final = 500_000_000_000  # order numbers of sales before the first day
ORDER_SPREAD: Final = 3_141_592_657  # prime to 10 ** 12
UNSHOWN: Final = ("row", "kept", "misstated", "entry")
MICRO: Final = 1_000_000
BY_CARD: Final = (ZM, ACQUIRER46, UMS, UMS_PIPE, HOST)
BY_CODE: Final = (WECHAT_BILL, ALIPAY_BILL)
# Which file has a column for what (payments.md 3.1 to 3.5). What is not named here, all have.
SHOWN_IN: Final = MappingProxyType({
    "batch": (UMS_PIPE, HOST),
    "trace": BY_CARD,
    "rrn": (ACQUIRER46, UMS, UMS_PIPE, HOST),
    "mcc": (ZM, ACQUIRER46, HOST),
    "surcharge_minor": (ACQUIRER46, HOST),
    "net_minor": (ZM, UMS, HOST),
    "settled_on": (ACQUIRER46, UMS, UMS_PIPE, HOST),
    "payout_no": (HOST,),
    "cryptogram": (HOST,),
    "original_trace": (ZM, ACQUIRER46, HOST),
    "original_rrn": (ACQUIRER46, HOST),
    "original_order_no": BY_CODE,
})  # fmt: skip
SHOWN: Final = {name: np.isin(np.arange(7), have) for name, have in SHOWN_IN.items()}


def journal_frame(estate: Estate, journal: Journal, line: int) -> pl.DataFrame:
    """Return the rows that are in the journal, as canonical JOURNAL; lines are counted from `line` on."""
    if not journal["kept"].all():
        there = np.flatnonzero(journal["kept"])
        journal = {name: values[there] for name, values in journal.items()}
    told = _shared(estate, journal) | {
        "line": pl.Series(np.arange(line, line + len(journal["at"]))),
        "batch": texts.six(journal["batch"]),
        "trace": texts.six(journal["trace"]),
        "rrn": texts.number(journal["rrn"], 12),
        "state": texts.words(codes.STATES, journal["state"]),
        "slip": texts.words(codes.SLIPS, journal["slip"]),
        "operator": texts.words(("", "01", "02", "03"), journal["operator"]),
        "original_trace": texts.six(journal["original_trace"]),
        "original_rrn": texts.number(journal["original_rrn"], 12),
        "reversal_reason": texts.words(codes.REASONS, journal["reason"]),
        "reversal_answer": texts.words(codes.ANSWERS, journal["answer"]),
        "reversed_at": _moment(journal["reversed_at"], journal["reversed_at"] > 0),
        "batch_closed_at": _moment(journal["closed_at"]),
        "cryptogram": _cryptogram(journal, journal["cryptogram"] >= 0),
        "entry": texts.words(codes.ENTRIES, journal["entry"]),
    }
    return pl.DataFrame({name: told[name] for name in JOURNAL})


def bill_frame(estate: Estate, bill: Bill, line: int) -> pl.DataFrame:
    """Return the bookings as canonical BILL, in the order of their times; lines are counted from `line` on."""
    there = np.flatnonzero(bill["kept"])
    order = there[np.argsort(bill["at"][there], kind="stable")]
    bill = {name: values.take(order) for name, values in bill.items() if name not in UNSHOWN}
    form = forms(estate, bill["merchant"], bill["channel"])
    told = _shared(estate, bill) | _numbers(estate, bill, form) | {
        "line": pl.Series(np.arange(line, line + len(order))),
        "state": texts.words(codes.BILL_STATES, _states(bill)),
        "fee_minor": pl.Series(bill["fee"]),
        "surcharge_minor": _where(bill["surcharge"], SHOWN["surcharge_minor"][form]),
        "net_minor": _where(bill["net"], SHOWN["net_minor"][form]),
        "card_type": texts.words(codes.CARD_TYPES, card_types(bill["card"])),
        "mcc": texts.words(
            ("", *map(str, MCCS)),
            np.where(SHOWN["mcc"][form], estate.mcc[bill["merchant"]] + 1, 0),
        ),
        "settled_on": _where(bill["settled"], SHOWN["settled_on"][form]).cast(pl.Int32).cast(pl.Date),
        "text": texts.words(("", "流量费"), (bill["kind"] == codes.FEE).astype(np.int64)),
    }  # fmt: skip
    return pl.DataFrame({name: told[name] for name in BILL})


def forms(estate: Estate, merchant: Ints, channel: Ints) -> Ints:
    """Return in which kind of file each row comes."""
    files = np.where(channel == codes.ALIPAY, ALIPAY_BILL, estate.form[merchant])
    return np.where(channel == codes.WECHAT, WECHAT_BILL, files)


def card_types(card: Ints) -> Ints:
    """Return places in CARD_TYPES."""
    return np.where(card < 0, 0, BIN_TYPES[card // 10_000])


def merchant_numbers(estate: Estate, merchant: Ints) -> pl.Series:
    """Return the MID of each row. Rows name few merchants, near each other."""
    return _by_range(merchant, lambda range_: _table(estate.mids(range_)))


def terminal_numbers(terminal: Ints) -> pl.Series:
    """Return the TID of each row."""
    return _by_range(terminal, lambda range_: texts.number(tids(range_), 8))


def order_numbers(estate: Estate, order: Ints) -> pl.Series:
    """Return the merchants' order numbers: the plan's first day and 12 digits. Below BLANK: orders of earlier days."""
    old = order < BLANK
    where = order != BLANK
    number = np.where(old, OLD_NUMBER - order, order) * ORDER_SPREAD % NUMBERS
    first = f"{estate.plan.first_day:%Y%m%d}".encode()
    return texts.column([first, texts.digits(number[where], 12)], where)


def _numbers(estate: Estate, bill: Bill, form: Ints) -> dict[str, pl.Series]:
    """Return the columns a booking is known by, blank where its file has none."""
    unrelated = (bill["original_order"] == BLANK) | (form == ZM)
    shown = {name: SHOWN[name][form] for name in SHOWN}

    def seen(name: str, column: str) -> Ints:
        return np.where(shown[column], bill[name], BLANK)

    cipher = shown["cryptogram"] & (bill["cryptogram"] >= 0)
    return {
        "batch": texts.six(seen("batch", "batch")),
        "trace": texts.six(seen("trace", "trace")),
        "rrn": texts.number(seen("rrn", "rrn"), 12),
        "channel_no": _channel_numbers(estate, bill, bill["number"], form),
        "original_channel_no": _channel_numbers(
            estate, bill, bill["original_order"], np.where(unrelated, HOST, form)
        ),
        "payout_no": payout_numbers(
            bill["merchant"], bill["channel"], bill["settled"], shown["payout_no"]
        ),
        "cryptogram": _cryptogram(bill, cipher),
        "original_trace": texts.six(seen("original_trace", "original_trace")),
        "original_rrn": texts.number(seen("original_rrn", "original_rrn"), 12),
        "original_order_no": order_numbers(estate, seen("original_order", "original_order_no")),
    }


def payout_numbers(merchant: Ints, channel: Ints, settled: Ints, where: Bits) -> pl.Series:
    """Return the numbers of payouts: settlement date, channel, merchant; "" where `where` does not hold."""
    numbers = texts.digits(channel[where] * 10**7 + merchant[where], 8)
    return texts.column([b"P", _dates(settled[where]), numbers], where)


def _channel_numbers(estate: Estate, bill: Bill, numbers: Ints, form: Ints) -> pl.Series:
    """Return queryId, WeChat's or Alipay's order number of the payments with these numbers; "" for other files."""
    wechat, alipay, zm = (form == one for one in (WECHAT_BILL, ALIPAY_BILL, ZM))

    def drawn(where: Bits, width: int) -> texts.Bytes:
        mixed = (numbers[where] + OLD_NUMBER) % NUMBERS * ORDER_SPREAD % NUMBERS
        return texts.digits(mixed, width)

    day = f"{estate.plan.first_day:%Y%m%d}22001".encode()
    ways: list[tuple[Bits, list[texts.Bytes | bytes]]] = [
        (wechat, [b"4200002", drawn(wechat, 9), drawn(wechat, 12)]),
        (alipay, [day, drawn(alipay, 3), drawn(alipay, 12)]),
        (zm, _query_ids(bill, zm)),
    ]
    return texts.either(ways, len(form))


def _query_ids(bill: Bill, where: Bits) -> list[texts.Bytes | bytes]:
    """Return yyyyMMddHHmmss in China, the trace, and one digit (payments.md 3.4, field 10)."""
    local = bill["at"][where] + UTC_AHEAD_S
    day, second = local // DAY_S, local % DAY_S
    clock = second // 3600 * 10_000 + second // 60 % 60 * 100 + second % 60
    trace = np.maximum(bill["trace"][where], 0)
    return [_dates(day), texts.digits(clock, 6), texts.digits(trace, 6), b"8"]


def _dates(days: Ints) -> texts.Bytes:
    """Return days since 1970 as yyyyMMdd; they lie near each other."""
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    told = [f"{EPOCH + timedelta(days=day):%Y%m%d}" for day in range(first, last + 1)]
    return texts.cut(np.array(told, "S8"), days - first)


def _shared(estate: Estate, rows: Journal | Bill) -> dict[str, pl.Series]:
    return {
        "mid": merchant_numbers(estate, rows["merchant"]),
        "tid": terminal_numbers(rows["terminal"]),
        "order_no": order_numbers(estate, rows["order"]),
        "kind": texts.words(codes.KINDS, rows["kind"]),
        "amount_minor": pl.Series(rows["amount"]),
        "currency": texts.words((CURRENCY,), np.zeros(len(rows["at"]), np.int64)),
        "card": _cards(rows["card"]),
        "at": _moment(rows["at"]),
        "channel": texts.words(codes.CHANNELS, rows["channel"]),
    }


def _states(bill: Bill) -> Ints:
    revoked = (bill["kind"] == codes.REVERSAL) & (bill["channel"] == codes.WECHAT)
    return np.where(revoked, codes.REVOKED, codes.SUCCESS)


def _cards(card: Ints) -> pl.Series:
    where = card >= 0
    held = card[where]
    return texts.column([texts.cut(BINS, held // 10_000), b"*", texts.digits(held, 4)], where)


def _cryptogram(rows: Journal | Bill, where: Bits) -> pl.Series:
    """Return tag 9F26, 8 octets, and a counter (9F36), 2 octets."""
    secret = rows["cryptogram"][where]
    parts = [texts.hexadecimal(secret, 8), texts.hexadecimal(secret % 997, 2)]
    return texts.column(list(parts), where)


def _moment(seconds: Ints, where: Bits | None = None) -> pl.Series:
    moments = pl.Series(seconds * MICRO)
    return (moments if where is None else _where(seconds * MICRO, where)).cast(MOMENT)


def _where(values: Ints, where: Bits) -> pl.Series:
    return pl.Series(pa.array(values, mask=~where))


def _by_range(numbers: Ints, table: Callable[[Ints], pl.Series]) -> pl.Series:
    """Return for each number its text, made once for each number between the lowest and the highest."""
    if not len(numbers):
        return pl.Series(dtype=pl.String)
    lowest = int(numbers.min())
    made = table(np.arange(lowest, int(numbers.max()) + 1))
    return texts.picked(made, numbers - lowest)


def _table(texts_: NDArray[np.bytes_]) -> pl.Series:
    return pl.Series(texts_.astype(str).tolist(), dtype=pl.String)
