"""Canonical lines as MT940 or MT942, for generators and tests. What the format has no room for is cut."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from tillkeeper.formats.statements.amounts import major_of
from tillkeeper.formats.statements.swift.fields import FULL_PIECE, NO_REFERENCE

PURPOSES: Final = (*range(20, 30), *range(60, 64))
_CODE: Final = "166"  # of a transfer; what it is called follows in :61:
_NOT_SWIFT: Final = re.compile(r"[?\r\n]")

Row = Mapping[str, Any]


def write_940(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical lines as MT940: a statement for each account.

    A statement opens with what the first line's balance tells, else with nothing.
    """
    _write(path, frame, interim=False)


def write_942(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical lines as MT942: a report for each account, with number and sum of its lines."""
    _write(path, frame, interim=True)


def _write(path: Path, frame: pl.DataFrame, *, interim: bool) -> None:
    accounts = frame.partition_by("account", "currency", maintain_order=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, lines in enumerate(accounts, start=1):
            page = _report(lines, number) if interim else _statement(lines, number)
            file.writelines(f"{line}\r\n" for line in page)


def _statement(lines: pl.DataFrame, number: int) -> Iterator[str]:
    first = lines.row(0, named=True)
    currency = str(first["currency"])
    balance = first["balance_minor"]
    opening = 0 if balance is None else balance - first["amount_minor"]
    days = lines.select(low=pl.col("booked_on").min(), high=pl.col("booked_on").max()).row(0)
    yield from _head(first, number)
    yield ":60F:" + _balance(opening, currency, days[0])
    for row in lines.iter_rows(named=True):
        yield from _line(row)
    booked = lines.filter(pl.col("status") == "booked")["amount_minor"].sum()
    yield ":62F:" + _balance(opening + int(booked), currency, days[1])
    yield "-"


def _report(lines: pl.DataFrame, number: int) -> Iterator[str]:
    first = lines.row(0, named=True)
    currency = str(first["currency"])
    yield from _head(first, number)
    yield f":34F:{currency}0,"
    yield f":13D:{first['booked_on']:%y%m%d}1200+0800"
    for row in lines.iter_rows(named=True):
        yield from _line(row)
    for tag, sign in (("D", -1), ("C", 1)):
        side = [a for a in lines["amount_minor"] if (a < 0) == (sign < 0)]
        yield f":90{tag}:{len(side)}{currency}{major_of(sum(side), currency, ',')}"
    yield "-"


def _head(first: Row, number: int) -> Iterator[str]:
    yield f":20:STATEMENT{number}"
    yield f":25:{_plain(first['account'])}"
    yield f":28C:{number}/1"


def _balance(minor: int, currency: str, day: date) -> str:
    return f"{'D' if minor < 0 else 'C'}{day:%y%m%d}{currency}{major_of(minor, currency, ',')}"


def _line(row: Row) -> Iterator[str]:
    minor = row["amount_minor"]
    mark = ("E" if row["status"] == "pending" else "") + ("D" if minor < 0 else "C")
    booked, valued = row["booked_on"], row["valued_on"] or row["booked_on"]
    amount = major_of(minor, row["currency"], ",")
    bank = f"//{_plain(row['bank_reference'])}" if row["bank_reference"] else ""
    reference = _plain(row["reference"]) or NO_REFERENCE
    kind = row["kind"] if re.fullmatch(r"[A-Z][A-Z0-9]{3}", row["kind"]) else "NMSC"
    yield f":61:{valued:%y%m%d}{booked:%m%d}{mark}{amount}{kind}{reference}{bank}"
    pieces = list(_pieces(row))
    for start in range(0, len(pieces), 2):
        begin = f":86:{_CODE}" if not start else ""
        yield begin + "".join(pieces[start : start + 2])


def _pieces(row: Row) -> Iterator[str]:
    """Yield the ?-pieces of :86:."""
    for codes, text in ((PURPOSES, row["text"]), ((32, 33), row["counterparty"])):
        plain = _plain(text)
        for number, code in enumerate(codes):
            if piece := plain[number * FULL_PIECE : (number + 1) * FULL_PIECE]:
                yield f"?{code}{piece}"
    if row["counterparty_account"]:
        yield f"?31{_plain(row['counterparty_account'])}"


def _plain(text: str) -> str:
    return _NOT_SWIFT.sub(" ", text)
