"""Alipay trade detail (支付宝业务明细): payments and refunds of an account, by terminal.

The sign of 服务费 differs between exports, so it is taken from 业务类型: a payment is charged, a refund given back.
A terminal asks for 订单金额, the merchant gets 商家实收 less 服务费 and 分润; what lies between is `surcharge_minor`.
"""

import re
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import alipay_writing as writing
from tillkeeper.formats.bills.alipay_text import (
    PATTERN,
    Bill,
    Words,
    opened,
    score,
    summary_figures,
)
from tillkeeper.formats.bills.blocks import Lines
from tillkeeper.formats.bills.checked import amount, at, free_text, read_cells, word
from tillkeeper.formats.bills.gathering import Figure, Gathered, shown
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.canonical.movement import direction
from tillkeeper.formats.canonical.reading import Check, Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind, Role

NAME: Final = "alipay.trade"
WORDS: Final = Words(
    needed=(
        "支付宝交易号", "商户订单号", "业务类型", "创建时间", "完成时间", "订单金额(元)", "商家实收(元)", "服务费(元)",
    ),
    known=writing.TRADE,
    summary=("交易订单总笔数", "退款订单总笔数"),
    member="业务明细",
)  # fmt: skip
KINDS: Final = {"交易": Kind.SALE, "退款": Kind.REFUND}
_TOTAL: Final = re.compile(r"#\s*(交易|退款)合计\s*[:：]\s*(\S+?)\s*笔(.*)")
_SUM: Final = re.compile(r"(实收|优惠)[^，,]*?共\s*([-+]?[\d.,]*\d)\s*元")
# (word, figure) of a total line -> what was added up, and what the check is called
TOTALS: Final = {
    ("交易", "笔"): ("sales", "payments against the total line"),
    ("退款", "笔"): ("refunds", "refunds against the total line"),
    ("交易", "实收"): ("received", "receipts against the total line"),
    ("退款", "实收"): ("returned", "returned receipts against the total line"),
    ("交易", "优惠"): ("discounts", "discounts against the total line"),
    ("退款", "优惠"): ("discounts_returned", "returned discounts against the total line"),
}
SUMMARY_ROWS: Final = {
    "交易订单总笔数": ("sales", "payments against the summary"),
    "退款订单总笔数": ("refunds", "refunds against the summary"),
}
SUMMARY_SUMS: Final = {
    "订单金额(元)": ("ordered", "order amounts against the summary"),
    "商家实收(元)": ("received_net", "receipts against the summary"),
    "服务费(元)": ("fees", "fees against the summary"),
}


def recognise(head: Head) -> float:
    """Tell by the titles."""
    return score(head, WORDS)


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a trade detail, plain or in its zip. See `Reader`."""
    gathered = Gathered(NAME, take)
    with opened(path, WORDS) as bill:
        for rows in bill.table(WORDS).frames():
            frame = _canonical(rows, options, bill)
            _add(gathered, frame)
            gathered.give(frame)
        bill.finish()
        checks = _total_checks(bill, gathered, options.currency)
        if bill.summary:
            checks += _summary_checks(bill.summary, gathered, options.currency)
    return gathered.verdict(tuple(checks), account=bill.account, currency=options.currency)


def _canonical(rows: pl.DataFrame, options: Options, bill: Bill) -> pl.DataFrame:
    cells = {
        "kind": word("业务类型", KINDS),
        "created": at("创建时间", PATTERN, options.zone),
        "done": at("完成时间", PATTERN, options.zone, needed=False),
        "ordered": amount("订单金额(元)", options.currency),
        "received": amount("商家实收(元)", options.currency),
        "fee": amount("服务费(元)", options.currency),
        "share": amount("分润(元)", options.currency, needed=False),
        "discount": amount("商家优惠(元)", options.currency, needed=False),
    }
    read_rows = read_cells(rows, cells, bill.detail.name)
    return _facts(_money(read_rows), options.currency, bill.account)


def _money(rows: pl.DataFrame) -> pl.DataFrame:
    sign = direction(pl.col("kind"))
    got, share = pl.col("received").abs(), pl.col("share").fill_null(0).abs()
    besides = sign * (pl.col("ordered").abs() - got + share)
    return rows.with_columns(
        amount_minor=pl.col("ordered").abs(),
        fee_minor=sign * pl.col("fee").abs(),
        surcharge_minor=pl.when(besides != 0).then(besides),
        net_minor=sign * (got - pl.col("fee").abs() - share),
    )


def _facts(frame: pl.DataFrame, currency: str, account: str) -> pl.DataFrame:
    refund = pl.col("kind") == Kind.REFUND
    order, transaction = text("商户订单号"), text("支付宝交易号")
    return frame.with_columns(
        mid=pl.lit(account),
        tid=text("终端号"),
        order_no=pl.when(refund).then(text("退款批次号/请求号")).otherwise(order),
        channel_no=transaction,
        original_order_no=pl.when(refund).then(order).otherwise(pl.lit("")),
        original_channel_no=pl.when(refund).then(transaction).otherwise(pl.lit("")),
        state=pl.lit(BillState.SUCCESS),
        currency=pl.lit(currency),
        at=pl.coalesce("done", "created"),
        channel=pl.lit(Channel.ALIPAY),
        text=free_text("商品名称"),
    )


def _add(gathered: Gathered, frame: pl.DataFrame) -> None:
    sale = pl.col("kind") == Kind.SALE
    got, discount = pl.col("received"), pl.col("discount").fill_null(0)
    gathered.add(
        frame,
        sales=sale.sum(),
        refunds=(~sale).sum(),
        received=got.filter(sale).sum(),
        returned=got.filter(~sale).abs().sum(),
        discounts=discount.filter(sale).abs().sum(),
        discounts_returned=discount.filter(~sale).abs().sum(),
        ordered=(direction(pl.col("kind")) * pl.col("amount_minor")).sum(),
        received_net=(direction(pl.col("kind")) * got.abs()).sum(),
        fees=pl.col("fee_minor").sum(),
    )


def _total_checks(bill: Bill, gathered: Gathered, currency: str) -> list[Check]:
    checks: list[Check] = []
    for line, comment in bill.comments:
        if total := _TOTAL.match(comment):
            checks += _line_checks(total, line, gathered, bill.detail.name, currency)
    if not checks:
        raise Truncated(name=bill.detail.name, line=bill.comments[-1][0], missing="its totals")
    return checks


def _line_checks(
    total: re.Match[str], line: int, gathered: Gathered, file: str, currency: str
) -> list[Check]:
    way, rows, sums = total.groups()
    name, check = TOTALS[way, "笔"]
    checks = [Figure(way + "合计", rows, line).of_rows(check, gathered.total(name), file)]
    for figure, cell in _SUM.findall(sums):
        name, check = TOTALS[way, figure]
        # Whether what was returned is written with a minus differs.
        unsigned = Figure(way + "合计", cell.lstrip("+-"), line)
        checks.append(unsigned.of_money(check, gathered.total(name), currency, file))
    return checks


def _summary_checks(summary: Lines, gathered: Gathered, currency: str) -> list[Check]:
    figures, file = summary_figures(summary, WORDS), summary.name
    checks = []
    for title, (name, check) in SUMMARY_ROWS.items():
        stated = sum(f.rows(file) for f in figures[title])
        checks.append(Check(check, str(stated), str(gathered.total(name))))
    for title, (name, check) in SUMMARY_SUMS.items():
        if title in figures:
            stated = abs(sum(f.minor(currency, file) for f in figures[title]))
            found = abs(gathered.total(name))
            checks.append(Check(check, shown(stated, currency), shown(found, currency)))
    return checks


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="Alipay trade detail",
    source="支付宝商家平台: 业务明细 (signcustomer), zip or CSV",
    recognise=recognise,
    read=read,
    write=writing.write_trade,
    columns=(
        ("#账号 (above the titles)", "mid"),
        ("完成时间, else 创建时间", "at"),
        ("终端号", "tid"),
        ("商户订单号; of a refund 退款批次号/请求号", "order_no"),
        ("支付宝交易号", "channel_no"),
        ("商户订单号 of a refund", "original_order_no"),
        ("支付宝交易号 of a refund", "original_channel_no"),
        ("业务类型", "kind"),
        ("订单金额(元)", "amount_minor"),
        ("服务费(元), sign by 业务类型", "fee_minor"),
        ("订单金额 − 商家实收 + 分润; empty where that is 0", "surcharge_minor"),
        ("商家实收 − 服务费 − 分润", "net_minor"),
        ("商品名称", "text"),
    ),
)
