"""A text file as numbered lines: single ones where it is small by nature, blocks of whole lines where it is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn

import numpy as np

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine, TooLarge
from tillkeeper.formats.canonical.reading import HEAD_BYTES

BLOCK_BYTES: Final = (
    8 << 20
)  # some 25,000 rows of the widest bill: what bounds the memory of reading
LONGEST_RECORD: Final = 1 << 20
WHOLE_LINE: Final = "*"  # where a refusal is about a line and not about one of its columns
NO_TEXT: Final = "is not text in the encoding of the file"
_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines in UTF-8, each ended by a newline; a carriage return before it is the last cell's padding."""

    first: int  # number of its first line
    data: bytes  # of a UTF-8 file: as it stands, sound or not


class Lines:
    """The lines of a stream, from 1. UTF-8 with or without a byte-order mark, or GB18030, as its beginning tells."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self.number = 1  # of the line that comes next
        self._stream = stream
        self._kept = stream.read(HEAD_BYTES)
        self.encoding = encoding_of(self._kept)
        self._kept = self._kept.removeprefix(b"\xef\xbb\xbf")

    def next(self) -> tuple[int, str] | None:
        """Return number and text of the next line, without its end; None at the end of the file."""
        while b"\n" not in self._kept:
            more = self._stream.read(HEAD_BYTES)
            if not more:
                break
            self._kept += more
            if len(self._kept) > LONGEST_RECORD + HEAD_BYTES:
                self._refuse_long(len(self._kept))
        if not self._kept:
            return None
        line, _, self._kept = self._kept.partition(b"\n")
        number, self.number = self.number, self.number + 1
        return number, self._decoded(line, number).rstrip("\r")

    def rest(self) -> Iterator[tuple[int, str]]:
        """Return the lines that are left, one by one."""
        while (line := self.next()) is not None:
            yield line

    def blocks(self, *, quotes: bool = False) -> Iterator[Block]:
        """Return all that is left. With `quotes`, no block ends within quotation marks."""
        while more := self._stream.read(BLOCK_BYTES):
            data = self._kept + more
            end = _end_of_records(data) if quotes else data.rfind(b"\n") + 1
            self._kept = data[end:]
            if len(self._kept) > LONGEST_RECORD:
                self._refuse_long(len(self._kept))
            if end:
                yield self._block(data[:end])
        if self._kept:
            data, self._kept = self._kept, b""
            yield self._block(data if data.endswith(b"\n") else data + b"\n")

    def give_back(self, block: Block, at: int) -> None:
        """Put the lines of the last block from line `at` on before what comes next."""
        behind = block.data.split(b"\n", at - block.first)[-1]
        self._kept = behind.decode().encode(self.encoding) + self._kept
        self.number = at

    def decoded(self, block: Block) -> str:
        """Return a block as text.

        Raises:
            BadLine: it is none. A block of UTF-8 is not looked at before.
        """
        return self._decoded(block.data, block.first, "utf-8")

    def _block(self, data: bytes) -> Block:
        first = self.number
        self.number += data.count(b"\n")
        if self.encoding != "utf-8":
            data = self._decoded(data, first).encode()
        return Block(first, data)

    def _decoded(self, data: bytes, first: int, encoding: str = "") -> str:
        try:
            return data.decode(encoding or self.encoding)
        except UnicodeDecodeError as error:
            line = first + data.count(b"\n", 0, error.start)
            begin = data.rfind(b"\n", 0, error.start) + 1
            shown = data[begin : begin + 400].decode(self.encoding, errors="replace")
            refuse(self.name, line, WHOLE_LINE, shown, NO_TEXT)

    def _refuse_long(self, found: int) -> NoReturn:
        raise TooLarge(name=self.name, what="a line", found=found, limit=LONGEST_RECORD)


def refuse(name: str, line: int, column: str, value: str, reason: str) -> NoReturn:
    """Refuse the file for one of its cells, quoted without card numbers."""
    raise BadLine(name=name, line=line, column=column, value=quoted(value), reason=reason)


def encoding_of(begins: bytes) -> str:
    """Return "utf-8" where the first line that is not plain ASCII is that, else "gb18030".

    One line tells: a Chinese title in GBK is no UTF-8. Later lines may be damaged, and are refused as what they are.
    """
    for line in begins.split(b"\n"):
        if not line.isascii():
            return "utf-8" if _is_utf8(line, cut=len(line) == len(begins)) else "gb18030"
    return "utf-8"


def _is_utf8(line: bytes, *, cut: bool) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return cut and len(line) - error.start < 4
    return True


def _end_of_records(data: bytes) -> int:
    """Return the place behind the last newline that stands outside quotation marks; 0 if there is none."""
    cells = np.frombuffer(data, dtype=np.uint8)
    newlines = np.flatnonzero(cells == _NEWLINE)
    before = np.searchsorted(np.flatnonzero(cells == _QUOTE), newlines)
    outside = newlines[before % 2 == 0]
    return int(outside[-1]) + 1 if outside.size else 0
