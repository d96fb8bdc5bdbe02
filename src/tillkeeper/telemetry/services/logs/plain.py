"""A log as it is kept: unpacked, in UTF-8, line by line, every card number cut to its first six and last four."""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tillkeeper.formats.identifiers import mask_pan, mask_pans_in
from tillkeeper.telemetry.services.logs.pieces import LOG_MAX

GZIP: Final = b"\x1f\x8b"
BLOCK: Final = 256 * 1024
WITH_HEAD: Final = 31  # of zlib: a window of 32 KiB, the head and end of gzip
LINE_MAX: Final = 8 * 1024  # bytes of a line; what is longer is cut into several
LAP: Final = 64  # a line is not cut within a number: the cut goes back so far at most
# What a stripe or a chip tells after the card number: never kept, whatever the number's check digit says.
TRACK: Final = re.compile(r"([2-6][0-9]{12,18})[=D^][0-9A-Za-z ./^=]{4,}")
ENCODINGS: Final = ("utf-8", "gb18030")


class TooMuchInside(ValueError):
    """What a packed log unpacks to is more than is kept of one."""


class BrokenInside(ValueError):
    """Packed data that cannot be unpacked."""


@dataclass(slots=True)
class Cut:
    """How many card numbers were cut."""

    cards: int = 0


def unpacked(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what is inside where it is gzip, the stream itself otherwise; never more than LOG_MAX bytes.

    Raises:
        TooMuchInside: there is more.
        BrokenInside: the packed data are damaged, or end too soon.
    """
    given = iter(stream)
    first = b""
    while len(first) < len(GZIP) and (some := next(given, None)) is not None:
        first += some
    joined = _chain(first, given)
    done = 0
    for block in _gunzipped(joined) if first.startswith(GZIP) else joined:
        done += len(block)
        if done > LOG_MAX:
            raise TooMuchInside
        yield block


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _gunzipped(stream: Iterable[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=WITH_HEAD)
    try:
        for some in stream:
            left, pending = some, True
            while left or pending:
                if inflater.eof:  # a file may have several members
                    inflater = zlib.decompressobj(wbits=WITH_HEAD)
                inside = inflater.decompress(left, BLOCK)
                yield inside
                left = inflater.unused_data.lstrip(b"\x00") or inflater.unconsumed_tail
                pending = len(inside) == BLOCK and not inflater.eof
    except zlib.error as error:
        raise BrokenInside(str(error)) from error
    if not inflater.eof:
        raise BrokenInside("it ends too soon")


def kept_lines(stream: Iterable[bytes], cut: Cut) -> Iterator[bytes]:
    """Yield the lines of a log as they are kept, each with its end; `cut` counts the card numbers."""
    for raw in _lines(stream):
        text = _text(raw).replace("\x00", "\ufffd")
        yield (_safe(text, cut) + "\n").encode("utf-8", "replace")


def _lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    left = b""
    for block in stream:
        *whole, left = (left + block).split(b"\n")
        for line in whole:
            yield from _short(line)
        while len(left) > LINE_MAX:
            end = _end(left)
            yield left[:end]
            left = left[end:]
    if left:
        yield from _short(left)


def _short(line: bytes) -> Iterator[bytes]:
    line = line.removesuffix(b"\r")
    while len(line) > LINE_MAX:
        end = _end(line)
        yield line[:end]
        line = line[end:]
    yield line


def _end(line: bytes) -> int:
    """Return where a long line is cut: after a letter, so that a number and its groups stay together."""
    for end in range(LINE_MAX, LINE_MAX - LAP, -1):
        if line[end - 1 : end].isalpha():
            return end
    return LINE_MAX


def _text(raw: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _safe(text: str, cut: Cut) -> str:
    tracks = TRACK.sub(lambda found: f"{mask_pan(found[1])}=****", text)
    safe = mask_pans_in(tracks)
    if safe != text:
        cut.cards += 1
    return safe
