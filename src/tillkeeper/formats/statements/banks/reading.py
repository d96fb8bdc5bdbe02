"""A bank's export into canonical lines, held against its running balance and its total lines."""

import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import BadLine, MissingColumns
from tillkeeper.formats.canonical.reading import Options, Reader, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role, canonical
from tillkeeper.formats.statements.amounts import day_of, minor_of
from tillkeeper.formats.statements.banks.cells import (
    canonical_columns,
    raw_columns,
    with_days,
)
from tillkeeper.formats.statements.banks.headers import Titles, are_titles, titles_of
from tillkeeper.formats.statements.banks.profiles import Bank
from tillkeeper.formats.statements.banks.rows import TITLES_WITHIN, Row, rows_of
from tillkeeper.formats.statements.banks.running import Running
from tillkeeper.formats.statements.entries import Gathering, Part

ROWS_AT_ONCE: Final = 20_000
TOTALS: Final = {
    "income": "income against the total line",
    "outgo": "outgo against the total line",
}
_TOTAL: Final = re.compile("合计|总计|小计")
_COUNT: Final = re.compile(
    r"(?:总笔数|总条数|总记录数|合计笔数)\s*[:：]?\s*(\d{1,9})|共\s*(\d{1,9})\s*[笔条]"
)
_ACCOUNT: Final = re.compile(
    r"(?:账号|卡号|账户号?|户口号|账/卡号|卡/账号)\s*[:：]\s*([0-9*]{4,32})"
)
_PERIOD: Final = re.compile(
    r"((?:19|20)\d{2}[-/年.]?\d{1,2}[-/月.]?\d{1,2})日?\s*(?:-|--|~|—|至|到|终止日期[:：]|结束日期[:：]|\s)+\s*"
    r"((?:19|20)\d{2}[-/年.]?\d{1,2}[-/月.]?\d{1,2})"
)


def reader_of(bank: Bank) -> Reader:
    """Return the reader of one bank's exports."""

    def read(path: Path, take: Taker, options: Options) -> Verdict:
        return _Reader(path, take, options).run(bank.name)

    return read


@dataclass(slots=True)
class Sides:
    """What came in and what went out, to hold total lines against."""

    income: int = 0
    outgo: int = 0

    def add(self, amounts: pl.Series) -> None:
        """Take the amounts of a frame."""
        self.income += int(amounts.filter(amounts > 0).sum())
        self.outgo -= int(amounts.filter(amounts < 0).sum())


@dataclass(slots=True)
class Stated:
    """What total lines and lines around the table state."""

    sides: list[tuple[int, str, int]] = field(default_factory=list)  # line, side, minor units
    counts: list[tuple[int, int]] = field(default_factory=list)  # line, rows


class _Reader:
    def __init__(self, path: Path, take: Taker, options: Options) -> None:
        self._name = path.name
        self._options = options
        self._rows = rows_of(path)
        self._gathering = Gathering(take, path.name)
        self._part = self._gathering.begin(Part(1))
        self._running = Running()
        self._sides = Sides()
        self._stated = Stated()
        self._titles = Titles(0, (), {})
        self._narrow = self._wide = 0  # lines of rows without and with more cells than titles
        self._hidden = 0  # balances that the bank has blacked out

    def run(self, format_name: str) -> Verdict:
        """Read to the end.

        Raises:
            UnreadableFile: a subclass.
        """
        self._titles = self._find_titles()
        while rows := list(islice(self._rows, ROWS_AT_ONCE)):
            self._take(rows)
        self._finish()
        return self._gathering.verdict(format_name)

    def _find_titles(self) -> Titles:
        """Read up to the titles; what stands above them may name account, period and number of rows."""
        line = 0
        for line, cells in islice(self._rows, TITLES_WITHIN):
            if are_titles(cells):
                titles = titles_of(line, cells)
                if titles.missing:
                    columns = ", ".join(titles.missing)
                    raise MissingColumns(name=self._name, line=line, columns=columns)
                self._part.line = line
                return titles
            self._hear(line, cells)
        raise MissingColumns(name=self._name, line=line or 1, columns="交易日期, 交易金额")

    def _hear(self, line: int, cells: list[str]) -> None:
        """Take what a line outside the table says."""
        said = " ".join(cell.strip(PADDING) for cell in cells)
        part = self._part
        if account := _ACCOUNT.search(said):
            part.account = part.account or account[1]
        period = _PERIOD.search(said)
        days = [day_of(_iso(end)) for end in period.groups()] if period else [None]
        if None not in days and not self._titles.line:
            part.first, part.last = days
        for count in _COUNT.finditer(said):
            self._stated.counts.append((line, int(count[1] or count[2])))

    def _take(self, rows: list[Row]) -> None:
        raw = with_days(raw_columns(rows, self._titles))
        filled = pl.any_horizontal(
            pl.col(name).str.contains(r"\d") for name in self._titles.amounts
        )
        dated = pl.col("booked_on").is_not_null()
        lines = raw.filter(filled & dated)
        self._hear_others(rows, raw.filter(~filled & ~dated), raw.filter(filled & ~dated))
        empty = raw.filter(~filled & dated)
        if empty.height:
            raise self._bad(empty, self._titles.amounts[0], "holds no amount")
        if lines.height:
            self._refuse_wider(dict(rows), lines["line"])
            self._give(lines)

    def _refuse_wider(self, rows: dict[int, list[str]], lines: pl.Series) -> None:
        """Refuse a row with a cell too many: a comma that parts an amount moves every cell behind it.

        A blank cell at its end is one of the bank's own, but only where all rows have it.
        """
        width = len(self._titles.names)
        for line in lines:
            cells = rows[line]
            if len(cells) <= width:
                self._narrow = line
            else:
                self._wide = self._wide or line
            if any(cell.strip(PADDING) for cell in cells[width:]) or (self._narrow and self._wide):
                at = line if len(cells) > width else self._wide
                told = quoted(" ".join(rows.get(at, cells)))
                raise BadLine(name=self._name, line=at, column="*", value=told, reason=_TOO_MANY)

    def _hear_others(self, rows: list[Row], words: pl.DataFrame, sums: pl.DataFrame) -> None:
        """Take what lines without a day say: totals, counts, titles once more, nothing."""
        by_line = dict(rows)
        for line in words["line"]:
            self._hear(line, by_line[line])
        for number, line in enumerate(sums["line"]):
            cells = by_line[line]
            if not any(_TOTAL.search(cell) for cell in cells):
                raise self._bad(sums.slice(number, 1), "day", "is no day that exists")
            self._note_totals(sums.row(number, named=True))
            self._hear(line, cells)

    def _note_totals(self, row: dict[str, object]) -> None:
        for side in ("income", "outgo"):
            said = str(row.get(side, "")).replace(",", "")
            minor = minor_of(said.removeprefix("+").removeprefix("-"), self._options.currency)
            if minor is not None:
                self._stated.sides.append((int(str(row["line"])), side, minor))

    def _give(self, raw: pl.DataFrame) -> None:
        told = canonical_columns(raw, self._titles, self._options.currency, self._options.zone)
        self._refuse_misread(raw, told)
        frame = canonical(told, Role.STATEMENT)
        if "account" not in told.columns:
            frame = frame.with_columns(account=pl.lit(self._part.account))
        elif not self._part.account:
            self._part.account = str(frame.item(0, "account"))
        self._gathering.give(frame)
        sums = dict(frame.group_by("currency").agg(pl.col("amount_minor").sum()).iter_rows())
        self._gathering.count(sums)
        self._running.follow(frame)
        self._sides.add(frame["amount_minor"])
        self._account_for(frame)

    def _account_for(self, frame: pl.DataFrame) -> None:
        part = self._part
        part.rows += frame.height
        part.net += int(frame["amount_minor"].sum())
        firsts = frame.group_by("currency", maintain_order=True).agg(pl.col("line").first())
        for currency, line in firsts.iter_rows():
            part.currencies.setdefault(currency, line)
        part.currency = part.currency or str(frame.item(0, "currency"))
        days = frame.select(low=pl.col("booked_on").min(), high=pl.col("booked_on").max()).row(0)
        part.first = min(filter(None, (part.first, days[0])))
        part.last = max(filter(None, (part.last, days[1])))

    def _refuse_misread(self, raw: pl.DataFrame, told: pl.DataFrame) -> None:
        """Refuse the first cell that is filled and could not be read."""
        side = self._titles.amounts[0]
        for asked, column, reason in (
            ("currency", "currency", "is no currency that is known"),
            (side, "amount_minor", _NO_AMOUNT),
            ("time", "at", "is no time that exists"),
            ("valued", "valued_on", "is no day that exists"),
        ):
            if asked not in raw.columns:
                continue
            silent = raw[asked] == "" if asked in {"time", "valued"} else pl.Series([False])
            wrong = raw.filter(told[column].is_null() & ~silent)
            if wrong.height:
                raise self._bad(wrong, self._amount_field(wrong, asked), reason)
        if "balance" in raw.columns:
            self._refuse_balances(raw, told)

    def _amount_field(self, wrong: pl.DataFrame, asked: str) -> str:
        """Return which of two amount columns holds the cell that could not be read."""
        return "outgo" if asked == "income" and wrong.item(0, "income") == "" else asked

    def _refuse_balances(self, raw: pl.DataFrame, told: pl.DataFrame) -> None:
        """A balance without a digit is blacked out, which the bank may do; with one it must be an amount."""
        missing = told["balance_minor"].is_null() & (raw["balance"] != "")
        wrong = raw.filter(missing & raw["balance"].str.contains(r"\d"))
        if wrong.height:
            raise self._bad(wrong, "balance", _NO_AMOUNT)
        self._hidden += int(missing.sum())

    def _finish(self) -> None:
        running, part, check = self._running, self._part, self._gathering.check
        part.currency = part.currency or self._options.currency
        part.opening, part.closing = running.opening, running.closing
        if running.rows > 1:
            better = running.better
            check(
                "lines whose balance does not follow from the one before",
                0,
                better.breaks,
                better.line,
            )
        for line, side, minor in self._stated.sides:
            check(TOTALS[side], minor, getattr(self._sides, side), line)
        for line, count in self._stated.counts:
            check("rows against the number stated", count, part.rows, line)
        if self._hidden:
            self._gathering.facts["balances_hidden"] = str(self._hidden)

    def _bad(self, wrong: pl.DataFrame, field: str, reason: str) -> BadLine:
        row = wrong.row(0, named=True)
        return BadLine(
            name=self._name,
            line=row["line"],
            column=self._titles.title(field),
            value=quoted(str(row.get(field, ""))),
            reason=reason,
        )


_TOO_MANY: Final = (
    "has more cells than the title line; amounts with thousands separators need quotation marks"
)
_NO_AMOUNT: Final = "is no amount, has more decimals than its currency, or does not say which way"


def _iso(day: str) -> str:
    """Return a day of any of the usual forms as yyyy-mm-dd or yyyymmdd."""
    parts = [part.zfill(2) for part in re.split(r"[-/年月.]", day) if part]
    return "-".join(parts)
