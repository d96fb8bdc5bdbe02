"""The numbers of the live board: worked out once for all who see the same part of the estate, and kept a while.

Each part has its own pace. A part that costs much is asked for less often, so that no estate, however large, keeps a
processor busy with being watched.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from tillkeeper.kernel.actor import Actor, Grant, Scope
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import LiveState, Severity
from tillkeeper.telemetry.queries.alerts import (
    AlertFilters,
    alerts,
    counts_by_rule,
    groups,
    waiting_counts,
)
from tillkeeper.telemetry.queries.board import check_ins, places, shares
from tillkeeper.telemetry.queries.live import live_counts, not_in_use, watched

Key = tuple[tuple[str, ...], int | None]
FAULTS_SHOWN: Final = 10
GROUPS_SHOWN: Final = 6
ALERTS_SHOWN: Final = 8
RISKS_SHOWN: Final = 4
KEPT_S: Final = 600  # numbers that nobody asked for so long are forgotten
REST: Final = 40  # a part rests forty times as long as it took
LONG_S, KEPT_MOST_S = 0.1, 30.0  # an answer that takes this long is kept, at most so long
RATE_S: Final = 10  # the doors tell what they took this often


class Numbers:
    """The numbers of one part of the estate. Any thread may ask."""

    def __init__(self, scope: Scope) -> None:
        """Begin with nothing known."""
        self._by = _viewer(scope)
        self._whole = scope.everything or not scope.paths[0][6:]
        self._lock = Lock()
        self._kept: dict[str, Any] = {}
        self._due: dict[str, float] = {}
        self._began = datetime.now(UTC)
        self._taken: tuple[float, int] | None = None  # when the tallies were read, and how many
        self._rate: float | None = None
        self.asked = time.monotonic()

    def told(self, names: Iterable[str], *, at: datetime) -> dict[str, Any]:
        """Return these parts, each worked out anew if its time has come."""
        self.asked = time.monotonic()
        with self._lock:
            return {name: self._part(name, at) for name in names}

    def known(self) -> dict[str, Any]:
        """Return what was worked out before, whatever its age."""
        return dict(self._kept)

    def _part(self, name: str, at: datetime) -> Any:
        began = time.monotonic()
        if began >= self._due.get(name, 0):
            ask, pace_s = PARTS[name]
            self._kept[name] = ask(self, at)
            ended = time.monotonic()
            self._due[name] = began + max(pace_s - 0.1, REST * (ended - began))
        return self._kept[name]

    def counts(self, at: datetime) -> dict[str, int]:
        """Return how many terminals in use are in each live state."""
        del at
        return {str(state): number for state, number in live_counts(self._by).items()}

    def elsewhere(self, at: datetime) -> dict[str, int]:
        """Return how many were heard before and are not in use now, by their state in the ledger."""
        del at
        return {str(state): number for state, number in not_in_use(self._by).items()}

    def rate(self, at: datetime) -> float | None:
        """Return how many check-ins are taken a second, of the whole estate; nobody counts them by place."""
        if not self._whole:
            return None
        now, before = at.timestamp(), self._taken
        if before is None or now - before[0] >= RATE_S:
            self._taken = (now, taken := check_ins(since=self._began))
            if before and taken >= before[1]:
                self._rate = round((taken - before[1]) / (now - before[0]), 1)
        return self._rate

    def alerts(self, at: datetime) -> dict[str, int]:
        """Return how many alerts wait, by severity."""
        del at
        return {str(name): number for name, number in waiting_counts(self._by).items()}

    def faults(self, at: datetime) -> list[list[Any]]:
        """Return the rules with the most alerts waiting: code, name, how many."""
        del at
        return [[r.code, r.name, r.number] for r in counts_by_rule(self._by)[:FAULTS_SHOWN]]

    def needs(self, at: datetime) -> list[list[Any]]:
        """Return what wants a person: joined alerts, critical ones that stand alone, terminals that may exist twice.

        Each is [kind, key, name, beside, since], of joined alerts also what joins them and their rule: the page has the
        words and the addresses.
        """
        del at
        joined: Any = groups(self._by)[:GROUPS_SHOWN]  # each with its annotation `waiting`
        found: list[list[Any]] = [
            [
                "group", row.pk, row.title, row.waiting, int(row.opened_at.timestamp()), row.joined_by,
                row.rule.name,
            ]
            for row in joined
        ]  # fmt: skip
        alone = AlertFilters(severity=(Severity.CRITICAL,), alone=True)
        found += [
            [
                "alert", row.terminal.serial, row.rule.name,
                row.terminal.site.name if row.terminal.site else "", int(row.began_at.timestamp()),
            ]
            for row in alerts(self._by, alone)[:ALERTS_SHOWN]
        ]  # fmt: skip
        found += [
            ["risk", row.serial, row.site, "", int(row.since.timestamp())]
            for row in watched(self._by, "tamper_risk", RISKS_SHOWN)
        ]
        return found

    def share(self, at: datetime) -> list[list[int]]:
        """Return how many were up over a day: moment, up, of how many."""
        return [[int(s.at.timestamp()), s.up, s.total] for s in shares(self._by, at=at)]

    def places(self, at: datetime) -> list[list[Any]]:
        """Return where they stand: province, city, how many, how many are up, longitude, latitude."""
        del at
        return [
            [p.province, p.city, p.total, p.up, p.longitude, p.latitude] for p in places(self._by)
        ]


PARTS: Final[Mapping[str, tuple[Callable[[Numbers, datetime], Any], float]]] = MappingProxyType(
    {
        "counts": (Numbers.counts, 2),
        "alerts": (Numbers.alerts, 2),
        "rate": (Numbers.rate, 2),
        "elsewhere": (Numbers.elsewhere, 10),
        "faults": (Numbers.faults, 10),
        "needs": (Numbers.needs, 10),
        "share": (Numbers.share, 120),
        "places": (Numbers.places, 60),
    }
)
QUICK: Final = (
    "counts",
    "alerts",
    "rate",
    "elsewhere",
    "faults",
    "needs",
)  # what a page does not wait for
STATES: Final = tuple(state.value for state in LiveState)
_all: dict[Key, Numbers] = {}
_kept: dict[Hashable, tuple[float, Any]] = {}
_door = Lock()
_T = TypeVar("_T")


def numbers_of(scope: Scope) -> Numbers:
    """Return the numbers that everybody with this scope shares in this process."""
    key = (scope.paths, scope.vendor_id)
    with _door:
        if (found := _all.get(key)) is None:
            _forget_old()
            found = _all[key] = Numbers(scope)
        return found


def forget_numbers() -> None:
    """Forget all of them: the database is another one."""
    with _door:
        _all.clear()
        _kept.clear()


def kept(key: Hashable, ask: Callable[[], _T]) -> _T:
    """Return an answer, kept for twenty times as long as it took if that was long, half a minute at most."""
    began = time.monotonic()
    with _door:
        until, found = _kept.get(key, (0.0, None))
    if began < until:
        return cast("_T", found)
    found = ask()
    took = time.monotonic() - began
    if took > LONG_S:
        with _door:
            for old in [name for name, (ends, _answer) in _kept.items() if ends < began]:
                del _kept[old]
            _kept[key] = (began + min(KEPT_MOST_S, 20 * took), found)
    return found


def _forget_old() -> None:
    long_ago = time.monotonic() - KEPT_S
    for key in [key for key, numbers in _all.items() if numbers.asked < long_ago]:
        with suppress(KeyError):
            del _all[key]


def _viewer(scope: Scope) -> Actor:
    """Return somebody who sees this much and may do nothing."""
    rights = frozenset({Right.VIEW.value})
    grants = tuple(Grant("board", path, rights, scope.vendor_id) for path in scope.paths)
    return Actor.person("board", grants)
