"""Lines with delimiters into a table of text cells, by pyarrow. What it refuses is looked for line by line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.layouts.bounds import Bounds
from tillkeeper.formats.layouts.chunks import Chunk
from tillkeeper.formats.layouts.declaration import Layout, Wrong
from tillkeeper.formats.layouts.reasons import reason
from tillkeeper.formats.layouts.refused_lines import Misfit

# A line end of two bytes is no padding: it goes with the line.
_PADDING: Final = tuple(one.encode() for one in PADDING if one.isascii() and one != "\r")
_WIDE_PADDING: Final = tuple(one.encode() for one in PADDING if one != "\r")


@dataclass(frozen=True, slots=True)
class Cells:
    """The text cells of a chunk, by field title, with `line`; and the lines that could not be divided."""

    frame: pl.DataFrame
    misfits: tuple[Misfit, ...] = ()


def cells_of(chunk: Chunk, layout: Layout, bounds: Bounds, name: str) -> Cells:
    """Divide the lines of a chunk.

    Raises:
        BadLine: a line has too many or too few cells, or is not text, where the layout sets no lines aside.
        Truncated: the last line of the file is cut.
    """
    data, broken = _decoded(chunk, bounds)
    if broken:
        raise broken.error(name)
    places = {title: bounds.places[title] for title in layout.used() if title in bounds.places}
    try:
        table = _divided(data, layout, bounds, sorted(set(places.values())))
        lines = _line_numbers(data, chunk, table.num_rows)
        whole = len(lines) == table.num_rows and _is_closed(data, layout.quote.encode())
    except pa.ArrowInvalid:
        whole = False
    if whole:
        return Cells(_frame(table, places, lines, data, bounds))
    return _mended(replace(chunk, data=data), layout, bounds, name)


def _decoded(chunk: Chunk, bounds: Bounds) -> tuple[bytes, Misfit | None]:
    """Return the bytes as UTF-8."""
    if chunk.data.isascii():
        return chunk.data, None
    for encoding in bounds.encodings:
        try:
            text = chunk.data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return (chunk.data if encoding == "utf-8" else text.encode()), None
    return b"", _undecodable(chunk, bounds.encodings[0])


def _undecodable(chunk: Chunk, encoding: str) -> Misfit:
    try:
        chunk.data.decode(encoding)
    except UnicodeDecodeError as error:
        line = chunk.line + chunk.data.count(b"\n", 0, error.start)
        value = chunk.data[error.start : error.start + 8].hex(" ")
        return Misfit(line, "", value, reason("encoding"))
    return Misfit(chunk.line, "", "", reason("encoding"))


def _divided(data: bytes, layout: Layout, bounds: Bounds, places: list[int]) -> pa.Table:
    names = [str(i) for i in range(bounds.width)]
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(
            column_names=names, use_threads=False, block_size=max(len(data), 1 << 16)
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=bounds.delimiter, quote_char=layout.quote or False, newlines_in_values=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=[str(i) for i in places],
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
        ),
    )


def _is_closed(data: bytes, quote: bytes) -> bool:
    return not quote or quote not in data or data.count(quote) % 2 == 0


def _line_numbers(data: bytes, chunk: Chunk, rows: int) -> np.ndarray:
    """Return the line of each row: blank lines are no rows."""
    if chunk.ends + chunk.cut == rows:
        return np.arange(chunk.line, chunk.line + rows, dtype=np.int64)
    whole = np.frombuffer(data, dtype=np.uint8)
    stops = np.flatnonzero(whole == ord("\n"))
    if not data.endswith(b"\n"):
        stops = np.append(stops, len(whole))
    starts = np.append(0, stops[:-1] + 1)
    length = stops - starts
    blank = (length == 0) | (
        (length == 1) & (whole[np.minimum(starts, len(whole) - 1)] == ord("\r"))
    )
    return (chunk.line + np.flatnonzero(~blank)).astype(np.int64)


def _frame(
    table: pa.Table, places: dict[str, int], lines: np.ndarray, data: bytes, bounds: Bounds
) -> pl.DataFrame:
    padding = _PADDING if data.isascii() else _WIDE_PADDING
    padded = any(one in data for one in padding if one.decode() != bounds.delimiter)
    cells = pl.DataFrame(table)
    said = {title: pl.col(str(place)) for title, place in places.items()}
    if padded:
        said = {title: cell.str.strip_chars(PADDING) for title, cell in said.items()}
    return cells.select(pl.Series("line", lines), **said)


def _mended(chunk: Chunk, layout: Layout, bounds: Bounds, name: str) -> Cells:
    """Find the lines that cannot be divided; refuse the file, or leave them out."""
    misfits, kept, numbers = [], [], []
    for number, line in _numbered(chunk):
        wrong = _wrong(number, line, layout, bounds)
        if wrong and layout.lines.wrong is Wrong.REFUSE:
            if chunk.last and chunk.cut and number == chunk.line + chunk.ends:
                raise Truncated(name=name, line=number, missing=reason("columns_cut"))
            raise wrong.error(name)
        if wrong:
            misfits.append(wrong)
        else:
            kept.append(line)
            numbers.append(number)
    if not misfits:  # each line can be divided, but not all together
        raise Misfit(chunk.line, "", "", reason("quoting")).error(name)
    data = b"\n".join(kept)
    places = {title: bounds.places[title] for title in layout.used() if title in bounds.places}
    table = _divided(data + b"\n" * (not kept), layout, bounds, sorted(set(places.values())))
    return Cells(
        _frame(table, places, np.array(numbers, dtype=np.int64), data, bounds), tuple(misfits)
    )


def _numbered(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(chunk.data.split(b"\n"), start=chunk.line):
        if line.rstrip(b"\r"):
            yield number, line


def _wrong(number: int, line: bytes, layout: Layout, bounds: Bounds) -> Misfit | None:
    text = line.removesuffix(b"\r").decode(errors="replace")
    if "\r" in text:
        return Misfit(number, "", text, reason("break"))
    if layout.quote and text.count(layout.quote) % 2:
        return Misfit(number, "", text, reason("quoting"))
    found = _count(text, layout, bounds)
    if found == bounds.width:
        return None
    return Misfit(number, "", text, reason("count", found=found, expected=bounds.width))


def _count(text: str, layout: Layout, bounds: Bounds) -> int:
    if not layout.quote or layout.quote not in text:
        return text.count(bounds.delimiter) + 1
    try:
        rows = csv.reader([text], delimiter=bounds.delimiter, quotechar=layout.quote)
        return len(next(rows, []))
    except csv.Error:
        return -1
