"""Columns of text made of numbers, a whole column at a time: bytes are laid side by side, no row is formatted alone."""

from functools import cache, lru_cache
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tillkeeper.engines.rehearsal.codes import Bits, Ints

Bytes = NDArray[np.uint8]
FOUR: Final = np.array([b"%04d" % number for number in range(10_000)]).view(np.uint32)
MILLION: Final = 1_000_000
HEX: Final = np.array([b"%02X" % number for number in range(256)]).view(np.uint16)


def digits(values: Ints, width: int) -> Bytes:
    """Return the last `width` decimal digits of each value as ASCII, zeros in front; shape (rows, width)."""
    groups = -(-width // 4)
    laid = np.empty((len(values), groups), np.uint32)
    rest = values
    for group in range(groups - 1, -1, -1):
        ahead = rest // 10_000
        laid[:, group] = FOUR[rest - ahead * 10_000]
        rest = ahead
    return laid.view(np.uint8)[:, groups * 4 - width :]


def hexadecimal(values: Ints, octets: int) -> Bytes:
    """Return the low `octets` octets of each value as upper-case hexadecimal; shape (rows, 2 * octets)."""
    inside = values.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 8 - octets :]
    return np.ascontiguousarray(HEX[inside]).view(np.uint8)


def cut(table: NDArray[np.bytes_], at: Ints) -> Bytes:
    """Return the texts of a table of equally long ASCII texts at the given places; shape (rows, width)."""
    letters = table.view(np.uint8).reshape(len(table), -1)
    return np.asarray(letters[at])


def column(parts: list[Bytes | bytes], where: Bits) -> pl.Series:
    """Return a column that has the joined parts where `where` holds, and "" elsewhere.

    Args:
        parts: arrays of shape (rows for which `where` holds, width), or a text that is the same in all.
        where: shape (rows,).
    """
    here = int(np.count_nonzero(where))
    widths = [len(part) if isinstance(part, bytes) else part.shape[1] for part in parts]
    laid = np.empty((here, sum(widths)), np.uint8)
    begin = 0
    for part, width in zip(parts, widths, strict=True):
        laid[:, begin : begin + width] = (
            np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
        )
        begin += width
    ends = np.zeros(len(where) + 1, np.int64)
    np.cumsum(where, out=ends[1:])
    ends *= begin
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(laid)]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), len(where), buffers))


def number(values: Ints, width: int) -> pl.Series:
    """Return zero-padded numbers of `width` digits; "" where a value is negative."""
    where = values >= 0
    return column([digits(values if where.all() else values[where], width)], where)


def six(values: Ints) -> pl.Series:
    """Return zero-padded numbers of 6 digits, such as traces and batches; "" where a value is BLANK."""
    return picked(_sixes(), np.where(values < 0, MILLION, values))


@cache
def _sixes() -> pl.Series:
    every = number(np.arange(MILLION), 6)
    return pl.concat([every, pl.Series([""])])


def words(table: tuple[str, ...], at: Ints) -> pl.Series:
    """Return the word of a table at each place."""
    return picked(_table(table), at)


@lru_cache(maxsize=64)
def _table(table: tuple[str, ...]) -> pl.Series:
    return pl.Series(table, dtype=pl.String)


def picked(table: pl.Series, at: Ints) -> pl.Series:
    """Return the entry of a table at each place. Places are not negative."""
    return table[pl.Series(at.astype(np.uint32))]


def either(ways: list[tuple[Bits, list[Bytes | bytes]]], rows: int) -> pl.Series:
    """Return a column that joins other parts in other rows, and has "" in the rest.

    Args:
        ways: where each holds, shape (rows,), at most one in each row; and its parts, as for `column`.
        rows: how many.
    """
    at, made, begin = np.zeros(rows, np.int64), [pl.Series([""])], 1
    for where, parts in ways:
        here = int(np.count_nonzero(where))
        at[where] = np.arange(begin, begin + here)
        made.append(column(parts, np.ones(here, np.bool_)))
        begin += here
    return picked(pl.concat(made), at)
