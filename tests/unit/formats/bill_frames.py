"""Canonical bills to write and read back: what each format can carry, and nothing else."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from tillkeeper.formats.bills.catalogue import FORMATS
from tillkeeper.formats.canonical.reading import Format, Options, Verdict
from tillkeeper.formats.canonical.tables import Role, canonical
from tillkeeper.formats.catalogue import read_frame

BILLS: Final = {one.name: one for one in FORMATS}
FIRST_LINES: Final = {
    "wechat.trade": 2, "wechat.fund": 2, "alipay.trade": 5, "alipay.account": 5, "ums.headed": 5, "ums.headless": 1,
    "stripe.payout": 2, "adyen.settlement": 2,
}  # fmt: skip
NO_OPTIONS: Final = Options()

PAID_BY: Final = (
    ("有卡支付", "card"), ("微信支付", "wechat"), ("支付宝扫码", "alipay"), ("银联二维码", "unionpay_qr"),
)  # fmt: skip
Row = dict[str, Any]
ids: Final = st.text("ABCXYZabc0123456789_-", min_size=1, max_size=20)
digits: Final = st.text("0123456789", min_size=6, max_size=6)
moments: Final = st.datetimes(datetime(2015, 1, 1), datetime(2030, 12, 31)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
days: Final = st.dates(date(2015, 1, 1), date(2030, 12, 31))
cents: Final = st.integers(1, 10**11)


def goods(alphabet: str = "咖啡大杯, ，x1·()'") -> st.SearchStrategy[str]:
    """Names of goods. None is padded, none holds a card number."""
    return st.text(alphabet, max_size=12).map(lambda name: name.strip(" \t\u3000`"))


@st.composite
def wechat_trade_rows(draw, kinds=("sale", "refund", "reversal"), coupons=True) -> Row:
    kind = draw(st.sampled_from(kinds))
    sign = 1 if kind == "sale" else -1
    amount = draw(cents)
    coupon = draw(st.integers(0, amount)) if coupons else 0
    fee = sign * draw(st.integers(0, amount))
    order, transaction = draw(ids), draw(ids)
    return {
        "kind": kind,
        "state": {"sale": "success", "reversal": "revoked"}.get(kind)
        or draw(st.sampled_from(["success", "pending", "failed"])),
        "amount_minor": amount,
        "fee_minor": fee,
        "surcharge_minor": sign * coupon or None,
        "net_minor": sign * (amount - coupon) - fee,
        "mid": draw(ids),
        "tid": draw(ids),
        "order_no": order,
        "channel_no": transaction,
        "original_order_no": "" if kind == "sale" else order if kind == "reversal" else draw(ids),
        "original_channel_no": ""
        if kind == "sale"
        else transaction
        if kind == "reversal"
        else draw(ids),
        "card_type": draw(st.sampled_from(["debit", "credit", ""])),
        "at": draw(moments),
        "channel": "wechat",
        "currency": "CNY",
        "text": draw(goods()),
    }


@st.composite
def fund_rows(draw, channel, names, **more) -> Row:
    kind = draw(st.sampled_from(["sale", "refund", "fee", "payout", "transfer", "adjustment"]))
    amount = draw(cents)
    signs = {"sale": [1], "refund": [-1]}.get(kind, [1, -1])
    business = draw(ids)
    return {
        "kind": kind,
        "state": "success",
        "amount_minor": amount,
        "net_minor": draw(st.sampled_from(signs)) * amount,
        "order_no": draw(ids),
        "channel_no": business,
        "payout_no": business if kind == "payout" else "",
        "at": draw(moments),
        "channel": channel,
        "currency": "CNY",
        "text": draw(names),
        **more,
    }


@st.composite
def alipay_trade_rows(draw) -> Row:
    kind = draw(st.sampled_from(["sale", "refund"]))
    sign = 1 if kind == "sale" else -1
    amount = draw(cents)
    discount, fee = draw(st.integers(0, amount)), draw(st.integers(0, amount))
    transaction = draw(ids)
    return {
        "kind": kind,
        "state": "success",
        "amount_minor": amount,
        "fee_minor": sign * fee,
        "surcharge_minor": sign * discount or None,
        "net_minor": sign * (amount - discount - fee),
        "mid": "2088000000000156",
        "tid": draw(ids),
        "order_no": draw(ids),
        "channel_no": transaction,
        "original_order_no": draw(ids) if kind == "refund" else "",
        "original_channel_no": transaction if kind == "refund" else "",
        "at": draw(moments),
        "channel": "alipay",
        "currency": "CNY",
        "text": draw(goods("咖啡大杯, x1·()'\"")),
    }


@st.composite
def ums_rows(draw, returns=False) -> Row:
    kinds = ["sale", "void", "refund", "reversal", "completion", "preauth"]
    kind = draw(st.sampled_from(kinds))
    sign = -1 if kind in {"void", "refund", "reversal"} else 1
    amount = draw(cents)
    fee = sign * draw(st.integers(0, 10**6))
    text, channel = draw(st.sampled_from(PAID_BY))
    return {
        "kind": kind,
        "state": "success",
        "amount_minor": amount,
        "fee_minor": fee,
        "net_minor": sign * amount - fee,
        "mid": "898319849000018",
        "tid": draw(ids),
        "trace": draw(digits),
        "rrn": draw(digits) + draw(digits),
        "order_no": draw(ids),
        "original_order_no": draw(ids) if returns and kind == "refund" else "",
        "channel_no": "" if returns else draw(ids),
        "card": f"{draw(digits)}*{draw(digits)[:4]}",
        "card_type": draw(st.sampled_from(["debit", "credit", "semi_credit", "prepaid", ""])),
        "at": draw(moments),
        "settled_on": draw(days),
        "channel": channel,
        "currency": "CNY",
        "text": text,
    }


@st.composite
def payment_rows(draw, kinds, *, back, empty=()) -> Row:
    """Rows of Stripe and Adyen: each in its own currency; those of `back` name what they undo."""
    kind = draw(st.sampled_from(kinds))
    amount = draw(cents)
    sign = {"sale": 1, "refund": -1, "chargeback": -1}.get(kind) or draw(st.sampled_from([1, -1]))
    payment = kind in {"sale", "refund", "chargeback"}
    fee = draw(st.integers(-(10**6), 10**6)) if payment else 0
    undone = {name: draw(ids) if kind in {"refund", "chargeback"} else "" for name in back}
    return {
        "kind": kind,
        "state": "success",
        "amount_minor": amount,
        "fee_minor": fee,
        "net_minor": sign * amount - fee,
        "order_no": draw(ids),
        "channel_no": draw(ids),
        "at": draw(moments),
        "settled_on": draw(days),
        "channel": "card",
        "currency": draw(st.sampled_from(["EUR", "JPY", "BHD"])),
        "payout_no": draw(ids),
        "mid": "Shop",
        "text": "visa" if payment else draw(goods('Fee, "x"\' 1')),
        **undone,
        **dict.fromkeys(empty),
    }


ROWS: Final[Mapping[str, st.SearchStrategy[Row]]] = {
    "wechat.trade": wechat_trade_rows(),
    "wechat.fund": fund_rows("wechat", goods()),
    "alipay.trade": alipay_trade_rows(),
    "alipay.account": fund_rows("alipay", goods("咖啡大杯, x1·"), mid="2088000000000156"),
    "ums.headed": ums_rows(),
    "ums.headless": ums_rows(returns=True),
    "stripe.payout": payment_rows(
        ("sale", "refund", "chargeback", "fee", "payout", "transfer", "adjustment"),
        back=("original_channel_no",), empty=("mid", "order_no"),
    ),
    "adyen.settlement": payment_rows(
        ("sale", "refund", "chargeback", "fee", "payout", "transfer", "adjustment"),
        back=("original_channel_no", "original_order_no"), empty=("settled_on",),
    ),
}  # fmt: skip


def bill_of(rows: list[Row], first_line: int = 2) -> pl.DataFrame:
    """Return rows as a canonical frame, by the lines that they will stand in."""
    lines = [{"line": first_line + n, **row} for n, row in enumerate(rows)]
    frame = canonical(pl.DataFrame(lines, infer_schema_length=None), Role.BILL)
    return frame if rows else frame.clear()


def bills(name: str, rows: st.SearchStrategy[Row] | None = None) -> st.SearchStrategy[pl.DataFrame]:
    """Return canonical bills that the format of that name can carry."""
    drawn = st.lists(ROWS[name] if rows is None else rows, max_size=6)
    return drawn.map(lambda some: bill_of(some, FIRST_LINES[name]))


def read_bytes(
    data: bytes, form: Format | None, *, name: str = "bill.csv", options: Options = NO_OPTIONS
) -> tuple[pl.DataFrame, Verdict]:
    """Read what stands in a file of these bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read_frame(path, format=form, options=options)


def written(frame: pl.DataFrame, write: Callable[[pl.DataFrame, Path], None]) -> bytes:
    """Return the bytes of a written file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bill.csv"
        write(frame, path)
        return path.read_bytes()
