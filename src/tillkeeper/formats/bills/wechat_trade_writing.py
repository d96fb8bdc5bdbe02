"""Writes WeChat Pay trade bills of every variant, for generators and tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.writing import NOTHING, local, major, rows_text, save
from tillkeeper.formats.canonical.tables import BillState, Kind

ALL: Final = (
    "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识", "交易类型",
    "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额", "微信退款单号", "商户退款单号", "退款金额",
    "充值券退款金额", "退款类型", "退款状态", "商品名称", "商户数据包", "手续费", "费率", "订单金额", "申请退款金额",
    "费率备注",
)  # fmt: skip
_OLDER: Final = {
    "特约商户号": "子商户号",
    "应结订单金额": "总金额",
    "代金券金额": "代金券或立减优惠金额",
    "充值券退款金额": "代金券或立减优惠退款金额",
}
_STATES: Final = {BillState.PENDING: "PROCESSING", BillState.FAILED: "FAIL"}


@dataclass(frozen=True, slots=True)
class Variant:
    """Titles of the rows, and of the summary with the column that each figure is the sum of ("" for the count)."""

    columns: tuple[tuple[str, str], ...]  # (as the file has it, as ALL has it)
    summary: tuple[tuple[str, str], ...]


def _same(*titles: str) -> tuple[tuple[str, str], ...]:
    return tuple((title, title) for title in titles)


_SUMMARY: Final = (
    ("总交易单数", ""), ("应结订单总金额", "应结订单金额"), ("退款总金额", "退款金额"),
    ("充值券退款总金额", "充值券退款金额"), ("手续费总金额", "手续费"), ("订单总金额", "订单金额"),
    ("申请退款总金额", "申请退款金额"),
)  # fmt: skip
FULL: Final = Variant(_same(*ALL), _SUMMARY)
SUCCESS: Final = Variant(_same(*ALL[:14], *ALL[20:25], "费率备注"), (*_SUMMARY[:2], *_SUMMARY[4:6]))
REFUND: Final = Variant(_same(*ALL[:14], "退款申请时间", "退款成功时间", *ALL[14:]), _SUMMARY)
LEGACY: Final = Variant(
    tuple((_OLDER.get(title, title), title) for title in ALL[:24]),
    (
        ("总交易单数", ""),
        ("总交易额", "应结订单金额"),
        ("总退款金额", "退款金额"),
        ("总代金券或立减优惠退款金额", "充值券退款金额"),
        ("手续费总金额", "手续费"),
    ),
)
_MONEY: Final = frozenset(column for _title, column in _SUMMARY if column)


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical rows as an ALL bill."""
    write_variant(frame, path, FULL)


def write_variant(frame: pl.DataFrame, path: Path, variant: Variant) -> None:
    """Write canonical rows of one currency as a bill of the variant."""
    currency = frame["currency"][0] if frame.height else "CNY"
    cells = _cells(frame, currency)
    rows = cells.select(
        [
            (pl.lit("`") + _written(column, currency).fill_null("")).alias(title)
            for title, column in variant.columns
        ]
    )
    figures = [
        str(frame.height)
        if not column
        else cells.select(_written(column, currency, total=True)).item()
        for _title, column in variant.summary
    ]
    save(
        path,
        ",".join(title for title, _column in variant.columns) + "\r\n",
        rows_text(rows, ",").replace("\n", "\r\n"),
        ",".join(title for title, _column in variant.summary) + "\r\n",
        ",".join(f"`{figure}" for figure in figures) + "\r\n",
    )  # fmt: skip


def _written(column: str, currency: str, *, total: bool = False) -> pl.Expr:
    if column not in _MONEY:
        return pl.col(column)
    units = pl.col(column).sum() if total else pl.col(column)
    return major(units, currency) + pl.lit("000" if column == "手续费" else "")


def _cells(frame: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Return every column of the widest bills; amounts in minor units, so that they can be added up."""
    kind = pl.col("kind")
    refund, back = kind == Kind.REFUND, kind != Kind.SALE
    time = local(pl.col("at"), "%Y-%m-%d %H:%M:%S")
    sign = pl.when(back).then(-1).otherwise(1)
    moved = pl.col("amount_minor") - sign * pl.col("surcharge_minor").fill_null(0)
    order, transaction = pl.col("order_no"), pl.col("channel_no")
    written = {
        "交易时间": time,
        "退款申请时间": time,
        "退款成功时间": time,
        "公众账号ID": pl.lit("wx0000000000000000"),
        "商户号": pl.col("mid"),
        "特约商户号": pl.lit("0"),
        "设备号": pl.col("tid"),
        "微信订单号": pl.when(refund).then("original_channel_no").otherwise(transaction),
        "商户订单号": pl.when(refund).then("original_order_no").otherwise(order),
        "用户标识": pl.lit("o0000000000000000000"),
        "交易类型": pl.lit("MICROPAY"),
        "交易状态": kind.replace_strict(
            {Kind.SALE: "SUCCESS", Kind.REFUND: "REFUND", Kind.REVERSAL: "REVOKED"}
        ),
        "付款银行": pl.lit("ICBC_") + pl.col("card_type").str.to_uppercase(),
        "货币种类": pl.lit(currency),
        "应结订单金额": pl.when(back).then(0).otherwise(moved),
        "代金券金额": pl.lit("0.00"),
        "微信退款单号": pl.when(refund).then(transaction).otherwise(NOTHING),
        "商户退款单号": pl.when(refund).then(order).otherwise(NOTHING),
        "退款金额": pl.when(back).then(moved).otherwise(0),
        "充值券退款金额": pl.lit(0),
        "退款类型": pl.when(refund).then(pl.lit("ORIGINAL")).otherwise(NOTHING),
        "退款状态": pl.when(refund).then(pl.col("state").replace_strict(_STATES, default="SUCCESS"))
        .otherwise(NOTHING),
        "商品名称": pl.col("text"),
        "商户数据包": NOTHING,
        "手续费": pl.col("fee_minor"),
        "费率": pl.lit("0.60%"),
        "订单金额": pl.when(back).then(0).otherwise(pl.col("amount_minor")),
        "申请退款金额": pl.when(back).then(pl.col("amount_minor")).otherwise(0),
        "费率备注": NOTHING,
    }  # fmt: skip
    return frame.select(**written)
