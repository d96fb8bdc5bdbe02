"""MT940 and MT942 into canonical lines, held against opening, closing and the sums that they state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine, Truncated
from tillkeeper.formats.canonical.reading import Options, Taker, Verdict
from tillkeeper.formats.statements.amounts import day_of
from tillkeeper.formats.statements.entries import BOOKED, PENDING, Entry, Gathering, Part
from tillkeeper.formats.statements.swift.blocks import END, tags
from tillkeeper.formats.statements.swift.fields import (
    FULL_LINE,
    Balance,
    Field,
    Information,
    Movement,
    balance_of,
    days_of,
    floor_currency,
    information_of,
    joined,
    movement_of,
    sum_of,
)

SUMS: Final = {
    "90C": "number and sum of the credits against :90C:",
    "90D": "number and sum of the debits against :90D:",
}
INTERIM_TAGS: Final = frozenset({"34F", "13", "13D", "90C", "90D"})  # only an MT942 has them


@dataclass(slots=True)
class Open:
    """The statement that is being read."""

    part: Part
    opening: Balance | None = None
    closing: Balance | None = None
    carried: bool = False  # its opening is an intermediate balance (:60M:)
    counts: dict[str, list[int]] = field(default_factory=lambda: {"C": [0, 0], "D": [0, 0]})
    left_out: int = 0  # minor units of lines set aside: they belong to the bank's sum all the same


def read_swift(path: Path, take: Taker, options: Options) -> Verdict:
    """Read an MT940 or MT942 file of one or many statements. See `canonical.reading.Reader`."""
    reader = _Reader(Gathering(take, path.name), options)
    for tag in tags(path):
        reader.tag(tag)
    return reader.end()


@dataclass(slots=True)
class Moved:
    """A statement line that waits for what :86: tells of it."""

    line: int
    movement: Movement
    supplement: list[str]
    information: list[str] = field(default_factory=list)


class _Reader:
    def __init__(self, gathering: Gathering, options: Options) -> None:
        self._gathering = gathering
        self._options = options
        self._open: Open | None = None
        self._before: Open | None = None
        self._moved: Moved | None = None
        self._interim = False
        self._last_line = 1
        self._strange_days: list[int] = []
        self._actions: dict[str, Callable[[Field], None]] = {
            "20": self._begin,
            "25": self._account,
            "28": self._number,
            "28C": self._number,
            "34F": self._floor,
            "13": self._made,
            "13D": self._made,
            "60F": self._opening,
            "60M": self._opening,
            "61": self._movement,
            "86": self._information,
            "62F": self._closing,
            "62M": self._closing,
            "90C": self._sum,
            "90D": self._sum,
            END: self._finish,
        }

    def tag(self, tag: Field) -> None:
        """Take the next tag. Unknown ones, such as available balances, carry nothing that is read."""
        self._last_line = tag.line
        self._interim = self._interim or tag.tag in INTERIM_TAGS
        if tag.tag != "86":
            self._settle()
        action = self._actions.get(tag.tag)
        if action is None:
            return
        if self._open or tag.tag in {"20", END}:
            action(tag)
        elif tag.tag == "61":
            self._outside(tag)

    def end(self) -> Verdict:
        """Finish the last statement and return the verdict.

        Raises:
            Truncated: a statement was opened and never closed.
            BadLine: there is no statement at all.
        """
        self._settle()
        self._close()
        if not self._gathering.parts:
            reason = "begins no statement (:20:)"
            raise self._bad(1, ":20:", "", reason)
        if self._strange_days:
            lines = ", ".join(map(str, self._strange_days))
            self._gathering.facts["lines_with_a_day_that_does_not_exist"] = lines
        return self._gathering.verdict("mt942" if self._interim else "mt940")

    def _begin(self, tag: Field) -> None:
        self._close()
        part = Part(tag.line, number=tag.first)
        self._open = Open(self._gathering.begin(part))

    def _finish(self, _tag: Field) -> None:
        self._close()

    def _here(self) -> Open:
        if self._open is None:  # pragma: no cover - `tag` lets no other through
            raise AssertionError
        return self._open

    def _account(self, tag: Field) -> None:
        here = self._here()
        if here.part.account and here.closing:  # a bank that writes :20: once for several accounts
            self._begin(Field("20", tag.line, [here.part.number]))
            here = self._here()
        here.part.account = here.part.account or "".join(line.strip() for line in tag.lines)

    def _number(self, tag: Field) -> None:
        self._here().part.number = tag.first

    def _floor(self, tag: Field) -> None:
        part = self._here().part
        part.currency = part.currency or floor_currency(tag.first)

    def _made(self, tag: Field) -> None:
        """Take the day an interim report was made as its period."""
        part = self._here().part
        part.first = part.last = day_of(tag.first[:6])

    def _opening(self, tag: Field) -> None:
        here = self._here()
        if here.closing:  # the next page without a :20: of its own
            self._begin(Field("20", tag.line, [here.part.number]))
            self._here().part.account = here.part.account
            here = self._here()
        balance = self._balance(tag)
        here.opening, here.carried = balance, tag.tag == "60M"
        here.part.opening, here.part.currency = balance.minor, balance.currency
        here.part.first = balance.day
        self._chain(here, balance, tag.line)

    def _chain(self, here: Open, balance: Balance, line: int) -> None:
        """An intermediate opening balance must be the closing one of the page before."""
        before = self._before
        if before is None or before.closing is None or before.part.account != here.part.account:
            return
        if here.carried:
            stated = f"{balance.minor} {balance.currency}"
            found = f"{before.closing.minor} {before.closing.currency}"
            self._gathering.check("opening balance against the page before", stated, found, line)

    def _balance(self, tag: Field) -> Balance:
        balance = balance_of(tag.first)
        if balance is None:
            reason = "is no balance: sign, day, currency, amount"
            raise self._bad(tag.line, f":{tag.tag}:", tag.first, reason)
        return balance

    def _movement(self, tag: Field) -> None:
        """Read a statement line; the file may have wrapped it, or let a line of supplement follow."""
        part = self._here().part
        part.currency = part.currency or self._options.currency
        for taken in (1, 2):
            said = "".join(tag.lines[:taken]).strip()
            movement = movement_of(said, part.currency)
            if movement:
                self._moved = Moved(tag.line, movement, tag.lines[taken:])
                return
        reason = "is no statement line: day, mark, amount, kind"
        raise self._bad(tag.line, ":61:", tag.first, reason)

    def _information(self, tag: Field) -> None:
        """Gather :86: for the movement before it; behind a closing balance it concerns the whole statement."""
        if self._moved:
            self._moved.information.extend(tag.lines)

    def _settle(self) -> None:
        """Take the movement that was waiting, unless no day can be found for it."""
        moved, self._moved = self._moved, None
        if moved is None:
            return
        here = self._here()
        booked, valued = days_of(moved.movement)
        if valued is None or booked is None:
            self._strange_days.append(moved.line)
        self._tally(here, moved.movement)
        if (booked or valued) is None:
            here.left_out += moved.movement.amount
            reason = (
                "The calendar has no such day and the line names no other. "
                "Ask the bank for the day and enter the line by hand."
            )
            self._gathering.leave_out(moved.line, ":61:", moved.movement.value, reason)
            return
        self._gathering.add(_entry(moved, here.part, booked or valued, valued), here.part)

    def _tally(self, here: Open, movement: Movement) -> None:
        count = here.counts["C" if movement.amount >= 0 else "D"]
        count[0] += 1
        count[1] += abs(movement.amount)

    def _closing(self, tag: Field) -> None:
        here = self._here()
        here.closing = self._balance(tag)
        here.part.closing, here.part.last = here.closing.minor, here.closing.day
        here.part.currency = here.part.currency or here.closing.currency
        if here.opening:
            stated = f"{here.closing.minor} {here.closing.currency}"
            found = here.opening.minor + here.part.net + here.left_out
            name = "opening balance and lines against the closing balance"
            self._gathering.check(name, stated, f"{found} {here.opening.currency}", tag.line)

    def _sum(self, tag: Field) -> None:
        stated = sum_of(tag.first)
        if stated is None:
            reason = "is no sum: number, currency, amount"
            raise self._bad(tag.line, f":{tag.tag}:", tag.first, reason)
        here = self._here()
        number, amount = here.counts[tag.tag[-1]]
        found = f"{number} {amount} {here.part.currency}"
        self._gathering.check(
            SUMS[tag.tag], f"{stated[0]} {stated[1]} {stated[2]}", found, tag.line
        )

    def _close(self) -> None:
        """End the statement.

        Raises:
            Truncated: it has no closing balance, and is no interim report, which has none.
        """
        here, self._open = self._open, None
        if here is None:
            return
        if here.closing is None and (here.opening or not self._interim):
            missing = "the closing balance (:62F:)"
            raise Truncated(name=self._gathering.name, line=self._last_line, missing=missing)
        self._before = here

    def _outside(self, tag: Field) -> None:
        reason = (
            "The line stands behind the end of its statement and belongs to none. "
            "Ask the bank whether a statement is missing."
        )
        self._gathering.leave_out(tag.line, ":61:", tag.first, reason)

    def _bad(self, line: int, column: str, value: str, reason: str) -> BadLine:
        return BadLine(
            name=self._gathering.name, line=line, column=column, value=quoted(value), reason=reason
        )


def _entry(moved: Moved, part: Part, booked: date | None, valued: date | None) -> Entry:
    told = information_of(moved.information) if moved.information else Information()
    supplement = joined(moved.supplement, FULL_LINE)
    movement = moved.movement
    return Entry(
        line=moved.line,
        account=part.account,
        booked_on=booked,
        valued_on=valued,
        amount_minor=movement.amount,
        currency=part.currency,
        status=PENDING if movement.expected else BOOKED,
        kind=movement.kind,
        reference=movement.reference,
        bank_reference=movement.bank_reference,
        counterparty=told.counterparty or movement.name,
        counterparty_account=told.counterparty_account,
        text=" ".join(filter(None, [supplement, told.text])),
    )
