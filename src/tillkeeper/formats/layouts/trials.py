"""A layout tried on a sample: its first lines beside the rows read from them, and the verdict of the whole check.

Small by intention: somebody waits for it. A big file is proved by `tillkeeper formats check`.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from tillkeeper.formats import archives
from tillkeeper.formats.canonical.cards import masked
from tillkeeper.formats.canonical.errors import BadLine, TooLarge, UnreadableFile
from tillkeeper.formats.canonical.long_lines import refuse_long_lines
from tillkeeper.formats.canonical.reading import Options, SetAside, Verdict
from tillkeeper.formats.layouts.declaration import Layout, Wrong
from tillkeeper.formats.layouts.reading import read_with

MOST_BYTES: Final = 8 << 20  # of a sample, unpacked: read in about a second
MOST_SHOWN: Final = 50  # lines and rows
LONGEST_SHOWN: Final = 400  # characters of a line
_LINE: Final = "line"


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying a layout came to. Card numbers are cut in all of it."""

    lines: tuple[str, ...]  # the first of the file, as they stand
    columns: tuple[str, ...]  # canonical ones that say something, `line` first
    rows: tuple[dict[str, Any], ...]  # the first, by column
    set_aside: tuple[SetAside, ...]  # the first lines that cannot be used
    verdict: Verdict | None = None  # None: refused
    refused: UnreadableFile | None = None

    @property
    def sound(self) -> bool:
        """True when the whole sample is read and its own figures hold."""
        return self.verdict is not None and self.verdict.sound


@contextmanager
def plain_sample(path: Path) -> Iterator[Path]:
    """Give a sample, unpacked where it is packed, while it lasts.

    Raises:
        TooLarge: it is larger than `MOST_BYTES`.
        UnreadableFile: a subclass: an archive that cannot be opened.
    """
    found = _plain_size(path)
    if found > MOST_BYTES:
        raise TooLarge(name=path.name, what="the sample", found=found, limit=MOST_BYTES)
    with archives.unpacked(path) as plain:
        refuse_long_lines(plain)
        yield plain


def try_layout(layout: Layout, path: Path, options: Options | None = None) -> Trial:
    """Read a sample whole by a layout and say what comes of it; nothing that is wrong with the sample raises.

    Where one wrong line refuses the file, it is read once more without such lines, so that all of them are told.
    """
    given = options or Options()
    try:
        with plain_sample(path) as plain:
            return _tried(layout, plain, given)
    except UnreadableFile as refused:
        return Trial((), (), (), (), refused=refused)


def first_lines(path: Path) -> tuple[str, ...]:
    """Return the first lines of a text file, decoded, card numbers cut."""
    with path.open("rb") as file:
        raw = [file.readline(LONGEST_SHOWN * 4) for _ in range(MOST_SHOWN)]
    lines = pl.DataFrame({"a": [_text(one) for one in raw if one]}, schema={"a": pl.String})
    return tuple(one[:LONGEST_SHOWN] for one in lines.select(masked(pl.col("a")))["a"])


def _tried(layout: Layout, path: Path, options: Options) -> Trial:
    lines, frames = first_lines(path), list[pl.DataFrame]()
    verdict, refused = _read(layout, path, options, frames)
    aside = verdict.set_aside if verdict else ()
    if isinstance(refused, BadLine):
        lenient = replace(layout, lines=replace(layout.lines, wrong=Wrong.SET_ASIDE), checks=())
        frames.clear()
        told, _still = _read(lenient, path, options, frames)
        aside = told.set_aside if told else ()
    columns, rows = _shown(frames)
    return Trial(lines, columns, rows, aside[:MOST_SHOWN], verdict, refused)


def _read(
    layout: Layout, path: Path, options: Options, frames: list[pl.DataFrame]
) -> tuple[Verdict | None, UnreadableFile | None]:
    def take(frame: pl.DataFrame) -> None:
        if sum(one.height for one in frames) < MOST_SHOWN:
            frames.append(frame.head(MOST_SHOWN))

    try:
        return read_with(layout, path, take, options), None
    except UnreadableFile as refused:
        return None, refused


def _shown(frames: list[pl.DataFrame]) -> tuple[tuple[str, ...], tuple[dict[str, Any], ...]]:
    if not frames:
        return (), ()
    frame = pl.concat(frames).head(MOST_SHOWN)
    told = [one for one in frame.columns if one == _LINE or _says(frame[one])]
    return tuple(told), tuple(frame.select(told).to_dicts())


def _says(cells: pl.Series) -> bool:
    return (
        bool((cells != "").any()) if cells.dtype == pl.String else cells.null_count() < len(cells)
    )


def _text(line: bytes) -> str:
    plain = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return plain.decode(encoding)
    return plain.decode("gb18030", errors="replace")


def _plain_size(path: Path) -> int:
    """Return the bytes of a sample without its packing; of a gzip file no more than must be known."""
    with path.open("rb") as file:
        begins = file.read(4)
    if begins == archives.ZIP:
        with archives.damage_refused(path), zipfile.ZipFile(path) as packed:
            return sum(one.file_size for one in packed.infolist())
    if not begins.startswith(archives.GZIP):
        return path.stat().st_size
    total = 0
    with (
        suppress(OSError, EOFError, zlib.error),
        gzip.open(path) as packed,
    ):  # told when it is unpacked
        while total <= MOST_BYTES and (block := packed.read(1 << 16)):
            total += len(block)
    return total
