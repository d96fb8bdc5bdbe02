"""MT940 and MT942 as formats."""

import re
from typing import Final

from tillkeeper.formats.canonical.reading import Format, Head
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.statements.swift.reading import read_swift
from tillkeeper.formats.statements.swift.writing import write_940, write_942

_COLUMNS: Final = (
    (":61: (its line)", "line"),
    (":25:", "account"),
    (":61: entry date, else value date", "booked_on"),
    (":61: value date", "valued_on"),
    (":61: mark and amount", "amount_minor"),
    (":60F:, :34F:", "currency"),
    (":61: mark EC, ED", "status"),
    (":61: transaction type", "kind"),
    (":61: reference", "reference"),
    (":61: //bank reference", "bank_reference"),
    (":86: ?32 ?33", "counterparty"),
    (":86: ?31", "counterparty_account"),
    (":61: supplement, :86: ?00 ?20–?29 ?60–?63 or free", "text"),
)
_BEGIN: Final = re.compile(r"(?m)^(\{[1-4]:.*)?:20:")
_ACCOUNT: Final = re.compile(r"(?m)^:25[A-Z]?:")
_BALANCE: Final = re.compile(r"(?m)^:6[02][FM]:[CD]?\d{6}[A-Z]{3}")
_INTERIM: Final = re.compile(r"(?m)^:(?:34F|13D?|90[CD]):")


def _is_swift(text: str) -> bool:
    return bool(_BEGIN.search(text) and _ACCOUNT.search(text))


def _recognise_940(head: Head) -> float:
    text = head.text("latin-1")
    balanced = _is_swift(text) and _BALANCE.search(text)
    return 0.95 if balanced and not _INTERIM.search(text) else 0.0


def _recognise_942(head: Head) -> float:
    text = head.text("latin-1")
    return 0.95 if _is_swift(text) and _INTERIM.search(text) else 0.0


_SOURCE: Final = "SWIFT user handbook, category 9: MT940 and MT942"

FORMATS: Final = (
    Format(
        name="mt940",
        role=Role.STATEMENT,
        title="Bank statement MT940",
        source=_SOURCE,
        recognise=_recognise_940,
        read=read_swift,
        write=write_940,
        columns=_COLUMNS,
    ),
    Format(
        name="mt942",
        role=Role.STATEMENT,
        title="Interim report MT942",
        source=_SOURCE,
        recognise=_recognise_942,
        read=read_swift,
        write=write_942,
        columns=_COLUMNS,
    ),
)
