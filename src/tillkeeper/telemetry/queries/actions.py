"""Questions about actions from afar, gathered: orders, what may be asked, and what waits for terminals."""

from tillkeeper.telemetry.queries.askable import Askable, askable, refusal_of
from tillkeeper.telemetry.queries.orders import (
    Counts,
    LeftOut,
    OrderFilters,
    action_of,
    actions_of,
    counts,
    left_out,
    order,
    orders,
    results,
    streamed_results,
    to_approve,
)
from tillkeeper.telemetry.queries.waiting import (
    Change,
    Deed,
    Mark,
    Waiting,
    WaitingActions,
    waiting_since,
)

__all__ = [
    "Askable",
    "Change",
    "Counts",
    "Deed",
    "LeftOut",
    "Mark",
    "OrderFilters",
    "Waiting",
    "WaitingActions",
    "action_of",
    "actions_of",
    "askable",
    "counts",
    "left_out",
    "order",
    "orders",
    "refusal_of",
    "results",
    "streamed_results",
    "to_approve",
    "waiting_since",
]
