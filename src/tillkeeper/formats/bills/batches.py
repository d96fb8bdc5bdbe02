"""Payout batches: with its payout and what is carried over, a batch comes to nothing. So no row is missing."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from tillkeeper.formats.bills.gathering import shown
from tillkeeper.formats.canonical.reading import Check
from tillkeeper.formats.canonical.tables import Kind

NOTHING_LEFT: Final = "what is left of the batch after its payout"
MOST: Final = 1_000  # batches looked after; a file has one


@dataclass(slots=True)
class Batches:
    """Follows rows of `payout_no`, `net_currency`, `paid`, `kind` and `one_currency`."""

    _left: dict[tuple[str, str], int] = field(default_factory=dict)
    _paid: set[tuple[str, str]] = field(default_factory=set)
    _converted: dict[str, int] = field(default_factory=dict)
    _converted_rows: int = 0

    def follow(self, rows: pl.DataFrame) -> None:
        """Go on with the rows of a frame."""
        self._convert(rows.filter(~pl.col("one_currency")))
        sums = rows.group_by("payout_no", "net_currency", maintain_order=True).agg(
            pl.col("paid").sum(), out=(pl.col("kind") == Kind.PAYOUT).any()
        )
        for batch, currency, paid, out in sums.iter_rows():
            key = (batch, currency)
            if key in self._left or len(self._left) < MOST:
                self._left[key] = self._left.get(key, 0) + paid
                self._paid |= {key} if out else set()

    def checks(self) -> tuple[Check, ...]:
        """Return a check for each batch that holds its payout."""
        return tuple(
            Check(NOTHING_LEFT, shown(0, currency), shown(self._left[batch, currency], currency))
            for batch, currency in sorted(self._paid)
        )

    def facts(self) -> dict[str, str]:
        """Return the batches, and what the rows whose fee and net stay empty come to."""
        converted = ", ".join(shown(net, code) for code, net in sorted(self._converted.items()))
        return {
            "batches": ", ".join(sorted({batch for batch, _code in self._left})),
            "converted_rows": str(self._converted_rows or ""),
            "converted_net": converted,
        }

    def _convert(self, rows: pl.DataFrame) -> None:
        self._converted_rows += rows.height
        for currency, net in rows.group_by("net_currency").agg(pl.col("paid").sum()).iter_rows():
            self._converted[currency] = self._converted.get(currency, 0) + net
