"""A line of a text file that would fill the memory is refused before anybody reads it."""

import mmap
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.errors import TooLarge

LONGEST_LINE: Final = 1 << 20  # bytes
_STEP: Final = LONGEST_LINE // 2
_ZIP: Final = b"PK\x03\x04"


def refuse_long_lines(path: Path) -> None:
    """Refuse a text file with a line of more than `LONGEST_LINE` bytes. XML and archives have no lines.

    A line that long fills at least one whole step of half that length, so one glance into each step is enough.

    Raises:
        TooLarge: with the length of the line.
    """
    size = path.stat().st_size
    if size <= LONGEST_LINE:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] == _ZIP or data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return
        for start in range(0, size, _STEP):
            if data.find(b"\n", start, start + _STEP) < 0:
                _refuse_line_around(data, start, path.name)


def _refuse_line_around(data: mmap.mmap, start: int, name: str) -> None:
    end = data.find(b"\n", start)
    length = (end if end >= 0 else len(data)) - (data.rfind(b"\n", 0, start) + 1)
    if length > LONGEST_LINE:
        raise TooLarge(name=name, what="a line", found=length, limit=LONGEST_LINE)
