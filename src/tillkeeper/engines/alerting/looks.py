"""What a kind of rule sees of readings, and what it says of them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tillkeeper.engines.alerting.fields import number, perhaps, read_by, signal, whole
from tillkeeper.formats.voice.signals import Kind as Sort

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]
# For a rule and some terminals: what is usual among their peers, and how far they spread; NaN: not known.
Level = Callable[[str, Ints], tuple[Floats, Floats]]
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Now:
    """Readings of different terminals, one each, and what a rule remembers of these terminals."""

    rule: str
    at: Floats
    terminal: Ints
    state: Floats  # shape (rows, slots); a kind writes into it
    columns: Mapping[str, Floats]
    level: Level

    def column(self, name: str) -> Floats:
        """Return a signal's values; NaN where it was not reported."""
        found = self.columns.get(name)
        return np.full(len(self.at), np.nan) if found is None else found


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule says of readings: is it beyond its limit, and is it well on the good side."""

    over: Bits
    under: Bits
    value: Floats
    limit: Floats
    more: Mapping[str, Floats] = field(default_factory=dict)  # other figures worth saying


class Kind(Protocol):
    """One kind of rule."""

    SLOTS: ClassVar[tuple[str, ...]]
    times: int
    for_s: float
    clear_s: float

    @property
    def needs(self) -> tuple[str, ...]:
        """Signals without which a reading says nothing to this rule."""

    def look(self, now: Now) -> Look:
        """Judge readings; remember what is needed in `now.state`."""


@dataclass(frozen=True, kw_only=True)
class Gated:
    """What every kind that looks at readings has: how long it must hold, and how long it must be well again."""

    times: int = read_by(whole(1, 100), 1)  # so many readings on end
    for_s: float = read_by(number(0, 30 * DAY_S), 0.0)
    clear_s: float = read_by(number(0, 30 * DAY_S), 0.0)
    unless: str | None = read_by(perhaps(signal(Sort.FLAG)), None)

    def excused(self, now: Now) -> Bits | None:
        """Return where a flag says that this does not count now; None: nowhere."""
        if self.unless is None or self.unless not in now.columns:
            return None
        return now.columns[self.unless] > 0
