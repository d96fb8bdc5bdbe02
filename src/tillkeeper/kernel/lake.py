"""Where rows lie in bulk: in a folder of a disk, or in a bucket of an S3-compatible storage.

A path in a bucket is a string, so that polars reads parts there as it does on a disk: only the columns asked for.
Everything else goes through fsspec. Which server, and with which keys, is told by the usual AWS_* variables; on a
cluster every machine needs them. They are never repeated in a message.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from uuid import uuid4

import polars as pl

from tillkeeper.kernel.errors import LakeUnreachable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

SCHEME: Final = "s3://"
COPIES_AT_ONCE: Final = 8
WAIT_S: Final = 10  # for a connection, and for an answer
ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
REASON_LETTERS: Final = 300


class S3Path(str):
    """A path in a bucket, with what is used of `pathlib.Path`. A bucket has no folders, only names with slashes."""

    __slots__ = ()

    def __truediv__(self, name: str) -> "S3Path":
        return S3Path(f"{self.rstrip('/')}/{name}")

    @property
    def name(self) -> str:
        """Return the last part."""
        return self.rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> "S3Path":
        """Return what stands before the last slash."""
        return S3Path(self.rstrip("/").rpartition("/")[0])

    def is_dir(self) -> bool:
        """Return whether anything lies below."""
        try:
            with answering(self):
                # Not `isdir`, which says no also where nobody answers.
                return bool(_files().info(self.key)["type"] == "directory")
        except FileNotFoundError:
            return False

    def iterdir(self) -> Iterator["S3Path"]:
        """Yield what lies directly below; nothing where there is nothing."""
        with answering(self):
            found = _files().ls(self.key, detail=False) if self.is_dir() else []
        return iter([S3Path(SCHEME + key) for key in sorted(found)])

    def glob(self, pattern: str) -> Iterator["S3Path"]:
        """Yield what lies directly below under a name like the pattern."""
        return (path for path in self.iterdir() if fnmatchcase(path.name, pattern))

    def read_text(self) -> str:
        """Return the text of an object.

        Raises:
            FileNotFoundError: there is none.
        """
        with answering(self), _files().open(self.key, "rb") as stream:
            return bytes(stream.read()).decode()

    def write_text(self, text: str) -> None:
        """Write an object."""
        with answering(self, to_write=True), _files().open(self.key, "wb") as stream:
            stream.write(text.encode())

    @property
    def key(self) -> str:
        """Return bucket and name, as fsspec wants them."""
        return self.removeprefix(SCHEME).rstrip("/")


LakePath = Path | S3Path


def lake_path(text: str | Path) -> LakePath:
    """Return a folder or a place in a bucket."""
    return S3Path(str(text).rstrip("/")) if str(text).startswith(SCHEME) else Path(text)


def make_new(folder: LakePath) -> None:
    """Make a folder that must not be there.

    Raises:
        FileExistsError: it is.
    """
    if isinstance(folder, Path):
        folder.mkdir(parents=True, exist_ok=False)
    elif folder.is_dir():
        raise FileExistsError(str(folder))


@contextmanager
def writing(path: LakePath) -> Iterator[Path | IO[bytes]]:
    """Give what a part is written to: on a disk its path, else a stream."""
    if isinstance(path, Path):
        yield path
        return
    with answering(path, to_write=True), _files().open(path.key, "wb") as stream:
        yield stream


@contextmanager
def reading(path: LakePath) -> Iterator[Path | IO[bytes]]:
    """Give what a part is read from: on a disk its path, else a stream that fetches what is asked for."""
    if isinstance(path, Path):
        yield path
        return
    with answering(path), _files().open(path.key, "rb") as stream:
        yield stream


def remove_one(path: LakePath) -> None:
    """Remove a file; it may be gone already."""
    if isinstance(path, Path):
        path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError), answering(path):
        _files().rm_file(path.key)


def remove(folder: LakePath) -> None:
    """Remove a folder with all that is in it; it may be gone already."""
    if isinstance(folder, Path):
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
    elif folder.is_dir():
        with answering(folder):
            _files().rm(folder.key, recursive=True)


def move(made: LakePath, target: LakePath, *, last: str) -> None:
    """Give a folder its place; what lies there goes. In a bucket the object named `last` is copied last."""
    remove(target)
    if isinstance(made, Path) and isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, target)
        return
    names = [path.name for path in made.iterdir()]
    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        for _ in pool.map(lambda name: _copy(made / name, target / name), set(names) - {last}):
            pass
    _copy(made / last, target / last)
    remove(made)


def probe(place: LakePath) -> None:
    """Try whether something can be written there; nothing stays.

    Raises:
        LakeUnreachable: that cannot be done.
        OSError: the same, on a disk.
    """
    if isinstance(place, Path):
        # It is made when first needed: until then what it will be made in must do.
        there = next(path for path in (place, *place.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=there):
            return
    asked = place / f".doctor-{uuid4().hex}"
    asked.write_text("")
    with answering(place):
        _files().rm_file(asked.key)


@contextmanager
def answering(*places: LakePath, to_write: bool = False) -> Iterator[None]:
    """Tell a storage that does not answer, or refuses, by a sentence; where nothing lies in a bucket, do nothing.

    Args:
        places: what is used.
        to_write: what is not there is the bucket itself.

    Raises:
        LakeUnreachable: it does not answer, or not to us.
    """
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        bucket = next((place for place in places if isinstance(place, S3Path)), None)
        if bucket is None or (isinstance(error, FileNotFoundError) and not to_write):
            raise
        raise LakeUnreachable(lake=bucket, why=_reason(error)) from None


def _copy(source: LakePath, target: LakePath) -> None:
    with answering(source, target):
        if isinstance(source, S3Path) and isinstance(target, S3Path):
            # The storage copies by itself: fsspec would bring the bytes here and send them back.
            _files().fs.copy_file(source.key, target.key)
        elif isinstance(target, S3Path):
            _files().put_file(str(source), target.key)
        else:
            raise TypeError("a store is not moved from a bucket to a disk")


def _files() -> "AbstractFileSystem":
    endpoint = next(filter(None, map(os.environ.get, ENDPOINTS)), "")
    virtual = os.environ.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower() in {"1", "true"}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return _connected(endpoint, region, virtual)


@cache
def _connected(endpoint: str, region: str, virtual: bool) -> "AbstractFileSystem":
    # Only here, as most installations have no bucket: loading it takes a quarter of a second.
    from fsspec.implementations.arrow import ArrowFSWrapper  # noqa: PLC0415
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem  # noqa: PLC0415

    told: dict[str, Any] = {"endpoint_override": endpoint, "region": region}
    return ArrowFSWrapper(
        S3FileSystem(
            **{name: value for name, value in told.items() if value},
            force_virtual_addressing=virtual,
            connect_timeout=WAIT_S,
            request_timeout=WAIT_S,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=3),
        )
    )


def _reason(error: Exception) -> str:
    """Return the first words: what follows are the server's own, and may name a key."""
    said = str(error.args[-1] if isinstance(error, OSError) and error.args else error)
    return said.partition("<")[0].partition("\n")[0].strip()[:REASON_LETTERS]
