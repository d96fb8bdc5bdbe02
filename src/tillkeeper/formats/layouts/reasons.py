"""What may be wrong with a line, each a phrase that completes “file, line, column: value ...”."""

from typing import Final

from tillkeeper.kernel.phrases import Phrase

SENTENCES: Final = {
    "amount": "is no amount in whole minor units",
    "moment": "is no date and time",
    "date": "is no date",
    "year": "has no year; say the year of the file",
    "word": "is not a word that this column may hold",
    "empty": "is empty, and must not be",
    "negative": "is negative, and a payment is not",
    "count": "has %(found)s columns where the file has %(expected)s",
    "length": "has %(found)s bytes where a record has %(expected)s",
    "header": "is the header again",
    "encoding": "is not text in the encoding of the file",
    "quoting": "has quotation marks that do not close",
    "break": "has a line break within a cell",
    "crowd": "is one of too many lines that cannot be used",
}
CUT: Final = "the rest of the record"
COLUMNS_CUT: Final = "the rest of the line"
TOTAL: Final = "the line of totals"
HEADER: Final = "the header"
FIGURE: Final = "the figure for “%(name)s”"


def reason(code: str, **facts: object) -> Phrase:
    """Return the phrase of a code."""
    return Phrase(SENTENCES[code], **facts)
