"""How well the beginning of a file fits a layout: 0 surely not, 1 surely."""

from typing import Final

from tillkeeper.formats.canonical.reading import Head
from tillkeeper.formats.layouts.bounds import cells_of, delimiter_of, first_rows, titles_in
from tillkeeper.formats.layouts.declaration import Header, Layout, Shape

NAMED: Final = 0.04  # what a fitting name adds
_LOOKED_AT: Final = 20  # rows


def score(layout: Layout, head: Head) -> float:
    """Return how well it fits: by its header, else by the shape of its rows; the name decides between equals."""
    if len(head.members) > 1 or (b"\0" in head.data and layout.shape is Shape.DELIMITED):
        return 0.0
    pattern = layout.recognition.file_name
    named = bool(pattern and any(pattern.search(one) for one in (head.name, *head.members)))
    if not head.data.strip():
        return 0.6 if named and layout.lines.header is not Header.ALWAYS else 0.0
    content = _fixed(layout, head) if layout.shape is Shape.FIXED else _delimited(layout, head)
    return content + NAMED * named if content else 0.0


def _fixed(layout: Layout, head: Head) -> float:
    lines = [one.removesuffix(b"\r") for one in head.data.split(b"\n")]
    whole = lines[:-1] if len(lines) > 1 else lines
    rows = [one for one in whole[:_LOOKED_AT] if one]
    if not rows or any(len(one) != layout.record for one in rows[:1]):
        return 0.0
    texts = [one.decode("latin-1") for one in rows]  # a byte each: places are counted in bytes
    return 0.95 if _fit_rows(layout, texts) else 0.0


def _delimited(layout: Layout, head: Head) -> float:
    if layout.lines.header is not Header.NEVER and (share := titles_in(head.data, layout)):
        return 0.7 + 0.25 * min(share, 1.0)
    if layout.lines.header is Header.ALWAYS:
        return 0.0
    rows = first_rows(head.data, layout)[:_LOOKED_AT]
    whole = rows[:-1] if len(rows) > 1 else rows  # the last may be cut by the end of the beginning
    delimiter, width = delimiter_of(layout, whole[0] if whole else "")
    right = width in {len(layout.fields), len(layout.fields) + 1} and width > 1
    counted = [one for one in whole if len(cells_of(one, delimiter, layout.quote)) == width]
    if not right or len(counted) * 2 < len(whole):
        return 0.0
    return 0.85 if _fit_rows(layout, counted) else 0.0


def _fit_rows(layout: Layout, rows: list[str]) -> bool:
    pattern = layout.recognition.row
    return pattern is None or sum(1 for one in rows if pattern.search(one)) * 2 >= len(rows)
