"""Records of fixed width into text cells: the bytes are cut first, then decoded. By numpy, a chunk at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Truncated, UnreadableFile
from tillkeeper.formats.layouts.chunks import CHUNK_BYTES, Chunk
from tillkeeper.formats.layouts.declaration import Field, Layout
from tillkeeper.formats.layouts.reasons import reason
from tillkeeper.formats.layouts.refused_lines import Misfit

Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
_BLANK: Final = ord(" ")
_END: Final = b"\r\n\x1a "


def records_of(path: Path, layout: Layout) -> Iterator[Chunk]:
    """Give the file in pieces of whole records with their line ends.

    Raises:
        Truncated: the last record is cut.
    """
    with path.open("rb") as file:
        stride = layout.record + _end_length(file.read(layout.record + 2), layout.record)
        file.seek(0)
        line, size = 1, max(1, 2 * CHUNK_BYTES // stride) * stride
        while data := file.read(size):
            whole, rest = divmod(len(data), stride)
            if rest >= layout.record:  # the last record, without its line end
                data += b"\r\n"[rest - stride :]
                whole, rest = whole + 1, 0
            tail = data[whole * stride :]
            if tail.strip(_END):
                raise _cut(path.name, data, line, layout.record)
            if whole:
                yield Chunk(data[: whole * stride], line, len(data) < size, whole)
            line += whole


def _cut(name: str, data: bytes, line: int, record: int) -> UnreadableFile:
    """Return why the bytes are no whole number of records: a wrong one among them, or the last is cut."""
    wrong = _first_wrong(data, line, record)
    last = line + data.count(b"\n")
    if wrong is None or wrong.line >= last:
        return Truncated(name=name, line=last, missing=reason("cut"))
    return wrong.error(name)


def _end_length(first: bytes, record: int) -> int:
    return 2 if first[record : record + 2] == b"\r\n" else 1


def cells_of(chunk: Chunk, layout: Layout, name: str) -> pl.DataFrame:
    """Cut the records of a chunk into the cells that are used, with `line`.

    Raises:
        BadLine: a record of another length.
    """
    stride = len(chunk.data) // _records(chunk, layout)
    rows: Bytes = np.frombuffer(chunk.data, dtype=np.uint8).reshape(-1, stride)
    if wrong := _wrong_record(rows, chunk, layout.record):
        raise wrong.error(name)
    made = {"line": pl.Series("line", np.arange(chunk.line, chunk.line + len(rows)))}
    for title in layout.used():
        one = layout.field(title)
        made[title] = _cell(rows, one, layout.encodings)
    return pl.DataFrame(made)


def _records(chunk: Chunk, layout: Layout) -> int:
    ended = layout.record + _end_length(chunk.data[: layout.record + 2], layout.record)
    return len(chunk.data) // ended


def _wrong_record(rows: Bytes, chunk: Chunk, record: int) -> Misfit | None:
    """Return the first record that does not end where it should, or ends before."""
    right = (rows[:, -1] == ord("\n")) & ((rows.shape[1] == record + 1) | (rows[:, record] == 13))
    if right.all() and np.count_nonzero(rows == ord("\n")) == len(rows):
        return None
    return _first_wrong(chunk.data, chunk.line, record)


def _first_wrong(data: bytes, first: int, record: int) -> Misfit | None:
    for number, line in enumerate(data.split(b"\n"), start=first):
        found = len(line.removesuffix(b"\r"))
        if found != record:
            text = line[:200].decode("gb18030", errors="replace")
            return Misfit(number, "", text, reason("length", found=found, expected=record))
    return None


def _cell(rows: Bytes, one: Field, encodings: tuple[str, ...]) -> pl.Series:
    cut = np.ascontiguousarray(rows[:, one.offset : one.offset + one.length])
    lowest, highest = cut.min(), cut.max()
    if lowest == highest == _BLANK:
        return pl.Series(one.title, [""]).new_from_index(0, len(rows))
    if highest >= 0x80:
        return _decoded(cut, one.title, encodings)
    offsets = np.arange(0, cut.size + 1, one.length, dtype=np.int64)
    text = pa.LargeStringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(cut))
    cell = pl.Series(one.title, pl.from_arrow(text))
    padded = lowest <= _BLANK and ((cut[:, -1] <= _BLANK).any() or (cut[:, 0] <= _BLANK).any())
    return cell.str.strip_chars(PADDING + "\0") if padded else cell


def _decoded(cut: Bytes, title: str, encodings: tuple[str, ...]) -> pl.Series:
    """Decode cells with letters beyond ASCII; a character that the width cuts in half is replaced."""
    distinct, places = np.unique(cut.view(f"S{cut.shape[1]}").ravel(), return_inverse=True)
    texts = [_text(one.tobytes(), encodings) for one in distinct]
    return pl.Series(title, texts, dtype=pl.String).gather(places)


def _text(data: bytes, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding).strip(PADDING + "\0")
        except UnicodeDecodeError:
            continue
    return data.decode(encodings[-1], errors="replace").strip(PADDING + "\0")
