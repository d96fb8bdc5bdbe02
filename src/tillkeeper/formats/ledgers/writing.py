"""Ledgers going out: CSV and XLSX that Excel opens without running or damaging anything.

Text that begins as a formula would (= + - @ tab CR) gets an apostrophe in front; `unguarded` takes
it off again, so what is written reads back equal. Numbers stay numbers; codes are handed in as
text and are written as text.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import xlsxwriter

from tillkeeper.formats.ledgers.layout import Layout
from tillkeeper.formats.ledgers.refusals import RefusedRow

OutValue = str | int | float | Decimal | bool | date | datetime | time | timedelta | None

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
EXCEL_TEXT_MAX: Final = 32_767
EXCEL_SAFE_INTEGER: Final = 10**15
SHEET_NAME_MAX: Final = 31
_LINES_A_PIECE: Final = 500
_SHEET_NAME_FORBIDDEN: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_BOOK_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "remove_timezone": True,
}


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    # Text that has apostrophes of its own before such a character gets one more, so that taking
    # one off always gives back what was there.
    return "'" + text if text.lstrip("'").startswith(FORMULA_STARTS) else text


def csv_pieces(titles: Sequence[str], rows: Iterable[Sequence[OutValue]]) -> Iterator[bytes]:
    """Return a CSV file in pieces, as UTF-8 with BOM: what Excel and WPS open without asking."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([guarded(title) for title in titles])
    for count, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(cell) for cell in row])
        if not count % _LINES_A_PIECE:
            yield _taken(buffer)
    yield _taken(buffer)


def write_csv(
    target: Path | BinaryIO, titles: Sequence[str], rows: Iterable[Sequence[OutValue]]
) -> None:
    """Write a CSV file in UTF-8 with BOM."""
    if isinstance(target, Path):
        with target.open("wb") as file:
            file.writelines(csv_pieces(titles, rows))
    else:
        target.writelines(csv_pieces(titles, rows))


def write_xlsx(
    target: Path | BinaryIO,
    titles: Sequence[str],
    rows: Iterable[Sequence[OutValue]],
    *,
    sheet: str = "Sheet1",
) -> None:
    """Write a workbook with one sheet, row by row, in memory that does not grow with the rows."""
    with _book(target) as book:
        writer = _SheetWriter(book, sheet)
        writer.titles(titles)
        for row in rows:
            writer.row(row)


class RefusedWriter:
    """Writes refused rows in the layout they came in, so that they can be mended and come again.

    Same titles in the same order, same encoding and delimiter; XLS comes back as XLSX. Two columns
    are added at the end: the line in the original file, and the reasons.
    """

    def __init__(
        self,
        path: Path,
        layout: Layout,
        *,
        added: tuple[str, str],
        render: Callable[[RefusedRow], str],
    ) -> None:
        """Open the file.

        Args:
            path: where to write; see `suffix_for`.
            layout: the layout of the file that was read.
            added: titles of the two columns, in the reader's language.
            render: gives the reasons of a row in the reader's language.
        """
        # A file of refused rows that was mended and refused again has the two columns already.
        again = layout.titles[-2:] == added
        self._read = len(layout.titles)
        self._width = self._read - 2 * again
        self._render = render
        titles = (*layout.titles[: self._width], *added)
        self._out = _open_rows(path, layout)
        self._out.titles(titles)

    def write(self, row: RefusedRow) -> None:
        """Add one row; cells that no title stood above follow behind the reasons."""
        raw = list(row.raw[: self._width]) + [""] * (self._width - len(row.raw))
        self._out.row([*raw, row.line, self._render(row), *row.raw[self._read :]])

    def close(self) -> None:
        """Finish the file."""
        self._out.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def suffix_for(layout: Layout) -> str:
    """Return the file name ending for refused rows of a layout."""
    return ".csv" if layout.kind == "csv" else ".xlsx"


class _SheetWriter:
    """Rows into one sheet of a workbook; closes the workbook if asked to."""

    def __init__(self, book: Any, sheet: str) -> None:
        self._book = book
        name = sheet.translate(_SHEET_NAME_FORBIDDEN).strip(" '")[:SHEET_NAME_MAX]
        self._sheet = book.add_worksheet(name or "Sheet1")
        self._bold = book.add_format({"bold": True})
        self._formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            time: book.add_format({"num_format": "hh:mm:ss"}),
            timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
        }
        self._next = 0

    def titles(self, titles: Sequence[str]) -> None:
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(0, len(titles) - 1), 18)
        for column, title in enumerate(titles):
            self._sheet.write_string(0, column, guarded(title), self._bold)
        self._next = 1

    def row(self, row: Sequence[OutValue]) -> None:
        for column, cell in enumerate(row):
            self._cell(column, cell)
        self._next += 1

    def close(self) -> None:
        self._book.close()

    def _cell(self, column: int, cell: OutValue) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            self._sheet.write_string(self._next, column, guarded(cell)[:EXCEL_TEXT_MAX])
        elif isinstance(cell, bool):
            self._sheet.write_boolean(self._next, column, cell)
        elif isinstance(cell, (int, float, Decimal)):
            self._number(column, cell)
        else:
            style = self._formats[type(cell)]
            self._sheet.write_datetime(self._next, column, cell, style)

    def _number(self, column: int, number: float | Decimal) -> None:
        # As a number it would lose its last digits, and Excel has no infinity.
        if -EXCEL_SAFE_INTEGER < number < EXCEL_SAFE_INTEGER:
            self._sheet.write_number(self._next, column, number)
        else:
            self._sheet.write_string(self._next, column, str(number))


class _CsvRows:
    """Rows into a CSV file of the given encoding and delimiter."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._file = path.open("w", encoding=layout.encoding, newline="")
        self._writer = csv.writer(self._file, delimiter=layout.delimiter)

    def titles(self, titles: Sequence[str]) -> None:
        self.row(titles)

    def row(self, row: Sequence[OutValue]) -> None:
        self._writer.writerow([_csv_cell(cell) for cell in row])

    def close(self) -> None:
        self._file.close()


def _open_rows(path: Path, layout: Layout) -> _CsvRows | _SheetWriter:
    if layout.kind == "csv":
        return _CsvRows(path, layout)
    return _SheetWriter(_book(path), layout.sheet)


def _book(target: Path | BinaryIO) -> Any:
    return xlsxwriter.Workbook(
        str(target) if isinstance(target, Path) else target, dict(_BOOK_OPTIONS)
    )


def _csv_cell(cell: OutValue) -> OutValue:
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    return cell


def _taken(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece
