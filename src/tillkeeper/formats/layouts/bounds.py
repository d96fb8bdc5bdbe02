"""Where the rows of a file begin and end, and what stands above and below them."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.cells import FULL_WIDTH
from tillkeeper.formats.canonical.errors import MissingColumns, Truncated
from tillkeeper.formats.canonical.reading import HEAD_BYTES
from tillkeeper.formats.layouts.declaration import Header, Layout, Shape
from tillkeeper.formats.layouts.reasons import reason

BOM: Final = b"\xef\xbb\xbf"
MOST_TITLES: Final = 50  # lines above the rows
_NARROW: Final = str.maketrans(FULL_WIDTH)
_NOISE: Final = re.compile(r"[\s`'\"\ufeff]")


@dataclass(frozen=True, slots=True)
class Told:
    """A line that is no row."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The rows of a file: bytes `start` to `stop`, the first on line `line`."""

    start: int
    stop: int
    line: int
    encodings: tuple[str, ...]
    delimiter: str = ""
    width: int = 0  # cells of a row
    places: dict[str, int] = field(default_factory=dict)  # field title -> cell
    extra: tuple[str, ...] = ()  # titles that the layout does not know
    above: tuple[Told, ...] = ()
    below: tuple[str, ...] = ()
    header: str = ""  # its line, if there is one


def bounds_of(path: Path, layout: Layout) -> Bounds:
    """Look at the two ends of a file.

    Raises:
        MissingColumns: the header lacks columns, or there is none.
        Truncated: the line of totals is missing.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
        file.seek(max(0, size - HEAD_BYTES))
        tail = file.read()
    if layout.shape is Shape.FIXED:
        return Bounds(0, size, 1, layout.encodings)
    encodings = _encodings(data, layout)
    lines = list(_lines(data, encodings[0]))
    top = _top(path.name, layout, lines)
    stop, below = _end(path.name, layout, tail, size, encodings[0])
    return Bounds(
        start=min(top.start, stop),
        stop=max(stop, top.start) if not below else stop,
        line=top.line,
        encodings=encodings,
        delimiter=top.delimiter,
        width=top.width,
        places=top.places,
        extra=top.extra,
        above=top.above,
        below=below,
        header=top.header,
    )


def titles_in(data: bytes, layout: Layout) -> float:
    """Return which share of a layout's titles the header of a beginning has; 0 where it lacks one that it must have."""
    lines = list(_lines(data, _encodings(data, layout)[0]))
    found = _find_header(layout, lines)
    if found is None or found.missing:
        return 0.0
    return len(found.places) / max(len(layout.fields), found.width)


def first_rows(data: bytes, layout: Layout) -> list[str]:
    """Return some first lines that may be rows, decoded."""
    whole = list(_lines(data, _encodings(data, layout)[0]))[:MOST_TITLES]
    rows = whole[_skipped(layout, whole) :]
    return [one.text for one in rows if one.text.strip()]


def delimiter_of(layout: Layout, line: str) -> tuple[str, int]:
    """Return the delimiter of a line without titles and how many cells it makes."""
    counted = [(len(cells_of(line, one, layout.quote)), one) for one in layout.delimiters]
    exact = [(n, one) for n, one in counted if _fits(n, line, one, len(layout.fields))]
    width, delimiter = exact[0] if exact else max(counted)
    return delimiter, width


def cells_of(line: str, delimiter: str, quote: str) -> list[str]:
    """Divide one line."""
    if quote and quote in line:
        return next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])
    return line.split(delimiter)


def plain_title(title: str) -> str:
    """Return a title as it is compared: brackets and signs half-width, no blanks, small letters."""
    return _NOISE.sub("", title.translate(_NARROW)).lower()


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    stop: int  # behind its end
    text: str


@dataclass(frozen=True, slots=True)
class _Top:
    start: int
    line: int
    delimiter: str
    width: int
    places: dict[str, int]
    extra: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    above: tuple[Told, ...] = ()
    header: str = ""


def _encodings(data: bytes, layout: Layout) -> tuple[str, ...]:
    """Return the encodings that may be: one, where the beginning has letters beyond ASCII."""
    whole = data[: data.rfind(b"\n") + 1] or data
    if whole.isascii():
        return layout.encodings
    for one in layout.encodings:
        try:
            whole.decode(one)
        except UnicodeDecodeError:
            continue
        return (one,)
    return layout.encodings


def _lines(data: bytes, encoding: str) -> Iterator[_Line]:
    at = len(BOM) if data.startswith(BOM) else 0
    for raw in data[at:].split(b"\n"):
        stop = min(at + len(raw) + 1, len(data))
        yield _Line(at, stop, raw.rstrip(b"\r").decode(encoding, errors="replace"))
        at = stop


def _top(name: str, layout: Layout, lines: list[_Line]) -> _Top:
    if layout.lines.header is not Header.NEVER:
        found = _find_header(layout, lines)
        if found and not found.missing:
            return found
        if layout.lines.header is Header.ALWAYS:
            titles = found.missing if found else _required(layout)
            line = found.line - 1 if found else 1
            raise MissingColumns(name=name, line=line, columns=", ".join(titles))
    return _headless(layout, lines)


def _required(layout: Layout) -> tuple[str, ...]:
    return tuple(one.title for one in layout.fields if not one.optional)


def _find_header(layout: Layout, lines: list[_Line]) -> _Top | None:
    """Return the first line with every title that must be there, else the one with most of them, if half."""
    best: _Top | None = None
    for number, line in enumerate(lines[:MOST_TITLES], start=1):
        for delimiter in layout.delimiters:
            found = _as_header(layout, lines, number, line, delimiter)
            if not found.missing and found.places:
                return found
            if best is None or len(found.places) > len(best.places):
                best = found
    enough = len(_required(layout)) / 2
    return best if best and len(best.places) >= max(enough, 1) else None


def _as_header(
    layout: Layout, lines: list[_Line], number: int, line: _Line, delimiter: str
) -> _Top:
    titles = [plain_title(one) for one in cells_of(line.text, delimiter, layout.quote)]
    places = dict(_places(layout, titles))
    known = set(places.values())
    after = lines[number].text if number < len(lines) else ""
    return _Top(
        start=line.stop,
        line=number + 1,
        delimiter=delimiter,
        width=_width(layout, len(titles), after, delimiter),
        places=places,
        extra=tuple(one for i, one in enumerate(titles) if one and i not in known),
        missing=tuple(one for one in _required(layout) if one not in places),
        above=tuple(Told(i, one.text) for i, one in enumerate(lines[: number - 1], start=1)),
        header=line.text,
    )


def _places(layout: Layout, titles: list[str]) -> Iterator[tuple[str, int]]:
    for one in layout.fields:
        wanted = [plain_title(name) for name in (one.title, *one.aliases)]
        place = next((titles.index(name) for name in wanted if name in titles), None)
        if place is not None:
            yield one.title, place


def _width(layout: Layout, titles: int, row: str, delimiter: str) -> int:
    """Return the cells of a row: some exporters end rows, but not the header, with a delimiter."""
    cells = cells_of(row, delimiter, layout.quote)
    return titles + 1 if len(cells) == titles + 1 and not cells[-1].strip() else titles


def _headless(layout: Layout, lines: list[_Line]) -> _Top:
    skipped = _skipped(layout, lines)
    rows = lines[skipped:]
    first = next((one.text for one in rows if one.text.strip()), "")
    delimiter, width = delimiter_of(layout, first)
    fits = _fits(width, first, delimiter, len(layout.fields))
    return _Top(
        start=rows[0].start if rows else 0,
        line=skipped + 1,
        delimiter=delimiter,
        width=width if fits else len(layout.fields),
        places={one.title: i for i, one in enumerate(layout.fields)},
        above=tuple(Told(i, one.text) for i, one in enumerate(lines[:skipped], start=1)),
    )


def _fits(cells: int, line: str, delimiter: str, fields: int) -> bool:
    return cells == fields or (
        cells == fields + 1 and line.rstrip().endswith(delimiter.strip() or "\0")
    )


def _skipped(layout: Layout, lines: list[_Line]) -> int:
    """Return how many lines stand above the rows of a file without a header."""
    begins = layout.lines.titles
    if not begins:
        return 0
    count = 0
    for line in lines[:MOST_TITLES]:
        if line.text.strip() and not line.text.lstrip("\ufeff").startswith(begins):
            break
        count += 1
    return count


def _end(
    name: str, layout: Layout, tail: bytes, size: int, encoding: str
) -> tuple[int, tuple[str, ...]]:
    begins = layout.lines.end
    if not begins:
        return size, ()
    lines = list(_lines(tail, encoding))[1 if size > len(tail) else 0 :]
    first = next((i for i, one in enumerate(lines) if one.text.lstrip().startswith(begins)), None)
    if first is not None:
        return size - len(tail) + lines[first].start, _texts(lines[first:])
    if layout.lines.end_required:
        raise Truncated(name=name, line=_count_lines(lines), missing=reason("total"))
    return size, ()


def _texts(lines: Iterable[_Line]) -> tuple[str, ...]:
    return tuple(one.text for one in lines)


def _count_lines(lines: list[_Line]) -> int:
    return max(1, sum(1 for one in lines if one.text))
