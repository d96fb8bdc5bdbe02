"""BAI2 as a format."""

import re
from typing import Final

from tillkeeper.formats.canonical.reading import Format, Head
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.statements.bai2.reading import read_bai2
from tillkeeper.formats.statements.bai2.writing import write_bai2

_BEGIN: Final = re.compile(r"\s*01,[^,\n]*,[^,\n]*,\d{6},[^\n]*\s(?:\s*88,[^\n]*\s)*02,")
_JOINED: Final = re.compile(r"\s*01,[^,\n]*,[^,\n]*,\d{6},[^\n]*/\s+02,")


def _recognise(head: Head) -> float:
    text = head.text("latin-1")
    return 0.95 if _BEGIN.match(text) or _JOINED.match(text) else 0.0


FORMATS: Final = (
    Format(
        name="bai2",
        role=Role.STATEMENT,
        title="Bank statement BAI2",
        source="BAI Cash Management Balance Reporting, version 2",
        recognise=_recognise,
        read=read_bai2,
        write=write_bai2,
        columns=(
            ("16 (its line)", "line"),
            ("03 account number", "account"),
            ("02 as-of date", "booked_on"),
            ("16 value date (funds type V)", "valued_on"),
            ("16 amount, its sign by type code", "amount_minor"),
            ("03 currency, else 02", "currency"),
            ("02 as-of modifier", "status"),
            ("16 type code", "kind"),
            ("16 customer reference", "reference"),
            ("16 bank reference", "bank_reference"),
            ("16 text, 88", "text"),
        ),
    ),
)
