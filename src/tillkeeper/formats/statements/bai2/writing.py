"""Canonical lines as BAI2, for generators and tests."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from tillkeeper.formats.statements.bai2.reading import CLOSING, CREDITS, DEBITS, OPENING

_CREDIT: Final = "195"  # an incoming transfer
_DEBIT: Final = "495"  # an outgoing one
_NOT_FIELD: Final = re.compile(r"[,/\r\n]")
_NOT_TEXT: Final = re.compile(r"[/\r\n]")

Row = Mapping[str, Any]


def write_bai2(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical lines as BAI2: a group for each booking day, in it an account for each account."""
    groups = frame.partition_by("booked_on", maintain_order=True)
    total, count = 0, 2
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("01,BANK,MERCHANT,260101,0000,1,,,2/\n")
        for group in groups:
            lines, amount = _group(group)
            file.writelines(f"{line}\n" for line in lines)
            total += amount
            count += len(lines)
        file.write(f"99,{total},{len(groups)},{count}/\n")


def _group(group: pl.DataFrame) -> tuple[list[str], int]:
    first = group.row(0, named=True)
    lines = [f"02,MERCHANT,BANK,1,{first['booked_on']:%y%m%d},,{first['currency']},2/"]
    accounts = group.partition_by("account", "currency", maintain_order=True)
    total = 0
    for account in accounts:
        written, amount = _account(account)
        lines += written
        total += amount
    lines.append(f"98,{total},{len(accounts)},{len(lines) + 1}/")
    return lines, total


def _account(account: pl.DataFrame) -> tuple[list[str], int]:
    first = account.row(0, named=True)
    amounts = account["amount_minor"].to_list()
    balance = first["balance_minor"]
    opening = 0 if balance is None else balance - first["amount_minor"]
    figures = {
        OPENING: (opening, ""),
        CLOSING: (opening + sum(amounts), ""),
        CREDITS: (sum(a for a in amounts if a >= 0), sum(a >= 0 for a in amounts)),
        DEBITS: (-sum(a for a in amounts if a < 0), sum(a < 0 for a in amounts)),
    }
    told = ",".join(f"{code},{amount},{count}," for code, (amount, count) in figures.items())
    name = _NOT_FIELD.sub(" ", first["account"])
    lines = [f"03,{name},{first['currency']},{told}/"]
    for row in account.iter_rows(named=True):
        lines.extend(_detail(row))
    total = sum(amount for amount, _count in figures.values()) + sum(map(abs, amounts))
    lines.append(f"49,{total},{len(lines) + 1}/")
    return lines, total


def _detail(row: Row) -> Iterator[str]:
    minor = row["amount_minor"]
    own = row["kind"]
    fits = bool(re.fullmatch(r"[123]\d\d" if minor >= 0 else r"[456]\d\d", own))
    code = own if fits else (_CREDIT if minor >= 0 else _DEBIT)
    funds = f"V,{row['valued_on']:%y%m%d}," if row["valued_on"] else "Z"
    references = (
        f"{_NOT_FIELD.sub(' ', row['bank_reference'])},{_NOT_FIELD.sub(' ', row['reference'])}"
    )
    words = _NOT_TEXT.sub(" ", row["text"]).split(" ")
    yield f"16,{code},{abs(minor)},{funds},{references},{' '.join(words[:8])}/"
    for start in range(8, len(words), 8):
        yield f"88,{' '.join(words[start : start + 8])}/"
