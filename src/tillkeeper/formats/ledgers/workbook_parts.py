"""A workbook as the ZIP archive it is: refused before anything is loaded where it would fill the memory.

The reader of workbooks unpacks a part whole and keeps every text in it. So the parts are streamed beforehand, in
pieces of a mebibyte: sizes as declared, their ratio to what is packed, and no text longer than any cell can hold.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import IO, Final

from tillkeeper.formats.ledgers.errors import Damaged, UnpacksTooLarge, WrongType
from tillkeeper.formats.ledgers.layout import Source
from tillkeeper.formats.ledgers.xml_patterns import ATTRIBUTE, RELATION, SHEET

UNPACKED_MAX: Final = 1 << 30
# All texts of a workbook; they are held whole while it is read.
TEXTS_MAX: Final = 1 << 28
# A ledger packs 10 to 40 times smaller; what packs 200 times is made to.
RATIO_MAX: Final = 200
FREE_OF_RATIO: Final = 1 << 26
# A cell has at most 32,767 characters: 196,602 bytes if each of them is `&quot;`.
TEXT_MAX: Final = 1 << 18
SMALL_PART_MAX: Final = 1 << 24
CHUNK: Final = 1 << 20
_NO_XML: Final = (
    ".bin",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".emf",
    ".wmf",
    ".tif",
    ".tiff",
    ".svg",
)
SHEETS: Final = "xl/worksheets/"
WORKBOOK: Final = "xl/workbook.xml"
RELATIONS: Final = "xl/_rels/workbook.xml.rels"


@contextmanager
def archive_of(source: Source, name: str) -> Iterator[zipfile.ZipFile]:
    """Open the archive; whatever is broken in it is `Damaged`."""
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError) as e:
        raise Damaged(name=name) from e
    except RuntimeError as e:  # zipfile's word for an encrypted member
        raise Damaged(name=name) from e


def check_archive(archive: zipfile.ZipFile, name: str) -> None:
    """Look through all that is loaded with any sheet: what `sheet_xml` does for the sheet itself.

    Raises:
        WrongType: it is no workbook.
        UnpacksTooLarge: by what it says of itself, or by what it holds.
    """
    members = archive.namelist()
    if "xl/workbook.bin" not in members and not any(m.startswith("xl/") for m in members):
        raise WrongType(name=name, found=_kind_of_archive(members))
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > UNPACKED_MAX:
        raise UnpacksTooLarge(name=name, found=unpacked, limit=UNPACKED_MAX, unit="bytes")
    packed = sum(info.compress_size for info in archive.infolist())
    if unpacked > max(FREE_OF_RATIO, packed * RATIO_MAX):
        limit = max(FREE_OF_RATIO, packed * RATIO_MAX)
        raise UnpacksTooLarge(name=name, found=unpacked, limit=limit, unit="bytes")
    for info in archive.infolist():
        if not (info.filename.startswith(SHEETS) or info.filename.lower().endswith(_NO_XML)):
            _check_part(archive, info, name)


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
    if info.file_size > TEXTS_MAX:
        raise UnpacksTooLarge(name=name, found=info.file_size, limit=TEXTS_MAX, unit="bytes")
    with archive.open(info) as file:
        for _piece in pieces(file, name):
            pass


def pieces(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Return a part's bytes in pieces of at most `CHUNK`.

    Raises:
        UnpacksTooLarge: between two tags stands more than a cell can hold.
    """
    while piece := file.read(CHUNK):
        # A text of twice this length covers one of these windows whole: a few looks instead of one at every byte.
        for begin in range(0, len(piece) - TEXT_MAX + 1, TEXT_MAX):
            if piece.find(b"<", begin, begin + TEXT_MAX) < 0:
                raise UnpacksTooLarge(
                    name=name, found=TEXT_MAX, limit=TEXT_MAX, unit="bytes in one cell"
                )
        yield piece


def small_part(archive: zipfile.ZipFile, part: str) -> bytes:
    """Return a part whole, or its beginning: such parts are small in any workbook."""
    with archive.open(part) as file:
        return file.read(SMALL_PART_MAX)


def sheet_part(archive: zipfile.ZipFile, position: int) -> str | None:
    """Return the name of a sheet's part inside the archive, or None where it is not found."""
    if WORKBOOK not in archive.namelist():
        return None
    sheets = SHEET.findall(small_part(archive, WORKBOOK))
    if position >= len(sheets):
        return None
    wanted = next((v for k, v in ATTRIBUTE.findall(sheets[position]) if k.endswith(b":id")), b"")
    for relation in RELATION.findall(small_part(archive, RELATIONS)):
        attributes = dict(ATTRIBUTE.findall(relation))
        if attributes.get(b"Id") == wanted:
            target = unescape(attributes.get(b"Target", b"").decode("utf-8", "replace"))
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in archive.namelist() else None
    return None


def _kind_of_archive(members: list[str]) -> str:
    if any(member.startswith("word/") for member in members):
        return "a Word document"
    if any(member.startswith("ppt/") for member in members):
        return "a presentation"
    if "mimetype" in members:
        return "an OpenDocument file"
    return "a ZIP archive"
