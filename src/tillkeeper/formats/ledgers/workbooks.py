"""XLSX and XLS workbooks, read with calamine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, cast

import python_calamine as calamine

from tillkeeper.formats.ledgers.columns import knows
from tillkeeper.formats.ledgers.errors import (
    Damaged,
    FileEmpty,
    NoHeader,
    NoSuchSheet,
    PasswordProtected,
    TooManyColumns,
    UnpacksTooLarge,
)
from tillkeeper.formats.ledgers.layout import (
    HEADER_WITHIN_ROWS,
    MAX_COLUMNS,
    Layout,
    Row,
    find_header,
    fingerprint,
    is_blank_row,
)
from tillkeeper.formats.ledgers.sheet_xml import CELLS_MAX, SheetScan, scan_sheet
from tillkeeper.formats.ledgers.table import Flaws, Table

MERGED_ROWS_MAX: Final = 200_000


class WorkbookTable(Table):
    """One sheet of a workbook. Formulas count as the values last computed for them."""

    def __init__(self, path: Path, *, name: str, kind: str, sheet: str | None) -> None:
        self._name = name
        with _refusals(name):
            self._book = calamine.CalamineWorkbook.from_path(str(path))
            sheets = tuple(self._book.sheet_names)
        chosen = self._choose(sheets, sheet)
        scan = SheetScan()
        if kind == "xlsx":
            scan = scan_sheet(path, name=name, position=sheets.index(chosen))
            _check_area(scan, name)
        with _refusals(name):
            self._sheet = self._book.get_sheet_by_name(chosen)
        line, titles = self._header()
        layout = Layout(kind, "", "", chosen, line, titles, fingerprint(titles))
        size = path.stat().st_size
        super().__init__(layout, total_bytes=size, sheets=sheets, flaws=self._flaws(scan, line))
        last = self._sheet.end
        self.estimated_rows = max(0, last[0] + 1 - line) if last else 0

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Return row number and cells of each row below the titles that is not blank."""
        total = max(1, self.estimated_rows)
        header = self.layout.header_line
        flaws = self.flaws
        for line, row in enumerate(self._sheet.iter_rows(), start=1):
            if line <= header or (is_blank_row(row) and line not in flaws):
                continue
            if not line % 1000:
                self.bytes_read = self.total_bytes * (line - header) // total
            yield line, tuple(row)
        self.bytes_read = self.total_bytes

    def close(self) -> None:
        """Let go of the workbook's memory."""
        self._book.close()

    def _choose(self, sheets: tuple[str, ...], wanted: str | None) -> str:
        """Return the sheet asked for, else the first visible one that holds anything."""
        if wanted is not None:
            if wanted not in sheets:
                raise NoSuchSheet(name=self._name, sheet=wanted, sheets=", ".join(sheets))
            return wanted
        readable = [
            about.name
            for about in self._book.sheets_metadata
            if about.typ == calamine.SheetTypeEnum.WorkSheet
            and about.visible == calamine.SheetVisibleEnum.Visible
        ]
        if not (readable or sheets):
            raise FileEmpty(name=self._name)
        return (readable or list(sheets))[0]

    def _header(self) -> tuple[int, tuple[str, ...]]:
        if self._sheet.start is None:
            raise FileEmpty(name=self._name)
        if self._sheet.width > MAX_COLUMNS:
            raise TooManyColumns(name=self._name, columns=self._sheet.width, limit=MAX_COLUMNS)
        skipped = self._sheet.start[0]
        rows = enumerate(self._sheet.iter_rows(), start=1)
        first = [(n, tuple(row)) for n, row in islice(rows, skipped + HEADER_WITHIN_ROWS)]
        header = find_header(cast("Sequence[tuple[int, Row]]", first[skipped:]), knows)
        if header is None:
            raise NoHeader(name=self._name)
        line, titles = header
        return line, titles + ("",) * (self._sheet.width - len(titles))

    def _flaws(self, scan: SheetScan, header: int) -> dict[int, Flaws]:
        """Return the scan's flaws and the merged cells by row, columns counted as in `rows`."""
        start = self._sheet.start
        left = start[1] if start else 0
        width = self._sheet.width
        flaws = {
            row: tuple((column - left, code) for column, code in found if left <= column)
            for row, found in scan.flaws.items()
            if row > header
        }
        for (top, first), (bottom, _last) in self._sheet.merged_cell_ranges or ():
            column = min(max(0, first - left), width - 1)
            for row in range(max(top + 1, header + 1), min(bottom + 1, top + MERGED_ROWS_MAX) + 1):
                flaws[row] = (*flaws.get(row, ()), (column, "ledger.merged_cells"))
        return flaws


def _check_area(scan: SheetScan, name: str) -> None:
    """Refuse a sheet whose bounds, filled or not, would not fit into memory."""
    cells = scan.last_row * scan.columns
    if cells > CELLS_MAX:
        raise UnpacksTooLarge(name=name, found=cells, limit=CELLS_MAX, unit="cells")


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    """Turn what the reader raises into our own errors."""
    try:
        yield
    except calamine.PasswordError as error:
        raise PasswordProtected(name=name) from error
    except (calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise Damaged(name=name) from error
    except BaseException as error:
        # A panic inside the reader, met on some damaged files, is no Exception.
        if type(error).__name__ == "PanicException":
            raise Damaged(name=name) from error
        raise
