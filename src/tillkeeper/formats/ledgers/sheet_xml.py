"""A look at an XLSX sheet's XML before it is loaded: bounds, error values, uncached formulas.

The reader of workbooks builds a dense table in memory and gives error values and formulas without
a result as blanks. So the XML is streamed once beforehand (about a second for 2 million cells): one
stray cell in row 1,048,576 must not fill the memory, and #REF! must not pass for an empty cell.
Cells that carry no reference (few writers leave it out) are not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from tillkeeper.formats.ledgers.errors import TooManyColumns
from tillkeeper.formats.ledgers.layout import MAX_COLUMNS, Source
from tillkeeper.formats.ledgers.workbook_parts import archive_of, pieces, sheet_part
from tillkeeper.formats.ledgers.xml_patterns import ERROR, FAR, NO_RESULT, REFERENCE, ROW, WIDE

CELLS_MAX: Final = 30_000_000
FLAWS_MAX: Final = 200_000
_ROW_MAX: Final = 1 << 23
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"


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


def scan_sheet(source: Source, *, name: str, position: int) -> SheetScan:
    """Stream one sheet's XML; `position` is the sheet's place in the workbook, from 0.

    Raises:
        Damaged, TooManyColumns, UnpacksTooLarge.
    """
    scan = SheetScan()
    with archive_of(source, name) as archive:
        part = sheet_part(archive, position)
        if part is not None:
            with archive.open(part) as file:
                for block in _row_blocks(file, name):
                    _scan_block(block, scan, name)
    return scan


def _row_blocks(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Return the XML in pieces that end where a row ends."""
    held = b""
    for chunk in pieces(file, name):
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
        for found in ERROR.finditer(block):
            _note(scan, found[1], "ledger.error_value")
    if b"<f" in block or b":f" in block:
        for found in NO_RESULT.finditer(block):
            # t="str" with an empty result is a formula that answers "": a blank, and rightly so.
            if b't="str"' not in found[1]:
                _note(scan, found[1], "ledger.formula_without_result")


def _measure(block: bytes, scan: SheetScan, name: str) -> None:
    """Note how far rows and columns reach; formatted cells without a value do not count."""
    far = set(FAR.findall(block))
    widest = max(map(_column, far), default=0) + 1
    if widest > MAX_COLUMNS and (wide := WIDE.findall(block)):
        columns = max(map(_column, wide)) + 1
        raise TooManyColumns(name=name, columns=columns, limit=MAX_COLUMNS)
    scan.columns = max(scan.columns, min(widest, MAX_COLUMNS))
    last = ROW.search(block, max(0, block.rfind(b"row ") - 16))
    rows = (*(last.groups() if last else ()), *(place.lstrip(_LETTERS) for place in far))
    scan.last_row = max(scan.last_row, *map(int, rows)) if rows else scan.last_row


def _note(scan: SheetScan, attributes: bytes, code: str) -> None:
    place = REFERENCE.search(attributes)
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
