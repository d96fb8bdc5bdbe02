"""A running balance: each row's balance is the one before it and the row's amount. It proves that no row is missing."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from tillkeeper.formats.bills.gathering import shown
from tillkeeper.formats.canonical.reading import Check

BALANCE: Final = "running balance, row by row"


@dataclass(slots=True)
class Chain:
    """Follows the balances of rows that stand oldest first or newest first; which of the two, the rows tell."""

    currency: str
    rows: int = 0
    _first: tuple[int, int] = (0, 0)  # amount and balance of the first row
    _last: tuple[int, int] = (0, 0)
    _breaks: dict[bool, Check] = field(default_factory=dict)  # by "oldest first": the first of each

    def follow(self, rows: pl.DataFrame) -> None:
        """Go on with rows of `line`, `moved` (negative: out) and `balance`, in minor units."""
        if not rows.height:
            return
        if not self.rows:
            self._first = rows.select("moved", "balance").row(0)
        before = rows.select(
            line="line",
            moved="moved",
            balance="balance",
            moved_before=pl.col("moved").shift(1, fill_value=self._last[0]),
            balance_before=pl.col("balance").shift(1, fill_value=self._last[1]),
        ).slice(0 if self.rows else 1)
        self._look(before, pl.col("balance_before") + pl.col("moved"), oldest_first=True)
        self._look(before, pl.col("balance_before") - pl.col("moved_before"), oldest_first=False)
        self._last = rows.select("moved", "balance").row(-1)
        self.rows += rows.height

    def check(self) -> Check:
        """Return whether the chain holds; if not, where the direction that held longest breaks."""
        if len(self._breaks) < 2:
            return Check(BALANCE, "holds", "holds")
        return max(self._breaks.values(), key=lambda check: check.line or 0)

    def ends(self) -> dict[str, str]:
        """Return opening and closing balance as facts."""
        if not self.rows:
            return {}
        newest_first = True in self._breaks and False not in self._breaks
        oldest, newest = (self._last, self._first) if newest_first else (self._first, self._last)
        opening = oldest[1] - oldest[0]
        return {
            "opening_balance": shown(opening, self.currency),
            "closing_balance": shown(newest[1], self.currency),
        }

    def _look(self, rows: pl.DataFrame, expected: pl.Expr, *, oldest_first: bool) -> None:
        if oldest_first in self._breaks:
            return
        broken = rows.filter(pl.col("balance") != expected).select(
            "line", stated="balance", found=expected
        )
        if broken.height:
            line, stated, found = broken.row(0)
            self._breaks[oldest_first] = Check(
                BALANCE, shown(stated, self.currency), shown(found, self.currency), line
            )
