"""Readings of many terminals judged by all rules: what is raised, what is over, what is remembered.

Each terminal's readings are taken one after the other; those of different terminals side by side. So the cost is that
of a few numpy calls for each rule, however many terminals speak.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from zlib import crc32

import numpy as np

from tillkeeper.engines.alerting.looks import Bits, Floats, Ints, Level, Look, Now
from tillkeeper.engines.alerting.memory import CALM, GATE, LAST, MET, RAISED, SINCE, Layout
from tillkeeper.engines.alerting.specs import Rule

Where = Callable[[Rule, Ints], Bits]
FIGURES: Final = 6  # significant digits of what is said
NO_STATE: Final = np.zeros((0, 0))


class Readings(Protocol):
    """Readings sorted by terminal, then moment; n rows. telemetry.heard.Batch is one."""

    @property
    def terminal(self) -> Ints:
        """Whose."""

    @property
    def at(self) -> Floats:
        """When, in seconds."""

    @property
    def values(self) -> dict[str, Floats]:
        """Signals; NaN: not reported."""

    @property
    def words(self) -> dict[str, list[str | None]]:
        """Signals that are texts."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A rule begins or ceases to hold for a terminal. `said` is what was seen."""

    rule: int
    terminal: int
    reading: int  # its place among the readings
    at: float
    raised: bool
    began: float
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What came of readings."""

    terminals: list[int]
    memories: list[bytes]
    turns: list[Turn]  # in order for each terminal and rule
    holding: list[tuple[int, int]] = field(
        default_factory=list
    )  # terminal, rule: after the last reading


def nowhere_known(_rule: str, terminals: Ints) -> tuple[Floats, Floats]:
    """Know no peers."""
    unknown = np.full(len(terminals), np.nan)
    return unknown, unknown


def everywhere(_rule: Rule, terminals: Ints) -> Bits:
    """Have a rule count for all."""
    return np.ones(len(terminals), np.bool_)


class Bench:
    """The rules that are judged, and how their memories lie. Made once for a set of rules."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rule for rule in rules if rule.judged_by_readings)
        self.layout = Layout(self.rules)

    def judge(
        self,
        readings: Readings,
        memories: Mapping[int, bytes],
        *,
        beside: Mapping[str, Floats] | None = None,
        level: Level = nowhere_known,
        counts: Where = everywhere,
    ) -> Verdicts:
        """Judge readings by all rules.

        Args:
            readings: sorted by terminal, then moment.
            memories: what the last call returned for each terminal.
            beside: more columns, a value for each reading.
            level: what is usual among a terminal's peers.
            counts: for which terminals a rule counts.
        """
        terminals, row = np.unique(readings.terminal, return_inverse=True)
        table = self.layout.unpack([bytes(memories.get(one, b"")) for one in terminals.tolist()])
        columns = {**readings.values, **(beside or {}), **_digests(readings.words)}
        fresh = _fresh(readings.at, row, table[:, LAST])
        judging = _Judging(self, table, terminals, row, readings.at, columns, level)
        for number, rule in enumerate(self.rules):
            chosen = judging.told(rule, fresh)
            if len(chosen):
                ours = counts(rule, terminals)
                judging.take(number, chosen if ours.all() else chosen[ours[row[chosen]]])
        np.fmax.at(table[:, LAST], row[fresh], readings.at[fresh])
        held = [
            (int(terminals[place]), number)
            for number, first in enumerate(self.layout.first)
            for place in np.flatnonzero(table[:, first + RAISED] > 0).tolist()
        ]
        return Verdicts(terminals.tolist(), self.layout.pack(table), judging.turns, held)


def _fresh(at: Floats, row: Ints, last: Floats) -> Bits:
    """Return which readings are newer than all before them of their terminal."""
    newer = ~(at <= last[row])
    newer[1:] &= (row[1:] != row[:-1]) | (at[1:] > at[:-1])
    return newer


def _rounds(chosen: Ints, row: Ints) -> list[Ints]:
    """Return readings in rounds: each terminal's first ones, then their second ones, and so on."""
    if not len(chosen):
        return []
    begins = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    if len(begins) == len(row):
        return [chosen]
    rank = np.arange(len(row)) - np.repeat(begins, np.diff(np.r_[begins, len(row)]))
    order = np.argsort(rank, kind="stable")
    cuts = np.flatnonzero(np.diff(rank[order])) + 1
    return list(np.split(chosen[order], cuts))


def _digests(words: Mapping[str, list[str | None]]) -> dict[str, Floats]:
    return {name: np.array([digest(word) for word in told]) for name, told in words.items()}


def digest(word: str | None) -> float:
    """Return a text as a number to be compared; NaN for none. A blank text says nothing either."""
    return float(crc32(word.encode("utf-8", "replace"))) if word else np.nan


@dataclass(slots=True)
class _Judging:
    """The table of memories, the readings, and what comes of them."""

    bench: Bench
    table: Floats
    terminals: Ints
    row: Ints  # of each reading, in the table
    at: Floats
    columns: Mapping[str, Floats]
    level: Level
    turns: list[Turn] = field(default_factory=list)

    def told(self, rule: Rule, fresh: Bits) -> Ints:
        """Return the readings that say something to a rule."""
        says = fresh
        for name in rule.terms.needs:
            column = self.columns.get(name)
            if column is None:
                return np.zeros(0, np.int64)
            says = says & ~np.isnan(column)
        return np.flatnonzero(says)

    def take(self, number: int, chosen: Ints) -> None:
        """Judge readings by one rule."""
        first, end = self.bench.layout.first[number], self.bench.layout.ends[number]
        slots = first + len(GATE)
        if slots < end:
            # What it remembers changes with each reading: one reading of each terminal at a time.
            for some in _rounds(chosen, self.row[chosen]):
                self._gate(number, some, self._look(number, some))
            return
        look = self._look(number, chosen)
        stirs: Bits = np.any(np.isfinite(self.table[:, first:slots]), axis=1)
        stirs[self.row[chosen[look.over]]] = True
        moved = np.flatnonzero(stirs[self.row[chosen]])  # nearly always none
        for some in _rounds(moved, self.row[chosen[moved]]):
            self._gate(number, chosen[some], _part(look, some))

    def _look(self, number: int, chosen: Ints) -> Look:
        first, end = self.bench.layout.first[number], self.bench.layout.ends[number]
        slots, rule, rows = first + len(GATE), self.bench.rules[number], self.row[chosen]
        columns = _cut(self.columns, chosen, len(self.at))
        state = self.table[rows, slots:end] if slots < end else NO_STATE
        now = Now(rule.code, self.at[chosen], self.terminals[rows], state, columns, self.level)
        look = rule.terms.look(now)
        if slots < end:
            self.table[rows, slots:end] = state
        return look

    def _gate(self, number: int, chosen: Ints, look: Look) -> None:
        first, rule, rows = (
            self.bench.layout.first[number],
            self.bench.rules[number],
            self.row[chosen],
        )
        gate = self.table[rows, first : first + len(GATE)]
        if not look.over.any() and np.isnan(gate).all():
            return
        at = self.at[chosen]
        raises, clears, began = _turn(gate, look, at, rule)
        self.table[rows, first : first + len(GATE)] = gate
        for place in np.flatnonzero(raises | clears).tolist():
            self.turns.append(
                Turn(
                    number,
                    int(self.terminals[rows[place]]),
                    int(chosen[place]),
                    float(at[place]),
                    bool(raises[place]),
                    float(began[place]),
                    _said(look, place),
                )
            )


def _part(look: Look, some: Ints) -> Look:
    more = {name: column[some] for name, column in look.more.items()}
    return Look(look.over[some], look.under[some], look.value[some], look.limit[some], more)


def _cut(columns: Mapping[str, Floats], places: Ints, whole: int) -> Mapping[str, Floats]:
    if len(places) == whole:
        return columns
    return _Lazily(columns, places)


class _Lazily(dict[str, Floats]):
    """Columns of some rows, cut when they are asked for."""

    def __init__(self, columns: Mapping[str, Floats], places: Ints) -> None:
        super().__init__()
        self._columns, self._places = columns, places

    def __missing__(self, name: str) -> Floats:
        found = self[name] = self._columns[name][self._places]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def get(self, name: str, default: Any = None) -> Any:
        """Return a column, or the default."""
        return self[name] if name in self._columns else default


def _turn(gate: Floats, look: Look, at: Floats, rule: Rule) -> tuple[Bits, Bits, Floats]:
    """Move the gates: a rule holds when it was beyond its limit often and long enough, and until it is well again."""
    held = gate[:, RAISED] > 0
    over, under = look.over, look.under
    since = np.where(over & np.isnan(gate[:, SINCE]), at, gate[:, SINCE])
    met = np.where(over, np.nan_to_num(gate[:, MET]) + 1, 0.0)
    terms = rule.terms
    raises = ~held & over & (met >= terms.times) & (at - since >= terms.for_s)
    calm = np.where(held & under, np.where(np.isnan(gate[:, CALM]), at, gate[:, CALM]), np.nan)
    clears = held & under & (at - calm >= terms.clear_s)
    holds = (held | raises) & ~clears
    waits = ~held & over
    gate[:, SINCE] = np.where(holds | waits, since, np.nan)
    gate[:, MET] = np.where(waits & ~raises, met, np.nan)
    gate[:, RAISED] = np.where(holds, 1.0, np.nan)
    gate[:, CALM] = np.where(holds, calm, np.nan)
    return raises, clears, since


def _said(look: Look, place: int) -> dict[str, Any]:
    figures = {"value": look.value, "limit": look.limit, **look.more}
    said = {name: float(column[place]) for name, column in figures.items()}
    return {
        name: float(f"{figure:.{FIGURES}g}") for name, figure in said.items() if np.isfinite(figure)
    }
