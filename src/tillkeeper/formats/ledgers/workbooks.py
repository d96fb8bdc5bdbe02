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
    SEVERAL,
    Layout,
    Row,
    Source,
    find_header,
    fingerprint,
    is_blank_row,
)
from tillkeeper.formats.ledgers.sheet_xml import CELLS_MAX, SheetScan, scan_sheet
from tillkeeper.formats.ledgers.table import Flaws, Table
from tillkeeper.formats.ledgers.workbook_head import ROWS, head_of
from tillkeeper.formats.ledgers.workbook_parts import archive_of, check_archive

MERGED_ROWS_MAX: Final = 200_000
SHEETS_LOOKED_AT: Final = 20
# A head with titles as far down as this may have been cut too early for them.
_TITLES_WITHIN: Final = ROWS - 2 * HEADER_WITHIN_ROWS


class WorkbookTable(Table):
    """One sheet of a workbook. Formulas count as the values last computed for them.

    Of a head (`workbook_head`) there are only the first rows, and `estimated_rows` is about right.
    """

    def __init__(
        self, source: Source, *, name: str, kind: str, sheet: str | None, size: int
    ) -> None:
        self._name = name
        self._kind, self._source = kind, source
        if kind == "xlsx":
            with archive_of(source, name) as archive:
                check_archive(archive, name)
        with _refusals(name):
            self._book = _book(source)
            self.sheets = tuple(self._book.sheet_names)
        chosen = self._choose(sheet)
        self.position = self.sheets.index(chosen)
        self._sheet, scan = self._loaded(chosen)
        line, titles = self._header(self._sheet)
        layout = Layout(kind, "", "", chosen, line, titles, fingerprint(titles))
        flaws = self._flaws(scan, line)
        super().__init__(layout, total_bytes=size, sheets=self.sheets, flaws=flaws)
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

    def _choose(self, wanted: str | None) -> str:
        """Return the sheet asked for, else the visible one that has most titles we know, else the first."""
        if wanted is not None:
            if wanted not in self.sheets:
                raise NoSuchSheet(name=self._name, sheet=wanted, sheets=", ".join(self.sheets))
            return wanted
        readable = [
            about.name
            for about in self._book.sheets_metadata
            if about.typ == calamine.SheetTypeEnum.WorkSheet
            and about.visible == calamine.SheetVisibleEnum.Visible
        ]
        if not (readable or self.sheets):
            raise FileEmpty(name=self._name)
        candidates = readable or list(self.sheets)
        if len(candidates) == 1:
            return candidates[0]
        return max(candidates[:SHEETS_LOOKED_AT], key=self._titles_known)

    def _titles_known(self, sheet: str) -> int:
        """Return how many titles of a sheet we know, -1 for one without any titles: the first of equals wins."""
        try:
            _line, titles = self._header(self._loaded(sheet)[0])
        except (FileEmpty, NoHeader):
            return -1
        except (TooManyColumns, UnpacksTooLarge):
            return 0  # refused when it is read, but it keeps nobody from a better one
        known = sum(map(knows, filter(None, titles)))
        return known if known >= SEVERAL else 0

    def _loaded(self, name: str) -> tuple[calamine.CalamineSheet, SheetScan]:
        """Load a sheet whole, after a look at what it will unpack to."""
        scan = SheetScan()
        if self._kind == "xlsx":
            position = self.sheets.index(name)
            scan = scan_sheet(self._source, name=self._name, position=position)
            _check_area(scan, self._name)
        with _refusals(self._name):
            return self._book.get_sheet_by_name(name), scan

    def _header(self, sheet: calamine.CalamineSheet) -> tuple[int, tuple[str, ...]]:
        if sheet.start is None:
            raise FileEmpty(name=self._name)
        if sheet.width > MAX_COLUMNS:
            raise TooManyColumns(name=self._name, columns=sheet.width, limit=MAX_COLUMNS)
        skipped = sheet.start[0]
        rows = enumerate(sheet.iter_rows(), start=1)
        first = [(n, tuple(row)) for n, row in islice(rows, skipped + HEADER_WITHIN_ROWS)]
        header = find_header(cast("Sequence[tuple[int, Row]]", first[skipped:]), knows)
        if header is None:
            raise NoHeader(name=self._name)
        line, titles = header
        return line, titles + ("",) * (sheet.width - len(titles))

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


def open_workbook(path: Path, *, name: str, kind: str, sheet: str | None) -> WorkbookTable:
    """Open a workbook with all its rows. Where no sheet is asked for, the heads tell which one to load."""
    if kind == "xlsx" and sheet is None:
        with open_head(path, name=name, kind=kind, sheet=None) as head:
            sheet = head.layout.sheet
    return WorkbookTable(path, name=name, kind=kind, sheet=sheet, size=path.stat().st_size)


def open_head(path: Path, *, name: str, kind: str, sheet: str | None) -> WorkbookTable:
    """Open a workbook for its titles and first rows; all rows are there where they cannot be cut off."""
    size = path.stat().st_size
    head = head_of(path, name) if kind == "xlsx" else None
    if head is not None:
        try:
            table = WorkbookTable(head.source, name=name, kind=kind, sheet=sheet, size=size)
        except (Damaged, FileEmpty, NoHeader):
            pass  # of the head: the whole is asked
        else:
            last = head.last_row(table.position, name)
            if last is None:
                return table
            if table.layout.header_line < _TITLES_WITHIN:
                table.estimated_rows = max(table.estimated_rows, last - table.layout.header_line)
                return table
            table.close()
    return WorkbookTable(path, name=name, kind=kind, sheet=sheet, size=size)


def _book(source: Source) -> calamine.CalamineWorkbook:
    if isinstance(source, Path):
        return calamine.CalamineWorkbook.from_path(str(source))
    source.seek(0)
    return calamine.CalamineWorkbook.from_filelike(source)


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
