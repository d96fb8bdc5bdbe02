"""Whether the balances behind the lines follow from their amounts, oldest line first or newest first."""

from dataclasses import dataclass, field

import polars as pl


@dataclass(slots=True)
class Order:
    """One of the two orders: how often the balance breaks in it, and where first."""

    breaks: int = 0
    line: int | None = None
    _last: int | None = None

    def follow(self, lines: pl.Series, proof: pl.Series) -> None:
        """Take the next lines. `proof` stays the same from line to line exactly as long as the balances follow."""
        before = proof.shift(1, fill_value=self._last if self._last is not None else proof[0])
        broken = lines.filter(proof != before)
        self.breaks += broken.len()
        if self.line is None and broken.len():
            self.line = int(broken[0])
        self._last = int(proof[-1])


@dataclass(slots=True)
class Running:
    """Follows the balances through a file, frame by frame, in both orders at once.

    Lines without a balance are stepped over: their amounts still count.
    """

    oldest_first: Order = field(default_factory=Order)
    newest_first: Order = field(default_factory=Order)
    rows: int = 0  # with a balance
    _first: tuple[int, int] = (
        0,
        0,
    )  # of the first row with one: balance before it and all above, after it and all above
    _last: tuple[int, int, int] = (
        0,
        0,
        0,
    )  # of the last one: balance, amounts up to it, amounts before it
    _sum: int = 0

    def follow(self, frame: pl.DataFrame) -> None:
        """Take the next canonical lines."""
        summed = frame.select(
            "line",
            "balance_minor",
            up_to=pl.col("amount_minor").cum_sum() + self._sum,
            before=pl.col("amount_minor").cum_sum() - pl.col("amount_minor") + self._sum,
        )
        self._sum += int(frame["amount_minor"].sum())
        told = summed.filter(pl.col("balance_minor").is_not_null())
        if told.is_empty():
            return
        opening = told["balance_minor"] - told["up_to"]
        closing = told["balance_minor"] + told["before"]
        if not self.rows:
            self._first = (int(opening[0]), int(closing[0]))
        ends = told.row(-1, named=True)
        self._last = (ends["balance_minor"], ends["up_to"], ends["before"])
        self.rows += told.height
        self.oldest_first.follow(told["line"], opening)
        self.newest_first.follow(told["line"], closing)

    @property
    def better(self) -> Order:
        """The order in which the balances break less often; oldest first where both are as good."""
        newest = self.newest_first.breaks < self.oldest_first.breaks
        return self.newest_first if newest else self.oldest_first

    @property
    def opening(self) -> int | None:
        """The balance before the oldest line."""
        if not self.rows:
            return None
        balance, _up_to, before = self._last
        return (
            self._first[0] if self.better is self.oldest_first else balance - (self._sum - before)
        )

    @property
    def closing(self) -> int | None:
        """The balance after the newest line."""
        if not self.rows:
            return None
        balance, up_to, _before = self._last
        return self._first[1] if self.better is self.newest_first else balance + (self._sum - up_to)
