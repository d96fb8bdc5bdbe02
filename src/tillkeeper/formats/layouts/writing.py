"""Canonical rows into a file of a declared layout: what reading it gives back is equal. For tests and generators."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from tillkeeper.formats.canonical.movement import GOING
from tillkeeper.formats.canonical.reading import ZONE
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.declaration import (
    ISO,
    Field,
    Header,
    Layout,
    Outgoing,
    Shape,
    Source,
    Type,
)
from tillkeeper.kernel.money import minor_digits

_AT_ONCE: Final = 100_000  # rows


def write_with(layout: Layout, frame: pl.DataFrame, path: Path) -> None:
    """Write canonical rows. Columns that the layout has no place for are left out.

    Raises:
        ValueError: a value is longer than its field.
    """
    with path.open("wb") as file:
        if layout.shape is Shape.DELIMITED and layout.lines.header is not Header.NEVER:
            titles = pl.DataFrame({one.title: [one.title] for one in layout.fields})
            file.write(_delimited(layout, titles))
        for part in frame.iter_slices(_AT_ONCE):
            cells = _cells(layout, _as_written(layout, part))
            fixed = layout.shape is Shape.FIXED
            file.write(_fixed(layout, cells) if fixed else _delimited(layout, cells))


def _as_written(layout: Layout, frame: pl.DataFrame) -> pl.DataFrame:
    if layout.role is not Role.BILL or layout.outgoing is Outgoing.AS_WRITTEN:
        return frame
    amount = pl.col("amount_minor")
    return frame.with_columns(
        amount_minor=pl.when(pl.col("kind").is_in(GOING)).then(-amount).otherwise(amount)
    )


def _cells(layout: Layout, frame: pl.DataFrame) -> pl.DataFrame:
    blank = pl.Series("", [""]).new_from_index(0, frame.height)
    made = {one.title: blank for one in layout.fields}
    for column, sources in layout.canonical.items():
        for source in _written(sources):
            for title, cell in _unread(layout, column, source, frame):
                made[title] = _merged(made[title], _only(source, frame, cell))
    return pl.DataFrame(made)


def _written(sources: tuple[Source, ...]) -> Iterator[Source]:
    """Give those for some kinds or with a map, and of the others the first that has a field."""
    plain = False
    for source in sources:
        mapped = bool(source.map or source.contains)
        if source.fields and (source.only or mapped or not plain):
            plain = plain or not (source.only or mapped)
            yield source


def _only(source: Source, frame: pl.DataFrame, cell: pl.Series) -> pl.Series:
    if not source.only:
        return cell
    kept = pl.when(frame["kind"].is_in(source.only)).then(cell).otherwise(pl.lit(""))
    return pl.select(kept.alias("a")).to_series()


def _merged(one: pl.Series, other: pl.Series) -> pl.Series:
    """Return what stands in a cell already, else the other."""
    return pl.select(pl.when(one != "").then(one).otherwise(other).alias("a")).to_series()


def _unread(
    layout: Layout, column: str, source: Source, frame: pl.DataFrame
) -> Iterator[tuple[str, pl.Series]]:
    value = frame[column]
    if source.type is Type.MOMENT:
        yield from _moments(layout, source, value)
    elif source.type is Type.DATE:
        yield source.fields[0], value.dt.strftime(source.patterns[0]).fill_null("")
    elif source.type in {Type.FEN, Type.YUAN, Type.LETTERED}:
        amount = -value if source.negate else value
        yield source.fields[0], _amount(layout, source, amount, frame["currency"])
    else:
        yield source.fields[0], _text(source, value)


def _moments(layout: Layout, source: Source, value: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    local = value.dt.convert_time_zone(layout.zone or ZONE)
    pattern = source.patterns[0]
    if pattern == ISO:
        pattern = "%Y-%m-%dT%H:%M:%S%.f%:z"
    parts = [pattern]
    if len(source.fields) > 1:
        at = pattern.index("%H")
        parts = [pattern[:at].rstrip(), pattern[at:]]
    for title, part in zip(source.fields, parts, strict=True):
        yield title, local.dt.strftime(part).fill_null("")


def _amount(layout: Layout, source: Source, amount: pl.Series, currency: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"n": amount, "currency": currency})
    n, size = pl.col("n"), pl.col("n").abs()
    if source.type is Type.LETTERED:
        letters = {sign: letter for letter, sign in source.signs.items()}
        width = layout.field(source.fields[0]).length - 1
        letter = pl.when(n < 0).then(pl.lit(letters[-1])).otherwise(pl.lit(letters[1]))
        text = letter + size.cast(pl.String).str.zfill(width)
    elif source.type is Type.FEN:
        text = n.cast(pl.String)
    else:
        text = _major(frame)
    return frame.select(text.fill_null("")).to_series()


def _major(frame: pl.DataFrame) -> pl.Expr:
    """Return minor units as major ones with a point."""
    told = {one: minor_digits(one) for one in frame["currency"].unique()}
    digits = pl.col("currency").replace_strict(told, return_dtype=pl.Int64)
    scale = pl.lit(10).pow(digits).cast(pl.Int64)
    size = pl.col("n").abs()
    whole, behind = (size // scale).cast(pl.String), (size % scale).cast(pl.String)
    sign = pl.when(pl.col("n") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    point = pl.when(digits > 0).then(pl.lit(".") + behind.str.pad_start(digits, "0"))
    return sign + whole + point.fill_null("")


def _text(source: Source, value: pl.Series) -> pl.Series:
    known = {**source.contains, **source.map}
    if not known:
        return value if source.otherwise is None else pl.Series([""]).new_from_index(0, len(value))
    cells: dict[str, str] = {}
    for cell, word in [*source.map.items(), *source.contains.items()]:
        cells.setdefault(word, cell)
    return value.replace_strict(cells, default="", return_dtype=pl.String)


def _delimited(layout: Layout, cells: pl.DataFrame) -> bytes:
    delimiter = layout.delimiters[0]
    # An empty text would be written as quotation marks: null is written as nothing.
    said = cells.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())
    if layout.quote:
        text = said.write_csv(include_header=False, separator=delimiter, quote_char=layout.quote)
    else:
        if any(cell.str.contains(delimiter, literal=True).any() for cell in said):
            raise ValueError(f"a value holds {delimiter!r}, which divides the columns")
        text = said.write_csv(include_header=False, separator=delimiter, quote_style="never")
    return text.encode(layout.encodings[0])


def _fixed(layout: Layout, cells: pl.DataFrame) -> bytes:
    rows = np.full((cells.height, layout.record + 1), ord(" "), dtype=np.uint8)
    rows[:, -1] = ord("\n")
    for one in layout.fields:
        column = cells[one.title]
        if (column != "").any():
            rows[:, one.offset : one.offset + one.length] = _padded(layout, one, column)
    made: bytes = rows.tobytes()
    return made


def _padded(layout: Layout, one: Field, column: pl.Series) -> np.ndarray:
    if _is_number(layout, one.title):
        filled = pl.select(
            pl.when(column != "").then(column.str.zfill(one.length)).otherwise(column)
        )
        column = filled.to_series()
    encoded = [cell.encode(layout.encodings[0]) for cell in column]
    if any(len(cell) > one.length for cell in encoded):
        raise ValueError(f"{one.title} has {one.length} bytes; a value is longer")
    packed = np.array([cell.ljust(one.length) for cell in encoded], dtype=f"S{one.length}")
    return packed.view(np.uint8).reshape(-1, one.length)


def _is_number(layout: Layout, title: str) -> bool:
    return any(
        source.type is Type.FEN and title in source.fields
        for sources in layout.canonical.values()
        for source in sources
    )
