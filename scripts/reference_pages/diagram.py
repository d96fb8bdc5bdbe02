"""The diagram of states: boxes on a grid, an arrow for each pair of states that some step joins. No library, no CDN."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from tillkeeper.terminals.lifecycle import State

BOX_W, BOX_H, STEP_X, STEP_Y, EDGE = 104, 44, 150, 104, 24
_S: Final = State
# Column and row of each state: the way out into the field along the top, the way back along the bottom.
PLACES: Final = {
    _S.ORDERED: (0, 0), _S.RECEIVED: (1, 0), _S.IN_STOCK: (2, 0), _S.STAGING: (3, 0), _S.READY: (4, 0),
    _S.ISSUED: (5, 0), _S.CANCELLED: (0, 1), _S.REJECTED: (1, 1), _S.INSTALLED: (5, 1), _S.RELOCATING: (6, 1),
    _S.REPAIR: (1, 2), _S.QUARANTINE: (2, 2), _S.RETURNING: (3, 2), _S.WITHDRAWING: (4, 2), _S.ACTIVE: (5, 2),
    _S.SUSPENDED: (6, 2), _S.EVIDENCE: (1, 3), _S.SCRAP_PENDING: (2, 3), _S.LOST: (3, 3), _S.FAULTY: (5, 3),
    _S.SCRAPPED: (2, 4),
}  # fmt: skip
# How far an arrow bends from the straight line, in pixels, where that would run through a box or another arrow.
BENDS: Final = {
    (_S.IN_STOCK, _S.ISSUED): -58, (_S.ISSUED, _S.IN_STOCK): -84, (_S.READY, _S.IN_STOCK): -40,
    (_S.IN_STOCK, _S.SCRAP_PENDING): 70, (_S.QUARANTINE, _S.IN_STOCK): 22, (_S.ACTIVE, _S.RETURNING): 42,
    (_S.FAULTY, _S.RETURNING): -52, (_S.SUSPENDED, _S.WITHDRAWING): -52, (_S.RELOCATING, _S.WITHDRAWING): 0,
    (_S.ISSUED, _S.QUARANTINE): -26, (_S.REPAIR, _S.SCRAP_PENDING): -14,
}  # fmt: skip
FILLS: Final = {"house": "#eef2f7", "site": "#e3f3ea", "final": "#f1eeee"}
STYLE: Final = (
    "text{font:13px system-ui,'Noto Sans SC',sans-serif;fill:#1f2933;text-anchor:middle}"
    ".zh{font-size:12px;fill:#52606d}.box{stroke:#7b8794}"
    "path{fill:none;stroke:#7b8794;stroke-width:1.2;marker-end:url(#tip)}"
)
TIP: Final = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<polygon points="0,0 8,4 0,8" fill="#7b8794"/></marker>'
)
Point = tuple[float, float]


def draw(
    labels: Mapping[State, tuple[str, str]],
    moves: Iterable[tuple[State, State]],
    fills: Mapping[State, str],
) -> str:
    """Return the diagram as SVG; a state without a place in it is a KeyError, so that none is forgotten."""
    pairs = set(moves)
    order = list(State)
    arrows = sorted(pairs, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    width = max(x for x, _ in PLACES.values()) * STEP_X + BOX_W + 2 * EDGE
    height = max(y for _, y in PLACES.values()) * STEP_Y + BOX_H + 2 * EDGE + STEP_Y // 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>States of a terminal</title><style>{STYLE}</style><defs>{TIP}</defs>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
        *(_arrow(a, b, both_ways=(b, a) in pairs) for a, b in arrows),
        *(_box(state, *labels[state], FILLS[fills[state]]) for state in State),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _middle(state: State) -> Point:
    column, row = PLACES[state]
    return EDGE + column * STEP_X + BOX_W / 2, EDGE + STEP_Y / 2 + row * STEP_Y + BOX_H / 2


def _box(state: State, english: str, chinese: str, fill: str) -> str:
    x, y = _middle(state)
    left, top = x - BOX_W / 2, y - BOX_H / 2
    shape = f'<rect class="box" x="{left:g}" y="{top:g}" width="{BOX_W}" height="{BOX_H}" rx="6" fill="{fill}"/>'
    if not chinese:
        return f'{shape}<text x="{x:g}" y="{y + 4:g}">{escape(english)}</text>'
    return (
        f'{shape}<text x="{x:g}" y="{y - 3:g}">{escape(english)}</text>'
        f'<text class="zh" x="{x:g}" y="{y + 14:g}">{escape(chinese)}</text>'
    )


def _arrow(start: State, end: State, *, both_ways: bool) -> str:
    (ax, ay), (bx, by) = _middle(start), _middle(end)
    dx, dy = bx - ax, by - ay
    length = (dx * dx + dy * dy) ** 0.5
    bend = BENDS.get((start, end), 14 if both_ways else 0)
    # The middle of the bow stands `bend` to the right of the line; a quadratic curve needs twice that.
    cx, cy = (ax + bx) / 2 - dy / length * 2 * bend, (ay + by) / 2 + dx / length * 2 * bend
    (sx, sy), (ex, ey) = _border((ax, ay), (cx, cy)), _border((bx, by), (cx, cy))
    return f'<path d="M{sx:.0f} {sy:.0f}Q{cx:.0f} {cy:.0f} {ex:.0f} {ey:.0f}"/>'


def _border(middle: Point, towards: Point) -> Point:
    """Return where the line from a box's middle to a point leaves the box."""
    dx, dy = towards[0] - middle[0], towards[1] - middle[1]
    reach = min(
        BOX_W / 2 / abs(dx) if dx else float("inf"), BOX_H / 2 / abs(dy) if dy else float("inf")
    )
    return middle[0] + dx * reach, middle[1] + dy * reach
