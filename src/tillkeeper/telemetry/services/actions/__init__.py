"""Actions from afar: asked, confirmed by a second person, planned, sent, answered, and ended."""

from tillkeeper.telemetry.services.actions.exports import export_results
from tillkeeper.telemetry.services.actions.noting import note_results, note_sent
from tillkeeper.telemetry.services.actions.orders import (
    Wanted,
    approve_order,
    cancel_order,
    end_cancelled,
    order_actions,
    refuse_order,
)
from tillkeeper.telemetry.services.actions.planning import run_plan
from tillkeeper.telemetry.services.actions.rounds import expire_actions

__all__ = [
    "Wanted",
    "approve_order",
    "cancel_order",
    "end_cancelled",
    "expire_actions",
    "export_results",
    "note_results",
    "note_sent",
    "order_actions",
    "refuse_order",
    "run_plan",
]
