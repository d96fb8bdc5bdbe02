"""One cell, cleaned into a typed value or refused with a code and facts.

`cleaner(kind)` gives the function for one kind of cell; make it once per column and file. It gives
None for a cell that turns out blank. What Excel is known to damage on its own (long numbers turned
into 8.2E+11) is refused and never guessed back.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from tillkeeper.formats.identifiers import is_id_number, is_tusn, is_uscc
from tillkeeper.formats.ledgers.dates import (
    AmbiguousDate,
    NotADate,
    day_of_number,
    day_of_text,
    within_years,
)
from tillkeeper.formats.ledgers.layout import CellValue, normalise_title
from tillkeeper.formats.ledgers.secret import Secret
from tillkeeper.formats.ledgers.state_words import FORM_OF_WORD, STATE_OF_WORD

Cleaner = Callable[[CellValue], Any]

TEXT_MAX: Final = 200
LONG_TEXT_MAX: Final = 1000
CODE_MAX: Final = 64
# A double holds 15 decimal digits for sure. Longer numbers come out of Excel with the end lost.
SAFE_INTEGER: Final = 10**15
MONEY_MAX_MINOR: Final = 10**14

_CODE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_MCC: Final = re.compile(r"[0-9]{1,4}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()\-]{4,22}(?: *(?:转|EXT\.?|X|#|-) *[0-9]{1,6})?")
_ACCOUNT: Final = re.compile(r"[0-9A-Z]{6,34}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
# With its plus sign, as Excel writes it: 8E11 without one may well be a code.
_SCIENTIFIC: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}")
# What most cells are. One match, and they need no further look.
_PLAIN_SERIAL: Final = re.compile(r"[A-Z0-9][A-Z0-9\-_/.]{3,31}")
_TRUTH: Final = frozenset({"TRUE", "FALSE"})
_FRACTION: Final = re.compile(r"[0-9]+\.[0-9]+")
_PLAIN_CODE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-_/.]{4,62}")
_PLAIN_DEGREES: Final = re.compile(r"-?[0-9]{1,3}\.[0-9]{1,15}")
_UNTIDY: Final = re.compile(
    r"[\uff10-\uff5a\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x1f\x7f]|\s\s|[^\S ]"
)
_MONEY: Final = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_MONEY_SIGNS: Final = re.compile(
    r"^(?:CNY|RMB|USD|US\$|[¥￥$])\s*|\s*(?:元|CNY|RMB|USD)$", re.IGNORECASE
)
_INVISIBLE: Final = re.compile(
    r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]"
)
_BLANKS: Final = re.compile(r"\s+")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
_AS_FORMULA: Final = re.compile(r'="([^"]*)"')
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# In names only letters and digits are narrowed: the brackets of 深圳（南山）店 stay wide.
_FULL_WIDTH_ALNUM: Final = {
    wide: narrow for wide, narrow in _FULL_WIDTH.items() if chr(narrow).isalnum() or narrow == 0x20
}
_CURRENCY_WORDS: Final = MappingProxyType(
    {
        "人民币": "CNY",
        "RMB": "CNY",
        "¥": "CNY",
        "元": "CNY",
        "美元": "USD",
        "港币": "HKD",
        "欧元": "EUR",
    }
)
_BLANK_WORDS: Final = frozenset(
    {"-", "--", "/", "\\", "无", "N/A", "n/a", "NULL", "null", "None", "#N/A"}
)


class CellRefused(Exception):
    """A cell is not what its column holds. Caught by `reading`, which adds line and column."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def cleaner(kind: str, field: str = "") -> Cleaner:
    """Return the function that cleans one kind of cell."""
    return clean_long_text if field in _LONG_TEXTS else _CLEANERS[kind]


def unguarded(text: str) -> str:
    """Return text without the apostrophe that exports put before a formula's first character.

    Also unwraps `="00123"`, with which other systems keep Excel from damaging numbers in CSV.
    """
    if text[:1] == "'" and _GUARDED.match(text):
        return text[1:]
    if text[:1] == "=" and (wrapped := _AS_FORMULA.fullmatch(text)):
        return wrapped[1]
    return text


def is_damaged_number(cell: CellValue) -> bool:
    """Say whether a cell is a long number that Excel has already cut."""
    if isinstance(cell, str):
        return _SCIENTIFIC.fullmatch(cell.strip()) is not None
    return (
        isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= SAFE_INTEGER
    )


def clean_text(cell: CellValue, limit: int = TEXT_MAX) -> str | None:
    """Names, addresses, remarks: blanks tidied, full-width letters and digits narrowed."""
    text = _plain(cell).strip()
    if _UNTIDY.search(text) is not None or not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_FULL_WIDTH_ALNUM)
        text = _BLANKS.sub(" ", text).strip()
    if len(text) > limit:
        raise CellRefused("ledger.too_long", limit=limit, length=len(text))
    return text or None


def clean_long_text(cell: CellValue) -> str | None:
    """Text as in `clean_text`, with room for a remark."""
    return clean_text(cell, LONG_TEXT_MAX)


def clean_serial(cell: CellValue) -> str | None:
    """A maker's serial number: upper case, 4 to 32 of A-Z 0-9 - _ / ."""
    if isinstance(cell, str) and _PLAIN_SERIAL.fullmatch(cell) and not _is_made_by_excel(cell):
        return cell
    text = _identifier(cell).upper()
    if not text:
        return None
    if _is_no_identifier(cell) or _is_made_by_excel(text):
        raise CellRefused("ledger.serial_changed")
    if _PLAIN_SERIAL.fullmatch(text) is None:
        raise CellRefused("ledger.not_a_serial")
    return text


def clean_code(cell: CellValue) -> str | None:
    """Codes of every sort: as written, narrowed, without blanks at the ends; case is kept."""
    if isinstance(cell, str) and _PLAIN_CODE.fullmatch(cell):
        return cell
    text = _identifier(cell)
    if not text or text in _BLANK_WORDS:
        return None
    if _CODE.fullmatch(text) is None:
        raise CellRefused("ledger.not_a_code", limit=CODE_MAX)
    return text


def clean_tusn(cell: CellValue) -> str | None:
    """The terminal's unique serial number: 20 digits."""
    if isinstance(cell, str) and is_tusn(cell):
        return cell
    return _checked(_compact(cell), is_tusn, "ledger.not_a_tusn")


def clean_uscc(cell: CellValue) -> str | None:
    """A unified social credit code whose check character is right."""
    return _checked(_compact(cell), is_uscc, "ledger.not_a_uscc")


def clean_id_number(cell: CellValue) -> str | None:
    """A resident id number whose check character and birth date are right."""
    return _checked(_compact(cell), is_id_number, "ledger.not_an_id_number")


def clean_account(cell: CellValue) -> Secret | None:
    """A settlement account, wrapped so that no log ever shows it."""
    text = _compact(cell).replace("-", "")
    if not text:
        return None
    if "*" in text:
        raise CellRefused("ledger.masked_value")
    if _ACCOUNT.fullmatch(text) is None:
        raise CellRefused("ledger.not_an_account")
    return Secret(text)


def clean_mcc(cell: CellValue) -> str | None:
    """A merchant category code: four digits; the leading zero that Excel drops comes back."""
    text = _compact(cell)
    if not text:
        return None
    if _MCC.fullmatch(text) is None:
        raise CellRefused("ledger.not_an_mcc")
    return text.zfill(4)


def clean_phone(cell: CellValue) -> str | None:
    """A phone number as written, narrowed; an extension may follow."""
    text = _BLANKS.sub(" ", _identifier(cell)).upper()
    if not text or text in _BLANK_WORDS:
        return None
    if _PHONE.fullmatch(text) is None:
        raise CellRefused("ledger.not_a_phone")
    return text


def clean_currency(cell: CellValue) -> str | None:
    """An ISO 4217 code, or the Chinese word for one of the common ones."""
    text = _compact(cell)
    text = _CURRENCY_WORDS.get(text, text)
    if text and _CURRENCY.fullmatch(text) is None:
        raise CellRefused("ledger.not_a_currency")
    return text or None


def clean_date(cell: CellValue) -> date | None:
    """A day, in any style that names one day only (see `dates`)."""
    try:
        if isinstance(cell, date):
            return within_years(cell)
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return day_of_number(cell)
        text = _narrow(cell)
        return day_of_text(text) if text and text not in _BLANK_WORDS else None
    except AmbiguousDate:
        raise CellRefused("ledger.ambiguous_date") from None
    except (NotADate, OverflowError, ValueError):
        raise CellRefused("ledger.not_a_date") from None


def clean_money(cell: CellValue) -> int | None:
    """An amount in minor units: `¥1,280.00` is 128000."""
    if isinstance(cell, float):
        text = f"{cell:.10f}".rstrip("0").rstrip(".")
    else:
        text = _MONEY_SIGNS.sub("", _MONEY_SIGNS.sub("", _narrow(cell)))
    if not text or text in _BLANK_WORDS:
        return None
    if _MONEY.fullmatch(text) is None:
        raise CellRefused("ledger.not_money")
    minor = Decimal(text.replace(",", "")) * 100
    if minor < 0 or minor > MONEY_MAX_MINOR:
        raise CellRefused("ledger.not_money")
    if minor != int(minor):
        raise CellRefused("ledger.too_many_decimals")
    return int(minor)


def clean_latitude(cell: CellValue) -> float | None:
    """Degrees north, -90 to 90, to six decimals: a tenth of a metre."""
    return _degrees(cell, 90)


def clean_longitude(cell: CellValue) -> float | None:
    """Degrees east, -180 to 180, to six decimals."""
    return _degrees(cell, 180)


def clean_state(cell: CellValue) -> str | None:
    """A terminal's state, by any of the words it goes by."""
    return _word(cell, STATE_OF_WORD, "ledger.unknown_state")


def clean_form(cell: CellValue) -> str | None:
    """A terminal model's form, by any of the words it goes by."""
    return _word(cell, FORM_OF_WORD, "ledger.unknown_form")


def _is_no_identifier(cell: CellValue) -> bool:
    """Say whether a workbook holds a truth value, a day or a time where a text or a number should stand."""
    return isinstance(cell, (bool, date, time, timedelta))


def _is_made_by_excel(text: str) -> bool:
    """Say whether a text is how Excel writes a truth value or a number with decimals."""
    return text in _TRUTH or ("." in text and _FRACTION.fullmatch(text) is not None)


def _word(cell: CellValue, words: Mapping[str, str], code: str) -> str | None:
    word = normalise_title(_narrow(cell))
    if word and word not in words:
        raise CellRefused(code)
    return words.get(word)


def _degrees(cell: CellValue, bound: int) -> float | None:
    if isinstance(cell, float) or (isinstance(cell, str) and _PLAIN_DEGREES.fullmatch(cell)):
        degrees = float(cell)
    else:
        text = _narrow(cell).strip("°")
        if not text or text in _BLANK_WORDS:
            return None
        try:
            degrees = float(Decimal(text))
        except InvalidOperation:
            raise CellRefused("ledger.not_a_coordinate", bound=bound) from None
    if not -bound <= degrees <= bound:
        raise CellRefused("ledger.not_a_coordinate", bound=bound)
    return round(degrees, 6)


def _checked(text: str, is_right: Callable[[str], bool], code: str) -> str | None:
    if not text or text in _BLANK_WORDS:
        return None
    if not is_right(text):
        raise CellRefused("ledger.masked_value" if "*" in text else code)
    return text


def _compact(cell: CellValue) -> str:
    """Return an identifier in upper case without any blank in it."""
    return "".join(_identifier(cell).split()).upper()


def _identifier(cell: CellValue) -> str:
    """Return a cell as an identifier's text, or refuse what Excel has damaged."""
    if is_damaged_number(cell):
        raise CellRefused("ledger.scientific_notation")
    return _narrow(cell)


def _narrow(cell: CellValue) -> str:
    """Return a cell's text with full-width forms narrowed and invisible characters gone."""
    text = _plain(cell)
    if not text.isascii() or not text.isprintable():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return text.strip()


def _plain(cell: CellValue) -> str:
    """Return a cell's text: whole numbers without `.0`, export guards taken off."""
    if isinstance(cell, str):
        return unguarded(cell) if cell[:1] in _LEADS else cell
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


_LEADS: Final = frozenset({"'", "="})
_LONG_TEXTS: Final = frozenset({"remark", "accessories"})
_CLEANERS: Final[Mapping[str, Cleaner]] = MappingProxyType(
    {
        "text": clean_text,
        "serial": clean_serial,
        "code": clean_code,
        "tusn": clean_tusn,
        "uscc": clean_uscc,
        "id_number": clean_id_number,
        "account": clean_account,
        "mcc": clean_mcc,
        "phone": clean_phone,
        "currency": clean_currency,
        "date": clean_date,
        "money": clean_money,
        "latitude": clean_latitude,
        "longitude": clean_longitude,
        "state": clean_state,
        "form": clean_form,
    }
)
