"""The rows of an export as text: CSV or tab-separated in UTF-8 or GB18030, XLSX, XLS."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Final

import python_calamine as calamine

from tillkeeper.formats import archives
from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine, BrokenArchive, Hostile, TooLarge, Truncated
from tillkeeper.formats.ledgers import errors as ledgers
from tillkeeper.formats.ledgers.sheet_xml import CELLS_MAX, scan_sheet
from tillkeeper.formats.statements.banks.headers import are_titles
from tillkeeper.formats.statements.lines import raw_lines

TITLES_WITHIN: Final = 60  # rows
LARGEST_PART: Final = 1 << 29  # bytes of one part of a workbook, unpacked
MOST_SHEETS: Final = 64
_LINES_OF_A_RECORD: Final = 50
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SNIFFED: Final = 1 << 16
_CHUNK: Final = 1 << 20
_DELIMITERS: Final = "\t,|;"

Row = tuple[int, list[str]]


def rows_of(path: Path) -> Iterator[Row]:
    """Yield line (of a workbook: row) and cells.

    Raises:
        UnreadableFile: a subclass.
    """
    with path.open("rb") as file:
        begins = file.read(8)
    if begins.startswith(archives.ZIP):
        _look_through(path)
        yield from _sheet_rows(path, zipped=True)
    elif begins == _OLE:
        yield from _sheet_rows(path, zipped=False)
    else:
        yield from _text_rows(path)


def is_workbook(begins: bytes) -> bool:
    """Say whether a file is an XLSX or XLS workbook, by its first bytes."""
    return begins.startswith((archives.ZIP, _OLE))


def encoding_of(data: bytes) -> str:
    """Return UTF-8 where the beginning of a file allows it, else GB18030. The last character may be cut."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if error.start < len(data) - 3 or len(data) < _SNIFFED:
            return "gb18030"
    return "utf-8"


def split_rows(lines: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of the first lines of a text, for telling a format by."""
    delimiter = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        before = 0
        for cells in reader:
            yield before + 1, cells
            before = reader.line_num
    except csv.Error:
        return


def _text_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        beginning = file.read(_SNIFFED)
    encoding = encoding_of(beginning)
    first = beginning.decode(encoding, errors="ignore").splitlines()[:TITLES_WITHIN]
    delimiter = _delimiter(first)
    lines = _Lines(path, encoding)
    reader = csv.reader(lines, delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            yield before + 1, cells
            before = reader.line_num
            lines.begin_record()
    except csv.Error as error:
        raise _bad(path, before + 1, "", f"is not well quoted ({error})") from error
    _refuse_open_quote(path, lines, delimiter, before)


class _Lines:
    """Decoded lines for the CSV reader, which remembers those of the record that is being read."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._lines = raw_lines(path)
        self._number = 0
        self._started = False
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = next(self._lines)
        if self._started:
            self.record = []
            self._started = False
        self._number += 1
        try:
            line = raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            said = raw[max(0, error.start - 10) : error.start + 10].decode("latin-1")
            reason = f"is no text in the encoding of the file ({self._encoding})"
            raise _bad(self._path, self._number, said, reason) from error
        self.record.append(line)
        if len(self.record) > _LINES_OF_A_RECORD:
            first = self._number - len(self.record) + 1
            reason = "opens a quotation mark that is not closed"
            raise _bad(self._path, first, self.record[0], reason)
        return line.replace("\x00", "\ufffd")

    def begin_record(self) -> None:
        """Note that a record has come to its end; its lines stay until the next one begins."""
        self._started = True


def _refuse_open_quote(path: Path, lines: _Lines, delimiter: str, last: int) -> None:
    """The reader takes the end of the file for the end of a quotation."""
    if len(lines.record) > 1 or "".join(lines.record).count('"') % 2:
        try:
            list(csv.reader(lines.record, delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "end of data" in str(error):
                raise Truncated(
                    name=path.name, line=last, missing="a closing quotation mark"
                ) from error


def _delimiter(lines: Sequence[str]) -> str:
    """Return what parts the cells of the titles."""
    for line in lines:
        for delimiter in _DELIMITERS:
            if are_titles([cell.strip('"') for cell in line.split(delimiter)]):
                return delimiter
    return ","


def _look_through(path: Path) -> None:
    """Refuse a workbook that unpacks to too much, or that brings a document type. Every part is read to its end.

    The reader of workbooks believes no declared size; so the sizes are proved here first.
    """
    archives.head(path)
    with archives.damage_refused(path), zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.file_size > LARGEST_PART:
                found, limit = member.file_size, LARGEST_PART
                raise TooLarge(name=path.name, what="a part of it", found=found, limit=limit)
            with archive.open(member) as part:
                _refuse_entities(path, part)


def _refuse_entities(path: Path, part: IO[bytes]) -> None:
    held = b""
    while chunk := part.read(_CHUNK):
        if b"<!DOCTYPE" in held + chunk or b"<!ENTITY" in held + chunk:
            raise Hostile(name=path.name, what="a document type with entities (DOCTYPE)")
        held = chunk[-16:]


def _sheet_rows(path: Path, *, zipped: bool) -> Iterator[Row]:
    """Yield the rows of the one sheet that has titles."""
    with _refusals(path):
        book = calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names[:MOST_SHEETS]
    chosen = ""
    for position, name in enumerate(names):
        if zipped:
            _refuse_wide(path, position)
        with _refusals(path):
            sheet = book.get_sheet_by_name(name)
        if not _has_titles(sheet):
            continue
        if chosen:
            reason = f"has lines too, as “{chosen}” has; save each sheet as a file of its own"
            raise BadLine(name=path.name, line=1, column="sheet", value=quoted(name), reason=reason)
        chosen = name
    if chosen:
        with _refusals(path):
            sheet = book.get_sheet_by_name(chosen)
        for line, row in enumerate(sheet.iter_rows(), start=1):
            yield line, [_text(cell) for cell in row]


def _has_titles(sheet: calamine.CalamineSheet) -> bool:
    if sheet.start is None:
        return False
    for number, row in enumerate(sheet.iter_rows()):
        if number >= TITLES_WITHIN:
            return False
        if are_titles([_text(cell) for cell in row]):
            return True
    return False


def _refuse_wide(path: Path, position: int) -> None:
    """One stray cell in the last corner would make the reader of workbooks fill the memory."""
    try:
        scan = scan_sheet(path, name=path.name, position=position)
    except ledgers.TooManyColumns as error:
        raise TooLarge(
            name=path.name, what="a row", found=error.columns, limit=error.limit
        ) from error
    except ledgers.UnpacksTooLarge as error:
        raise TooLarge(
            name=path.name, what="what it unpacks to", found=error.found, limit=error.limit
        ) from error
    except (ledgers.Damaged, ledgers.WrongType) as error:
        raise BrokenArchive(name=path.name, reason="it is no workbook") from error
    cells = scan.last_row * scan.columns
    if cells > CELLS_MAX:
        raise TooLarge(name=path.name, what="a sheet", found=cells, limit=CELLS_MAX)


def _text(cell: object) -> str:
    """Return a cell as text. A number has at most the 15 digits that a spreadsheet shows."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return f"{cell:.15g}" if "e" not in f"{cell:.15g}" else f"{cell:.2f}"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what the reader of workbooks raises into our own refusals."""
    try:
        yield
    except calamine.PasswordError as error:
        raise BrokenArchive(name=path.name, reason="it is locked with a password") from error
    except (calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise BrokenArchive(name=path.name, reason="it is no workbook, or a damaged one") from error
    except BaseException as error:
        # A panic inside the reader, met on some damaged files, is no Exception.
        if type(error).__name__ == "PanicException":
            raise BrokenArchive(name=path.name, reason="it is a damaged workbook") from error
        raise


def _bad(path: Path, line: int, value: str, reason: str) -> BadLine:
    return BadLine(name=path.name, line=line, column="line", value=quoted(value), reason=reason)
