"""The file store: content-addressed by SHA-256, under TILLKEEPER_VAR/files; nothing is ever overwritten."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.models import StoredFile
from tillkeeper.kernel.retention import RetentionClass

PIECE: Final = 1024 * 1024
Holder = Callable[[str], bool]
_holders: list[Holder] = []


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the store."""

    sha256: str
    size: int
    media_type: str
    name: str
    path: Path


def keep_file(
    source: IO[bytes] | Iterator[bytes],
    *,
    name: str,
    media_type: str,
    retention: RetentionClass,
    by: Actor,
    at: datetime,
) -> Kept:
    """Store a stream and return what it became. The same content again is the same file."""
    folder = Path(settings.TILLKEEPER_VAR) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
        try:
            for piece in _pieces(source):
                digest.update(piece)
                size += len(piece)
                part.write(piece)
            part.flush()
            os.fsync(part.fileno())
            path = _path(digest.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
    row, _ = StoredFile.objects.get_or_create(
        sha256=digest.hexdigest(),
        defaults={
            "size": size,
            "media_type": media_type[:120],
            "name": name[:255],
            "retention_class": retention,
            "stored_at": at,
            "stored_by": str(by),
        },
    )
    return Kept(row.sha256, row.size, row.media_type, name, path)


def kept_file(digest: str) -> Kept:
    """Return a stored file.

    Raises:
        NotFound: no such file, or its bytes are gone.
    """
    row = StoredFile.objects.filter(sha256=digest).first()
    if row is None or not (path := _path(digest)).exists():
        raise NotFound(kind="file", key=digest[:12])
    return Kept(row.sha256, row.size, row.media_type, row.name, path)


def is_kept(digest: str) -> bool:
    """Say whether a file is in the store."""
    return _path(digest).exists() and StoredFile.objects.filter(sha256=digest).exists()


def hold_files(holder: Holder) -> None:
    """Have a room asked before a file is removed that it may still need; wired when the application starts."""
    if holder not in _holders:
        _holders.append(holder)


def is_held(digest: str) -> bool:
    """Say whether some room needs a file: the same content is kept once, whoever brought it."""
    return any(holder(digest) for holder in _holders)


def forget_file(digest: str) -> None:
    """Remove a file's bytes for good, e.g. an upload that turned out to hold card numbers."""
    _path(digest).unlink(missing_ok=True)
    StoredFile.objects.filter(sha256=digest).delete()


def _path(digest: str) -> Path:
    return Path(settings.TILLKEEPER_VAR) / "files" / digest[:2] / digest[2:4] / digest


def _pieces(source: IO[bytes] | Iterator[bytes]) -> Iterator[bytes]:
    if hasattr(source, "read"):
        while piece := source.read(PIECE):
            yield piece
    else:
        yield from source
