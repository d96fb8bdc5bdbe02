"""What a round sees of a place, whichever kind it is: files that lie there, and their bytes one after another."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Protocol

import asyncssh

from tillkeeper.settlement.services.drops.addresses import is_plain, require_plain
from tillkeeper.settlement.services.drops.errors import (
    FileStays,
    FileUnreadable,
    ServerFolderRefused,
    TooManyFiles,
)
from tillkeeper.settlement.services.drops.sftp import LISTED_MAX, Visit
from tillkeeper.settlement.services.folders import UNFINISHED, Arrival, put_away

READY: Final = (".ok", ".done", ".md5", ".fin")  # laid beside a file by channels once it is whole


@dataclass(frozen=True, slots=True)
class Found:
    """A file that lies at a place. What it looks like tells whether it is still growing."""

    name: str
    size: int  # bytes
    changed: int  # as the place counts time
    ready: bool = False  # a companion says that it is whole

    @property
    def look(self) -> list[int]:
        """What must stay the same."""
        return [self.size, self.changed]


@dataclass(slots=True)
class View:
    """What lies at a place: files, and names that cannot be used."""

    files: list[Found] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)


class Place(Protocol):
    """A folder, or one on another server. Called by one round at a time; each may raise a RoundEnded."""

    def view(self) -> View:
        """Return what lies there now."""

    @contextmanager
    def reading(self, name: str) -> Iterator[Callable[[], bytes]]:
        """Yield what returns the next bytes of a file, none at its end."""

    def look(self, name: str) -> list[int] | None:
        """Return how a file looks now; None if it is gone."""

    def put_away(self, arrival: Arrival, at: datetime) -> None:
        """Move a file out of the way, if the place is ours."""


@dataclass(slots=True)
class Folder:
    """A folder of this server."""

    path: Path
    shown: str  # as people name it

    def view(self) -> View:
        """Return what lies there now; links and folders do not count."""
        require_plain(self.path, self.shown)
        told: list[tuple[str, int, int]] = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    told.append((entry.name, found.st_size, found.st_mtime_ns))
                if len(told) > LISTED_MAX:
                    raise TooManyFiles(most=LISTED_MAX)
        return viewed(told)

    @contextmanager
    def reading(self, name: str) -> Iterator[Callable[[], bytes]]:
        """Yield what returns the next bytes of a file.

        Raises:
            FileUnreadable: it cannot be opened, or has become a link.
        """
        try:
            handle = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            raise FileUnreadable(name=name) from None
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise FileUnreadable(name=name)
            yield lambda: _read(stream, name)

    def look(self, name: str) -> list[int] | None:
        """Return how a file looks now."""
        try:
            found = (self.path / name).lstat()
        except OSError:
            return None
        return [found.st_size, found.st_mtime_ns]

    def put_away(self, arrival: Arrival, at: datetime) -> None:
        """Move a file to `done` or `refused`.

        Raises:
            FileStays: that is not possible.
        """
        try:
            put_away(self.path, arrival, at)
            for name in companions(arrival.name):
                if (self.path / name).is_file():
                    put_away(self.path, replace(arrival, name=name, reason=""), at)
        except OSError:
            raise FileStays(name=arrival.name) from None


@dataclass(slots=True)
class Remote:
    """A folder on another server. Its files stay where they are."""

    visit: Visit

    def view(self) -> View:
        """Return what lies there now; links and folders do not count."""
        told = []
        for entry in self.visit.listing():
            name = (
                entry.filename
                if isinstance(entry.filename, str)
                else entry.filename.decode(errors="replace")
            )
            if _is_file(entry.attrs):
                told.append((name, entry.attrs.size or 0, entry.attrs.mtime or 0))
        return viewed(told)

    @contextmanager
    def reading(self, name: str) -> Iterator[Callable[[], bytes]]:
        """Yield what returns the next bytes of a file.

        Raises:
            FileUnreadable: it is gone, or this login may not.
        """
        try:
            file = self.visit.opened(name)
        except ServerFolderRefused:
            raise FileUnreadable(name=name) from None
        try:
            yield lambda: self.visit.piece(file)
        finally:
            self.visit.close(file)

    def look(self, name: str) -> list[int] | None:
        """Return how a file looks now."""
        try:
            found = self.visit.attributes(name)
        except ServerFolderRefused:
            return None
        return [found.size or 0, int(found.mtime or 0)]

    def put_away(self, arrival: Arrival, at: datetime) -> None:
        """Leave it: what was taken is known by its name, size and time."""


def viewed(told: list[tuple[str, int, int]]) -> View:
    """Return what counts among names, sizes and times: not what is hidden, unfinished or only says that another is."""
    view, times = View(), {name: changed for name, _size, changed in told}
    for name, size, changed in sorted(told):
        lower = name.lower()
        if not is_plain(name):
            view.unusable.append(name)
        elif not name.startswith(".") and not lower.endswith((*UNFINISHED, *READY)):
            view.files.append(Found(name, size, int(changed), ready=_is_ready(name, times)))
    return view


def companions(name: str) -> list[str]:
    """Return what a channel may call the companion that says that a file is whole."""
    stem = name.rpartition(".")[0] or name
    return [base + mark for base in dict.fromkeys((name, stem)) for mark in READY]


def _is_ready(name: str, times: dict[str, int]) -> bool:
    # One that is older than the file belongs to a file of that name of another day.
    return any(times.get(companion, -1) >= times[name] for companion in companions(name))


def _is_file(attributes: asyncssh.SFTPAttrs) -> bool:
    if attributes.permissions is not None and stat.S_IFMT(attributes.permissions):
        return stat.S_ISREG(attributes.permissions)
    return attributes.type == asyncssh.FILEXFER_TYPE_REGULAR


def _read(stream: IO[bytes], name: str) -> bytes:
    try:
        return stream.read(1024 * 1024)
    except OSError:
        raise FileUnreadable(name=name) from None
