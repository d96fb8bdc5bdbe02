"""What may be wrong with a line, and what may be missing at the end of a file."""

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
    "cut": "the rest of the record",
    "columns_cut": "the rest of the line",
    "total": "the line of totals",
    "figure": "the figure for “%(name)s”",
    "aside": "“%(value)s” in %(column)s %(reason)s. Correct the line in the source and read it again.",
}


def reason(code: str, **facts: object) -> Phrase:
    """Return the phrase of a code."""
    return Phrase(SENTENCES[code], **facts)
