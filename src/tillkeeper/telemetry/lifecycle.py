"""States of what is heard, of alerts and of actions, and how they follow one another: the specification. Pure."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import FINAL, State


class LiveState(StrEnum):
    """How a terminal is heard. One clock decides: the server's."""

    ONLINE = "online"
    DEGRADED = "degraded"  # heard in time, and something about it is not as it should be
    LATE = "late"  # did not come when it said it would
    OFFLINE = "offline"  # silent for longer than the policy allows


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"  # what was seen is over


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class ActionKind(StrEnum):
    """What may be asked of a terminal from afar."""

    SELF_TEST = "self_test"  # arguments: parts, of printer, network, reader, sensors
    REBOOT = "reboot"
    FETCH_LOG = "fetch_log"
    CONFIGURE = "configure"
    MESSAGE = "message"
    LOCK = "lock"
    UNLOCK = "unlock"
    WIPE = "wipe"


FOUR_EYES: Final = frozenset({ActionKind.LOCK, ActionKind.WIPE})
# Taking a terminal from those who use it, or giving it back, is a right of its own.
SEIZING: Final = frozenset({ActionKind.LOCK, ActionKind.UNLOCK, ActionKind.WIPE})
# States of a terminal in which a kind is not asked of it; the last ones bar everything.
BARRED: Final = MappingProxyType(
    {
        kind: FINAL
        | (
            frozenset({State.LOST, State.QUARANTINE, State.EVIDENCE})
            if kind is ActionKind.UNLOCK
            else frozenset()
        )
        for kind in ActionKind
    }
)


def right_to(kind: ActionKind) -> Right:
    """Return the right that asking for a kind of action needs."""
    return Right.SEIZE if kind in SEIZING else Right.ACT


class OrderState(StrEnum):
    """Where a deed for one or many terminals stands."""

    PROPOSED = "proposed"  # waits for a second person
    PLANNING = "planning"
    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ActionState(StrEnum):
    """Where an action on one terminal stands. Sent is not done: only the terminal's own word is."""

    QUEUED = "queued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class ActionStep(StrEnum):
    """What moves an action."""

    SEND = "send"
    CONFIRM = "confirm"
    FAIL = "fail"
    EXPIRE = "expire"
    CANCEL = "cancel"


_A, _T = ActionState, ActionStep
ACTION_MOVES: Final = MappingProxyType(
    {
        (_A.QUEUED, _T.SEND): _A.SENT,
        (_A.QUEUED, _T.EXPIRE): _A.EXPIRED,
        (_A.QUEUED, _T.CANCEL): _A.CANCELLED,
        (_A.SENT, _T.SEND): _A.SENT,  # the answer was lost: it is asked again
        (_A.SENT, _T.CONFIRM): _A.CONFIRMED,
        (_A.SENT, _T.FAIL): _A.FAILED,
        (_A.SENT, _T.EXPIRE): _A.EXPIRED,
        (_A.EXPIRED, _T.CONFIRM): _A.CONFIRMED,  # a late word is still the truth
        (_A.EXPIRED, _T.FAIL): _A.FAILED,
        (_A.CANCELLED, _T.CONFIRM): _A.CONFIRMED,  # it was out already
        (_A.CANCELLED, _T.FAIL): _A.FAILED,
        # results may overtake the note that it was sent
        (_A.QUEUED, _T.CONFIRM): _A.CONFIRMED,
        (_A.QUEUED, _T.FAIL): _A.FAILED,
    }
)
WAITING: Final = frozenset({_A.QUEUED, _A.SENT})


def origins(step: ActionStep) -> tuple[ActionState, ...]:
    """Return the states from which `step` may be taken."""
    return tuple(state for state, taken in ACTION_MOVES if taken == step)


class UploadState(StrEnum):
    """Where an uploaded log stands."""

    COMING = "coming"
    COMPLETE = "complete"
    READ = "read"
    UNREADABLE = "unreadable"
    ABANDONED = "abandoned"


class PatternState(StrEnum):
    """What people think of a kind of log line."""

    NEW = "new"
    KNOWN = "known"  # leads to a fault code
    HARMLESS = "harmless"
