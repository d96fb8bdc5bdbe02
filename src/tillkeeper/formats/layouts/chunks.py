"""A file in pieces of whole lines, so that memory stays bounded whatever its size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHUNK_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines."""

    data: bytes
    line: int  # of its first
    last: bool
    ends: int  # line ends in it

    @property
    def cut(self) -> bool:
        """True when it ends without a line end."""
        return bool(self.data) and not self.data.endswith(b"\n")


def chunks_of(path: Path, start: int, stop: int, line: int) -> Iterator[Chunk]:
    """Give the bytes from `start` to `stop` in pieces of about `CHUNK_BYTES`, each ending at a line end.

    Lines of more than a chunk are refused before, by `refuse_long_lines`.
    """
    with path.open("rb") as file:
        file.seek(start)
        left, kept = stop - start, b""
        while left:
            block = file.read(min(CHUNK_BYTES, left))
            left = left - len(block) if block else 0
            data = kept + block
            end = data.rfind(b"\n") + 1 if left else len(data)
            data, kept = data[:end], data[end:]
            ends = data.count(b"\n")
            if data:
                yield Chunk(data, line, last=not left, ends=ends)
            line += ends
