"""Where there was no room to write: told apart from every other error, whoever wrapped it. Pure."""

import errno
import os
import re
from dataclasses import dataclass
from typing import ClassVar, Final

from tillkeeper.kernel.errors import TillkeeperError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OS_ERROR: Final = re.compile(r"\((?:os error|errno) (\d+)\)|\[[Ee]rrno (\d+)\]")
_DATABASE_FULL: Final = (
    "database or disk is full",
    "No space left on device",
)  # as SQLite and PostgreSQL say it
_DEPTH: Final = 8  # of errors that wrap errors


@dataclass(eq=False, kw_only=True)
class NoRoom(TillkeeperError):
    """A disk was full, or a quota used up."""

    code: ClassVar[str] = "kernel.no_room"
    sentence: ClassVar[str] = (
        "There is no room for what was to be written: %(reason)s. Nothing of it was kept; make room and do it again."
    )
    reason: str


def no_room(error: BaseException) -> str | None:
    """Return the system's own words where a disk was full or a limit of size reached; None if it is something else.

    Libraries wrap the system's error each in their own way: as its cause, as an argument, or in their text alone.
    """
    met: BaseException | None = error
    for _ in range(_DEPTH):
        if met is None:
            return None
        if (number := _number_of(met)) in FULL:
            return os.strerror(number)
        wrapped = next((one for one in met.args if isinstance(one, BaseException)), None)
        behind = None if met.__suppress_context__ else met.__context__
        met = wrapped or met.__cause__ or behind
    return None


def _number_of(error: BaseException) -> int:
    """Return the system's number of an error; 0 if it has none."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    said = str(error)
    if any(words in said for words in _DATABASE_FULL):
        return errno.ENOSPC
    found = _OS_ERROR.search(said)
    return int(found[1] or found[2]) if found else 0
