"""What is gathered while the rows of a bill go by: number and sums, and the file's own figures against them."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import refuse
from tillkeeper.formats.bills.checked import NO_AMOUNT
from tillkeeper.formats.canonical.cells import count, minor
from tillkeeper.formats.canonical.movement import moved
from tillkeeper.formats.canonical.reading import Check, SetAside, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role, canonical
from tillkeeper.kernel.money import Money

NO_COUNT: Final = "is no number of rows"


@dataclass(slots=True)
class Gathered:
    """Gives canonical frames on, and counts them."""

    format: str
    take: Taker
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)  # what the file states figures of
    set_aside: list[SetAside] = field(default_factory=list)
    _first: str = ""
    _last: str = ""

    def give(self, frame: pl.DataFrame) -> None:
        """Give the canonical columns of a frame to the taker."""
        if not frame.height:
            return
        rows = canonical(frame, Role.BILL)
        self.rows += rows.height
        self._sum(rows)
        self._span(rows)
        self.take(rows)

    def add(self, frame: pl.DataFrame, **totals: pl.Expr) -> None:
        """Add up what the file itself states the total of."""
        for name, total in frame.select(**totals).row(0, named=True).items():
            self.totals[name] = self.totals.get(name, 0) + int(total or 0)

    def total(self, name: str) -> int:
        """Return what was added up under a name; 0 where nothing was."""
        return self.totals.get(name, 0)

    def verdict(self, checks: tuple[Check, ...], **facts: str) -> Verdict:
        """Return what reading came to."""
        known = {"from": self._first, "to": self._last, **facts}
        return Verdict(
            format=self.format,
            role=Role.BILL,
            rows=self.rows,
            sums=self.sums,
            checks=checks,
            set_aside=tuple(self.set_aside),
            facts={name: fact for name, fact in known.items() if fact},
        )

    def _sum(self, rows: pl.DataFrame) -> None:
        sums = rows.group_by("currency").agg(moved().sum().alias("sum"))
        for currency, added in sums.iter_rows():
            self.sums[currency] = self.sums.get(currency, 0) + added

    def _span(self, rows: pl.DataFrame) -> None:
        first, last = rows["at"].min(), rows["at"].max()
        if first is None:
            return
        self._first = min(filter(None, (self._first, str(first))))
        self._last = max(self._last, str(last))


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the file's own figures, as it stands there."""

    column: str  # its title
    cell: str
    line: int

    def rows(self, file: str) -> int:
        """Return a number of rows.

        Raises:
            BadLine: it is none.
        """
        found: int | None = pl.select(cell=pl.lit(self.cell)).select(count("cell")).item()
        if found is None:
            refuse(file, self.line, self.column, self.cell, NO_COUNT)
        return found

    def minor(self, currency: str, file: str) -> int:
        """Return an amount in minor units.

        Raises:
            BadLine: it is none.
        """
        found: int | None = pl.select(cell=pl.lit(self.cell)).select(minor("cell", currency)).item()
        if found is None:
            refuse(file, self.line, self.column, self.cell, NO_AMOUNT)
        return found

    def of_rows(self, check: str, found: int, file: str) -> Check:
        """Hold a number of rows against it."""
        return Check(check, str(self.rows(file)), str(found), self.line)

    def of_money(self, check: str, found: int, currency: str, file: str) -> Check:
        """Hold a sum in minor units against it."""
        stated = self.minor(currency, file)
        return Check(check, shown(stated, currency), shown(found, currency), self.line)


def shown(minor_units: int, currency: str) -> str:
    """Return an amount for people: "CNY 1,280.00"."""
    return str(Money(minor_units, currency))
