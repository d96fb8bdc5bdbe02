"""A line of a text file that would fill the memory is refused before anybody reads it."""

from pathlib import Path
from typing import IO, Final

from tillkeeper.formats.canonical.errors import TooLarge

LONGEST_LINE: Final = 1 << 20  # bytes
_STEP: Final = LONGEST_LINE // 2
_GLANCE: Final = 8 << 10  # nearly every line ends within
_LINELESS: Final = (b"PK\x03\x04", b"PAR1")


def refuse_long_lines(path: Path) -> None:
    """Refuse a text file with a line of more than `LONGEST_LINE` bytes. XML, archives and Parquet have no lines.

    A line that long fills at least one whole step of half that length, so one glance into each step is enough. Plain
    reads: a mapped file would count as memory of the process.

    Raises:
        TooLarge: with the length of the line.
    """
    size = path.stat().st_size
    if size <= LONGEST_LINE:
        return
    with path.open("rb", buffering=0) as file:
        begins = file.read(256)
        if begins[:4] in _LINELESS or begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return
        for start in range(0, size, _STEP):
            if _end_from(file, start, min(_STEP, size - start)) < 0:
                _refuse_line_around(file, start, path.name)


def _end_from(file: IO[bytes], start: int, most: int) -> int:
    """Return where the first line end from `start` on stands, within `most` bytes; -1 where there is none."""
    done = 0
    for length in (_GLANCE, most):
        file.seek(start + done)
        block = file.read(min(length, most - done))
        at = block.find(b"\n")
        if at >= 0:
            return start + done + at
        done += len(block)
    return -1


def _refuse_line_around(file: IO[bytes], start: int, name: str) -> None:
    end = start
    while (at := _end_from(file, end, _STEP)) < 0:
        end += _STEP
        file.seek(end)
        if not file.read(1):
            at = file.seek(0, 2)
            break
    length = at - _begin_before(file, start)
    if length > LONGEST_LINE:
        raise TooLarge(name=name, what="a line", found=length, limit=LONGEST_LINE)


def _begin_before(file: IO[bytes], start: int) -> int:
    """Return where the line that goes over `start` begins. The step before has a line end, or is its beginning."""
    before = max(0, start - _STEP)
    file.seek(before)
    return before + file.read(start - before).rfind(b"\n") + 1
