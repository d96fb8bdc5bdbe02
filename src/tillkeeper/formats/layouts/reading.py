"""A file of a declared layout, from its first byte to its verdict. Chunks are read side by side and given in order."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.canonical.long_lines import refuse_long_lines
from tillkeeper.formats.canonical.merchants import refuse_others
from tillkeeper.formats.canonical.reading import FRAME_ROWS, Options, SetAside, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role, canonical
from tillkeeper.formats.layouts import delimited, fixed
from tillkeeper.formats.layouts.bounds import Bounds, Told, bounds_of
from tillkeeper.formats.layouts.chunks import Chunk, chunks_of
from tillkeeper.formats.layouts.declaration import Layout, Shape, Wrong
from tillkeeper.formats.layouts.reasons import reason
from tillkeeper.formats.layouts.refused_lines import MOST_SET_ASIDE, Misfit
from tillkeeper.formats.layouts.rows import Rows, Surroundings, rows_of
from tillkeeper.formats.layouts.totals import MOST_MERCHANTS, Totals, checks_of

AT_ONCE: Final = 2  # chunks in work; each takes about ten times its bytes


def read_with(layout: Layout, path: Path, take: Taker, options: Options) -> Verdict:
    """Read a file of a layout.

    Raises:
        UnreadableFile: a subclass: the file cannot be used as a whole.
    """
    refuse_long_lines(path)
    bounds = bounds_of(path, layout)
    work = _Work(layout, path, bounds, _surroundings(layout, path, bounds, options))
    totals, aside, next_line = Totals(layout), list[SetAside](), bounds.line
    for done in _side_by_side(work.chunks(), work.rows):
        next_line = done.next_line
        for rows in done.parts:
            _refuse(path.name, layout, rows.misfits, aside)
            if layout.role is Role.BILL:
                refuse_others(rows.frame, options.mid, path.name)
            totals.add(rows.frame)
            if rows.frame.height:
                take(rows.frame)
    lines = (*bounds.above, *(Told(next_line + i, one) for i, one in enumerate(bounds.below)))
    checks, unstated = checks_of(totals, lines, options.currency)
    if unstated:
        missing = reason("figure", name=unstated)
        raise Truncated(name=path.name, line=max(1, next_line - 1), missing=missing)
    return Verdict(
        layout.name,
        layout.role,
        totals.rows,
        totals.sums,
        checks,
        tuple(aside),
        _facts(totals, bounds),
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """What a chunk came to."""

    parts: tuple[Rows, ...]
    next_line: int


@dataclass(frozen=True, slots=True)
class _Work:
    layout: Layout
    path: Path
    bounds: Bounds
    around: Surroundings

    def chunks(self) -> Iterator[Chunk]:
        if self.layout.shape is Shape.FIXED:
            return fixed.records_of(self.path, self.layout)
        return chunks_of(self.path, self.bounds.start, self.bounds.stop, self.bounds.line)

    def rows(self, chunk: Chunk) -> _Done:
        if self.layout.shape is Shape.FIXED:
            cells = delimited.Cells(fixed.cells_of(chunk, self.layout, self.path.name))
        else:
            cells = delimited.cells_of(chunk, self.layout, self.bounds, self.path.name)
        parts = [
            self._explained(rows_of(part, self.layout, self.around), chunk)
            for part in cells.frame.iter_slices(FRAME_ROWS)
        ]
        broken = Rows(canonical(pl.DataFrame(), self.layout.role).clear(), cells.misfits)
        return _Done((*([broken] if cells.misfits else []), *parts), chunk.line + chunk.ends)

    def _explained(self, rows: Rows, chunk: Chunk) -> Rows:
        """Say of a misfit that it is the header again, where it is."""
        if not rows.misfits or not self.bounds.header:
            return rows
        lines = chunk.data.split(b"\n")
        header = self.bounds.header.encode(self.bounds.encodings[0], errors="replace").strip()
        doubled = {chunk.line + i for i, one in enumerate(lines) if one.strip() == header}
        told = [
            Misfit(one.line, one.column, one.value, reason("header"))
            if one.line in doubled
            else one
            for one in rows.misfits
        ]
        return Rows(rows.frame, tuple(told))


def _side_by_side(chunks: Iterator[Chunk], work: Callable[[Chunk], _Done]) -> Iterator[_Done]:
    """Give what `work` makes of each chunk, in order, with `AT_ONCE` of them under way."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[_Done]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(work, chunk))
                if len(waiting) >= AT_ONCE:
                    yield waiting.popleft().result()
        except Truncated:  # of the end: what is wrong before it is told first
            for one in waiting:
                one.result()
            raise
        while waiting:
            yield waiting.popleft().result()


def _surroundings(layout: Layout, path: Path, bounds: Bounds, options: Options) -> Surroundings:
    pattern = layout.recognition.file_name
    found = pattern.search(path.name) if pattern else None
    named = dict(found.named) if found else {}
    above = "\n".join(one.text for one in bounds.above)
    return Surroundings(options, layout.zone or options.zone, bounds.header, named, above)


def _refuse(name: str, layout: Layout, misfits: tuple[Misfit, ...], aside: list[SetAside]) -> None:
    if not misfits:
        return
    if layout.lines.wrong is Wrong.REFUSE:
        raise misfits[0].error(name)
    aside.extend(one.aside() for one in misfits)
    if len(aside) > MOST_SET_ASIDE:
        last = misfits[0]
        raise Misfit(last.line, last.column, last.value, reason("crowd")).error(name)


def _facts(totals: Totals, bounds: Bounds) -> dict[str, str]:
    facts = {
        "merchant": ", ".join(sorted(totals.merchants))
        if len(totals.merchants) <= MOST_MERCHANTS
        else "",
        "from": totals.first.isoformat() if totals.first else "",
        "to": totals.last.isoformat() if totals.last else "",
        "extra columns": ", ".join(bounds.extra),
        "title": " ".join(one.text.strip() for one in bounds.above if one.text.strip())[:200],
    }
    return {key: value for key, value in facts.items() if value}
