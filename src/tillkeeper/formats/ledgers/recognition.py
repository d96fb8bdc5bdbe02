"""What a file is, told from its bytes. Its name is never believed."""

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from tillkeeper.formats.ledgers.errors import (
    Damaged,
    FileEmpty,
    FileTooLarge,
    ImplausibleText,
    PasswordProtected,
    WrongEncoding,
    WrongType,
)

MEBIBYTE: Final = 1 << 20
CHUNK: Final = MEBIBYTE
HEAD: Final = 1 << 16
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of streams inside an OLE container, as UTF-16.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_STREAMS: Final = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))

_MAGIC: Final = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a media file"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"PAR1", "a Parquet file"),
)
_MARKUP: Final = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<table", "an HTML page"),
    (b"<head", "an HTML page"),
    (b"<meta", "an HTML page"),
    (b"<?xml", "an XML document"),
)
_CONTROL: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1a\x1b")
_TEXT_ENCODINGS: Final = ("utf-8-sig", "gb18030")
# Of the characters beyond ASCII, the share that GB 2312 does not have. Simplified text has next to none, traditional
# text in GB18030 about half, Big5 read as GB18030 two in five, a western encoding read so nearly all.
RARE_AS_BIG5: Final = 0.15
RARE_AS_ANY: Final = 0.8
RARE_AT_LEAST: Final = 4  # different characters
BIG5_COMMON: Final = 0xC6
COMMON_AS_BIG5: Final = 0.8


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was found to be: `csv` with its encoding and lines, or `xlsx`, or `xls`."""

    kind: str
    encoding: str = ""
    lines: int = 0


def recognise(path: Path, *, name: str, max_bytes: int) -> Recognised:
    """Say what the file is.

    Raises:
        FileEmpty, FileTooLarge, WrongType, PasswordProtected, Damaged, WrongEncoding, ImplausibleText.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise FileTooLarge(name=name, limit_mib=max_bytes // MEBIBYTE)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileEmpty(name=name)
    if head.startswith(b"PK\x03\x04"):
        return Recognised("xlsx")
    if head.startswith(OLE):
        return _recognise_ole(path, name)
    _refuse_foreign(head, name)
    return _recognise_text(path, name, head)


def chunks_of(path: Path) -> Iterator[bytes]:
    """Return the file's bytes in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _recognise_ole(path: Path, name: str) -> Recognised:
    """Tell an old workbook from an encrypted new one and from an old Word document."""
    names = _ole_stream_names(path)
    if _ENCRYPTED in names:
        raise PasswordProtected(name=name)
    if any(stream in names for stream in _WORKBOOK_STREAMS):
        return Recognised("xls")
    if "WordDocument".encode("utf-16-le") in names:
        raise WrongType(name=name, found="a Word document")
    if "PowerPoint Document".encode("utf-16-le") in names:
        raise WrongType(name=name, found="a presentation")
    raise Damaged(name=name)


def _ole_stream_names(path: Path) -> frozenset[bytes]:
    """Return which of the telling stream names occur in the container's directory.

    A search through the whole file, because the directory may lie anywhere; a name is 2 bytes a
    letter and followed by two zero bytes, which no cell text is likely to imitate.
    """
    telling = (
        _ENCRYPTED,
        *_WORKBOOK_STREAMS,
        *map(_utf16, ("WordDocument", "PowerPoint Document")),
    )
    found: set[bytes] = set()
    tail = b""
    for chunk in chunks_of(path):
        window = tail + chunk
        found.update(name for name in telling if name + b"\0\0" in window)
        tail = window[-64:]
    return frozenset(found)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _refuse_foreign(head: bytes, name: str) -> None:
    for magic, found in _MAGIC:
        if head.startswith(magic) and (len(magic) > 2 or _is_binary(head)):
            raise WrongType(name=name, found=found)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:64].lower()
    for markup, found in _MARKUP:
        if start.startswith(markup):
            # Many systems call an HTML table `.xls`; Excel opens it and can save it properly.
            raise WrongType(name=name, found=found)


def _is_binary(head: bytes) -> bool:
    return any(byte in _CONTROL for byte in head)


def _recognise_text(path: Path, name: str, head: bytes) -> Recognised:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif _is_binary(head):
        raise WrongType(name=name, found="a binary file")
    else:
        encodings = _TEXT_ENCODINGS
    furthest = (0, 1)
    for encoding in encodings:
        good, offset, lines = _decodes(path, encoding)
        if good:
            if encoding == "gb18030":
                _refuse_implausible(path, name)
            plain = "utf-8" if encoding == "utf-8-sig" and not _has_bom(head) else encoding
            return Recognised("csv", plain, lines)
        furthest = max(furthest, (offset, lines))
    raise WrongEncoding(name=name, offset=furthest[0], line=furthest[1])


def _has_bom(head: bytes) -> bool:
    return head.startswith(codecs.BOM_UTF8)


def _decodes(path: Path, encoding: str) -> tuple[bool, int, int]:
    """Read the whole file once: (can it be decoded, else the byte that cannot, lines up to there).

    The whole, since one bad byte in line 90,000 must be known before the first row is taken.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, lines = 0, 1
    for chunk in chain(chunks_of(path), (b"",)):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            bad = max(0, error.start - held)
            return False, offset - held + error.start, lines + chunk[:bad].count(b"\n")
        offset += len(chunk)
        lines += chunk.count(b"\n")
    return True, offset, lines


def _refuse_implausible(path: Path, name: str) -> None:
    """Refuse text that GB18030 can read, as it can nearly any bytes, but that was written in something else."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    beyond, line, sample = 0, 1, ("", 0)
    rare: Counter[str] = Counter()
    for chunk in chunks_of(path):
        text = decoder.decode(chunk)
        letters = set(text)
        common = letters & set("".join(letters).encode("gb2312", "ignore").decode("gb2312"))
        strange = {letter for letter in letters - common if letter > "\x7f"}
        beyond += len(text) - len(text.encode("ascii", "ignore"))
        rare.update({letter: text.count(letter) for letter in strange})
        if not sample[0]:
            sample = _first_of(text, strange, line)
        line += chunk.count(b"\n")
    if _is_implausible(path, rare, beyond):
        raise ImplausibleText(name=name, sample=sample[0], line=sample[1])


def _is_implausible(path: Path, rare: Counter[str], beyond: int) -> bool:
    if len(rare) >= RARE_AT_LEAST and rare.total() > beyond * RARE_AS_ANY:
        return True
    return len(rare) > 1 and rare.total() > beyond * RARE_AS_BIG5 and _reads_as_big5(path)


def _reads_as_big5(path: Path) -> bool:
    """Say whether the text can be Big5, and would be of its common characters: those with a lead byte up to C6."""
    decoder = codecs.getincrementaldecoder("cp950")()
    letters: Counter[str] = Counter()
    try:
        for chunk in chunks_of(path):
            letters.update(letter for letter in decoder.decode(chunk) if letter > "\x7f")
    except UnicodeDecodeError:
        return False
    common = sum(n for letter, n in letters.items() if letter.encode("cp950")[0] <= BIG5_COMMON)
    return common > letters.total() * COMMON_AS_BIG5


def _first_of(text: str, letters: set[str], line: int) -> tuple[str, int]:
    """Return the first of these letters that a screen can show, and its line; blank where there is none."""
    places = [text.index(letter) for letter in letters if letter.isprintable()]
    if not places:
        return "", line
    return text[min(places)], line + text.count("\n", 0, min(places))
