"""Stripe itemised payout reconciliation: one row per balance transaction, amounts in major units of each currency."""

from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import quoted_text
from tillkeeper.formats.bills.checked import (
    amount_by,
    at,
    currencies_in,
    free_text,
    on,
    read_cells,
    translated,
)
from tillkeeper.formats.bills.gathering import Gathered
from tillkeeper.formats.bills.writing import local, major_by_currency, rows_text, save
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.movement import direction
from tillkeeper.formats.canonical.reading import Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind, Role

NAME: Final = "stripe.payout"
NEEDED: Final = (
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "automatic_payout_id", "automatic_payout_effective_at",
)  # fmt: skip
OPTIONAL: Final = ("charge_id", "payment_method_type", "payment_metadata[order_id]")
PATTERN: Final = "%Y-%m-%d %H:%M:%S"
KINDS: Final = {
    "charge": Kind.SALE,
    "refund": Kind.REFUND,
    "dispute": Kind.CHARGEBACK,
    "fee": Kind.FEE,
    "network_cost": Kind.FEE,
    "payout": Kind.PAYOUT,
    "transfer": Kind.TRANSFER,
}
CHANNELS: Final = {"wechat_pay": Channel.WECHAT, "alipay": Channel.ALIPAY}


def recognise(head: Head) -> float:
    """Tell by the titles."""
    return quoted_text.score(head, NEEDED)


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a reconciliation report. See `Reader`."""
    gathered = Gathered(NAME, take)
    with quoted_text.frames(path, NEEDED, (*NEEDED, *OPTIONAL)) as frames:
        for rows in frames:
            gathered.give(_canonical(rows, path.name, options))
    return gathered.verdict(())


def _canonical(rows: pl.DataFrame, name: str, options: Options) -> pl.DataFrame:
    code = text("currency").str.to_uppercase()
    currencies = currencies_in(rows, name, "currency") or [options.currency]
    cells = {
        "at": at("created_utc", PATTERN, "UTC"),
        "available": at("available_on_utc", PATTERN, "UTC"),
        "paid_out": on("automatic_payout_effective_at", PATTERN, needed=False),
        "moved": amount_by("gross", code, currencies),
        "fee_minor": amount_by("fee", code, currencies),
        "net_minor": amount_by("net", code, currencies),
    }
    named = translated(text("reporting_category"), KINDS).fill_null(pl.lit(Kind.ADJUSTMENT))
    # A charge that takes or a refund that brings is a correction of one.
    against = direction(named) * pl.col("moved").sign() < 0
    kind = pl.when(against).then(pl.lit(Kind.ADJUSTMENT)).otherwise(named)
    return _facts(read_cells(rows, cells, name).with_columns(kind=kind), code)


def _facts(rows: pl.DataFrame, code: pl.Expr) -> pl.DataFrame:
    back = pl.col("kind").is_in([Kind.REFUND, Kind.CHARGEBACK])
    method = text("payment_method_type")
    return rows.with_columns(
        amount_minor=pl.col("moved").abs(),
        currency=code,
        state=pl.lit(BillState.SUCCESS),
        channel=method.replace_strict(CHANNELS, default=Channel.CARD.value),
        channel_no=text("source_id"),
        order_no=text("payment_metadata[order_id]"),
        original_channel_no=pl.when(back).then(text("charge_id")).otherwise(pl.lit("")),
        settled_on=pl.col("available").dt.date(),
        payout_no=text("automatic_payout_id"),
        text=free_text("description"),
    )


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical rows as a report with a byte-order mark, CRLF, and quotation marks where they are needed."""
    kind, net = pl.col("kind"), pl.col("net_minor")
    way = pl.when(direction(kind) != 0).then(direction(kind)).otherwise(net.sign())
    codes = frame["currency"].unique().to_list()
    words = {kind: word for word, kind in reversed(KINDS.items())}
    time = pl.col("at")

    def units(amount: pl.Expr) -> pl.Expr:
        return major_by_currency(amount, pl.col("currency"), codes)

    cells = frame.select(
        balance_transaction_id=pl.lit("txn_") + pl.col("line").cast(pl.String).str.zfill(16),
        created_utc=local(time, PATTERN, "UTC"),
        available_on_utc=pl.col("settled_on").dt.strftime("%Y-%m-%d 00:00:00"),
        currency=pl.col("currency").str.to_lowercase(),
        gross=units(way * pl.col("amount_minor")),
        fee=units(pl.col("fee_minor")),
        net=units(net),
        reporting_category=kind.replace_strict(words, default="adjustment"),
        source_id=pl.col("channel_no"),
        description=pl.col("text"),
        automatic_payout_id=pl.col("payout_no"),
        automatic_payout_effective_at=pl.col("settled_on").dt.strftime("%Y-%m-%d 00:00:00"),
        charge_id=pl.col("original_channel_no"),
    )
    save(
        path,
        "\ufeff" + ",".join(cells.columns) + "\r\n",
        rows_text(cells, ",", quote=True).replace("\n", "\r\n"),
    )


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="Stripe itemised payout reconciliation",
    source="docs.stripe.com: payout reconciliation report, itemised",
    recognise=recognise,
    read=read,
    write=write,
    columns=(
        ("created_utc", "at"),
        ("available_on_utc", "settled_on"),
        ("reporting_category, gross", "kind"),
        ("gross", "amount_minor"),
        ("fee", "fee_minor"),
        ("net", "net_minor"),
        ("currency", "currency"),
        ("source_id", "channel_no"),
        ("charge_id of a refund or dispute", "original_channel_no"),
        ("payment_metadata[order_id]", "order_no"),
        ("automatic_payout_id", "payout_no"),
        ("payment_method_type", "channel"),
        ("description", "text"),
    ),
)
