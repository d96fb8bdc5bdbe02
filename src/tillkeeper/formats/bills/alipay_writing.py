"""Writes Alipay's details, for generators and tests: GB18030, CRLF, `#` lines around the rows, ids with a TAB."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.writing import NOTHING, local, major, rows_text, save
from tillkeeper.formats.canonical.tables import Kind

TRADE: Final = (
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员",
    "终端号", "对方账户", "订单金额(元)", "商家实收(元)", "支付宝红包(元)", "集分宝(元)", "支付宝优惠(元)",
    "商家优惠(元)", "券核销金额(元)", "券名称", "商家红包消费金额(元)", "卡消费金额(元)", "退款批次号/请求号",
    "服务费(元)", "分润(元)", "备注",
)  # fmt: skip
ACCOUNT: Final = (
    "账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号", "收入金额(+元)", "支出金额(-元)",
    "账户余额(元)", "交易渠道", "业务类型", "备注",
)  # fmt: skip
ACCOUNT_WORDS: Final = {
    Kind.SALE: "交易",
    Kind.REFUND: "退款",
    Kind.FEE: "收费",
    Kind.PAYOUT: "提现",
    Kind.TRANSFER: "转账",
}
_WIDE: Final = str.maketrans({"(": "（", ")": "）", "+": "＋", "-": "－"})
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_RULE: Final = "-" * 40


def write_trade(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical payments and refunds of one account as a trade detail."""
    refund = pl.col("kind") == Kind.REFUND
    sign = pl.when(refund).then(-1).otherwise(1)
    # Where nobody told the net, the merchant got what was asked for less the fee.
    frame = frame.with_columns(
        pl.coalesce("net_minor", sign * pl.col("amount_minor") - pl.col("fee_minor"))
    )
    time = local(pl.col("at"), _TIME)
    order, received = sign * pl.col("amount_minor"), pl.col("net_minor") + pl.col("fee_minor")
    cells = {
        "支付宝交易号": _padded("channel_no"),
        "商户订单号": pl.when(refund).then(_padded("original_order_no")).otherwise(_padded("order_no")),
        "业务类型": pl.when(refund).then(pl.lit("退款")).otherwise(pl.lit("交易")),
        "商品名称": pl.col("text"),
        "创建时间": time,
        "完成时间": time,
        "终端号": pl.col("tid"),
        "订单金额(元)": major(order),
        "商家实收(元)": major(received),
        "商家优惠(元)": major(order - received),
        "退款批次号/请求号": pl.when(refund).then("order_no").otherwise(NOTHING),
        "服务费(元)": major(-pl.col("fee_minor")),
        "分润(元)": pl.lit("0.00"),
    }  # fmt: skip
    rows = frame.select([cells.get(title, NOTHING).alias(title) for title in TRADE])
    totals = [
        _total(frame.filter(~refund), "#交易合计：%s笔，商家实收共%s元，商家优惠共%s元", 1),
        _total(frame.filter(refund), "#退款合计：%s笔，商家实收退款共%s元，商家优惠共%s元", -1),
    ]
    _save(path, "业务明细", frame, TRADE, rows, totals)


def write_account(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical rows, whose `net_minor` moves the account, as an account detail that starts from 0."""
    net, coming = pl.col("net_minor"), pl.col("net_minor") >= 0
    cells = {
        "账务流水号": pl.col("line").cast(pl.String) + pl.lit("\t"),
        "业务流水号": _padded("channel_no"),
        "商户订单号": _padded("order_no"),
        "商品名称": pl.col("text"),
        "发生时间": local(pl.col("at"), _TIME),
        "收入金额(+元)": pl.when(coming).then(major(net)).otherwise(NOTHING),
        "支出金额(-元)": pl.when(coming).then(NOTHING).otherwise(major(net)),
        "账户余额(元)": major(net.cum_sum()),
        "交易渠道": pl.lit("支付宝"),
        "业务类型": pl.col("kind").replace_strict(ACCOUNT_WORDS, default="其它"),
    }
    rows = frame.select([cells.get(title, NOTHING).alias(title) for title in ACCOUNT])
    totals = [
        _moved(frame, ~coming, "#支出合计：%s笔，共%s元"),
        _moved(frame, coming, "#收入合计：%s笔，共%s元"),
    ]
    _save(path, "账务明细", frame, ACCOUNT, rows, totals)


def _padded(column: str) -> pl.Expr:
    return pl.col(column) + pl.lit("\t")


def _total(frame: pl.DataFrame, sentence: str, sign: int) -> str:
    received = sign * (pl.col("net_minor") + pl.col("fee_minor")).sum()
    sums = frame.select(a=major(received), b=major(pl.col("amount_minor").sum() - received)).row(0)
    return sentence % (frame.height, *sums)


def _moved(frame: pl.DataFrame, which: pl.Expr, sentence: str) -> str:
    moved = frame.filter(which)
    return sentence % (moved.height, moved.select(major(pl.col("net_minor").sum())).item())


def _save(
    path: Path, kind: str, frame: pl.DataFrame, titles: Sequence[str], rows: pl.DataFrame, totals: list[str]
) -> None:  # fmt: skip
    account = frame["mid"][0] if frame.height else ""
    lines = [
        f"#支付宝{kind}查询",
        f"#账号：[{account}]",
        f"#{_RULE}{kind}列表{_RULE}",
        ",".join(titles).translate(_WIDE),
    ]
    end = [f"#{_RULE}{kind}列表结束{_RULE}", *totals]
    body = rows_text(rows, ",").replace("\n", "\r\n")
    save(
        path, "".join(f"{line}\r\n" for line in lines), body,
        "".join(f"{line}\r\n" for line in end), encoding="gb18030",
    )  # fmt: skip
