"""Questions about the estate, split by subject."""

from tillkeeper.terminals.queries.board import Attention, Bar, Board, Expiry, board, imports
from tillkeeper.terminals.queries.finding import SHORTEST_NEEDLE, Found, find
from tillkeeper.terminals.queries.lists import (
    SORTS,
    approvals_on,
    count_up_to,
    counts_by_state,
    matching,
    prospects_of,
    terminal,
    terminal_model,
    terminal_models,
    terminals,
    viewable,
    visible,
    without_approval,
)
from tillkeeper.terminals.queries.timeline import Happening, timeline

__all__ = [
    "SHORTEST_NEEDLE",
    "SORTS",
    "Attention",
    "Bar",
    "Board",
    "Expiry",
    "Found",
    "Happening",
    "approvals_on",
    "board",
    "count_up_to",
    "counts_by_state",
    "find",
    "imports",
    "matching",
    "prospects_of",
    "terminal",
    "terminal_model",
    "terminal_models",
    "terminals",
    "timeline",
    "viewable",
    "visible",
    "without_approval",
]
