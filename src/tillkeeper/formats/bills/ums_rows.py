"""What the two exports of UnionPay Merchant Services (银联商务) share: their words, and what the columns mean.

The signs of a refund differ between exports, so they are taken from 交易类型.
"""

from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import refuse
from tillkeeper.formats.bills.checked import (
    NO_TIME,
    UNKNOWN_KIND,
    Cell,
    amount,
    free_text,
    moment_of,
    on,
    read_cells,
)
from tillkeeper.formats.bills.gathering import Gathered
from tillkeeper.formats.canonical.cards import card, quoted
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.movement import GOING
from tillkeeper.formats.canonical.reading import Options, SetAside
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind

KINDS: Final = {
    "消费": Kind.SALE,
    "消费撤销": Kind.VOID,
    "撤销": Kind.VOID,
    "消费冲正": Kind.REVERSAL,
    "消费撤销冲正": Kind.REVERSAL,
    "冲正": Kind.REVERSAL,
    "退货": Kind.REFUND,
    "退款": Kind.REFUND,
    "联机退货": Kind.REFUND,
    "预授权": Kind.PREAUTH,
    "预授权撤销": Kind.VOID,
    "预授权冲正": Kind.REVERSAL,
    "预授权完成": Kind.COMPLETION,
    "预授权完成撤销": Kind.VOID,
    "预授权完成冲正": Kind.REVERSAL,
}
CARD_TYPES: Final = {
    "借记卡": "debit", "贷记卡": "credit", "信用卡": "credit", "准贷记卡": "semi_credit", "预付费卡": "prepaid",
    "预付卡": "prepaid",
}  # fmt: skip
SUMS: Final = {"交易金额": "amount", "清算金额": "net", "手续费": "fee"}
UNKNOWN_TYPE: Final = (
    "This 交易类型 is not known, so the row is left out of the payments; the totals count it."
)
MOST_SET_ASIDE: Final = 1_000


def take_rows(rows: pl.DataFrame, gathered: Gathered, options: Options, name: str) -> None:
    """Give the rows on, add up what a total line may state, and set rows of an unknown kind aside."""
    frame = _read(rows, options, name)
    gathered.add(frame, rows=pl.len(), **{total: pl.col(total).sum() for total in SUMS.values()})
    unknown = pl.col("kind").is_null()
    for line, value in frame.filter(unknown).select("line", "交易类型").iter_rows():
        if len(gathered.set_aside) >= MOST_SET_ASIDE:
            refuse(name, line, "交易类型", value, UNKNOWN_KIND)
        gathered.set_aside.append(SetAside(line, "交易类型", quoted(value), UNKNOWN_TYPE))
    gathered.give(_facts(_money(frame.filter(~unknown)), options.currency))


def _read(rows: pl.DataFrame, options: Options, name: str) -> pl.DataFrame:
    moment = text("交易日期") + pl.lit(" ") + text("交易时间")
    kinds = text("交易类型").replace_strict(KINDS, default=None, return_dtype=pl.String)
    cells = {
        "at": Cell("交易时间", moment_of(moment, "%Y-%m-%d %H:%M:%S", options.zone), NO_TIME),
        "settled_on": on("清算日期", "%Y%m%d"),
        "amount": amount("交易金额", options.currency),
        "net": amount("清算金额", options.currency),
        "fee": amount("手续费", options.currency),
    }
    return read_cells(rows, cells, name).with_columns(kind=kinds)


def _money(rows: pl.DataFrame) -> pl.DataFrame:
    unsigned = pl.col("kind").is_in(GOING) & (pl.col("amount") > 0)
    sign = pl.when(unsigned).then(-1).otherwise(1)
    return rows.with_columns(
        amount_minor=pl.col("amount").abs(),
        fee_minor=sign * pl.col("fee"),
        net_minor=sign * pl.col("net"),
    )


def _facts(rows: pl.DataFrame, currency: str) -> pl.DataFrame:
    refund = (pl.col("kind") == Kind.REFUND) & (text("退货订单号") != "")
    order = text("商户订单号")
    return rows.with_columns(
        mid=text("商户号"),
        tid=text("终端号"),
        trace=text("流水号"),
        rrn=text("参考号"),
        order_no=pl.when(refund).then(text("退货订单号")).otherwise(order),
        original_order_no=pl.when(refund).then(order).otherwise(pl.lit("")),
        channel_no=text("银商订单号"),
        state=pl.lit(BillState.SUCCESS),
        currency=pl.lit(currency),
        card=card(text("卡号")),
        card_type=text("卡类型").replace_strict(CARD_TYPES, default=""),
        channel=_channel(),
        text=free_text("支付类型"),
    )


def _channel() -> pl.Expr:
    paid_by = text("支付类型") + text("发卡行") + text("卡类型")
    return (
        pl.when(paid_by.str.contains("微信"))
        .then(pl.lit(Channel.WECHAT))
        .when(paid_by.str.contains("支付宝"))
        .then(pl.lit(Channel.ALIPAY))
        .when(paid_by.str.contains("二维码|扫码|云闪付"))
        .then(pl.lit(Channel.UNIONPAY_QR))
        .otherwise(pl.lit(Channel.CARD))
    )
