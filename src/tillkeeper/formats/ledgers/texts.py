"""CSV as it is found: any usual delimiter, quoted newlines, rows too short or too long."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

from tillkeeper.formats.ledgers.columns import knows
from tillkeeper.formats.ledgers.errors import NoHeader, TooManyColumns
from tillkeeper.formats.ledgers.layout import (
    HEADER_WITHIN_ROWS,
    MAX_COLUMNS,
    Layout,
    Row,
    find_header,
    fingerprint,
    is_blank_row,
)
from tillkeeper.formats.ledgers.recognition import Recognised
from tillkeeper.formats.ledgers.table import Table

DELIMITERS: Final = (",", "\t", ";", "|")
_SAMPLE_CHARACTERS: Final = 1 << 16
# Put behind the last line; a quote left open swallows it, and so is noticed.
_END: Final = "\x1aEND"


class CsvTable(Table):
    """A CSV file, read line by line and never held whole."""

    def __init__(self, path: Path, *, name: str, found: Recognised) -> None:
        self._path = path
        self._skip, delimiter = _delimiter(path, found.encoding)
        header = find_header(self._first_rows(found.encoding, delimiter), knows)
        if header is None:
            raise NoHeader(name=name)
        line, titles = header
        if len(titles) > MAX_COLUMNS:
            raise TooManyColumns(name=name, columns=len(titles), limit=MAX_COLUMNS)
        layout = Layout("csv", found.encoding, delimiter, "", line, titles, fingerprint(titles))
        super().__init__(layout, total_bytes=path.stat().st_size)
        self.estimated_rows = max(0, found.lines - line)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Return line number and cells of each row below the titles that is not blank."""
        self.bytes_read = 0
        self.unclosed_quote = None
        width = len(self.layout.titles)
        with self._path.open("rb") as raw:
            text = io.TextIOWrapper(raw, encoding=self.layout.encoding, newline="")
            for count, (line, row) in enumerate(self._records(text, self.layout.delimiter)):
                if not count % 1000:
                    self.bytes_read = raw.tell()
                if line <= self.layout.header_line or is_blank_row(row):
                    continue
                if len(row) < width:
                    row.extend([""] * (width - len(row)))
                yield line, tuple(row)
        self.bytes_read = self.total_bytes

    def _first_rows(self, encoding: str, delimiter: str) -> Sequence[tuple[int, Row]]:
        rows: list[tuple[int, Row]] = []
        with self._path.open(encoding=encoding, newline="") as text:
            for line, row in self._records(text, delimiter):
                rows.append((line, tuple(row)))
                if len(rows) >= HEADER_WITHIN_ROWS:
                    break
        self.unclosed_quote = None
        return rows

    def _records(self, text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Return the records with the line each begins in; stop where a quote is left open."""
        reader = csv.reader(_ended(text), delimiter=delimiter)
        line = 1
        while True:
            try:
                row = next(reader)
            except (csv.Error, StopIteration):  # longer than any cell, or swallowed the end
                self.unclosed_quote = line
                return
            if row and row[-1] == _END and len(row) == 1:
                return
            if row and row[-1].endswith(_END + "\n"):
                self.unclosed_quote = line
                return
            if line > self._skip:
                yield line, row
            line = reader.line_num + 1


def _ended(text: TextIO) -> Iterator[str]:
    yield from text
    yield _END + "\n"


def _delimiter(path: Path, encoding: str) -> tuple[int, str]:
    """Return the lines to skip (Excel's `sep=;`) and the delimiter.

    It is the one with which a row holds most titles that we know, else the one that cuts the first
    rows into most cells.
    """
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
    first = sample.split("\n", 1)[0].strip().lower()
    if first.startswith("sep=") and len(first) == 5 and first[4] in DELIMITERS:
        return 1, first[4]
    lines = sample.splitlines(keepends=True)[: HEADER_WITHIN_ROWS * 2]
    return 0, max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter))


def _score(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row][:HEADER_WITHIN_ROWS]
    except csv.Error:
        return 0, 0
    known = max((sum(map(knows, row)) for row in rows), default=0)
    return known, sum(len(row) for row in rows if len(row) > 1)
