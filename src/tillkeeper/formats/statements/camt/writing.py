"""Canonical lines as CAMT.053 or .054 of version 08, for generators and tests."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO
from xml.sax.saxutils import escape

import polars as pl

from tillkeeper.formats.statements.amounts import major_of

VERSION: Final = "08"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOTS: Final = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
_STATUS: Final = {"booked": "BOOK", "pending": "PDNG"}

Row = Mapping[str, Any]


def write_053(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical lines as CAMT.053: a statement for each account, with balances.

    A statement opens with what the first line's balance tells, else with nothing.
    """
    _write(frame, path, "053")


def write_054(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical lines as CAMT.054: a notification for each account. It has no balances."""
    _write(frame, path, "054")


def _write(frame: pl.DataFrame, path: Path, message: str) -> None:
    root, statement = _ROOTS[message]
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{VERSION}">\n'
        )
        file.write(f"<{root}>\n<GrpHdr><MsgId>{statement}</MsgId></GrpHdr>\n")
        accounts = frame.partition_by("account", "currency", maintain_order=True)
        for number, lines in enumerate(accounts, start=1):
            _write_statement(file, lines, number, statement)
        file.write(f"</{root}>\n</Document>\n")


def _write_statement(file: TextIO, lines: pl.DataFrame, number: int, name: str) -> None:
    first = lines.row(0, named=True)
    currency = str(first["currency"])
    file.write(f"<{name}>\n{_of('Id', str(number))}{_of('ElctrncSeqNb', str(number))}\n")
    account = _of("Id", _of("Othr", _of("Id", _plain(first["account"]))))
    file.write(_of("Acct", account + _of("Ccy", currency)) + "\n")
    if name == "Stmt":
        opening = (first["balance_minor"] or 0) - (
            first["amount_minor"] if first["balance_minor"] else 0
        )
        booked = int(lines.filter(pl.col("status") == "booked")["amount_minor"].sum())
        days = lines.select(low=pl.col("booked_on").min(), high=pl.col("booked_on").max()).row(0)
        file.write(_balance("OPBD", opening, currency, days[0]))
        file.write(_balance("CLBD", opening + booked, currency, days[1]))
    for row in lines.iter_rows(named=True):
        file.writelines(_entry(row))
    file.write(f"</{name}>\n")


def _balance(kind: str, minor: int, currency: str, day: object) -> str:
    coded = _of("Tp", _of("CdOrPrtry", _of("Cd", kind)))
    return _of("Bal", coded + _amount(minor, currency) + _of("Dt", _of("Dt", str(day)))) + "\n"


def _entry(row: Row) -> Iterator[str]:
    yield "<Ntry>" + _amount(row["amount_minor"], row["currency"])
    yield _of("Sts", _of("Cd", _STATUS[row["status"]]))
    moment = row["at"]
    booked = _of("DtTm", moment.isoformat()) if moment else _day(row["booked_on"])
    yield _of("BookgDt", booked) if booked else ""
    yield _of("ValDt", _day(row["valued_on"])) if row["valued_on"] else ""
    yield _of("AcctSvcrRef", _plain(row["bank_reference"]))
    yield _of("BkTxCd", _of("Prtry", _of("Cd", _plain(row["kind"]))))
    references = _of("Refs", _of("EndToEndId", _plain(row["reference"])))
    role = "Dbtr" if row["amount_minor"] > 0 else "Cdtr"
    name = _of(role, _of("Pty", _of("Nm", _plain(row["counterparty"]))))
    account = _plain(row["counterparty_account"])
    parties = name + _of(f"{role}Acct", _of("Id", _of("Othr", _of("Id", account))))
    remittance = _of("RmtInf", _of("Ustrd", _plain(row["text"])))
    yield _of("NtryDtls", _of("TxDtls", references + _of("RltdPties", parties) + remittance))
    yield "</Ntry>\n"


def _amount(minor: int, currency: str) -> str:
    major = major_of(minor, currency).removesuffix(".")
    sign = _of("CdtDbtInd", "CRDT" if minor >= 0 else "DBIT")
    return f'<Amt Ccy="{escape(currency)}">{major}</Amt>{sign}'


def _day(day: object) -> str:
    return _of("Dt", str(day)) if day else ""


def _plain(text: str) -> str:
    return escape(_NOT_XML.sub(" ", text))


def _of(name: str, content: str) -> str:
    """Return an element, or nothing where it has no content."""
    return f"<{name}>{content}</{name}>" if content else ""
