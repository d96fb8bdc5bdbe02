"""The rules in force, read for judging. Kept in the process for as long as no row of theirs changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np

from tillkeeper.engines.alerting.errors import BadSpec
from tillkeeper.engines.alerting.judging import Bench
from tillkeeper.engines.alerting.looks import Bits, Ints
from tillkeeper.engines.alerting.specs import Rule, Silence, read_rule
from tillkeeper.kernel.policy import policy
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.models import AlertRule
from tillkeeper.telemetry.services.alerts.estate import Estate, Facts

LEVELS_GOOD_FOR: Final = timedelta(minutes=10)
Levels = dict[tuple[str, str], tuple[float, float]]  # rule, peers' key -> usual, spread


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as it is written, and as it is judged."""

    row: AlertRule
    rule: Rule
    overruled_at: tuple[str, ...]  # places below where another one of its code counts

    def counts_at(self, path: str) -> bool:
        """Say whether it counts at a place: it lies at or below, and no nearer rule takes over."""
        return path.startswith(self.row.path) and not path.startswith(self.overruled_at or ("?",))

    @property
    def degrades(self) -> bool:
        """Whether a terminal for which it holds is not as it should be."""
        return self.row.severity != Severity.INFO


@dataclass(slots=True)
class Rulebook:
    """All enabled rules."""

    mark: tuple[Any, ...]
    written: list[Written]
    allowed: dict[str, float]
    bench: Bench = field(init=False)
    judged: list[Written] = field(init=False)
    by_key: dict[str, Written] = field(init=False)
    levels: Levels = field(default_factory=dict)
    levels_of: datetime | None = None

    def __post_init__(self) -> None:
        """Lay out the memories."""
        self.judged = [one for one in self.written if one.rule.judged_by_readings]
        self.bench = Bench([one.rule for one in self.judged])
        self.by_key = {one.rule.code: one for one in self.judged}

    def silence(self) -> list[Written]:
        """Return the rules about terminals that are not heard."""
        return [one for one in self.written if isinstance(one.rule.terms, Silence)]

    def stale_levels(self, at: datetime) -> bool:
        """Say whether it is time to look again at what is usual among peers."""
        return self.levels_of is None or not (timedelta(0) <= at - self.levels_of < LEVELS_GOOD_FOR)

    def where(self, estate: Estate) -> "Where":
        """Return the question for which terminals a rule counts."""
        return Where(self, estate)


@dataclass(slots=True)
class Where:
    """For which terminals a rule counts."""

    book: Rulebook
    estate: Estate
    _paths: list[str] | None = None

    def __call__(self, rule: Rule, terminals: Ints) -> Bits:
        """Return a mask; the ledger is asked only if some rule does not count everywhere."""
        one = self.book.by_key[rule.code]
        if not one.row.path and not one.overruled_at:
            return np.ones(len(terminals), np.bool_)
        if self._paths is None:
            self._paths = self.estate.paths(terminals)
        return np.array([one.counts_at(path) for path in self._paths], np.bool_)


_KEPT: list[Rulebook] = []  # at most one


def rulebook(*, at: datetime) -> Rulebook:
    """Return the rules in force: one small statement, and a second one if they changed."""
    mark = tuple(AlertRule.objects.order_by("pk").values_list("pk", "version", "at", "enabled"))
    if _KEPT and _KEPT[0].mark == mark:
        return _KEPT[0]
    book = _read(mark, at.date())
    _KEPT[:] = [book]
    return book


def forget_rulebook() -> None:
    """Read the rules anew the next time, and what is usual among peers with them."""
    _KEPT.clear()


def _read(mark: tuple[Any, ...], on: date) -> Rulebook:
    rows = list(AlertRule.objects.filter(enabled=True).order_by("code", "path", "pk"))
    written = []
    for row in rows:
        try:
            # Rules of one code at two places are two rules to the memory.
            rule = read_rule(f"{row.code}/{row.pk}", row.spec)
        except BadSpec:
            continue  # written by a newer version: it waits until that is back
        written.append(Written(row, rule, _overruled_at(row, rows)))
    allowed = {name: float(metres) for name, metres in policy("telemetry.place_m", on=on).items()}
    return Rulebook(mark, written, allowed)


def _overruled_at(row: AlertRule, rows: Sequence[AlertRule]) -> tuple[str, ...]:
    return tuple(
        other.path
        for other in rows
        if other.code == row.code and other.path != row.path and other.path.startswith(row.path)
    )


def key_of(one: Written, facts: Facts | None) -> str:
    """Return whose peer a terminal is, by a rule; blank: nobody's."""
    name = getattr(one.rule.terms, "peers", None) or getattr(one.rule.terms, "by", None)
    return facts.peers_by(name) if facts and name else ""
