"""Canonical Parquet into canonical rows: each cell is held to what the CSV of the same kind may hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.archives import FREE_OF_RATIO, MOST_RATIO, MOST_UNPACKED
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import (
    BadLine,
    BrokenParquet,
    Hostile,
    MissingColumns,
    TooLarge,
)
from tillkeeper.formats.canonical.long_lines import LONGEST_LINE
from tillkeeper.formats.canonical.reading import (
    FRAME_ROWS,
    Head,
    Options,
    Reader,
    Taker,
    Verdict,
)
from tillkeeper.formats.converted.counting import Following
from tillkeeper.formats.converted.writing import MOMENT_TEXT, SAID, Said
from tillkeeper.formats.layouts.declaration import Layout
from tillkeeper.formats.layouts.rows import Surroundings, rows_of

MAGIC: Final = b"PAR1"
FREE_ROWS: Final = 1_000_000  # below which any number of rows is taken
NO_TYPE: Final = "is of a type that this column cannot have"
_NESTED: Final = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object)


@dataclass(frozen=True, slots=True)
class Footer:
    """What stands behind the rows."""

    columns: tuple[str, ...]
    rows: int
    unpacked: int  # bytes
    said: Said | None  # of itself; None where somebody else wrote it


def score(layout: Layout, head: Head) -> float:
    """Tell by the columns."""
    if not head.data.startswith(MAGIC) or head.path is None:
        return 0.0
    try:
        return 0.0 if _missing(layout, footer_of(head.path).columns) else 1.0
    except BrokenParquet:
        return 0.0


def is_broken(path: Path, begins: bytes) -> bool:
    """Say whether a file begins as Parquet does and cannot be read as that."""
    if not begins.startswith(MAGIC):
        return False
    try:
        footer_of(path)
    except BrokenParquet:
        return True
    return False


def reader_of(layout: Layout, name: str) -> Reader:
    """Return the reader of one kind; `layout` declares its CSV."""

    def read(path: Path, take: Taker, options: Options) -> Verdict:
        footer = footer_of(path)
        _refuse_bomb(path, footer)
        if missing := _missing(layout, footer.columns):
            raise MissingColumns(name=path.name, line=1, columns=", ".join(missing))
        around = Surroundings(options, layout.zone or options.zone)
        following = Following(layout.role)
        for cells in _cells(path, layout, footer):
            rows = rows_of(cells, layout, around)
            for misfit in rows.misfits:
                raise misfit.error(path.name)
            following.add(rows.frame)
            take(rows.frame)
        sums, said = following.sums, footer.said
        checks = (*(said.checks(sums) if said else ()), *following.checks())
        facts = said.facts if said else {}
        return Verdict(name, layout.role, sums.rows, dict(sums.minor), checks, (), facts)

    return read


def rows_as_text(path: Path) -> Iterator[tuple[int, str]]:
    """Give each row with its number, from 1, as "column: cell" of what says something."""
    footer = footer_of(path)
    for frame in _frames(path, footer.columns, footer.rows, path.name):
        for number, *cells in frame.iter_rows():
            said = zip(frame.columns[1:], cells, strict=True)
            yield number, "\t".join(f"{column}: {cell}" for column, cell in said if cell)


def footer_of(path: Path) -> Footer:
    """Return the footer of a Parquet file.

    Raises:
        BrokenParquet: it has none that can be read.
    """
    import pyarrow as pa  # noqa: PLC0415  half a second that only this form needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        told = pq.read_metadata(path)
        columns = tuple(told.schema.to_arrow_schema().names)
        said = (told.metadata or {}).get(SAID)
        itself = Said.of(said) if said else None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BrokenParquet(name=path.name) from error
    unpacked = sum(told.row_group(n).total_byte_size for n in range(told.num_row_groups))
    return Footer(columns, told.num_rows, unpacked, itself)


def _missing(layout: Layout, columns: Sequence[str]) -> list[str]:
    return [one.title for one in layout.fields if not one.optional and one.title not in columns]


def _refuse_bomb(path: Path, footer: Footer) -> None:
    """Refuse what would fill a disk when unpacked: Parquet packs a million equal rows into a few bytes."""
    size = path.stat().st_size
    if footer.rows > max(FREE_ROWS, size):
        raise Hostile(name=path.name, what="more rows than bytes")
    limit = min(MOST_UNPACKED, max(FREE_OF_RATIO, size * MOST_RATIO))
    if footer.unpacked > limit:
        raise TooLarge(
            name=path.name, what="what it unpacks to", found=footer.unpacked, limit=limit
        )


def _cells(path: Path, layout: Layout, footer: Footer) -> Iterator[pl.DataFrame]:
    wanted = [one.title for one in layout.fields if one.title in footer.columns]
    yield from _frames(path, wanted, footer.rows, path.name)


def _frames(path: Path, columns: Sequence[str], rows: int, name: str) -> Iterator[pl.DataFrame]:
    """Give the rows as text cells behind their number, a frame at a time.

    Raises:
        BrokenParquet: its bytes are damaged.
        BadLine: a column is of a type that says nothing in a cell.
        TooLarge: a cell would fill the memory.
    """
    wanted = [column for column in columns if column != "line"]
    for begin in range(0, rows, FRAME_ROWS):
        try:
            frame = pl.scan_parquet(path).select(wanted).slice(begin, FRAME_ROWS).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise BrokenParquet(name=name) from error
        for column, kind in frame.schema.items():
            if isinstance(kind, _NESTED):
                raise BadLine(name=name, line=1, column=column, value=str(kind), reason=NO_TYPE)
        text = frame.select(_text(column, kind) for column, kind in frame.schema.items())
        _refuse_long(text, name)
        yield text.with_row_index("line", begin + 1).with_columns(pl.col("line").cast(pl.Int64))


def _text(column: str, kind: pl.DataType) -> pl.Expr:
    cell = pl.col(column)
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        cell = cell.dt.strftime(MOMENT_TEXT)
    return cell.cast(pl.String).fill_null("").str.strip_chars(PADDING).alias(column)


def _refuse_long(text: pl.DataFrame, name: str) -> None:
    lengths = text.select(pl.all().str.len_bytes().max().fill_null(0)).row(0)
    longest = max(map(int, lengths), default=0)
    if longest > LONGEST_LINE:
        raise TooLarge(name=name, what="a cell", found=longest, limit=LONGEST_LINE)
