"""Columns of text for the writers of bills: amounts in major units, local times, and the file itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.kernel.money import minor_digits

ZONE: Final = "Asia/Shanghai"
NOTHING: Final = pl.lit("")


def major(units: pl.Expr, currency: str = "CNY") -> pl.Expr:
    """Return minor units as an amount with all its digits: "12.50", exactly; null stays null."""
    return _major(units, minor_digits(currency))


def major_by_currency(units: pl.Expr, currency: pl.Expr, currencies: Sequence[str]) -> pl.Expr:
    """Return the same where each row has its own currency."""
    written = pl.lit(None, dtype=pl.String)
    for code in currencies:
        written = pl.when(currency == code).then(major(units, code)).otherwise(written)
    return written


def local(moment: pl.Expr, pattern: str, zone: str = ZONE) -> pl.Expr:
    """Return a time as the clocks of `zone` show it."""
    return moment.dt.convert_time_zone(zone).dt.strftime(pattern)


def rows_text(rows: pl.DataFrame, separator: str, *, quote: bool = False) -> str:
    """Return the rows as lines without titles."""
    return rows.write_csv(
        include_header=False, separator=separator, quote_style="necessary" if quote else "never"
    )


def save(path: Path, *parts: str, encoding: str = "utf-8") -> None:
    """Write the parts of a file."""
    with path.open("w", encoding=encoding, newline="") as file:
        file.writelines(parts)


def _major(units: pl.Expr, digits: int) -> pl.Expr:
    unit = 10**digits
    sign: pl.Expr = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole = (units.abs() // unit).cast(pl.String)
    behind = (units.abs() % unit).cast(pl.String).str.zfill(digits)
    return pl.concat_str([sign, whole, *([pl.lit("."), behind] if digits else [])])
