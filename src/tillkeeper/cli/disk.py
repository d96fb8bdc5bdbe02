"""Writing where there may be no room, and where somebody may be killed in the middle."""

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PREFIX: Final = "tillkeeper-"
LOCK: Final = "busy"  # held as long as its process lives, however that ends
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OS_ERROR: Final = re.compile(r"\((?:os error|errno) (\d+)\)|\[[Ee]rrno (\d+)\]")
_DEPTH: Final = 8  # of errors that wrap errors


def no_room(error: BaseException) -> str | None:
    """Return the system's own words where a disk was full or a limit of size reached; None if it is something else.

    Libraries wrap the system's error each in their own way: as its cause, as an argument, or in their text alone.
    """
    met: BaseException | None = error
    for _ in range(_DEPTH):
        if met is None:
            return None
        number = met.errno if isinstance(met, OSError) else None
        if number is None and (said := _OS_ERROR.search(str(met))):
            number = int(said[1] or said[2])
        if number in FULL:
            return os.strerror(number)
        wrapped = next((one for one in met.args if isinstance(one, BaseException)), None)
        behind = None if met.__suppress_context__ else met.__context__
        met = wrapped or met.__cause__ or behind
    return None


@contextmanager
def working_folder(beside: Path) -> Iterator[Path]:
    """Give a folder in `beside` that is gone afterwards. What killed processes left of theirs is cleared away first."""
    _clear_abandoned(beside)
    with TemporaryDirectory(prefix=PREFIX, dir=beside) as made:
        folder = Path(made)
        with (folder / LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "files").mkdir()
            yield folder / "files"


def _clear_abandoned(beside: Path) -> None:
    for folder in beside.glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its process lives
            shutil.rmtree(folder, ignore_errors=True)
