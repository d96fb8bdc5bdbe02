"""Numbers that carry their own check: company codes, id numbers, card numbers, serial numbers.

    unified social credit code   GB 32100-2015   18 characters, weights 3^i mod 31
    resident id number           GB 11643-1999   18 characters, ISO 7064 MOD 11-2, birth date inside
    card number (PAN)            ISO/IEC 7812-1  13 to 19 digits, Luhn
    terminal serial (TUSN)       20 digits

Masking lives here too, so that there is one answer to how much of a number may be seen.
"""

import re
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
# In running text: any script's digits (full-width ones too), bare or grouped as on the card.
_PAN_IN_TEXT: Final = re.compile(
    r"(?<!\d)(?:"
    r"[2-6２-６]\d{12,18}"
    r"|[2-6２-６]\d{3}([ \u00a0\u3000-])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?"
    r"|[3３]\d{3}([ \u00a0\u3000-])\d{6}\2\d{4,5}"
    r")(?!\d)"
)
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
    return any(_is_found_pan(found) for found in _PAN_IN_TEXT.finditer(text))


def mask_pans_in(text: str) -> str:
    """Return `text` with every card number in it cut to its first six and last four digits."""
    return _PAN_IN_TEXT.sub(
        lambda found: mask_pan(_digits(found.group())) if _is_found_pan(found) else found.group(),
        text,
    )


def _is_found_pan(found: re.Match[str]) -> bool:
    return looks_like_pan(_digits(found.group()))


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
