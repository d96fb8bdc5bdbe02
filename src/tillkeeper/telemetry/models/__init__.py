"""Tables of telemetry. Nobody outside this room imports them."""

from tillkeeper.telemetry.models.actions import Action, ActionOrder, ActionRefusal
from tillkeeper.telemetry.models.alerts import Alert, AlertGroup, AlertRule
from tillkeeper.telemetry.models.defaults import none_yet, nothing
from tillkeeper.telemetry.models.enrolments import ActivationCode, Doubt, Enrolment, UsedNonce
from tillkeeper.telemetry.models.live import Cursor, HistoryPart, Live, StateChange, Tally
from tillkeeper.telemetry.models.logs import LogFinding, LogPattern, LogUpload, PatternMemory

__all__ = [
    "Action",
    "ActionOrder",
    "ActionRefusal",
    "ActivationCode",
    "Alert",
    "AlertGroup",
    "AlertRule",
    "Cursor",
    "Doubt",
    "Enrolment",
    "HistoryPart",
    "Live",
    "LogFinding",
    "LogPattern",
    "LogUpload",
    "PatternMemory",
    "StateChange",
    "Tally",
    "UsedNonce",
    "none_yet",
    "nothing",
]
