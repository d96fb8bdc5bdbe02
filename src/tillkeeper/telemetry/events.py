"""What telemetry announces. One event tells of many terminals; handlers are told once a batch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tillkeeper.kernel.events import Event

NAMED_AT_MOST: Final = 1_000  # terminals in an event; the rest are the state changes of its moment


@dataclass(frozen=True, kw_only=True)
class TerminalsFellSilent(Event):
    """Terminals did not come when they should have. All of them are state changes at `at`."""

    late: int
    offline: int
    terminals: tuple[int, ...]  # keys of those now offline, `NAMED_AT_MOST` at most


@dataclass(frozen=True, kw_only=True)
class TerminalsHeardAgain(Event):
    """Terminals that were late or offline came back."""

    count: int
    terminals: tuple[int, ...]  # keys, `NAMED_AT_MOST` at most


@dataclass(frozen=True, kw_only=True)
class TerminalsTampered(Event):
    """Terminals say that they were tampered with."""

    count: int
    terminals: tuple[int, ...]  # keys, `NAMED_AT_MOST` at most


@dataclass(frozen=True, kw_only=True)
class DoubtRaised(Event):
    """Something was seen that no honest terminal does: perhaps there are two of it."""

    serial: str
    code: str


@dataclass(frozen=True, kw_only=True)
class ActionsFinished(Event):
    """Nothing of an order waits any more. `counts`: how many of its actions stand in each state."""

    order: str
    kind: str
    state: str  # finished, cancelled or refused
    path: str
    counts: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class TerminalsWiped(Event):
    """Terminals said that they are wiped, as an order asked them to."""

    order: str
    serials: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AlertRaised(Event):
    """A rule holds for one terminal, and nothing else explains it. Told once, after a hold for joining."""

    alert: int
    rule: str
    name: str
    severity: str
    incident: bool  # by its rule it becomes one
    serial: str
    path: str
    said: dict[str, Any]
    began_at: datetime


@dataclass(frozen=True, kw_only=True)
class AlertsJoined(Event):
    """A rule holds for many terminals with one cause. Told once for all; more that join later are not told again."""

    group: int
    rule: str
    name: str
    severity: str
    incident: bool
    joined_by: str  # site | carrier | host | version | model | rule
    title: str
    path: str  # the place that covers all of them
    facts: dict[str, Any]
    alerts: tuple[int, ...]  # keys, `NAMED_AT_MOST` at most


@dataclass(frozen=True, kw_only=True)
class AlertsCleared(Event):
    """What was told is over: of some alerts that stood alone, or of groups as a whole."""

    alerts: tuple[int, ...] = ()  # keys
    groups: tuple[int, ...] = ()  # keys
