"""What the addresses of lists ask for: days, amounts, choices. What cannot be read is left out, and said to be."""

from collections.abc import Callable, Container, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.functional import Promise

from tillkeeper.kernel.money import minor_digits

# Of each filter its label, and the choices there are, or what reads it and answers None if it cannot.
Readable = Mapping[str, tuple[str | Promise, Container[str] | Callable[[str], Any]]]
LARGEST: Final = Decimal(10) ** 15  # beyond it an amount is a slip of the pen
SHOWN: Final = 40  # characters of a value that nobody can read


def day_of(text: str | None) -> date | None:
    """Return a day as a date field sends it; None if it is none."""
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None


def minor_of(text: str | None, currency: str = "CNY") -> int | None:
    """Return an amount in minor units from one in major units, as people type it; None if it is none."""
    cleaned = (text or "").replace(",", "").replace("，", "").replace("¥", "").strip()
    try:
        amount = Decimal(cleaned)
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= LARGEST:
        return None
    scaled = amount.scaleb(minor_digits(currency))
    return int(scaled) if scaled == scaled.to_integral_value() else None


def one_of(asked: Mapping[str, Any], name: str, among: Container[str]) -> str:
    """Return a choice that the address names if it is one of those there are, else nothing."""
    value = str(asked.get(name, ""))
    return value if value in among else ""


def unread(asked: Mapping[str, Any], known: Readable) -> list[tuple[str | Promise, str]]:
    """Return what an address asks for and nothing can be made of: each filter's label and the value.

    Args:
        asked: the address.
        known: what each filter may be.
    """
    told = []
    for name, (label, among) in known.items():
        value = str(asked.get(name, ""))
        if value and (among(value) is None if callable(among) else value not in among):
            told.append((label, value[:SHOWN]))
    return told


def text_of(asked: Mapping[str, Any], name: str, most: int = 120) -> str:
    """Return a text that the address names, without blanks around it."""
    return str(asked.get(name, "")).replace("\x00", "").strip()[:most]
