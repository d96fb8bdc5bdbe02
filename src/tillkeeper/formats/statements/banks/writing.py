"""Canonical lines as a bank's export, CSV or XLSX by the file's ending, for generators and tests."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import xlsxwriter

from tillkeeper.formats.canonical.reading import ZONE
from tillkeeper.formats.statements.amounts import major_of
from tillkeeper.formats.statements.banks.profiles import Bank

_WORDS: Final = {"CNY": "人民币", "USD": "美元", "HKD": "港币", "EUR": "欧元", "JPY": "日元"}

Row = Mapping[str, Any]


def writer_of(bank: Bank) -> Callable[[pl.DataFrame, Path], None]:
    """Return the writer of one bank's exports. Times are of the zone that files without one are read in."""

    def write(frame: pl.DataFrame, path: Path) -> None:
        rows = _rows(bank, frame)
        if path.suffix.lower() == ".xlsx":
            _write_sheet(path, rows)
        else:
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(rows)

    return write


def _rows(bank: Bank, frame: pl.DataFrame) -> Iterator[list[str]]:
    yield [f"{bank.known_as[0]}交易明细"]
    yield [title for title, _field in bank.columns]
    for row in frame.iter_rows(named=True):
        yield [_cell(bank, field, row) for _title, field in bank.columns]


def _write_sheet(path: Path, rows: Iterator[list[str]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)


def _cell(bank: Bank, field: str, row: Row) -> str:
    """Return a cell as the bank writes it."""
    made: dict[str, Callable[[], str]] = {
        "": lambda: "",
        "day": lambda: format(row["booked_on"], "%Y%m%d" if bank.compact else "%Y-%m-%d"),
        "time": lambda: _time(bank, row),
        "currency_word": lambda: str(_WORDS.get(row["currency"], row["currency"])),
        "amount": lambda: _amount(bank, row),
        "income": lambda: _side(row, 1),
        "outgo": lambda: _side(row, -1),
        "direction": lambda: "贷 Cr" if row["amount_minor"] >= 0 else "借 Dr",
        "balance": lambda: _major(row["balance_minor"], row["currency"]),
        "both": lambda: f"{row['counterparty_account']}/{row['counterparty']}",
    }
    return made[field]() if field in made else str(row[field])


def _time(bank: Bank, row: Row) -> str:
    if row["at"] is None:
        return ""
    local = row["at"].astimezone(ZoneInfo(ZONE))
    return format(local, "%H%M%S" if bank.compact else "%H:%M:%S")


def _amount(bank: Bank, row: Row) -> str:
    minor = row["amount_minor"]
    if any(field == "direction" for _title, field in bank.columns):
        minor = abs(minor)
    sign = "+" if bank.plus and minor >= 0 else ""
    return sign + _major(minor, row["currency"])


def _side(row: Row, sign: int) -> str:
    minor = row["amount_minor"] * sign
    return _major(minor, row["currency"]) if minor > 0 or (sign > 0 and minor == 0) else "-"


def _major(minor: int | None, currency: str) -> str:
    """Return an amount with thousands separators; "" for none."""
    if minor is None:
        return ""
    whole, point, behind = major_of(minor, currency).partition(".")
    told = f"{int(whole):,}{point}{behind}".removesuffix(".")  # yen have no decimals
    return f"-{told}" if minor < 0 else told
