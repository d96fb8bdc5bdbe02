"""A line of a money file as it stands there, with its neighbours. Bounded memory, card numbers cut."""

import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final

import polars as pl

from tillkeeper.formats import archives
from tillkeeper.formats.canonical.cards import masked
from tillkeeper.formats.converted.parquet import rows_as_text
from tillkeeper.formats.statements.banks.rows import is_workbook, rows_of
from tillkeeper.formats.statements.lines import decoded
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.settlement.models import MoneyFile

LONGEST_SHOWN: Final = 4_000  # bytes of a line; the rest of it is left out
PIECE: Final = 1 << 16
MOST_AROUND: Final = 50
BANKS: Final = "bank."  # whose exports may be workbooks
PARQUET: Final = "parquet."
SWIFT: Final = ("mt94", "bai2")  # written in Latin letters, or in whatever the bank has


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line and those around it, decoded. Of a workbook or Parquet: a row, its cells joined by tabs."""

    name: str  # of the file, as it came
    line: int  # from 1
    text: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def first(self) -> int:
        """The number of the first line that is shown."""
        return self.line - len(self.before)


def source_line(file: MoneyFile, line: int, around: int = 2) -> SourceLine:
    """Return a line of a file as it was brought in.

    Args:
        file: taken or refused.
        line: from 1; of a workbook its row.
        around: how many neighbours on either side, 50 at most.

    Raises:
        NotFound: the file's bytes are gone, or it has no such line.
        UnreadableFile: a subclass: an archive that cannot be opened.
    """
    around = max(0, min(around, MOST_AROUND))
    before: deque[str] = deque(maxlen=around + 1)
    with _numbered(file) as lines:
        for number, text in lines:
            before.append(text)
            if number >= line:
                break
        else:
            number = 0
        if number != line or line < 1:
            raise NotFound(kind="line", key=f"{file.name}:{line}")
        after = [text for _number, text in islice(lines, around)]
    shown = _without_cards([*before, *after])
    at = len(before) - 1
    return SourceLine(file.name, line, shown[at], tuple(shown[:at]), tuple(shown[at + 1 :]))


@contextmanager
def _numbered(file: MoneyFile) -> Iterator[Iterator[tuple[int, str]]]:
    with archives.unpacked(kept_file(file.sha256).path) as path:
        with path.open("rb") as stream:
            begins = stream.read(8)
        if file.format.startswith(PARQUET):
            yield rows_as_text(path)
        elif file.format.startswith(BANKS) and is_workbook(begins):
            yield ((number, "\t".join(cells)) for number, cells in rows_of(path))
        else:
            with _stream(path, begins) as stream:
                yield _text_lines(stream, swift=file.format.startswith(SWIFT))


@contextmanager
def _stream(path: Path, begins: bytes) -> Iterator[IO[bytes]]:
    """Open the text; in a zip of several members it is the longest, the others are summaries."""
    if not begins.startswith(archives.ZIP):
        with path.open("rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive:
        detail = max(archive.infolist(), key=lambda member: member.file_size)
        with archive.open(detail) as stream:
            yield stream


def _text_lines(stream: IO[bytes], *, swift: bool) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_cut_lines(stream), start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        yield number, decoded(text) if swift else _chinese(text)


def _cut_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the beginning of each line; a line of any length takes no more memory than what is shown of it."""
    while piece := stream.readline(PIECE):
        kept = piece[:LONGEST_SHOWN]
        while not piece.endswith(b"\n") and (piece := stream.readline(PIECE)):
            pass
        yield kept.rstrip(b"\r\n")


def _chinese(line: bytes) -> str:
    """Return a line of a bill: UTF-8 or GB18030. The last character may be cut."""
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4 if len(line) == LONGEST_SHOWN else 1):
            try:
                return line[: len(line) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return line.decode("utf-8", errors="replace")


def _without_cards(texts: Iterable[str]) -> list[str]:
    lines = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
    return [str(text) for text in lines.select(masked(pl.col("text")))["text"]]
