"""A look at an XLSX sheet's XML before it is loaded: bounds, error values, uncached formulas.

The reader of workbooks builds a dense table in memory and gives error values and formulas without
a result as blanks. So the XML is streamed once beforehand (about a second for 2 million cells): one
stray cell in row 1,048,576 must not fill the memory, and #REF! must not pass for an empty cell.
Parts are found with patterns and not with an XML parser, because no entity is ever expanded so.
Cells that carry no reference (few writers leave it out) are not looked at.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import IO, Final

from tillkeeper.formats.ledgers.errors import Damaged, TooManyColumns, UnpacksTooLarge, WrongType
from tillkeeper.formats.ledgers.layout import MAX_COLUMNS

UNPACKED_MAX: Final = 1 << 30
CELLS_MAX: Final = 30_000_000
SMALL_PART_MAX: Final = 1 << 24
FLAWS_MAX: Final = 200_000
_CHUNK: Final = 1 << 20
_ROW_MAX: Final = 1 << 23
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION: Final = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE: Final = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_WIDE: Final = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="((?:D[Q-Z]|[E-Z][A-Z]|[A-Z]{3})[0-9]{1,7})"[^>]*(?<!/)>'
)
_ROW: Final = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="([0-9]{1,7})"')
# It begins with a literal, which makes looking through 100 MB quick.
_FAR: Final = re.compile(rb' r="([A-Z]{2,3}[0-9]{1,7}|[A-Z]?[0-9]{6,7})"')
_ERROR: Final = re.compile(rb'<(?:\w+:)?c\s([^>]*\bt="e"[^>]*)>')
_NO_RESULT: Final = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)><(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)


@dataclass(slots=True)
class SheetScan:
    """What the XML of one sheet tells beforehand.

    Attributes:
        last_row: the highest row number named.
        columns: an upper bound of the columns in use; 26 where none lies beyond Z.
        flaws: row number -> ((column from 0, code of the refusal), ...).
    """

    last_row: int = 0
    columns: int = 26
    flaws: dict[int, tuple[tuple[int, str], ...]] = field(default_factory=dict)


def scan_sheet(path: Path, *, name: str, position: int) -> SheetScan:
    """Stream one sheet's XML; `position` is the sheet's place in the workbook, from 0.

    Raises:
        Damaged, WrongType, TooManyColumns, UnpacksTooLarge.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, name)
            part = _sheet_part(archive, position)
            scan = SheetScan()
            if part is not None:
                with archive.open(part) as file:
                    for block in _row_blocks(file):
                        _scan_block(block, scan, name)
            return scan
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError) as e:
        raise Damaged(name=name) from e
    except RuntimeError as e:  # zipfile's word for an encrypted member
        raise Damaged(name=name) from e


def _check_archive(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.namelist()
    if "xl/workbook.bin" not in members and not any(m.startswith("xl/") for m in members):
        raise WrongType(name=name, found=_kind_of_archive(members))
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > UNPACKED_MAX:
        raise UnpacksTooLarge(name=name, found=unpacked, limit=UNPACKED_MAX, unit="bytes")


def _kind_of_archive(members: list[str]) -> str:
    if any(member.startswith("word/") for member in members):
        return "a Word document"
    if any(member.startswith("ppt/") for member in members):
        return "a presentation"
    if "mimetype" in members:
        return "an OpenDocument file"
    return "a ZIP archive"


def _sheet_part(archive: zipfile.ZipFile, position: int) -> str | None:
    """Return the name of the sheet's part inside the archive, or None where it is not found."""
    if "xl/workbook.xml" not in archive.namelist():
        return None
    sheets = _SHEET.findall(_small_part(archive, "xl/workbook.xml"))
    if position >= len(sheets):
        return None
    wanted = next((v for k, v in _ATTRIBUTE.findall(sheets[position]) if k.endswith(b":id")), b"")
    for relation in _RELATION.findall(_small_part(archive, "xl/_rels/workbook.xml.rels")):
        attributes = dict(_ATTRIBUTE.findall(relation))
        if attributes.get(b"Id") == wanted:
            target = unescape(attributes.get(b"Target", b"").decode("utf-8", "replace"))
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in archive.namelist() else None
    return None


def _small_part(archive: zipfile.ZipFile, part: str) -> bytes:
    with archive.open(part) as file:
        return file.read(SMALL_PART_MAX)


def _row_blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Return the XML in pieces that end where a row ends."""
    held = b""
    while chunk := file.read(_CHUNK):
        held += chunk
        cut = held.rfind(b"row>") + 4
        if cut > 4:
            yield held[:cut]
            held = held[cut:]
        elif len(held) > _ROW_MAX:
            yield held
            held = held[-256:]
    yield held


def _scan_block(block: bytes, scan: SheetScan, name: str) -> None:
    _measure(block, scan, name)
    if b't="e"' in block:
        for found in _ERROR.finditer(block):
            _note(scan, found[1], "ledger.error_value")
    if b"<f" in block or b":f" in block:
        for found in _NO_RESULT.finditer(block):
            # t="str" with an empty result is a formula that answers "": a blank, and rightly so.
            if b't="str"' not in found[1]:
                _note(scan, found[1], "ledger.formula_without_result")


def _measure(block: bytes, scan: SheetScan, name: str) -> None:
    """Note how far rows and columns reach; formatted cells without a value do not count."""
    far = set(_FAR.findall(block))
    widest = max(map(_column, far), default=0) + 1
    if widest > MAX_COLUMNS and (wide := _WIDE.findall(block)):
        columns = max(map(_column, wide)) + 1
        raise TooManyColumns(name=name, columns=columns, limit=MAX_COLUMNS)
    scan.columns = max(scan.columns, min(widest, MAX_COLUMNS))
    last = _ROW.search(block, max(0, block.rfind(b"row ") - 16))
    rows = (*(last.groups() if last else ()), *(place.lstrip(_LETTERS) for place in far))
    scan.last_row = max(scan.last_row, *map(int, rows)) if rows else scan.last_row


def _note(scan: SheetScan, attributes: bytes, code: str) -> None:
    place = _REFERENCE.search(attributes)
    if place is None or len(scan.flaws) >= FLAWS_MAX:
        return
    row = int(place[2])
    scan.flaws[row] = (*scan.flaws.get(row, ()), (_column(place[1]), code))


def _column(letters: bytes) -> int:
    """Return a column's number from 0 for its letters; row digits behind them are left out."""
    number = 0
    for letter in letters.rstrip(b"0123456789"):
        number = number * 26 + letter - 64
    return number - 1
