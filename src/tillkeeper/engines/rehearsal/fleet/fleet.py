"""The fleet: it is ticked, and says how its terminals are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal.fleet.kinds import KNOBS
from tillkeeper.engines.rehearsal.fleet.life import Life, Step, live
from tillkeeper.engines.rehearsal.fleet.plan import Faults, Plan
from tillkeeper.engines.rehearsal.fleet.reporting import values_of, words_of
from tillkeeper.engines.rehearsal.fleet.striking import Striking
from tillkeeper.engines.rehearsal.fleet.terminals import FAMILIES, Bits, Floats, Terminal, draw_body
from tillkeeper.engines.rehearsal.fleet.truth import Truth
from tillkeeper.engines.rehearsal.fleet.weather import Weather

STEP_S: Final = 60
Versions = Mapping[int, str]
WARM_UP_STEPS: Final = 3  # so that loads and temperatures are not those of a machine just unpacked


@dataclass(frozen=True, slots=True)
class Readings:
    """How all terminals of a fleet are at a moment; rows as in the list it was made of."""

    at: float  # seconds since 1970, the true time
    values: dict[str, Floats]  # numbers and flags by signal; NaN: not reported
    words: dict[str, list[str | None]]
    on: Bits  # it runs, so it measured
    reaches: Bits  # it runs, and the server hears it
    skew_s: Floats  # its clock less the true time
    cloned: Bits  # somebody else speaks under its name


class Fleet:
    """Terminals that live in steps on the grid of time: the same seed gives the same values at the same moment.

    Args:
        terminals: who is in it; the order matters to what is drawn.
        seed: of everything that chance does.
        begins: the moment before which nothing happened, in seconds since 1970.
        faults: what may go wrong; what the package tells, unless given.
        step_s: how long a step is; finer and coarser fleets differ.
    """

    def __init__(
        self,
        terminals: Sequence[Terminal],
        *,
        seed: int,
        begins: float,
        faults: Faults | None = None,
        step_s: int = STEP_S,
    ) -> None:
        """Let it be born."""
        self.terminals = tuple(terminals)
        self.step_s, self._seed = step_s, seed
        self.body = draw_body(self.terminals, seed)
        plan = Plan(faults or Faults.default(), self.body, seed, begins)
        self.striking = Striking(plan)
        self._weather = Weather.over(self.body.latitude, self.body.longitude, seed)
        self._knobs = {knob: np.zeros(len(self.terminals)) for knob in KNOBS}
        self._number = int(begins // step_s)
        self.life = Life.born(self.body, seed, begins)
        self.locked = np.zeros(len(self.terminals), np.bool_)  # from afar: it sells no more
        self.configs: dict[int, str] = {}  # what was pushed from afar
        self._told: tuple[Versions, Versions, dict[str, list[str | None]]] | None = None
        for _ in range(WARM_UP_STEPS):
            live(self.life, self._step(self._number))
        self._readings = self._read(self._step(self._number))

    @property
    def now(self) -> float:
        """The moment of the last step."""
        return float(self._number * self.step_s)

    def tick(self, now: float) -> Readings:
        """Go on, step by step, to the last one that begins by `now`, and return the readings of that moment."""
        last = int(now // self.step_s)
        while self._number < last:
            self._number += 1
            step = self._step(self._number)
            self.striking.go_on(step.at)
            self.striking.turn(self._knobs, step.at)
            live(self.life, step)
            if self._number == last or self.striking.waits:
                self._readings = self._read(step)
        return self._readings

    def truths(self) -> list[Truth]:
        """Return what went wrong so far, and what lasts."""
        return self.striking.truths

    def knob(self, name: str, row: int) -> float:
        """Return how far a fault turns a knob of one terminal now."""
        return float(self._knobs[name][row])

    def value(self, signal: str, row: int) -> float:
        """Return what one terminal reports of a signal now; NaN if nothing."""
        return float(self._readings.values[signal][row])

    def restart(self, row: int) -> None:
        """Restart a terminal, as it was asked to."""
        self.life.up_since[row] = self.now
        self.life.counts["restarts"][row] += 1

    def about(self, row: int) -> dict[str, str]:
        """Return what a terminal has in common with others."""
        one, words = self.terminals[row], self._readings.words
        return {
            "model": one.model,
            "site": one.site,
            "area": one.area,
            "carrier": self.body.carrier[row],
            "host": self.body.host[row],
            "version": words["app_version"][row] or "",
            "family": FAMILIES[self.body.family[row]],
        }

    def _words(self) -> dict[str, list[str | None]]:
        held = (self.striking.versions(), dict(self.configs))
        if self._told is None or self._told[:2] != held:
            self._told = (*held, words_of(self.body, *held))
        return self._told[2]

    def _step(self, number: int) -> Step:
        # A chance of its own for each step: no step depends on how many numbers the one before it drew.
        chance = np.random.Generator(np.random.SFC64([self._seed, 6, number]))
        return Step(
            self.body,
            self._knobs,
            self._weather,
            chance,
            at=float(number * self.step_s),
            seconds=float(self.step_s),
            barred=self.locked,
        )

    def _read(self, step: Step) -> Readings:
        life, knobs = self.life, self._knobs
        values = values_of(life, step)
        shown = values | {
            "clock": np.abs(knobs["skew"]),
            "away_m": knobs["moved_km"] * 1000,
            "cloned": knobs["cloned"],
        }
        self.striking.watch(shown, life.on, life.reaches, step.at)
        return Readings(
            at=step.at,
            values=values,
            words=self._words(),
            on=life.on.copy(),
            reaches=life.reaches.copy(),
            skew_s=knobs["skew"].copy(),
            cloned=knobs["cloned"] > 0.5,
        )
