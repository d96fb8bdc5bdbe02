"""BAI2 into canonical lines, held against the control totals and counts of accounts, groups and file."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine, Truncated
from tillkeeper.formats.canonical.reading import Options, Taker, Verdict
from tillkeeper.formats.statements.amounts import day_of
from tillkeeper.formats.statements.bai2.records import (
    Record,
    Summary,
    detail_of,
    records,
    summaries_of,
)
from tillkeeper.formats.statements.entries import BOOKED, PENDING, Entry, Gathering, Part

CURRENCY: Final = "USD"  # where neither account nor group names one: so the standard
OPENING: Final = "010"
CLOSING: Final = "015"
CREDITS: Final = "100"
DEBITS: Final = "400"
UPDATE: Final = frozenset({"", "1", "3"})  # of group statuses; deletions and tests hold no money
ACCOUNT_FIGURES: Final = ("control total of the account", "records of the account")
GROUP_FIGURES: Final = ("control total of the group", "records of the group")
FILE_FIGURES: Final = ("control total of the file", "records of the file")
CREDIT_FIGURES: Final = ("total of the credits", "number of the credits")
DEBIT_FIGURES: Final = ("total of the debits", "number of the debits")
INTERIM: Final = "3"  # as-of modifier: same day, not final
_AMOUNT: Final = re.compile(r"[+-]?\d{1,18}")
_OUTSIDE: Final = {"03": "02", "49": "03", "16": "03", "98": "02", "02": "01", "99": "01"}


@dataclass(slots=True)
class Level:
    """An account, a group or the file: what its trailer is held against."""

    total: int = 0
    records: int = 0
    children: int = 0


@dataclass(slots=True)
class Account:
    """The account that is being read."""

    part: Part
    figures: dict[str, Summary] = field(default_factory=dict)
    credits: list[int] = field(default_factory=lambda: [0, 0])  # details, minor units
    debits: list[int] = field(default_factory=lambda: [0, 0])
    line: int = 0


def read_bai2(path: Path, take: Taker, options: Options) -> Verdict:  # noqa: ARG001 - it has no local times
    """Read a BAI2 file of version 2. See `canonical.reading.Reader`."""
    reader = _Reader(Gathering(take, path.name))
    for record in records(path):
        reader.record(record)
    return reader.end()


class _Reader:
    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._levels: dict[str, Level] = {}  # by the code of the header: open ones
        self._account: Account | None = None
        self._currency = CURRENCY
        self._as_of: date | None = None
        self._status = BOOKED
        self._line = 1
        self._actions: dict[str, Callable[[Record], None]] = {
            "01": self._file,
            "02": self._group,
            "03": self._begin_account,
            "16": self._detail,
            "49": self._end_account,
            "98": self._end_group,
            "99": self._end_file,
        }

    def record(self, record: Record) -> None:
        """Take the next record.

        Raises:
            BadLine: it is wrong, or stands outside what it belongs to.
            Truncated: what comes before it lacks its trailer.
        """
        self._line = record.line
        outer = _OUTSIDE.get(record.code)
        if outer and outer not in self._levels:
            raise self._bad(record, "record code", record.code, "stands outside what it belongs to")
        self._refuse_open(record)
        for level in self._levels.values():
            level.records += record.physical
        self._actions[record.code](record)

    def end(self) -> Verdict:
        """Return the verdict.

        Raises:
            Truncated: a trailer is missing.
        """
        if self._levels or not self._gathering.parts:
            missing = "the file trailer (99)" if self._levels else "the account record (03)"
            raise Truncated(name=self._gathering.name, line=self._line, missing=missing)
        return self._gathering.verdict("bai2")

    def _refuse_open(self, record: Record) -> None:
        """Refuse a header, or an outer trailer, while something within is still open."""
        within = {"03": ("03",), "98": ("03",), "02": ("02",), "99": ("02",), "01": ("01",)}
        trailers = {
            "03": "account trailer (49)",
            "02": "group trailer (98)",
            "01": "file trailer (99)",
        }
        for code in within.get(record.code, ()):
            if code in self._levels:
                missing = f"the {trailers[code]}"
                raise Truncated(name=self._gathering.name, line=record.line, missing=missing)

    def _file(self, record: Record) -> None:
        version = (record.fields() + [""] * 8)[7]
        if version not in {"", "2"}:
            raise self._bad(record, "version", version, "is not version 2")
        self._levels["01"] = Level(records=record.physical)

    def _group(self, record: Record) -> None:
        cells = record.fields() + [""] * 7
        if cells[2] not in UPDATE:
            raise self._bad(
                record,
                "group status",
                cells[2],
                "is no update: a deletion or a test moves no money",
            )
        self._as_of = day_of(cells[3])
        if self._as_of is None:
            raise self._bad(record, "as-of date", cells[3], "is no day that exists")
        self._currency = cells[5] or CURRENCY
        self._status = PENDING if cells[6] == INTERIM else BOOKED
        self._levels["02"] = Level(records=record.physical)
        self._levels["01"].children += 1

    def _begin_account(self, record: Record) -> None:
        cells = record.fields()
        currency = [*cells, ""][1] or self._currency
        part = Part(
            record.line, account=cells[0], currency=currency, first=self._as_of, last=self._as_of
        )
        account = Account(self._gathering.begin(part), line=record.line)
        level = self._levels["03"] = Level(records=record.physical)
        self._levels["02"].children += 1
        for figure in summaries_of(record):
            level.total += self._amount(record, figure.amount)
            account.figures.setdefault(figure.code, figure)
        opening, closing = account.figures.get(OPENING), account.figures.get(CLOSING)
        part.opening = self._amount(record, opening.amount) if opening and opening.amount else None
        part.closing = self._amount(record, closing.amount) if closing and closing.amount else None
        self._account = account

    def _detail(self, record: Record) -> None:
        account = self._account
        if account is None:  # pragma: no cover - `record` lets none through
            raise AssertionError
        detail = detail_of(record)
        amount = self._amount(record, detail.amount)
        self._levels["03"].total += amount
        sign = _sign(detail.code)
        if not sign:
            reason = (
                "The type code says neither credit nor debit. "
                "Ask the bank what it means and enter the line by hand."
            )
            self._gathering.leave_out(record.line, "type code", detail.code, reason)
            return
        side = account.credits if sign > 0 else account.debits
        side[0] += 1
        side[1] += amount
        valued = day_of(detail.valued) if detail.valued else None
        if detail.valued and valued is None:
            raise self._bad(record, "value date", detail.valued, "is no day that exists")
        entry = Entry(
            line=record.line,
            account=account.part.account,
            booked_on=self._as_of,
            valued_on=valued,
            amount_minor=sign * amount,
            currency=account.part.currency,
            status=self._status,
            kind=detail.code,
            reference=detail.customer_reference,
            bank_reference=detail.bank_reference,
            text=detail.text,
        )
        self._gathering.add(entry, account.part)

    def _end_account(self, record: Record) -> None:
        self._hold_balances()
        level = self._levels.pop("03")
        total, count = self._trailer(record, 2)
        self._hold(ACCOUNT_FIGURES, level, total, count, record.line)
        self._levels["02"].total += total
        self._account = None

    def _end_group(self, record: Record) -> None:
        level = self._levels.pop("02")
        total, children, count = self._trailer(record, 3)
        self._hold(GROUP_FIGURES, level, total, count, record.line)
        self._gathering.check(
            "accounts against the group trailer", children, level.children, record.line
        )
        self._levels["01"].total += total

    def _end_file(self, record: Record) -> None:
        level = self._levels.pop("01")
        total, children, count = self._trailer(record, 3)
        self._hold(FILE_FIGURES, level, total, count, record.line)
        self._gathering.check(
            "groups against the file trailer", children, level.children, record.line
        )

    def _trailer(self, record: Record, number: int) -> list[int]:
        cells = (record.fields() + [""] * number)[:number]
        if "" in cells:
            raise self._bad(record, "trailer", ",".join(cells), "lacks a total or a count")
        return [self._amount(record, cell) for cell in cells]

    def _hold(
        self, names: tuple[str, str], level: Level, total: int, count: int, line: int
    ) -> None:
        self._gathering.check(names[0], total, level.total, line)
        self._gathering.check(names[1], count, level.records, line)

    def _hold_balances(self) -> None:
        """Hold balances and totals of the account against its details, unless the bank gives totals only."""
        account = self._account
        if account is None or not (account.part.rows or self._is_quiet(account)):
            return
        part = account.part
        if part.opening is not None and part.closing is not None:
            found = part.opening + account.credits[1] - account.debits[1]
            name = "opening balance and details against the closing balance"
            self._gathering.check(name, part.closing, found, account.line)
        self._hold_side(account, CREDITS, CREDIT_FIGURES, account.credits)
        self._hold_side(account, DEBITS, DEBIT_FIGURES, account.debits)

    def _hold_side(
        self, account: Account, code: str, names: tuple[str, str], found: list[int]
    ) -> None:
        figure = account.figures.get(code)
        if figure and figure.amount:
            self._gathering.check(names[0], int(figure.amount), found[1], account.line)
        if figure and figure.count.isascii() and figure.count.isdecimal():
            self._gathering.check(names[1], int(figure.count), found[0], account.line)

    def _is_quiet(self, account: Account) -> bool:
        """Say whether the account states that nothing moved."""
        totals = [
            account.figures[code].amount for code in (CREDITS, DEBITS) if code in account.figures
        ]
        return all(not total.strip("+-0") for total in totals)

    def _amount(self, record: Record, said: str) -> int:
        """Return minor units as written; what the bank leaves out is nothing."""
        if not said:
            return 0
        if not (said.isascii() and _AMOUNT.fullmatch(said)):
            raise self._bad(record, "amount", said, "is no whole number of minor units")
        return int(said)

    def _bad(self, record: Record, column: str, value: str, reason: str) -> BadLine:
        return BadLine(
            name=self._gathering.name,
            line=record.line,
            column=column,
            value=quoted(value),
            reason=reason,
        )


def _sign(code: str) -> int:
    """Return 1 for a credit (1xx to 399), -1 for a debit (4xx to 699), 0 for what is neither."""
    if not (code.isascii() and code.isdecimal() and len(code) == 3):
        return 0
    number = int(code)
    return 1 if 100 <= number <= 399 else -1 if 400 <= number <= 699 else 0
