"""The fields of MT940 and MT942, one at a time: balances, statement lines, information to the account owner."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tillkeeper.formats.statements.amounts import day_of, full_year, minor_of, real_day

FULL_LINE: Final = 65  # characters of a line of :86:: a word may go on in the next
FULL_PIECE: Final = 27  # characters of a ?20 piece: likewise
REFERENCE_LENGTH: Final = 16
NO_REFERENCE: Final = "NONREF"

_BALANCE: Final = re.compile(r"([CD])?(\d{6})\s?([A-Z]{3})\s?([\d.,]+)")
_FLOOR: Final = re.compile(r"([A-Z]{3})([CD])?\s?([\d.,]+)")
_SUM: Final = re.compile(r"(\d{1,9})\s?([A-Z]{3})\s?([\d.,]+)")
_LINE: Final = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}|\s{4})?\s?"
    r"(?P<mark>E?R?[CD])(?P<funds>[A-Z])?\s?"
    r"(?P<amount>\d[\d.,]*)\s?"
    r"(?P<kind>[A-Z][A-Z0-9]{3})"
    r"(?P<reference>.*?)(?://(?P<bank>.*))?",
    re.DOTALL,
)
_STRUCTURED: Final = re.compile(r"(\d{3}|(?=\?))([^\w\s])(?=\d\d)")
_PURPOSE: Final = frozenset([*range(20, 30), *range(60, 64)])


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance: signed minor units; the day is None where the calendar has none such."""

    minor: int
    currency: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Movement:
    """A statement line (:61:). Amount is signed minor units; what is expected only is pending."""

    value: str  # yymmdd as written
    entry: str  # mmdd as written, "" where the bank leaves it blank
    amount: int
    expected: bool
    kind: str
    reference: str
    bank_reference: str
    name: str = ""  # where a bank writes the other side behind a padded reference


@dataclass(frozen=True, slots=True)
class Information:
    """What :86: tells."""

    text: str = ""
    counterparty: str = ""
    counterparty_account: str = ""


@dataclass(slots=True)
class Field:
    """A tag with its lines, as they stand in the file."""

    tag: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def first(self) -> str:
        """Its first line."""
        return self.lines[0].strip()


def balance_of(said: str) -> Balance | None:
    """Return :60F:, :60M:, :62F:, :62M:; None where it is none."""
    shaped = _BALANCE.fullmatch(said.replace(" ", ""))
    minor = minor_of(shaped[4], shaped[3]) if shaped else None
    if shaped is None or minor is None:
        return None
    return Balance(-minor if shaped[1] == "D" else minor, shaped[3], day_of(shaped[2]))


def floor_currency(said: str) -> str:
    """Return the currency of :34F:, by which an MT942 names its own; "" where it has none."""
    shaped = _FLOOR.fullmatch(said)
    return shaped[1] if shaped else ""


def sum_of(said: str) -> tuple[int, int, str] | None:
    """Return number, minor units, currency of :90D: or :90C:; None where it is none."""
    shaped = _SUM.fullmatch(said)
    minor = minor_of(shaped[3], shaped[2]) if shaped else None
    return None if shaped is None or minor is None else (int(shaped[1]), minor, shaped[2])


def movement_of(said: str, currency: str) -> Movement | None:
    """Return a statement line; None where it is none.

    RC takes back a credit and is a debit, RD takes back a debit and is a credit.
    """
    shaped = _LINE.fullmatch(said.rstrip())
    minor = minor_of(shaped["amount"], currency) if shaped else None
    if shaped is None or minor is None:
        return None
    mark = shaped["mark"]
    credit = mark.endswith("C") != ("R" in mark)
    reference, name = _reference(shaped["reference"])
    return Movement(
        value=shaped["value"],
        entry=(shaped["entry"] or "").strip(),
        amount=minor if credit else -minor,
        expected=mark.startswith("E"),
        kind=shaped["kind"],
        reference=reference,
        bank_reference=(shaped["bank"] or "").strip(),
        name=name,
    )


def days_of(movement: Movement) -> tuple[date | None, date | None]:
    """Return (booked, valued). A day that does not exist is None; a blank entry date is the value date."""
    valued = day_of(movement.value)
    if not movement.entry:
        return valued, valued
    year = full_year(int(movement.value[:2]))
    month, day = int(movement.entry[:2]), int(movement.entry[2:])
    # The entry date has no year: around New Year it may be the one before or after the value date's.
    turn = {-11: -1, 11: 1}.get(int(movement.value[2:4]) - month, 0)
    return real_day(year + turn, month, day), valued


def information_of(lines: list[str]) -> Information:
    """Return what :86: says, structured (?20 … with whatever sign for ?) or free."""
    begins = _STRUCTURED.match(lines[0].lstrip()) if lines else None
    if begins is None:
        return Information(text=joined(lines, FULL_LINE))
    whole = "".join(lines).lstrip()[len(begins[1]) :]  # some banks leave the code out
    pieces = re.split(rf"{re.escape(begins[2])}(\d\d)", whole)
    coded = [(int(code), text) for code, text in zip(pieces[1::2], pieces[2::2], strict=True)]
    purpose = joined([text for code, text in coded if code in _PURPOSE], FULL_PIECE)
    name = joined([text for code, text in coded if code in {32, 33}], FULL_PIECE)
    word = joined([text for code, text in coded if code == 0], FULL_PIECE)
    account = next((text.strip() for code, text in coded if code == 31), "")
    return Information(" ".join(filter(None, [word, purpose])), name, account)


def joined(pieces: list[str], full: int) -> str:
    """Return pieces as one text: a piece of full length goes on in the next one, a shorter one ends a word."""
    text = "".join(piece if len(piece) == full else f"{piece} " for piece in pieces)
    return " ".join(text.split())


def _reference(said: str) -> tuple[str, str]:
    """Return reference and, where the reference is padded to its full length, the name behind it."""
    own, behind = said, ""
    if said[REFERENCE_LENGTH - 1 : REFERENCE_LENGTH] == " " and said[REFERENCE_LENGTH:].strip():
        own, behind = said[:REFERENCE_LENGTH], said[REFERENCE_LENGTH:]
    plain = " ".join(own.split())
    return ("" if plain == NO_REFERENCE else plain), " ".join(behind.split())
