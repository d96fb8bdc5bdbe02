"""What the English bills share: a CSV with quotation marks, titles in its first line, and nothing behind its rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import WHOLE_LINE, Lines, refuse
from tillkeeper.formats.bills.rows import BLANK, QUOTED, Table, Titles, require, title_names
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.canonical.reading import Head

BEHIND: Final = "stands behind a blank line, where nothing may"


def score(head: Head, needed: Sequence[str]) -> float:
    """Tell by the titles in the first line."""
    first = title_names(head.text().lstrip().split("\n", 1)[0], ",", {})
    return 1.0 if set(needed) <= set(first) else 0.0


@contextmanager
def frames(
    path: Path, needed: Sequence[str], known: Sequence[str]
) -> Iterator[Iterator[pl.DataFrame]]:
    """Open a bill and give its rows as frames of text.

    Raises:
        Truncated: there is no title line.
        MissingColumns, BadLine: as `Table`.
    """
    with path.open("rb") as stream:
        lines = Lines(stream, path.name)
        first = lines.next()
        if first is None or not first[1].strip(PADDING):
            raise Truncated(name=path.name, line=1, missing="the title line")
        titles = Titles(first[0], title_names(first[1], ",", {}))
        require(titles, needed, path.name)
        yield _to_the_end(Table(lines, QUOTED, titles, BLANK, known), lines)


def _to_the_end(table: Table, lines: Lines) -> Iterator[pl.DataFrame]:
    yield from (frame for frame in table.frames() if frame.height)
    for line, text in lines.rest():
        if text.strip(PADDING):
            refuse(lines.name, line, WHOLE_LINE, text, BEHIND)
