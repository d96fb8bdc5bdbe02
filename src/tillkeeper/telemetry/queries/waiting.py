"""What waits for terminals, as those see it who hand it out: asked every half second, answered cheaply.

Only running orders are handed out. Their few rows are read at each question; an order whose version has changed is
read anew, the others are not looked into. What ended one by one (the terminal answered another gateway) is found by
the moment it was written down.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from tillkeeper.kernel.bulk import raw_rows
from tillkeeper.telemetry.lifecycle import WAITING, OrderState
from tillkeeper.telemetry.models import Action, ActionOrder

AT_ONCE: Final = 5_000  # actions an answer brings: the rest comes with the next
OVERLAP: Final = timedelta(seconds=5)  # longer than a writer's transaction takes


class Waiting(NamedTuple):
    """One action that waits. Moments are epoch seconds; it is handed out from `opens` until before `shuts`."""

    action: int
    terminal: int
    order: int
    opens: float
    shuts: float


@dataclass(frozen=True, slots=True)
class Deed:
    """What a running order asks of each of its terminals."""

    number: str
    kind: str
    arguments: Mapping[str, Any]
    expires: float  # epoch seconds


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read: per order its version and the last action, and when ends were last looked at."""

    read: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)  # None: to its end
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is new since a mark. Take in this order: forget `gone_orders`, take `deeds` and `waiting`, forget `gone`."""

    mark: Mark
    gone_orders: frozenset[int]  # cancelled, finished, or read anew from its beginning
    deeds: Mapping[int, Deed]
    waiting: Sequence[Waiting]
    gone: frozenset[int]  # actions that wait no more
    more: bool  # ask again at once: there is more than one answer holds


def waiting_since(mark: Mark | None, *, at: datetime) -> Change:
    """Return what changed among the actions that wait since `mark`; None: everything, from the beginning.

    At most `AT_ONCE` actions an answer, so that nobody who asks stands still for long. One statement while nothing
    changes and no order runs, two while some run.
    """
    mark = mark or Mark()
    running = {
        row.pk: row
        for row in ActionOrder.objects.filter(state=OrderState.RUNNING, ended_at=None).order_by(
            "pk"
        )
    }
    anew = {pk for pk, row in running.items() if mark.read.get(pk, (0, 0))[0] != row.version}
    read: dict[int, tuple[int, int | None]] = {}
    waiting: list[Waiting] = []
    for pk, order in running.items():
        after = 0 if pk in anew else mark.read[pk][1]
        if after is not None and (room := AT_ONCE - len(waiting)) > 0:
            found = _of_order(pk, after, room)
            waiting += found
            after = found[-1].action if len(found) == room else None
        read[pk] = order.version, after
    return Change(
        mark=Mark(read, at),
        gone_orders=frozenset(mark.read.keys() - running.keys()) | (anew & mark.read.keys()),
        deeds={pk: _deed(running[pk]) for pk in anew},
        waiting=waiting,
        gone=_ended(list(running), mark.at) if running and mark.at else frozenset(),
        more=any(after is not None for _, after in read.values()),
    )


def _of_order(order: int, after: int, limit: int) -> list[Waiting]:
    columns = ("pk", "terminal_id", "order_id", "not_before", "not_after")
    found: list[tuple[Any, ...]] = []
    for state in sorted(WAITING):  # one at a time, so that each is read along the index
        rows = Action.objects.filter(order=order, state=state, pk__gt=after).order_by("pk")
        found += raw_rows(rows.values_list(*columns)[:limit])
    return [
        Waiting(key, terminal, of, _epoch(opens), _epoch(shuts))
        for key, terminal, of, opens, shuts in sorted(found)[:limit]
    ]


def _deed(order: ActionOrder) -> Deed:
    return Deed(order.number, order.kind, order.arguments, order.expires_at.timestamp())


def _ended(running: Sequence[int], since: datetime) -> frozenset[int]:
    # Of running orders only: where an order was cancelled, all of it is gone, and told as one.
    rows = Action.objects.filter(order__in=running, ended_at__gte=since - OVERLAP)
    return frozenset(rows.values_list("pk", flat=True))


def _epoch(moment: Any) -> float:
    if isinstance(moment, str):  # SQLite's driver gives moments as text
        moment = datetime.fromisoformat(moment)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return float(aware.timestamp())


class WaitingActions:
    """What waits for each terminal, in memory. `take` and `due` are for one thread; `waiting_since` may be another's.

    A gateway's refresher asks `waiting_since(waiting.mark, at=…)` and hands the change to the thread that answers.
    """

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.mark: Mark | None = None
        self._deeds: dict[int, Deed] = {}
        self._of_terminal: dict[int, dict[int, Waiting]] = {}  # terminal -> action -> what waits
        self._of_order: dict[int, set[int]] = {}
        self._known: dict[int, Waiting] = {}
        self._leaving: deque[int] = deque()  # actions of orders that are over

    def __len__(self) -> int:
        return len(self._known)

    def refresh(self, *, at: datetime) -> bool:
        """Ask and take in what changed; say whether there is more to be fetched at once."""
        change = waiting_since(self.mark, at=at)
        self.take(change)
        return change.more

    def take(self, change: Change) -> None:
        """Take in what changed."""
        for order in change.gone_orders:
            self._deeds.pop(order, None)  # from now on nothing of it is handed out
            self._leaving.extend(self._of_order.get(order, ()))
        self._deeds |= change.deeds
        for row in change.waiting:
            self._known[row.action] = row
            self._of_terminal.setdefault(row.terminal, {})[row.action] = row
            self._of_order.setdefault(row.order, set()).add(row.action)
        for action in change.gone:
            self.forget(action)
        self._sweep()
        self.mark = change.mark

    def _sweep(self) -> None:
        """Forget some of what belongs to no order any more: whoever answers terminals stands still for no longer."""
        for _ in range(min(AT_ONCE, len(self._leaving))):
            row = self._known.get(action := self._leaving.popleft())
            if row is not None and row.order not in self._deeds:
                self.forget(action)

    def due(self, terminal: int, now: float, limit: int) -> list[tuple[int, Deed]]:
        """Return what a terminal that is here now should be told, oldest first: (action, deed)."""
        mine = self._of_terminal.get(terminal)
        if not mine:
            return []
        told = []
        for row in sorted(mine.values()):
            deed = self._deeds.get(row.order)
            if deed is not None and row.opens <= now < min(row.shuts, deed.expires):
                told.append((row.action, deed))
        return told[:limit]

    def forget(self, action: int) -> None:
        """Hand an action out no more: its terminal answered."""
        row = self._known.pop(action, None)
        if row is None:
            return
        mine = self._of_terminal.get(row.terminal, {})
        mine.pop(action, None)
        if not mine:
            self._of_terminal.pop(row.terminal, None)
        its = self._of_order.get(row.order, set())
        its.discard(action)
        if not its:
            self._of_order.pop(row.order, None)
