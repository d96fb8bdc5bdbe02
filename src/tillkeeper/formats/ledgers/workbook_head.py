"""The head of a workbook: the same archive, its sheets cut after their first rows.

To find the titles nobody needs the other hundred thousand rows, and the reader of workbooks can only load whole
sheets. So a small workbook is made in memory and read like any other: what a title is, is decided in one place.
"""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Final

from tillkeeper.formats.ledgers.workbook_parts import (
    CHUNK,
    RELATIONS,
    SHEETS,
    SMALL_PART_MAX,
    WORKBOOK,
    archive_of,
    check_archive,
    sheet_part,
)
from tillkeeper.formats.ledgers.xml_patterns import (
    DIMENSION,
    ROW_END,
    SHARED_END,
    SHARED_TEXT,
    SHEET_DATA,
)

ROWS: Final = 400
BYTES: Final = 1 << 22
_STEP: Final = 1 << 16
_TEXTS: Final = "xl/sharedStrings.xml"
# Everything else in a workbook (pictures, tables, comments) says nothing about its titles.
_COPIED: Final = ("[Content_Types].xml", "_rels/.rels", WORKBOOK, RELATIONS, "xl/styles.xml")


@dataclass(frozen=True, slots=True)
class WorkbookHead:
    """A workbook with the first rows of each sheet.

    Attributes:
        source: the archive.
        last_rows: by part, about how many rows a sheet that was cut has; whole sheets are left out.
    """

    source: BytesIO
    last_rows: dict[str, int]

    def last_row(self, position: int, name: str) -> int | None:
        """Return about the last row of a sheet, None where the sheet is here whole."""
        with archive_of(self.source, name) as archive:
            return self.last_rows.get(sheet_part(archive, position) or "")


def head_of(path: Path, name: str) -> WorkbookHead | None:
    """Cut a workbook; None where that cannot be done, and it has to be read whole.

    Raises:
        WrongType, UnpacksTooLarge, Damaged: the archive is none of a workbook that could be read.
    """
    made = BytesIO()
    with archive_of(path, name) as archive, zipfile.ZipFile(made, "w") as head:
        check_archive(archive, name)
        parts = {info.filename: info for info in archive.infolist()}
        copied = [info for part, info in parts.items() if part in _COPIED]
        if not {WORKBOOK, RELATIONS} <= parts.keys() or any(
            info.file_size > SMALL_PART_MAX for info in copied
        ):
            return None
        sheets = _cut_sheets(archive)
        if sheets is None:
            return None
        for info in copied:
            head.writestr(info.filename, archive.read(info))
        for part, sheet in sheets.items():
            head.writestr(part, sheet.xml)
        if _TEXTS in parts:
            wanted = [int(n) for sheet in sheets.values() for n in SHARED_TEXT.findall(sheet.xml)]
            with archive.open(_TEXTS) as file:
                head.writestr(_TEXTS, _cut_texts(file, max(wanted, default=-1) + 1))
    rows = {part: sheet.last_row for part, sheet in sheets.items() if sheet.last_row is not None}
    return WorkbookHead(made, rows)


@dataclass(frozen=True, slots=True)
class _Sheet:
    xml: bytes
    last_row: int | None  # None: the sheet is whole


def _cut_sheets(archive: zipfile.ZipFile) -> dict[str, _Sheet] | None:
    sheets = {}
    for info in archive.infolist():
        if info.filename.startswith(SHEETS) and info.filename.endswith(".xml"):
            with archive.open(info) as file:
                sheet = _cut_sheet(file, info.file_size)
            if sheet is None:
                return None
            sheets[info.filename] = sheet
    return sheets


def _cut_sheet(file: IO[bytes], size: int) -> _Sheet | None:
    """Return a sheet's first rows as a sheet of its own; None where no row ends within `BYTES`."""
    held = b""
    ends: list[int] = []
    while len(ends) < ROWS and len(held) < BYTES:
        piece = file.read(_STEP)
        if not piece:
            return _Sheet(held, None)
        held += piece
        ends = [found.end() for found in islice(ROW_END.finditer(held), ROWS)]
    data = SHEET_DATA.search(held)
    if not ends or data is None:
        return None
    prefix = data[1]
    closing = b"</" + prefix + b"sheetData></" + prefix + b"worksheet>"
    row_bytes = (ends[-1] - data.end()) / len(ends)
    by_size = int((size - data.end()) / row_bytes)
    return _Sheet(held[: ends[-1]] + closing, _believed(held, by_size))


def _believed(xml: bytes, by_size: int) -> int:
    """Return the last row as the sheet says it, unless its size tells otherwise."""
    told = DIMENSION.search(xml)
    rows = int(told[1]) if told else 0
    return rows if by_size < rows * 4 and rows < by_size * 4 else by_size


def _cut_texts(file: IO[bytes], wanted: int) -> bytes:
    """Return the beginning of the table of texts, with at least the first `wanted` of them."""
    held, count, done = bytearray(), 0, 0
    prefix = b""
    end = 0
    while count < wanted and (piece := file.read(CHUNK)):
        held += piece
        for found in SHARED_END.finditer(held, done):
            count, end, prefix = count + 1, found.end(), found[1] or found[2] or b""
        done = end
    if not end:
        return bytes(held) + file.read()
    return bytes(held[:end]) + b"</" + prefix + b"sst>"
