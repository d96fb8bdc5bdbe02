"""Why a cell or a row is refused: the sentences, in one table, by code.

English templates with named placeholders; the console looks the same template up in its catalogue
and fills in the same facts. Each says what is wrong and how to mend it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from tillkeeper.formats.ledgers.layout import CellValue, Row

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ledger.required_missing": ("%(column)s is blank; every row must have it. Fill it in."),
        "ledger.scientific_notation": (
            "%(value)s is a long number that Excel has cut, and its last digits are lost. "
            "Format the column as text, enter the number anew, and save."
        ),
        "ledger.card_number": (
            "%(value)s looks like a bank card's number, which must not be kept here. "
            "Delete it from the file."
        ),
        "ledger.masked_value": ("%(value)s is masked with stars; write the whole number again."),
        "ledger.error_value": (
            "The cell holds an Excel error such as #REF! or #N/A. Mend the formula, "
            "or write the value itself."
        ),
        "ledger.formula_without_result": (
            "The cell holds a formula that was never computed. Open the file in Excel or WPS, "
            "save it, and bring it in again."
        ),
        "ledger.merged_cells": (
            "The row is part of merged cells, so it is not certain to whom the value belongs. "
            "Split the cells and fill in each row."
        ),
        "ledger.too_many_cells": (
            "The row has %(cells)s cells but there are %(titles)s titles. "
            "Put values that contain the delimiter into double quotes."
        ),
        "ledger.unclosed_quote": (
            "A double quote opened in this row is never closed, so nothing from here on could be "
            "read. Close or delete the quote."
        ),
        "ledger.too_long": (
            "%(value)s has %(length)s characters; at most %(limit)s are kept. Shorten it."
        ),
        "ledger.not_a_serial": (
            "%(value)s is not a serial number; write 4 to 32 letters A-Z, digits, - _ / or dots, "
            "beginning with a letter or digit."
        ),
        "ledger.serial_changed": (
            "%(value)s is a truth value, a date or a number with decimals: Excel has changed the serial "
            "number. Format the column as text, enter the number anew, and save."
        ),
        "ledger.not_a_code": (
            "%(value)s is not a code; write at most %(limit)s characters in one line."
        ),
        "ledger.not_a_tusn": "%(value)s is not a TUSN; write its 20 digits.",
        "ledger.not_a_uscc": (
            "%(value)s is not a unified social credit code: its 18 characters do not agree with "
            "the check character. Compare it with the business licence."
        ),
        "ledger.not_an_id_number": (
            "%(value)s is not an id number: its 18 characters do not agree with the check digit, "
            "or hold no birth date. Compare it with the card."
        ),
        "ledger.not_an_account": (
            "%(value)s is not a settlement account; write 6 to 34 digits or letters."
        ),
        "ledger.not_an_mcc": "%(value)s is not a merchant category code; write its 4 digits.",
        "ledger.not_a_phone": (
            "%(value)s is not a phone number; write it as 13800138000 or 0755-26001234."
        ),
        "ledger.not_a_currency": "%(value)s is not a currency; write its three letters, as CNY.",
        "ledger.not_a_date": "%(value)s is not a date; write it as 2024-03-05.",
        "ledger.ambiguous_date": (
            "%(value)s could be two dates, month first or day first; write it as 2024-03-05."
        ),
        "ledger.not_money": "%(value)s is not an amount; write it as 1280.00.",
        "ledger.too_many_decimals": ("%(value)s has more than two decimals; round it to 0.01."),
        "ledger.not_a_coordinate": (
            "%(value)s is not a coordinate; write degrees as 22.543096, "
            "from -%(bound)s to %(bound)s."
        ),
        "ledger.unknown_state": (
            "%(value)s is not a state that is known; write for example 在库, 在用, 停机, 维修 "
            "or 报废."
        ),
        "ledger.unknown_form": (
            "%(value)s is not a form that is known; write for example 台式, 移动 or 自助."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One cell that was not taken.

    Attributes:
        line: line or row of the file, from 1.
        column: the title as it stands in the file; "" where the whole row is meant.
        value: as it stands, cut to 80 characters; card numbers, accounts, ids and phones masked.
        code: stable, one of SENTENCES or one of the caller's own.
        facts: what the sentence is filled with, beside column and value.
    """

    line: int
    column: str
    value: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence with its placeholders: the message to look up in a catalogue."""
        return SENTENCES[self.code]

    @property
    def fillings(self) -> dict[str, object]:
        """Everything the template's placeholders may ask for."""
        return {"line": self.line, "column": self.column, "value": self.value, **self.facts}

    @property
    def reason(self) -> str:
        """The English sentence: what is wrong and how to mend it."""
        return self.template % self.fillings


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, with everything that is wrong in it.

    `raw` is the row as it stands, fit to be written into the file of refused rows: card numbers
    in it are masked already.
    """

    line: int
    cells: tuple[Refusal, ...]
    raw: tuple[CellValue, ...] = field(repr=False)

    @property
    def reason(self) -> str:
        """All reasons in English, one after the other, each with its column."""
        return "; ".join(
            f"{cell.column}: {cell.reason}" if cell.column else cell.reason for cell in self.cells
        )


@dataclass(slots=True)  # not frozen: a million of them are made, and frozen ones cost double
class Entry:
    """A row that was taken: values by field name, typed; blank cells are left out.

    `raw` is as in `RefusedRow`.
    """

    line: int
    values: dict[str, Any] = field(repr=False)
    raw: Row = field(repr=False)

    @property
    def digest(self) -> str:
        """Equal for rows that are equal word for word."""
        return row_digest(self.raw)


def row_digest(raw: Sequence[CellValue]) -> str:
    """Return a short digest, equal for rows that are equal word for word.

    Give it rows whose card numbers are masked (`Entry.raw`): a digest may be stored.
    """
    return hashlib.blake2b(repr(tuple(raw)).encode(), digest_size=12).hexdigest()
