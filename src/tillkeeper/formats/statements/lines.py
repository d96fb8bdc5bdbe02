"""The lines of a text file: bounded, numbered from 1, decoded one by one in whatever encoding they fit."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.errors import TooLarge

LONGEST_LINE: Final = 1 << 20  # bytes
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_BOM: Final = b"\xef\xbb\xbf"


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line number and text without its line end.

    Raises:
        TooLarge: a line of more than `LONGEST_LINE` bytes.
    """
    for number, line in enumerate(raw_lines(path), start=1):
        yield number, decoded(line.rstrip(b"\r\n"))


def raw_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines with their ends, without a byte-order mark.

    Raises:
        TooLarge: a line of more than `LONGEST_LINE` bytes.
    """
    with path.open("rb") as file:
        begins = file.read(len(_BOM))
        file.seek(len(_BOM) if begins == _BOM else 0)
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                found = path.stat().st_size - file.tell() + len(line)
                raise TooLarge(name=path.name, what="a line", found=found, limit=LONGEST_LINE)
            yield line


def decoded(line: bytes) -> str:
    """Return bytes as text: UTF-8, else GB18030 where high bytes come in pairs, else Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        pass
    if all(len(run) % 2 == 0 for run in _HIGH.findall(line)):
        try:
            return line.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return line.decode("latin-1")
