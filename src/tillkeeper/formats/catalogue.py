"""All formats: which one a file is in, and its rows. Archives are opened here, so that no reader has to."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from tillkeeper.formats import archives
from tillkeeper.formats.bills.catalogue import FORMATS as BILLS
from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.currencies import refuse_unknown_currencies
from tillkeeper.formats.canonical.errors import (
    Ambiguous,
    BrokenParquet,
    EmptyFile,
    UnreadableFile,
    Unrecognised,
)
from tillkeeper.formats.canonical.long_lines import refuse_long_lines
from tillkeeper.formats.canonical.merchants import refuse_others
from tillkeeper.formats.canonical.reading import Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role, canonical
from tillkeeper.formats.converted.catalogue import FORMATS as CONVERTED
from tillkeeper.formats.converted.parquet import is_broken
from tillkeeper.formats.layouts.catalogue import FORMATS as LAYOUTS
from tillkeeper.formats.nearness import nearest
from tillkeeper.formats.statements.catalogue import FORMATS as STATEMENTS

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {one.name: one for one in (*LAYOUTS, *BILLS, *STATEMENTS, *CONVERTED)}
)
SURE_ENOUGH: Final = 0.5  # a score must be above it
_UNPRINTED: Final = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
NOTHING_SAID: Final = Options()


def head(path: Path) -> Head:
    """Return the beginning of a file, or of what is inside a gzip file or a zip of one member.

    Raises:
        UnreadableFile: a subclass: an archive that cannot be opened, or should not.
    """
    return archives.head(path)


def recognise(
    path: Path,
    among: Iterable[Format] = FORMATS.values(),
    *,
    declared: Iterable[Format] = (),
) -> Format:
    """Return the one format that fits the file's content best, whatever the order they are given in.

    Args:
        path: the file.
        among: the formats that come with the product, or those of a caller.
        declared: layouts that somebody taught; one of them goes before the others where both fit equally well, and
            in place of one of its name.

    Raises:
        Unrecognised, NearlyRecognised: none fits.
        EmptyFile: there is nothing in it.
        Ambiguous: two fit equally well.
        UnreadableFile: a subclass: an archive that cannot be opened, or should not.
    """
    beginning = head(path)
    own = {one.name: one for one in declared}
    others = [one for one in among if one.name not in own]
    scores = [(one.recognise(beginning), one) for one in (*own.values(), *others)]
    highest = max((score for score, _one in scores), default=0.0)
    best = [one for score, one in scores if score == highest > SURE_ENOUGH]
    if not best:
        raise _unknown(beginning, (*own.values(), *others))
    first = [one for one in best if one.name in own] or best
    if len(first) > 1:
        raise Ambiguous(name=path.name, formats=", ".join(sorted(one.name for one in first)))
    return first[0]


def read_file(
    path: Path,
    take: Taker,
    *,
    format: Format | None = None,  # noqa: A002  the word of the field
    options: Options = NOTHING_SAID,
) -> Verdict:
    """Give the rows of a file to `take`, frame by frame, and return what reading came to.

    Args:
        path: a plain, gzip or zip file.
        take: called with canonical frames in file order; keeps them aside until the verdict is sound.
        format: where it is known (`FORMATS[name]`, or a loaded layout); else it is recognised.
        options: what is known from outside.

    Raises:
        UnreadableFile: or a subclass: the file cannot be used as a whole.
    """
    chosen = format or recognise(path)

    def checked(frame: pl.DataFrame) -> None:
        refuse_unknown_currencies(frame, path.name)
        if chosen.role is Role.BILL:
            refuse_others(frame, options.mid, path.name)
        take(frame)

    with archives.unpacked(path) as plain:
        refuse_long_lines(plain)
        return chosen.read(plain, checked, options)


def read_frame(
    path: Path,
    *,
    format: Format | None = None,  # noqa: A002  the word of the field
    options: Options = NOTHING_SAID,
) -> tuple[pl.DataFrame, Verdict]:
    """Return a small file whole, with its verdict. A big one belongs to `read_file`.

    Raises:
        UnreadableFile: or a subclass.
    """
    frames: list[pl.DataFrame] = []
    verdict = read_file(path, frames.append, format=format, options=options)
    empty = canonical(pl.DataFrame(), verdict.role).clear()
    return pl.concat([empty, *frames]), verdict


def _unknown(beginning: Head, among: Iterable[Format]) -> UnreadableFile:
    """Return the refusal that says most: that there is nothing, what is missing, or how the file begins."""
    if not beginning.data and not beginning.members:
        return EmptyFile(name=beginning.name)
    if beginning.path and is_broken(beginning.path, beginning.data):
        return BrokenParquet(name=beginning.name)
    near = nearest(beginning, among, _encoding(beginning))
    return near or Unrecognised(name=beginning.name, begins=_begins(beginning))


def _begins(beginning: Head) -> str:
    if len(beginning.members) > 1:
        return quoted(", ".join(beginning.members))
    # Of what is no text only what could be: the rest would be signs that say nothing.
    text = beginning.text(_encoding(beginning))[:200]
    return quoted(_UNPRINTED.split(text, maxsplit=1)[0])


def _encoding(beginning: Head) -> str:
    return "utf-8" if _is_utf8(beginning.data) else "gb18030"


def _is_utf8(data: bytes) -> bool:
    try:
        data[: len(data) - 3].decode("utf-8")
    except UnicodeDecodeError as error:
        return len(data) - 3 - error.start < 4
    return True
