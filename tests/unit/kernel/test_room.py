"""A full disk is told from everything else, whoever wrapped the system's error."""

import errno
import sqlite3

import pytest

from tillkeeper.kernel.room import NoRoom, no_room


def _wrapped(error, inner):
    try:
        raise error from inner
    except type(error) as raised:
        return raised


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "quota"),
        RuntimeError("write failed (os error 28)"),
        RuntimeError("IO Error: [Errno 28] No space left"),
        sqlite3.OperationalError("database or disk is full"),
        RuntimeError('could not extend file "base/1": No space left on device'),
        RuntimeError(OSError(errno.ENOSPC, "inside")),
        _wrapped(ValueError("x"), OSError(errno.ENOSPC, "behind")),
    ],
    ids=repr,
)
def test_no_room_is_known_however_it_is_wrapped(error):
    assert no_room(error)


@pytest.mark.parametrize(
    "error",
    [ValueError("28"), OSError(errno.ENOENT, "none"), OSError("said only"), KeyError("full")],
)
def test_anything_else_is_something_else(error):
    assert no_room(error) is None


def test_it_says_the_systems_words_and_what_to_do():
    told = str(NoRoom(reason=no_room(OSError(errno.ENOSPC, ""))))
    assert "No space left" in told
    assert "make room" in told
