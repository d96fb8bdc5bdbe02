"""What a ledger file looks like once it is open, whatever kind of file it is."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from tillkeeper.formats.ledgers.layout import Layout, Row

Flaws = tuple[tuple[int, str], ...]


class Table:
    """An open ledger: its layout, and its rows as often as they are asked for.

    Attributes:
        layout: where the titles stand and what they are.
        sheets: names of all sheets of a workbook, in its order; empty for CSV.
        estimated_rows: rows below the titles; exact but for blank rows and quoted newlines.
        total_bytes: size of the file.
        bytes_read: how far into the file the last `rows` has come.
        flaws: by row number, the cells that cannot be believed: (column from 0, code).
        unclosed_quote: after `rows`, the line of a CSV from which a quote is left open, or None.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        total_bytes: int,
        sheets: tuple[str, ...] = (),
        flaws: Mapping[int, Flaws] | None = None,
    ) -> None:
        self.layout = layout
        self.sheets = sheets
        self.estimated_rows = 0
        self.total_bytes = total_bytes
        self.bytes_read = 0
        self.flaws: Mapping[int, Flaws] = flaws or {}
        self.unclosed_quote: int | None = None

    @property
    def fraction(self) -> float:
        """How much of the file the last `rows` has read, 0 to 1."""
        return min(1.0, self.bytes_read / self.total_bytes) if self.total_bytes else 1.0

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Return line number, from 1, and raw cells of each row that is not blank.

        A row has at least as many cells as there are titles; one with more has cells that no
        title stands above.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
