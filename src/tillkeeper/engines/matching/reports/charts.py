"""Charts as SVG, drawn from plain numbers: nothing to load, the same on screen and on paper."""

from collections.abc import Sequence
from html import escape
from typing import Final

WIDTH: Final = 960
ROW: Final = 26
LABEL: Final = 240
SLIMMEST: Final = 2  # what is there at all is to be seen


def bars(values: Sequence[tuple[str, int]]) -> str:
    """Return a bar for each name, the longest over the whole width."""
    top = max((value for _name, value in values), default=0) or 1
    room = WIDTH - LABEL - 90
    drawn = []
    for number, (name, value) in enumerate(values):
        y, length = number * ROW, max(SLIMMEST, round(room * value / top))
        drawn.append(
            f'<text x="{LABEL - 10}" y="{y + 17}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="told" x="{LABEL}" y="{y + 5}" width="{length}" height="15" rx="3"/>'
            f'<text class="soft" x="{LABEL + length + 8}" y="{y + 17}">{value:,}</text>'
        )
    return _svg(len(values) * ROW, "".join(drawn))


def stacked(pieces: Sequence[tuple[str, int, str]]) -> str:
    """Return one bar of (name, size, class) pieces with a legend of what share each has."""
    total = sum(size for _name, size, _kind in pieces) or 1
    at, drawn = 0.0, [f'<rect class="base" width="{WIDTH}" height="22" rx="4"/>']
    for _name, size, kind in pieces:
        length = max(SLIMMEST, WIDTH * size / total) if size else 0
        drawn.append(
            f'<rect class="{kind}" x="{min(at, WIDTH - length):.1f}" width="{length:.1f}" height="22"/>'
        )
        at += length
    for number, (name, size, kind) in enumerate(pieces):
        x = number * WIDTH // len(pieces)
        drawn.append(
            f'<rect class="{kind}" x="{x}" y="34" width="12" height="12" rx="2"/>'
            f'<text x="{x + 18}" y="45">{escape(name)} {100 * size / total:.3f} %</text>'
        )
    return _svg(54, "".join(drawn))


def _svg(height: int, inside: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" aria-hidden="true">{inside}</svg>'
