"""How a terminal's live state went: its changes, and what part of a span it could be heard."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Live, StateChange
from tillkeeper.terminals.queries.lists import terminal

CHANGES_SHOWN: Final = 200
HEARD: Final = frozenset({LiveState.ONLINE, LiveState.DEGRADED, LiveState.LATE})


@dataclass(frozen=True, slots=True)
class Change:
    """A terminal came, went, or changed how it is. `from_state` blank: it was heard for the first time."""

    at: datetime
    from_state: str
    to_state: LiveState
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uptime:
    """What part of a span a terminal could be heard; the parts before it was first heard do not count."""

    counted_s: float
    heard_s: float
    by_state_s: dict[str, float]

    @property
    def share(self) -> float | None:
        """Return the part from 0 to 1; None if nothing counts."""
        return self.heard_s / self.counted_s if self.counted_s else None


def state_changes(
    by: Actor,
    serial: str,
    *,
    begins: datetime | None = None,
    ends: datetime | None = None,
    limit: int = CHANGES_SHOWN,
) -> list[Change]:
    """Return the changes of a terminal's live state, newest first, at most `limit`. Two statements.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(by.scope(Right.VIEW), serial)
    rows = StateChange.objects.filter(terminal=subject.pk)
    if begins is not None:
        rows = rows.filter(at__gte=begins)
    if ends is not None:
        rows = rows.filter(at__lt=ends)
    return [_change(row) for row in rows.order_by("-at", "-pk")[:limit]]


def uptime(by: Actor, serial: str, *, begins: datetime, ends: datetime) -> Uptime:
    """Return what part of a span a terminal could be heard. Four statements.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(by.scope(Right.VIEW), serial)
    rows = StateChange.objects.filter(terminal=subject.pk).order_by("at", "pk")
    before = rows.filter(at__lt=begins).last()
    inside = list(rows.filter(at__gte=begins, at__lt=ends))
    first = before.to_state if before else ""
    if not before and not inside and (now := Live.objects.filter(pk=subject.pk).first()):
        # Its changes are too old to be kept: it has been as it is.
        first = now.state if now.since < begins else ""
    return _summed(first, [(row.at, row.to_state) for row in inside], begins, ends)


def _summed(
    state: str, changes: Iterable[tuple[datetime, str]], begins: datetime, ends: datetime
) -> Uptime:
    spent: dict[str, timedelta] = {}
    since = begins
    for at, to_state in [*changes, (ends, "")]:
        if state:
            spent[state] = spent.get(state, timedelta()) + (at - since)
        state, since = to_state, at
    by_state = {name: length.total_seconds() for name, length in spent.items()}
    heard = sum(length for name, length in by_state.items() if name in HEARD)
    return Uptime(sum(by_state.values()), heard, by_state)


def _change(row: StateChange) -> Change:
    return Change(row.at, row.from_state, LiveState(row.to_state), tuple(row.why))
