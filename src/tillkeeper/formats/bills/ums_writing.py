"""Writes both exports of UnionPay Merchant Services, for generators and tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.writing import NOTHING, local, major, rows_text, save
from tillkeeper.formats.canonical.tables import Kind

HEADED: Final = (
    "清算日期", "交易日期", "交易时间", "终端号", "交易金额", "清算金额", "手续费", "流水号", "交易类型", "参考号",
    "卡号", "商户号", "发卡行", "卡类型", "商户订单号", "银商订单号", "支付类型",
)  # fmt: skip
# The names of those that the export leaves blank most often are taken from the export of 25 columns.
HEADLESS: Final = (
    "清算日期", "交易日期", "交易时间", "交易金额", "终端号", "清算金额", "手续费", "流水号", "交易类型", "参考号",
    "卡号", "商户号", "发卡行", "卡类型", "商户订单号", "退货订单号", "支付类型", "实际支付金额", "备注", "付款附言",
    "钱包优惠金额",
)  # fmt: skip
_WORDS: Final = {
    Kind.SALE: "消费", Kind.VOID: "消费撤销", Kind.REVERSAL: "消费冲正", Kind.REFUND: "退货",
    Kind.PREAUTH: "预授权", Kind.COMPLETION: "预授权完成",
}  # fmt: skip
_CARD_TYPES: Final = {
    "debit": "借记卡", "credit": "贷记卡", "semi_credit": "准贷记卡", "prepaid": "预付费卡",
}  # fmt: skip
_GOING: Final = (Kind.VOID, Kind.REFUND, Kind.REVERSAL)


def write_headed(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical card payments as an export with titles and a total line."""
    day = frame["settled_on"].min() if frame.height else None
    shown = "" if day is None else str(day).replace("-", "")
    top = [
        ("对账明细查询结果（仅显示1000条记录）",),
        ("集团名称：",),
        ("清算日期从：", shown, "到：", shown, "", "业务类型：", "全部"),
        HEADED,
    ]
    rows = _cells(frame).select(HEADED)
    amount, net, fee = _sums(frame)
    total = (
        "总笔数：", str(frame.height), "交易金额：", amount, "", "结算金额：", net, "", "手续费：", fee,
    )  # fmt: skip
    save(
        path, *map(_line, top), rows_text(rows, "\t").replace("\n", "\r\n"), _line(()), _line(total)
    )


def write_headless(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical card payments as an export without titles."""
    rows = _cells(frame).select(HEADLESS)
    footer = "对账明细查询结果\r\n" * 2
    save(path, rows_text(rows, "\t").replace("\n", "\r\n"), footer)


def _line(cells: Sequence[str]) -> str:
    return "\t".join([*cells, *[""] * (len(HEADED) - len(cells))]) + "\r\n"


def _sums(frame: pl.DataFrame) -> tuple[str, str, str]:
    amount, net, fee = _signed()
    sums = frame.select(a=major(amount.sum()), n=major(net.sum()), f=major(fee.sum())).row(0)
    return str(sums[0]), str(sums[1]), str(sums[2])


def _signed() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    sign = pl.when(pl.col("kind").is_in(_GOING)).then(-1).otherwise(1)
    return sign * pl.col("amount_minor"), pl.col("net_minor"), pl.col("fee_minor")


def _cells(frame: pl.DataFrame) -> pl.DataFrame:
    amount, net, fee = _signed()
    original = pl.col("original_order_no") != ""
    return frame.select(
        清算日期=pl.col("settled_on").dt.strftime("%Y%m%d"),
        交易日期=local(pl.col("at"), "%Y-%m-%d"),
        交易时间=local(pl.col("at"), "%H:%M:%S"),
        终端号=pl.col("tid"),
        交易金额=major(amount),
        清算金额=major(net),
        手续费=major(fee),
        流水号=pl.col("trace"),
        交易类型=pl.col("kind").replace_strict(_WORDS),
        参考号=pl.col("rrn"),
        卡号=pl.col("card").str.replace("*", "*" * 9, literal=True),
        商户号=pl.col("mid"),
        发卡行=NOTHING,
        卡类型=pl.col("card_type").replace_strict(_CARD_TYPES, default=""),
        商户订单号=pl.when(original).then("original_order_no").otherwise("order_no"),
        退货订单号=pl.when(original).then("order_no").otherwise(NOTHING),
        银商订单号=pl.col("channel_no"),
        支付类型=pl.col("text"),
        实际支付金额=major(amount),
        备注=NOTHING,
        付款附言=NOTHING,
        钱包优惠金额=NOTHING,
    )
