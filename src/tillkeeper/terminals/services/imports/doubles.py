"""What stood in a file already: compact, because a file may have millions of rows.

Keys and rows are kept as 64-bit hashes: a false alarm among a million rows has a chance of one in thirty million, and
then refuses one row with a sentence that says which other row it resembles.
"""

from typing import Final

_LINE_SHIFT: Final = 64
_DIGEST: Final = (1 << _LINE_SHIFT) - 1


class Doubles:
    """Remembers by key the line it stood in, and the digest of that row."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}

    def line(self, key: object) -> int:
        """Return the line in which `key` stood first, 0 if it has not yet."""
        return self._first.get(hash(key), 0) >> _LINE_SHIFT

    def is_same(self, key: object, digest: str) -> bool:
        """Say whether the row of `key` was the same word for word."""
        return self._first[hash(key)] & _DIGEST == int(digest[:16], 16)

    def add(self, key: object, line: int, digest: str = "0") -> None:
        """Remember the first row of a key that stands."""
        self._first.setdefault(hash(key), line << _LINE_SHIFT | int(digest[:16], 16))
