"""What stands in a gzip or zip file, looked at and unpacked within bounds: no bomb, no archive within an archive."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Final, cast

from tillkeeper.formats.canonical.errors import (
    BrokenArchive,
    Hostile,
    TooLarge,
)
from tillkeeper.formats.canonical.reading import HEAD_BYTES, Head

GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"
EMPTY_ZIP: Final = b"PK\x05\x06"
MOST_MEMBERS: Final = 2_000
MOST_UNPACKED: Final = 32 * 2**30
FREE_OF_RATIO: Final = 64 * 2**20  # bytes below which any ratio is taken
MOST_RATIO: Final = 200  # unpacked to packed: blank-padded bills reach 30
_BLOCK: Final = 1 << 20


def head(path: Path) -> Head:
    """Return the beginning of a file, of what is inside where it is a gzip file or a zip of one member.

    Raises:
        Hostile: an archive within an archive.
        TooLarge: a zip that would fill the disk.
        BrokenArchive: it cannot be opened.
    """
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    size = path.stat().st_size
    if data.startswith(GZIP):
        return Head(path.name, _gzip_beginning(path), size)
    if data.startswith((ZIP, EMPTY_ZIP)):
        return _zip_head(path, data, size)
    return Head(path.name, data, size, path=path)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the file itself, or, while it lasts, what a gzip file or a zip of one member holds, under its own name.

    Raises:
        Hostile, TooLarge, BrokenArchive: as `head`.
    """
    with path.open("rb") as file:
        begins = file.read(4)
    if begins.startswith(GZIP):
        with TemporaryDirectory(prefix="tillkeeper-") as folder:
            yield _gunzip(path, Path(folder))
    elif begins == ZIP and len(names := _members(path)) == 1:
        with TemporaryDirectory(prefix="tillkeeper-") as folder:
            yield _unzip(path, names[0], Path(folder))
    else:
        if begins == ZIP:
            _look_through(path)
        yield path


def _gzip_beginning(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            data = file.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise BrokenArchive(name=path.name, reason="its compressed data are damaged") from error
    _refuse_nested(path, data)
    return data


def _zip_head(path: Path, data: bytes, size: int) -> Head:
    members = _look_through(path)
    if len(members) != 1:
        return Head(path.name, data, size, tuple(map(member_name, members)), path)
    with _opened(path) as archive, archive.open(members[0]) as file:
        inside = file.read(HEAD_BYTES)
    return Head(path.name, inside, size, (member_name(members[0]),))


def member_name(member: zipfile.ZipInfo) -> str:
    """Return the name as its maker wrote it: GBK where the UTF-8 flag is not set and the bytes allow it."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _look_through(path: Path) -> list[zipfile.ZipInfo]:
    """Return the files of a zip after judging sizes and first bytes of all of them.

    Declared sizes are enough: the reader of a member stops where its declared size ends.
    """
    members = _members(path)
    _refuse_bomb(path, sum(m.file_size for m in members), path.stat().st_size)
    for member in members:
        with _opened(path) as archive, archive.open(member) as file:
            _refuse_nested(path, file.read(4))
    return members


def _members(path: Path) -> list[zipfile.ZipInfo]:
    _refuse_crowd(path)
    with _opened(path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
    if any(m.flag_bits & 1 for m in members):
        raise BrokenArchive(name=path.name, reason="it is locked with a password; unpack it first")
    return members


def _refuse_crowd(path: Path) -> None:
    """Refuse a directory of very many members before it is read: it alone could fill the memory."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65_600))
        end = file.read()
    at = end.rfind(EMPTY_ZIP)
    count = int.from_bytes(end[at + 10 : at + 12], "little") if at >= 0 else 0
    size = int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0
    if count > MOST_MEMBERS or size > MOST_MEMBERS * 1024:
        raise TooLarge(
            name=path.name, what="its list of members", found=size, limit=MOST_MEMBERS * 1024
        )


@contextmanager
def damage_refused(path: Path) -> Iterator[None]:
    """Turn whatever zipfile says of a damaged, encrypted or unknown member into BrokenArchive."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenArchive(name=path.name, reason="its compressed data are damaged") from error


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with damage_refused(path), zipfile.ZipFile(path) as archive:
        yield archive


def _refuse_nested(path: Path, begins: bytes) -> None:
    if begins.startswith((GZIP, ZIP)):
        raise Hostile(name=path.name, what="an archive within an archive")


def _refuse_bomb(path: Path, found: int, packed: int) -> None:
    limit = min(MOST_UNPACKED, max(FREE_OF_RATIO, packed * MOST_RATIO))
    if found > limit:
        raise TooLarge(name=path.name, what="what it unpacks to", found=found, limit=limit)


def _gunzip(path: Path, folder: Path) -> Path:
    target = folder / (_plain(path.name.removesuffix(".gz")))
    try:
        with cast("IO[bytes]", gzip.open(path)) as source:
            _copy(path, source, target)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BrokenArchive(name=path.name, reason="its compressed data are damaged") from error
    return target


def _unzip(path: Path, member: zipfile.ZipInfo, folder: Path) -> Path:
    target = folder / _plain(member_name(member))
    _look_through(path)
    with _opened(path) as archive, archive.open(member) as source:
        _copy(path, source, target)
    return target


def _plain(name: str) -> str:
    """Return a name that is a file in this folder and nothing else, whatever an archive says."""
    last = PurePosixPath(name.replace("\\", "/")).name.replace("\x00", "")
    return last[-120:] if last not in {"", ".", ".."} else "inside"


def _copy(path: Path, source: IO[bytes], target: Path) -> None:
    packed, done = path.stat().st_size, 0
    with target.open("wb") as file:
        while block := source.read(_BLOCK):
            if not done:
                _refuse_nested(path, block)
            done += len(block)
            _refuse_bomb(path, done, packed)
            file.write(block)
