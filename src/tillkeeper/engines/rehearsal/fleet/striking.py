"""Faults while they last: what they turn, and when what a terminal reports first shows them."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from tillkeeper.engines.rehearsal.fleet.kinds import KNOBS, SILENCE
from tillkeeper.engines.rehearsal.fleet.plan import DAY_S, Happening, Plan
from tillkeeper.engines.rehearsal.fleet.terminals import Bits, Floats
from tillkeeper.engines.rehearsal.fleet.truth import Truth

Knobs = dict[str, Floats]


@dataclass(slots=True)
class _Open:
    """A fault that lasts: its truths, and what counters stood at when it began."""

    happening: Happening
    truths: list[Truth]
    unseen: Bits
    base: Floats | None = None


@dataclass(slots=True)
class Striking:
    """All that is wrong with a fleet at a moment."""

    plan: Plan
    truths: list[Truth] = field(default_factory=list)
    _ahead: list[tuple[float, int, Happening]] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _causes: "count[int]" = field(default_factory=lambda: count(1))
    _day: int = 0

    def __post_init__(self) -> None:
        """Begin with what happens for certain, and with the first day."""
        self._day = int(self.plan.begins // DAY_S) - 1
        self._await(self.plan.first())

    def go_on(self, at: float) -> bool:
        """End what is over at `at`, begin what is due; return whether anything lasts."""
        while self._day * DAY_S + DAY_S <= at:
            self._day += 1
            self._await(self.plan.of_day(self._day))
        self._open = [one for one in self._open if one.happening.ends > at]
        while self._ahead and self._ahead[0][0] <= at:
            self._begin(heapq.heappop(self._ahead)[2], at)
        return bool(self._open)

    def turn(self, knobs: Knobs, at: float) -> None:
        """Turn the knobs as far as the faults are by now."""
        for knob in KNOBS:
            knobs[knob][:] = 0.0
        for one in self._open:
            of = one.happening
            ramp = of.kind.ramp_h * 3600
            full = 1.0 if ramp <= 0 else min(1.0, max(0.0, (at - of.begins) / ramp))
            for knob, amounts in of.amounts.items():
                knobs[knob][of.rows] += amounts * full

    @property
    def waits(self) -> bool:
        """Whether a fault lasts that could not be seen yet."""
        return any(one.unseen.any() for one in self._open)

    def watch(self, values: Mapping[str, Floats], on: Bits, reaches: Bits, at: float) -> None:
        """Note which faults can be seen by now in what the terminals report."""
        for one in self._open:
            if one.unseen.any():
                _look(one, values, on, reaches, at)

    def versions(self) -> Mapping[int, str]:
        """Return which terminals have a version that they should not: row to version."""
        held: dict[int, str] = {}
        for one in self._open:
            if "new_app" in one.happening.amounts:
                held.update(dict.fromkeys(one.happening.rows.tolist(), one.happening.key))
        return held

    def _await(self, happenings: list[Happening]) -> None:
        for one in happenings:
            heapq.heappush(self._ahead, (one.begins, next(self._numbers), one))

    def _begin(self, of: Happening, at: float) -> None:
        if of.ends <= at:
            return  # it would have come and gone between two steps
        cause, kind = next(self._causes), of.kind
        truths = [
            Truth(
                cause,
                kind.name,
                kind.code,
                kind.group,
                of.key,
                self.plan.body.terminals[row].serial,
                of.begins,
                of.ends,
                shows=kind.shows,
            )
            for row in of.rows.tolist()
        ]
        self.truths += truths
        self._open.append(_Open(of, truths, np.ones(len(truths), np.bool_)))


def _look(one: _Open, values: Mapping[str, Floats], on: Bits, reaches: Bits, at: float) -> None:
    rows = one.happening.rows
    signal, sign, limit = one.happening.kind.sign
    if signal == SILENCE:
        shown = ~(on[rows] & reaches[rows])
    else:
        value = values[signal][rows]
        if sign == "+":
            if one.base is None:
                one.base = value.copy()  # the first look is at the step before it counted
            shown = value - one.base >= limit
        else:
            shown = value > limit if sign == ">" else value < limit
        shown = shown & on[rows]
    for index in np.flatnonzero(shown & one.unseen).tolist():
        one.truths[index].seen_at = at
    one.unseen &= ~shown
