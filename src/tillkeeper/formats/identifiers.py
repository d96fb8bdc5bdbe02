"""Numbers that carry their own check: company codes, id numbers, card numbers, serial numbers.

    unified social credit code   GB 32100-2015   18 characters, weights 3^i mod 31
    resident id number           GB 11643-1999   18 characters, ISO 7064 MOD 11-2, birth date inside
    card number (PAN)            ISO/IEC 7812-1  13 to 19 digits, Luhn
    terminal serial (TUSN)       20 digits

Masking lives here too, so that there is one answer to how much of a number may be seen.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS: Final = "10X98765432"
EARLIEST_BIRTH_YEAR: Final = 1900
# First two digits of an id number or of the region inside a credit code (GB/T 2260).
PROVINCES: Final = frozenset(
    (
        *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
        *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64"),
        *("65", "71", "81", "82", "83", "91"),
    )
)

_USCC: Final = re.compile(rf"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_ID_NUMBER: Final = re.compile(r"[0-9]{17}[0-9X]")
_PAN: Final = re.compile(r"[2-6][0-9]{12,18}")
_TUSN: Final = re.compile(r"[0-9]{20}")
# What people put between the digits of a card number: blanks, dashes, dots, strokes; no line break, since that ends a
# cell's line. Up to three of them, as in `6222 - 0200`.
SEPARATORS: Final = (
    r" \t\u00a0\u2000-\u200d\u202f\u3000\ufeff"
    r"\-\u2010-\u2015\u2212\uff0d~\uff5e"
    r".\u00b7\u2022\u2027\u30fb\uff0e\u3002_/|\\,\uff0c\u3001"
)
_BETWEEN: Final = rf"[{SEPARATORS}]{{1,3}}"
# Any script's digits, full-width ones too. Longest first: of 19 digits the first 16 may pass by chance.
# Only in the groups that cards are written in: dates, telephone numbers and ranges of serials have others.
_PAN_SHAPES: Final = tuple(
    re.compile(rf"{shape}(?!\d)")
    for shape in (
        r"\d{13,19}",
        rf"\d{{4}}(?:{_BETWEEN}\d{{4}}){{3}}{_BETWEEN}\d{{1,3}}",
        rf"\d{{4}}(?:{_BETWEEN}\d{{4}}){{2}}{_BETWEEN}\d{{1,7}}",
        rf"[3３]\d{{3}}{_BETWEEN}\d{{6}}{_BETWEEN}\d{{4,5}}",
        rf"\d{{6}}{_BETWEEN}\d{{13}}",  # not 6 and 11: a postcode and a mobile number
        rf"\d(?:{_BETWEEN}\d){{12,18}}",
    )
)
_PAN_START: Final = re.compile(r"(?<!\d)[2-6２-６]")
# The second digit of a doubled value, folded: 0..9 doubled and its digits added.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def uscc_check_character(body: str) -> str:
    """Return the 18th character for the first 17 of a unified social credit code.

    Raises:
        ValueError: `body` is not 17 characters of the code's alphabet.
    """
    total = sum(
        USCC_ALPHABET.index(character) * weight
        for character, weight in zip(body, USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-total % 31]


def is_uscc(code: str) -> bool:
    """Say whether `code` is a unified social credit code: shape and check character."""
    return _USCC.fullmatch(code) is not None and uscc_check_character(code[:17]) == code[17]


def id_check_character(body: str) -> str:
    """Return the 18th character for the first 17 digits of a resident id number."""
    total = sum(int(digit) * weight for digit, weight in zip(body, ID_WEIGHTS, strict=True))
    return ID_CHECKS[total % 11]


def is_id_number(number: str) -> bool:
    """Say whether `number` is a resident id number: province, birth date and check character.

    A birth date in the future is not looked for: this module has no clock.
    """
    if _ID_NUMBER.fullmatch(number) is None or number[:2] not in PROVINCES:
        return False
    return _is_birth_date(number[6:14]) and id_check_character(number[:17]) == number[17]


def _is_birth_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= EARLIEST_BIRTH_YEAR


def passes_luhn(digits: str) -> bool:
    """Say whether a string of digits passes the Luhn check (ISO/IEC 7812-1 annex B)."""
    backwards = [ord(digit) - 48 for digit in reversed(digits)]
    return (sum(backwards[::2]) + sum(_DOUBLED[digit] for digit in backwards[1::2])) % 10 == 0


def has_pan_shape(text: str) -> bool:
    """Say whether `text` is 13 to 19 digits that begin like a bank card's (2 to 6)."""
    return _PAN.fullmatch(text) is not None


def looks_like_pan(text: str) -> bool:
    """Say whether `text` could be a card number. One number in ten of the shape is by chance."""
    return has_pan_shape(text) and passes_luhn(text)


def holds_pan(text: str) -> bool:
    """Say whether a card number stands anywhere in `text`, alone or written in groups."""
    return any(True for _found in _pans_in(text))


def written_pan(text: str) -> str:
    """Return the digits of a text that is one number in the groups of a card, else "".

    Nothing is said about its check digit.
    """
    if not text or not _PAN_START.match(text):
        return ""
    found = any(shape.fullmatch(text) for shape in _PAN_SHAPES)
    return _digits(text) if found else ""


def mask_pans_in(text: str) -> str:
    """Return `text` with every card number in it cut to its first six and last four digits."""
    parts, done = [], 0
    for begin, end in _pans_in(text):
        parts += [text[done:begin], mask_pan(_digits(text[begin:end]))]
        done = end
    return "".join(parts) + text[done:]


def pan_shapes_in(text: str) -> Iterator[str]:
    """Yield the digits of all that has a card number's shape in `text`, whether its check digit holds or not."""
    for begin, end, _holds in _shapes_in(text):
        yield _digits(text[begin:end])


def _pans_in(text: str) -> Iterator[tuple[int, int]]:
    return ((begin, end) for begin, end, holds in _shapes_in(text) if holds)


def _shapes_in(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield begin, end and whether the check holds; one that fails it does not hide one that begins in it."""
    place = 0
    while begins := _PAN_START.search(text, place):
        begin = begins.start()
        ends = [found.end() for shape in _PAN_SHAPES if (found := shape.match(text, begin))]
        end = next((end for end in ends if looks_like_pan(_digits(text[begin:end]))), 0)
        if ends:
            yield begin, end or ends[0], bool(end)
        place = end or begins.end()


def _digits(text: str) -> str:
    return "".join(str(int(character)) for character in text if character.isdecimal())


def is_tusn(text: str) -> bool:
    """Say whether `text` has the form of a terminal's unique serial number: 20 digits."""
    return _TUSN.fullmatch(text) is not None


def mask_pan(number: str) -> str:
    """Return the first six and last four digits, the rest as stars (PCI DSS 3.4.1)."""
    return _mask(number, head=6, tail=4)


def mask_account(number: str) -> str:
    """Return a settlement account with only its last four characters legible."""
    return _mask(number, head=0, tail=4)


def mask_id_number(number: str) -> str:
    """Return an id number with the region's first three and the last two characters legible."""
    return _mask(number, head=3, tail=2)


def mask_phone(number: str) -> str:
    """Return a phone number with its first three and last four characters legible."""
    return _mask(number, head=3, tail=4)


def _mask(text: str, *, head: int, tail: int) -> str:
    """Hide the middle. What is too short to keep a hidden middle of four is hidden whole."""
    hidden = len(text) - head - tail
    if hidden < 3:
        return "*" * len(text)
    return text[:head] + "*" * hidden + text[-tail:]
