"""Cells of a bill into canonical values, all columns of a frame at once; the first that does not fit refuses the file.

No bill of this package may leave a line out: its totals, or the payout it explains, would no longer hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import refuse
from tillkeeper.formats.canonical.cards import masked
from tillkeeper.formats.canonical.cells import day, minor, moment, text
from tillkeeper.kernel.money import minor_digits

NO_AMOUNT: Final = "is no amount, or is finer than the smallest unit of its currency"
NO_TIME: Final = "is no date and time"
NO_DATE: Final = "is no date"
UNKNOWN_KIND: Final = "is no kind of row that this format describes"
UNKNOWN_CURRENCY: Final = "is no currency code"
MIXED: Final = "is in another currency than the rows before it, which this format does not allow"
_CODE: Final = r"^[A-Z]{3}$"
_DIGITS: Final = {
    "%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%H": r"\d{2}", "%M": r"\d{2}", "%S": "[0-5][0-9]",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """How one canonical value is read, and what is said of the cell where it cannot be."""

    column: str  # of the file
    value: pl.Expr
    reason: str
    needed: bool = True  # False: an empty cell is null
    quick: pl.Expr | None = None  # the same for cells in their usual form; null for others


def amount(column: str, currency: str, *, needed: bool = True) -> Cell:
    """Return a cell of major units, read as minor units."""
    return Cell(column, minor(column, currency), NO_AMOUNT, needed, _quick(column, currency))


def amount_by(
    column: str, code: pl.Expr, currencies: Sequence[str], *, needed: bool = True
) -> Cell:
    """Return a cell of major units where each row has its own currency."""
    if len(currencies) == 1:
        return amount(column, currencies[0], needed=needed)
    value: pl.Expr = pl.lit(None, dtype=pl.Int64)
    for _digits, alike in groupby(sorted(currencies, key=minor_digits), key=minor_digits):
        codes = list(alike)
        value = pl.when(code.is_in(codes)).then(minor(column, codes[0])).otherwise(value)
    return Cell(column, value, NO_AMOUNT, needed)


def currencies_in(frame: pl.DataFrame, name: str, *columns: str) -> list[str]:
    """Return the currency codes of columns, sorted; empty cells have none.

    Raises:
        BadLine: a cell is no currency code.
    """
    found: set[str] = set()
    for column in columns:
        codes = frame.select("line", code=text(column).str.to_uppercase())
        wrong = codes.filter((pl.col("code") != "") & ~pl.col("code").str.contains(_CODE))
        if wrong.height:
            refuse(name, *_first(wrong, column), UNKNOWN_CURRENCY)
        found.update(codes["code"].unique())
    return sorted(found - {""})


def _first(wrong: pl.DataFrame, column: str) -> tuple[int, str, str]:
    line, value = wrong.row(0)
    return line, column, value


def _quick(column: str, currency: str) -> pl.Expr:
    """Return amounts that are written with all their digits, at a quarter of the price."""
    behind = rf"\.\d{{{digits}}}" if (digits := minor_digits(currency)) else ""
    usual = pl.col(column).str.extract(rf"^`?(-?\d{{1,15}}{behind})0*\r?$", 1)
    return usual.str.replace(".", "", literal=True).cast(pl.Int64)


def at(column: str, pattern: str, zone: str, *, needed: bool = True) -> Cell:
    """Return a cell of a local time, read as UTC."""
    return Cell(column, moment_of(text(column), pattern, zone), NO_TIME, needed)


def on(column: str, pattern: str, *, needed: bool = True) -> Cell:
    """Return a cell of a date."""
    return Cell(column, day(_shaped(text(column), pattern), pattern), NO_DATE, needed)


def moment_of(cell: pl.Expr, pattern: str, zone: str) -> pl.Expr:
    """Return a local time as UTC; null where a digit is missing, which Polars alone would let pass."""
    return moment(_shaped(cell, pattern), pattern, zone)


def word(column: str, meanings: Mapping[str, str]) -> Cell:
    """Return a cell of one of a few words, read as what it means."""
    return Cell(column, translated(text(column), meanings), UNKNOWN_KIND)


def translated(cell: pl.Expr, meanings: Mapping[str, str]) -> pl.Expr:
    """Return what words mean; null for any other."""
    return cell.replace_strict(
        list(meanings), list(meanings.values()), default=None, return_dtype=pl.String
    )


def free_text(*columns: str) -> pl.Expr:
    """Return the cells as one text without card numbers, parted by blanks."""
    if len(columns) == 1:
        return masked(text(columns[0]))
    filled = [pl.when(text(c) != "").then(text(c)) for c in columns]
    return masked(pl.concat_str(filled, separator=" ", ignore_nulls=True))


def read_cells(frame: pl.DataFrame, cells: Mapping[str, Cell], name: str) -> pl.DataFrame:
    """Return the frame with the values added, by the names of `cells`.

    Raises:
        BadLine: the first cell that has no value, by line.
    """
    quick = frame.select([c.quick.alias(v) for v, c in cells.items() if c.quick is not None])
    done = [column for column in quick.get_columns() if not column.null_count()]
    left = cells.keys() - {column.name for column in done}
    slow = [cells[value].value.alias(value) for value in cells if value in left]
    read = frame.with_columns(*done, *slow)
    wrong = {value: _wrong(value, cell) for value, cell in cells.items()}
    found = read.select([expr.any().alias(value) for value, expr in wrong.items()]).row(
        0, named=True
    )
    bad = [value for value, any_wrong in found.items() if any_wrong]
    if bad:
        _refuse_first(read, [(cells[value], wrong[value]) for value in bad], name)
    return read


def one_currency(frame: pl.DataFrame, column: str, expected: str | None, name: str) -> str:
    """Return the currency of all rows, which must be `expected` if that is known already.

    Raises:
        BadLine: a second currency, or no currency code.
    """
    # As a rule one cell, many times over.
    codes = frame.select("line", column).unique(column, keep="first").sort("line")
    codes = codes.select("line", code=text(column).str.to_uppercase())
    currency = expected or codes["code"][0]
    wrong = codes.filter((pl.col("code") != currency) | ~pl.col("code").str.contains(_CODE))
    if wrong.height:
        line, code = wrong.row(0)
        reason = MIXED if code != currency else UNKNOWN_CURRENCY
        refuse(name, line, column, code, reason)
    return currency


def _shaped(cell: pl.Expr, pattern: str) -> pl.Expr:
    shape = pattern
    for part, digits in _DIGITS.items():
        shape = shape.replace(part, digits)
    return pl.when(cell.str.contains(f"^{shape}$")).then(cell)


def _wrong(value: str, cell: Cell) -> pl.Expr:
    empty = pl.col(value).is_null()
    return empty if cell.needed else empty & (text(cell.column) != "")


def _refuse_first(read: pl.DataFrame, bad: list[tuple[Cell, pl.Expr]], name: str) -> None:
    firsts = [(*read.filter(wrong).select("line", cell.column).row(0), cell) for cell, wrong in bad]
    line, value, cell = min(firsts, key=lambda first: first[0])
    refuse(name, line, cell.column, value, cell.reason)
