"""Writes Adyen settlement details, for generators and tests."""

from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.writing import (
    NOTHING,
    local,
    major_by_currency,
    rows_text,
    save,
)
from tillkeeper.formats.canonical.movement import direction
from tillkeeper.formats.canonical.tables import Channel, Kind

COLUMNS: Final = (
    "Company Account", "Merchant Account", "Psp Reference", "Merchant Reference", "Payment Method", "Creation Date",
    "TimeZone", "Type", "Modification Reference", "Gross Currency", "Gross Debit (GC)", "Gross Credit (GC)",
    "Exchange Rate", "Net Currency", "Net Debit (NC)", "Net Credit (NC)", "Commission (NC)", "Markup (NC)",
    "Scheme Fees (NC)", "Interchange (NC)", "Payment Method Variant", "Modification Merchant Reference",
    "Batch Number", *(f"Reserved{n}" for n in range(4, 11)),
)  # fmt: skip
_TYPES: Final = {
    Kind.SALE: "Settled", Kind.REFUND: "Refunded", Kind.CHARGEBACK: "Chargeback", Kind.FEE: "Fee",
    Kind.PAYOUT: "MerchantPayout", Kind.TRANSFER: "Balancetransfer",
}  # fmt: skip
_METHODS: Final = {Channel.WECHAT: "wechatpay_pos", Channel.ALIPAY: "alipay_hk"}


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical rows as a settlement details report, payments and payouts in one currency each."""
    codes = frame["currency"].unique().to_list()
    kind, net = pl.col("kind"), pl.col("net_minor")
    payment = direction(kind) != 0
    back = payment & (kind != Kind.SALE)
    gross = pl.when(payment).then(direction(kind) * pl.col("amount_minor"))

    def units(amount: pl.Expr) -> pl.Expr:
        return major_by_currency(amount, pl.col("currency"), codes)

    def out(amount: pl.Expr) -> pl.Expr:
        return pl.when(amount < 0).then(units(-amount)).otherwise(NOTHING)

    def coming(amount: pl.Expr) -> pl.Expr:
        return pl.when(amount >= 0).then(units(amount)).otherwise(NOTHING)

    cells = {
        "Company Account": pl.lit("Company"),
        "Merchant Account": pl.col("mid"),
        "Psp Reference": pl.when(back).then("original_channel_no").otherwise("channel_no"),
        "Merchant Reference": pl.when(back).then("original_order_no").otherwise("order_no"),
        "Payment Method": pl.when(payment)
        .then(pl.col("channel").replace_strict(_METHODS, default="visa"))
        .otherwise(NOTHING),
        "Creation Date": local(pl.col("at"), "%Y-%m-%d %H:%M:%S", "Etc/GMT-1"),
        "TimeZone": pl.lit("CET"),
        "Type": kind.replace_strict(_TYPES, default="DepositCorrection"),
        "Modification Reference": pl.when(back)
        .then("channel_no")
        .when(~payment)
        .then("text")
        .otherwise(NOTHING),
        "Gross Currency": pl.when(payment).then("currency").otherwise(NOTHING),
        "Gross Debit (GC)": out(gross),
        "Gross Credit (GC)": coming(gross),
        "Exchange Rate": pl.lit("1"),
        "Net Currency": pl.col("currency"),
        "Net Debit (NC)": out(net),
        "Net Credit (NC)": coming(net),
        "Commission (NC)": units(pl.col("fee_minor")),
        "Modification Merchant Reference": pl.when(back).then("order_no").otherwise(NOTHING),
        "Batch Number": pl.col("payout_no"),
    }
    rows = frame.select([cells.get(title, NOTHING).alias(title) for title in COLUMNS])
    save(path, ",".join(COLUMNS) + "\n", rows_text(rows, ",", quote=True))
