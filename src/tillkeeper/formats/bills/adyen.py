"""Adyen settlement details: the rows of one payout batch, in the currency of the payment and that of the payout.

Where the two currencies differ, the row keeps the payment's, and fee and net stay empty: a row has one currency. What
they come to is among the facts of the verdict.
"""

from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import adyen_writing as writing
from tillkeeper.formats.bills import quoted_text
from tillkeeper.formats.bills.adyen_zones import zone_of
from tillkeeper.formats.bills.batches import Batches
from tillkeeper.formats.bills.checked import (
    Cell,
    amount_by,
    currencies_in,
    free_text,
    moment_of,
    read_cells,
    translated,
)
from tillkeeper.formats.bills.gathering import Gathered
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.movement import direction
from tillkeeper.formats.canonical.reading import Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind, Role

NAME: Final = "adyen.settlement"
NEEDED: Final = (
    "Merchant Account", "Psp Reference", "Merchant Reference", "Creation Date", "TimeZone", "Type", "Gross Currency",
    "Gross Debit (GC)", "Gross Credit (GC)", "Net Currency", "Net Debit (NC)", "Net Credit (NC)", "Batch Number",
)  # fmt: skip
FEES: Final = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
OPTIONAL: Final = ("Payment Method", "Modification Reference", "Modification Merchant Reference")
PATTERN: Final = "%Y-%m-%d %H:%M:%S"
NO_ZONE: Final = "is no time of a zone that is known; write the zone as in Europe/Amsterdam"
KINDS: Final = {
    "Settled": Kind.SALE,
    "Refunded": Kind.REFUND,
    "Chargeback": Kind.CHARGEBACK,
    "SecondChargeback": Kind.CHARGEBACK,
    "Fee": Kind.FEE,
    "MiscCosts": Kind.FEE,
    "PaymentCost": Kind.FEE,
    "InvoiceDeduction": Kind.FEE,
    "MerchantPayout": Kind.PAYOUT,
    "PaidOut": Kind.PAYOUT,
    "Balancetransfer": Kind.TRANSFER,
}


def recognise(head: Head) -> float:
    """Tell by the titles."""
    return quoted_text.score(head, NEEDED)


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a settlement details report. See `Reader`."""
    gathered, batches = Gathered(NAME, take), Batches()
    with quoted_text.frames(path, NEEDED, (*NEEDED, *FEES, *OPTIONAL)) as frames:
        for rows in frames:
            frame = _canonical(rows, path.name, options)
            batches.follow(frame)
            gathered.give(frame)
    return gathered.verdict(batches.checks(), **batches.facts())


def _canonical(rows: pl.DataFrame, name: str, options: Options) -> pl.DataFrame:
    gross, net = (text(f"{side} Currency").str.to_uppercase() for side in ("Gross", "Net"))
    codes = currencies_in(rows, name, "Gross Currency", "Net Currency") or [options.currency]
    cells = {
        "at": Cell("Creation Date", _moment(rows), NO_ZONE),
        "gross_out": amount_by("Gross Debit (GC)", gross, codes, needed=False),
        "gross_in": amount_by("Gross Credit (GC)", gross, codes, needed=False),
        "net_out": amount_by("Net Debit (NC)", net, codes, needed=False),
        "net_in": amount_by("Net Credit (NC)", net, codes, needed=False),
        **{fee: amount_by(title, net, codes, needed=False) for fee, title in zip("abcd", FEES, strict=True)},
    }  # fmt: skip
    read_rows = read_cells(rows, cells, name).with_columns(gross_currency=gross, net_currency=net)
    return _facts(_kinds(_money(read_rows)))


def _moment(rows: pl.DataFrame) -> pl.Expr:
    zones = {cell: zone_of(cell) for cell in rows["TimeZone"].str.strip_chars().unique()}
    value: pl.Expr = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    for cell, zone in zones.items():
        if zone:
            placed = moment_of(text("Creation Date"), PATTERN, zone)
            value = pl.when(text("TimeZone") == cell).then(placed).otherwise(value)
    return value


def _money(rows: pl.DataFrame) -> pl.DataFrame:
    fees = [pl.col(fee) for fee in "abcd"]
    gross = pl.col("gross_in").fill_null(0) - pl.col("gross_out").fill_null(0)
    net = pl.col("net_in").fill_null(0) - pl.col("net_out").fill_null(0)
    alone = (pl.col("gross_currency") == "") | (gross == 0)
    one = pl.col("net_currency").is_in([""]) | (pl.col("net_currency") == pl.col("currency"))
    return (
        rows.with_columns(
            gross=pl.when(alone).then(net).otherwise(gross),
            paid=net,
            currency=pl.when(alone & (pl.col("net_currency") != ""))
            .then("net_currency")
            .otherwise("gross_currency"),
            fees=pl.when(pl.any_horizontal([fee.is_not_null() for fee in fees])).then(
                pl.sum_horizontal(fees)
            ),
        )
        .with_columns(one_currency=one)
        .with_columns(
            amount_minor=pl.col("gross").abs(),
            net_minor=pl.when("one_currency").then("paid"),
            fee_minor=pl.when("one_currency").then("fees"),
        )
    )


def _kinds(rows: pl.DataFrame) -> pl.DataFrame:
    named = translated(text("Type"), KINDS).fill_null(pl.lit(Kind.ADJUSTMENT))
    against = direction(named) * pl.col("gross").sign() < 0
    return rows.with_columns(
        kind=pl.when(against).then(pl.lit(Kind.ADJUSTMENT)).otherwise(named),
    )


def _facts(rows: pl.DataFrame) -> pl.DataFrame:
    payment = direction(pl.col("kind")) != 0
    back = payment & (pl.col("kind") != Kind.SALE)
    own, reference = text("Modification Reference"), text("Psp Reference")
    own_order, order = text("Modification Merchant Reference"), text("Merchant Reference")
    method = text("Payment Method").str.to_lowercase()
    return rows.with_columns(
        mid=text("Merchant Account"),
        channel_no=pl.when(back & (own != "")).then(own).otherwise(reference),
        original_channel_no=pl.when(back).then(reference).otherwise(pl.lit("")),
        order_no=pl.when(back & (own_order != "")).then(own_order).otherwise(order),
        original_order_no=pl.when(back).then(order).otherwise(pl.lit("")),
        state=pl.lit(BillState.SUCCESS),
        channel=pl.when(method.str.starts_with("wechatpay")).then(pl.lit(Channel.WECHAT))
        .when(method.str.starts_with("alipay")).then(pl.lit(Channel.ALIPAY))
        .otherwise(pl.lit(Channel.CARD)),
        payout_no=text("Batch Number"),
        text=pl.when(payment).then(free_text("Payment Method")).otherwise(free_text("Modification Reference")),
    )  # fmt: skip


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="Adyen settlement details",
    source="docs.adyen.com: settlement details report",
    recognise=recognise,
    read=read,
    write=writing.write,
    columns=(
        ("Merchant Account", "mid"),
        ("Creation Date, TimeZone", "at"),
        ("Merchant Reference; Modification Merchant Reference of a refund", "order_no"),
        ("Psp Reference; Modification Reference of a refund", "channel_no"),
        ("Merchant Reference of a refund", "original_order_no"),
        ("Psp Reference of a refund", "original_channel_no"),
        ("Type", "kind"),
        ("Gross Credit (GC) − Gross Debit (GC), else the net", "amount_minor"),
        ("Commission + Markup + Scheme Fees + Interchange (NC)", "fee_minor"),
        ("Net Credit (NC) − Net Debit (NC)", "net_minor"),
        ("Gross Currency, else Net Currency", "currency"),
        ("Batch Number", "payout_no"),
        ("Payment Method", "channel"),
        ("Payment Method; Modification Reference of a row that is no payment", "text"),
    ),
)
