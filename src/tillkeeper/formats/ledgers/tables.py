"""Opens a ledger, whatever it is: the one way in."""

from pathlib import Path

from tillkeeper.formats.ledgers.recognition import recognise
from tillkeeper.formats.ledgers.table import Table
from tillkeeper.formats.ledgers.texts import CsvTable
from tillkeeper.formats.ledgers.workbooks import open_head, open_workbook

__all__ = ["Table", "open_layout", "open_table"]


def open_table(
    path: Path, *, name: str | None = None, sheet: str | None = None, max_bytes: int
) -> Table:
    """Open a ledger file, told by its content, and find its titles.

    Args:
        path: the file.
        name: what the person calls it, for messages; by default the path's last part.
        sheet: of a workbook; by default the visible one with most titles that we know.
        max_bytes: a larger file is refused unread.

    Raises:
        FileEmpty, FileTooLarge, UnpacksTooLarge, WrongType, PasswordProtected, Damaged,
        TooManyColumns, WrongEncoding, NoHeader, NoSuchSheet: all of them `Invalid`.
    """
    shown = name or path.name
    found = recognise(path, name=shown, max_bytes=max_bytes)
    if found.kind == "csv":
        return CsvTable(path, name=shown, found=found)
    return open_workbook(path, name=shown, kind=found.kind, sheet=sheet)


def open_layout(
    path: Path, *, name: str | None = None, sheet: str | None = None, max_bytes: int
) -> Table:
    """Open a ledger file only as far as its titles and first rows: a large workbook in a tenth of a second.

    Its `rows` may end after a few hundred, and `estimated_rows` is about right. What is wrong further down, such as
    a stray cell in the last column, comes with `open_table`; so may more columns without a title, at both ends.

    Raises:
        as `open_table`.
    """
    shown = name or path.name
    found = recognise(path, name=shown, max_bytes=max_bytes)
    if found.kind == "csv":
        return CsvTable(path, name=shown, found=found)
    return open_head(path, name=shown, kind=found.kind, sheet=sheet)
