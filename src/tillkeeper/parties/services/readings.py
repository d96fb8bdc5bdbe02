"""Reading what came in for a field: checked, made uniform, turned into the columns that keep it.

One reader serves creating and updating, so that the two cannot come to differ. A refusal never
repeats personal data.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tillkeeper.formats.identifiers import (
    holds_pan,
    is_id_number,
    is_uscc,
    mask_account,
    mask_id_number,
    mask_pans_in,
    mask_phone,
)
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.sealing import Sealed, sealed_account, sealed_id_number

Columns = dict[str, Any]
Reader = Callable[[Any], Columns]

SHOWN: Final = 60  # of a refused value; enough to recognise it by
PLACES: Final = Decimal("0.000001")


def read(readers: Mapping[str, Reader], given: Mapping[str, Any]) -> list[Columns]:
    """Read each given field into its columns, one dict a field.

    Raises:
        FieldInvalid: a value is not usable, or there is no such field.
    """
    for field in given:
        if field not in readers:
            raise FieldInvalid(field=field, value="", expected=", ".join(readers))
    return [readers[field](value) for field, value in given.items()]


def text(field: str, longest: int, *, required: bool = False) -> Reader:
    """Return the reader of a line of text; it may not hold a card number."""

    def reader(value: Any) -> Columns:
        line = " ".join(str(value or "").split())
        if holds_pan(line):
            raise FieldInvalid(field=field, value=mask_pans_in(line), expected="no card number")
        if len(line) > longest or not line.isprintable() or (required and not line):
            raise FieldInvalid(
                field=field,
                value=line[:SHOWN],
                expected=Phrase("1 to %(most)s characters", most=longest),
            )
        return {field: line}

    return reader


def shaped(field: str, pattern: str, expected: str, *, required: bool = False) -> Reader:
    """Return the reader of a code of a fixed shape; blanks around it are dropped."""
    shape = re.compile(pattern)

    def reader(value: Any) -> Columns:
        code = _plain(value)
        if (code or required) and shape.fullmatch(code) is None:
            raise FieldInvalid(field=field, value=mask_pans_in(code)[:SHOWN], expected=expected)
        return {field: code}

    return reader


def phone(value: Any) -> Columns:
    """Read a telephone number: digits, blanks, brackets, + and -."""
    number = _plain(value)
    if number and re.fullmatch(r"[0-9+() -]{3,30}", number) is None:
        raise FieldInvalid(field="phone", value=mask_phone(number)[:SHOWN], expected="digits")
    return {"phone": number}


def uscc(value: Any) -> Columns:
    """Read a unified social credit code, by its check character."""
    code = _plain(value).upper()
    if code and not is_uscc(code):
        expected = "18 characters with a right check character"
        raise FieldInvalid(field="uscc", value=mask_pans_in(code)[:SHOWN], expected=expected)
    return {"uscc": code}


def id_number(value: Any) -> Columns:
    """Read a resident id number, by its check character; only a mask and a keyed hash go on."""
    number = _plain(value).upper()
    if number and not is_id_number(number):
        expected = "18 characters with a right check character"
        raise FieldInvalid(
            field="id_number", value=mask_id_number(number)[:SHOWN], expected=expected
        )
    return _kept("id_number", sealed_id_number(number))


def settlement_account(value: Any) -> Columns:
    """Read a settlement account; only a mask and a keyed hash go on."""
    number = re.sub(r"[ -]", "", _plain(value)).upper()
    if number and re.fullmatch(r"[0-9A-Z]{6,34}", number) is None:
        masked = mask_account(number)[:SHOWN]
        raise FieldInvalid(
            field="settlement_account", value=masked, expected="6 to 34 digits or letters"
        )
    return _kept("settlement_account", sealed_account(number))


def degrees(field: str, most: int) -> Reader:
    """Return the reader of a coordinate in degrees, from -most to most, to six places."""

    def reader(value: Any) -> Columns:
        if value is None or value == "":
            return {field: None}
        try:
            angle = Decimal(str(value)).quantize(PLACES)
        except InvalidOperation:
            angle = Decimal("NaN")
        if not (angle.is_finite() and abs(angle) <= most):
            raise FieldInvalid(
                field=field,
                value=str(value)[:SHOWN],
                expected=Phrase("degrees from -%(most)s to %(most)s", most=most),
            )
        return {field: angle}

    return reader


def shown(columns: Mapping[str, Any]) -> Columns:
    """Return columns as the audit trail keeps them: no hashes, telephone numbers masked."""
    kept = {name: value for name, value in columns.items() if not name.endswith("_hash")}
    if kept.get("phone"):
        kept["phone"] = mask_phone(kept["phone"])
    return kept


def filled(columns: Mapping[str, Any]) -> Columns:
    """Return what of new columns is worth an audit line: those with something in them."""
    return {name: value for name, value in shown(columns).items() if value not in ("", None)}


def _kept(field: str, number: Sealed) -> Columns:
    return {f"{field}_masked": number.masked, f"{field}_hash": number.digest}


def _plain(value: Any) -> str:
    # Full-width digits and letters become plain ones.
    return unicodedata.normalize("NFKC", str(value or "")).strip()
