"""Cells of a text file into canonical values, a whole column at a time. A cell that does not fit becomes null.

The caller asks `misfits` which lines those are and decides: refuse the file, or set the lines aside.
"""

from typing import Final

import polars as pl

from tillkeeper.formats.canonical.tables import MOMENT
from tillkeeper.kernel.money import minor_digits

FULL_WIDTH: Final = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94)} | {"\u3000": " "}
PADDING: Final = " \t\r\u3000\ufeff`"
NUMBER: Final = r"^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$"  # acquirers write .54 too
LARGEST_DIGITS: Final = 15  # of the whole part: more than any payment, less than what 64 bits hold


def text(column: str) -> pl.Expr:
    """Return the cell without the padding that exporters glue to it: blanks, tabs, backticks."""
    return pl.col(column).fill_null("").str.strip_chars(PADDING)


def half_width(cell: pl.Expr) -> pl.Expr:
    """Return full-width digits, signs and brackets as ASCII."""
    return cell.str.replace_many(FULL_WIDTH)


def minor(column: str, currency: str = "CNY") -> pl.Expr:
    """Return major units as whole minor units, exactly; null where it is no amount or finer than the minor unit.

    Takes thousands separators, a plus sign, currency signs and zeros behind the last digit ("0.04000").
    """
    digits = minor_digits(currency)
    plain = text(column).str.replace_all(r"[,，¥￥\s]", "")
    shaped = pl.when(plain.str.contains(NUMBER)).then(plain)
    whole = shaped.str.extract(r"^[+-]?(\d*)", 1)
    behind = shaped.str.extract(r"\.(\d*)$", 1).fill_null("").str.strip_chars_end("0")
    fits = behind.str.len_chars() <= digits
    joined = (whole + behind.str.pad_end(digits, "0")).cast(pl.Int64, strict=False)
    sign = pl.when(shaped.str.starts_with("-")).then(-1).otherwise(1)
    return pl.when(fits).then(joined * sign)


def count(column: str) -> pl.Expr:
    """Return a whole number, such as an amount that is written in minor units; null where it is none."""
    plain = text(column).str.replace_all(",", "")
    return pl.when(plain.str.contains(r"^[+-]?\d{1,18}$")).then(plain.cast(pl.Int64, strict=False))


def moment(cell: pl.Expr, pattern: str, zone: str) -> pl.Expr:
    """Return a local time of `zone` as UTC; null where it is no time of that pattern, or 30 February.

    A time that the zone repeats in autumn is taken as the first; one that it leaves out in spring is null.
    """
    local = cell.str.to_datetime(pattern, time_unit="us", strict=False)
    placed = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return placed.dt.convert_time_zone("UTC").cast(MOMENT)


def day(cell: pl.Expr, pattern: str) -> pl.Expr:
    """Return a date; null where it is none."""
    return cell.str.to_date(pattern, strict=False)


def misfits(frame: pl.DataFrame, raw: str, read: str) -> pl.DataFrame:
    """Return line, raw cell of the rows whose cell `raw` has something in it and still became null in `read`."""
    wrong = pl.col(read).is_null() & (text(raw) != "")
    return frame.filter(wrong).select("line", value=pl.col(raw))
