"""What a reader of statements gathers: lines into frames, and of each statement in the file what it says of itself."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

import polars as pl

from tillkeeper.formats.canonical.cards import masked, quoted
from tillkeeper.formats.canonical.reading import Check, SetAside, Taker, Verdict
from tillkeeper.formats.canonical.tables import STATEMENT, Role

ROWS_A_FRAME: Final = 50_000  # Python rows wait here for their frame: what bounds the memory
BOOKED: Final = "booked"
PENDING: Final = "pending"
_IBAN: Final = r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"
_TEXTS: Final = ("counterparty", "text")
_ACCOUNTS: Final = ("account", "counterparty_account")


class Entry(NamedTuple):
    """One line of a statement, in the order of the canonical columns."""

    line: int
    account: str = ""
    booked_on: date | None = None
    valued_on: date | None = None
    at: datetime | None = None
    amount_minor: int = 0
    currency: str = ""
    balance_minor: int | None = None
    status: str = BOOKED
    kind: str = ""
    reference: str = ""
    bank_reference: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    text: str = ""


@dataclass(slots=True)
class Part:
    """One statement within a file. Balances are minor units of `currency`; `net` is what its booked lines come to."""

    line: int
    account: str = ""
    currency: str = ""
    number: str = ""
    first: date | None = None
    last: date | None = None
    opening: int | None = None
    closing: int | None = None
    rows: int = 0
    net: int = 0
    currencies: dict[str, int] = field(default_factory=dict)  # of its lines: currency -> line

    def facts(self) -> dict[str, str | int | None]:
        """Return what the statement says of itself."""
        return {
            "account": self.account,
            "currency": self.currency,
            "number": self.number,
            "period": self.period,
            "opening_minor": self.opening,
            "closing_minor": self.closing,
            "rows": self.rows,
        }

    @property
    def period(self) -> str:
        """First and last day, "" where the file names none."""
        days = sorted(day for day in (self.first, self.last) if day is not None)
        return f"{days[0].isoformat()}/{days[-1].isoformat()}" if days else ""


class Gathering:
    """Takes lines, statements, checks and lines set aside, and makes the verdict of them."""

    def __init__(self, take: Taker, name: str) -> None:
        self.name = name
        self.parts: list[Part] = []
        self.checks: list[Check] = []
        self.set_aside: list[SetAside] = []
        self.facts: dict[str, str] = {}
        self._take = take
        self._waiting: list[Entry] = []
        self._sums: Counter[str] = Counter()
        self._rows = 0

    def begin(self, part: Part) -> Part:
        """Begin the next statement of the file."""
        self.parts.append(part)
        return part

    def add(self, entry: Entry, part: Part) -> None:
        """Take one line of a statement."""
        self._waiting.append(entry)
        self._sums[entry.currency] += entry.amount_minor
        part.rows += 1
        part.currencies.setdefault(entry.currency, entry.line)
        if entry.status == BOOKED:
            part.net += entry.amount_minor
        if len(self._waiting) >= ROWS_A_FRAME:
            self.flush()

    def leave_out(self, line: int, column: str, value: str, reason: str) -> None:
        """Set a line aside. `reason` is a whole sentence."""
        self.set_aside.append(SetAside(line, column, quoted(value), reason))

    def check(self, name: str, stated: object, found: object, line: int | None = None) -> None:
        """Hold one of the file's own figures against what was found."""
        self.checks.append(Check(name, str(stated), str(found), line))

    def flush(self) -> None:
        """Give what waits to the taker."""
        if self._waiting:
            self.give(pl.DataFrame(self._waiting, schema=dict(STATEMENT), orient="row"))
            self._waiting = []

    def give(self, frame: pl.DataFrame) -> None:
        """Give a frame of canonical columns to the taker, card numbers cut."""
        self._rows += frame.height
        self._take(without_cards(frame))

    def count(self, sums: dict[str, int]) -> None:
        """Count the amounts of frames that were given whole."""
        self._sums.update(sums)

    def verdict(self, format_name: str) -> Verdict:
        """Give the last lines and say what reading the file came to."""
        self.flush()
        for part in self.parts:
            self._one_currency(part)
        return Verdict(
            format=format_name,
            role=Role.STATEMENT,
            rows=self._rows,
            sums=dict(self._sums),
            checks=tuple(self.checks),
            set_aside=tuple(self.set_aside),
            facts=facts_of(self.parts) | self.facts,
        )

    def _one_currency(self, part: Part) -> None:
        """An account has one currency: lines of two cannot be added up."""
        others = {part.currency or next(iter(part.currencies), "")} | part.currencies.keys()
        if len(others) > 1:
            line = next(n for c, n in part.currencies.items() if c != part.currency)
            stated = part.currency or min(others)
            self.check(
                "currency of the lines of one account", stated, ", ".join(sorted(others)), line
            )


def without_cards(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a canonical frame with card numbers cut in texts, names and accounts. An IBAN is no card."""
    accounts = [
        pl.when(pl.col(name).str.contains(_IBAN)).then(pl.col(name)).otherwise(masked(pl.col(name)))
        for name in _ACCOUNTS
    ]
    return frame.with_columns(
        *(masked(pl.col(name)).alias(name) for name in _TEXTS),
        *(value.alias(name) for value, name in zip(accounts, _ACCOUNTS, strict=True)),
    )


def facts_of(parts: list[Part]) -> dict[str, str]:
    """Return the facts of a file: of its one statement, or of several in a row of one account; and of each, as JSON.

    Opening is the first statement's and closing the last one's; where the file has several accounts, only
    `statements` names them.
    """
    accounts = {(part.account, part.currency) for part in parts}
    facts = {"statements": json.dumps([_shown(part) for part in parts], ensure_ascii=False)}
    if len(accounts) == 1:
        facts |= _of_one_account(parts)
    return facts


def _of_one_account(parts: list[Part]) -> dict[str, str]:
    days = [day for part in parts for day in (part.first, part.last) if day is not None]
    period = f"{min(days).isoformat()}/{max(days).isoformat()}" if days else ""
    told = {
        "account": str(_shown(parts[0])["account"]),
        "currency": parts[0].currency,
        "period": period,
        "opening_minor": parts[0].opening,
        "closing_minor": parts[-1].closing,
    }
    return {name: str(value) for name, value in told.items() if value not in {None, ""}}


def _shown(part: Part) -> dict[str, str | int | None]:
    account = pl.DataFrame({name: [part.account] for name in (*_ACCOUNTS, *_TEXTS)})
    return part.facts() | {"account": without_cards(account).item(0, "account")}
