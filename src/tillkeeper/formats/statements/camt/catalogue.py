"""CAMT.053 and .054 as formats."""

import re
from typing import Final

from tillkeeper.formats.canonical.reading import Format, Head
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.statements.camt.reading import read_camt
from tillkeeper.formats.statements.camt.writing import write_053, write_054

_SOURCE: Final = "ISO 20022, bank-to-customer cash management"
_ENCODINGS: Final = ("utf-8", "utf-16")
_COLUMNS: Final = (
    ("Ntry (line of its tag)", "line"),
    ("Acct/Id/IBAN, Acct/Id/Othr/Id", "account"),
    ("Ntry/BookgDt, else Ntry/ValDt", "booked_on"),
    ("Ntry/ValDt", "valued_on"),
    ("Ntry/BookgDt with a time", "at"),
    ("Ntry/Amt, CdtDbtInd, RvslInd", "amount_minor"),
    ("Ntry/Amt@Ccy", "currency"),
    ("Ntry/Sts", "status"),
    ("Ntry/BkTxCd", "kind"),
    ("TxDtls/Refs, Btch, NtryRef", "reference"),
    ("Ntry/AcctSvcrRef", "bank_reference"),
    ("RltdPties/Dbtr or Cdtr", "counterparty"),
    ("RltdPties/DbtrAcct or CdtrAcct", "counterparty_account"),
    ("RmtInf, AddtlTxInf, AddtlNtryInf", "text"),
)


def _score(head: Head, root: str, message: str) -> float:
    texts = [head.text(encoding) for encoding in _ENCODINGS]
    if any(re.search(rf"<(?:\w+:)?{root}[\s>]", text) for text in texts):
        return 1.0
    return 0.9 if any(f"{message}.001." in text and "<" in text for text in texts) else 0.0


def _recognise_053(head: Head) -> float:
    return _score(head, "BkToCstmrStmt", "camt.053")


def _recognise_054(head: Head) -> float:
    return _score(head, "BkToCstmrDbtCdtNtfctn", "camt.054")


FORMATS: Final = (
    Format(
        name="camt.053",
        role=Role.STATEMENT,
        title="Bank statement CAMT.053",
        source=_SOURCE,
        recognise=_recognise_053,
        read=read_camt,
        write=write_053,
        columns=_COLUMNS,
    ),
    Format(
        name="camt.054",
        role=Role.STATEMENT,
        title="Debit and credit notification CAMT.054",
        source=_SOURCE,
        recognise=_recognise_054,
        read=read_camt,
        write=write_054,
        columns=_COLUMNS,
    ),
)
