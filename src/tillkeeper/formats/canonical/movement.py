"""Which way the money of a row goes, and what the rows of a file come to: one rule for all formats."""

from typing import Final

import polars as pl

from tillkeeper.formats.canonical.tables import Kind, Role

COMING: Final = (Kind.SALE, Kind.COMPLETION)
GOING: Final = (Kind.VOID, Kind.REFUND, Kind.REVERSAL, Kind.CHARGEBACK)


def direction(kind: pl.Expr) -> pl.Expr:
    """Return 1 for kinds that bring the merchant money, -1 for those that take it, 0 for all others."""
    return pl.when(kind.is_in(COMING)).then(1).when(kind.is_in(GOING)).then(-1).otherwise(0)


def moved() -> pl.Expr:
    """Return what a row brings the merchant, or takes. Other kinds go by the sign of their net; a hold moves none."""
    sign = direction(pl.col("kind"))
    free = ~pl.col("kind").is_in([*COMING, *GOING, Kind.PREAUTH])
    way = pl.when(free).then(pl.col("net_minor").sign().fill_null(1)).otherwise(sign)
    return pl.col("amount_minor") * way


def signed(role: Role, *, unsigned: bool = False) -> pl.Expr:
    """Return the amount, negative where it goes out; a statement's has its sign already."""
    amount = pl.col("amount_minor")
    if role is Role.STATEMENT or unsigned:
        return amount
    return pl.when(pl.col("kind").is_in(GOING)).then(-amount).otherwise(amount)


def added(role: Role) -> pl.Expr:
    """Return what a row adds to the sum of its file: of a bill the money that moved, of others the signed amount."""
    return moved() if role is Role.BILL else signed(role)
