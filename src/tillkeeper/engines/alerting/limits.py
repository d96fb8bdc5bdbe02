"""Kinds of rules that look at one reading: a limit, a flag, a place, a maker's code."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tillkeeper.engines.alerting.errors import bad
from tillkeeper.engines.alerting.fields import boolean, number, one_of, perhaps, read_by, signal
from tillkeeper.engines.alerting.fields import words as listed
from tillkeeper.engines.alerting.looks import Floats, Gated, Look, Now
from tillkeeper.formats.voice.faults import FAULTS
from tillkeeper.formats.voice.signals import Kind as Sort

MOST = 1e15
ABOVE, BELOW = "above", "below"
ALLOWED_M = "allowed_m"  # how far from its site a terminal may be: beside the readings, by policy


@dataclass(frozen=True, kw_only=True)
class Threshold(Gated):
    """A value beyond a limit; it is well again only beyond `clear`."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    signal: str = read_by(signal(Sort.GAUGE, Sort.COUNTER))
    op: str = read_by(one_of(ABOVE, BELOW))
    limit: float = read_by(number(-MOST, MOST))
    clear: float | None = read_by(perhaps(number(-MOST, MOST)), None)
    unknown: float | None = read_by(perhaps(number(-MOST, MOST)), None)  # a value that says nothing
    size: bool = read_by(boolean, False)  # the sign does not matter

    def __post_init__(self) -> None:
        """Refuse a `clear` on the bad side."""
        if self.clear is not None and _beyond(self.op, np.array([self.clear]), self.limit)[0]:
            raise bad("clear", self.clear, "clear", limit=f"{self.limit:g}")

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Compare."""
        value = now.columns[self.signal]
        shown = np.abs(value) if self.size else value
        over = _beyond(self.op, shown, self.limit)
        clear = self.limit if self.clear is None else self.clear
        under = ~_beyond(self.op, shown, clear)
        if self.unknown is not None:
            silent = value == self.unknown
            over, under = over & ~silent, under & ~silent
        if (excused := self.excused(now)) is not None:
            over = over & ~excused
        return Look(over, under & ~over, value, np.full(len(value), self.limit))


def _beyond(op: str, value: Floats, limit: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    beyond: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        value > limit if op == ABOVE else value < limit
    )
    return beyond


@dataclass(frozen=True, kw_only=True)
class Flag(Gated):
    """A flag that stands as it should not."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    signal: str = read_by(signal(Sort.FLAG))
    bad: bool = read_by(boolean, True)

    @property
    def needs(self) -> tuple[str, ...]:
        """The flag."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Compare."""
        value = now.columns[self.signal]
        stands = (value > 0) == self.bad
        over = stands
        if (excused := self.excused(now)) is not None:
            over = stands & ~excused
        return Look(over, ~stands, value, np.full(len(value), float(self.bad)))


@dataclass(frozen=True, kw_only=True)
class Place(Gated):
    """A terminal farther from its site than is allowed: `limit_m`, or what the policy says for city and country."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    limit_m: float | None = read_by(perhaps(number(1, 2.1e7)), None)

    @property
    def needs(self) -> tuple[str, ...]:
        """How far it is away, worked out beside the readings."""
        return ("away_m", ALLOWED_M)

    def look(self, now: Now) -> Look:
        """Compare; it is back within nine tenths of the distance."""
        away, limit = now.columns["away_m"], now.columns[ALLOWED_M]
        if self.limit_m is not None:
            limit = np.full(len(away), self.limit_m)
        return Look(away > limit, away <= 0.9 * limit, away, limit)


@dataclass(frozen=True, kw_only=True)
class Code(Gated):
    """A maker's own code that stands for one of these faults."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    signal: str = read_by(one_of("printer_code", "ped_code"))
    faults: tuple[str, ...] = read_by(listed(FAULTS))

    @property
    def needs(self) -> tuple[str, ...]:
        """The code, and the fault it stands for (a number: its place in the fault table), beside the readings."""
        return (self.signal, fault_of(self.signal))

    def look(self, now: Now) -> Look:
        """Look whether the fault is one of ours."""
        fault = now.columns[fault_of(self.signal)]
        wanted = [place for place, code in enumerate(FAULTS) if code in self.faults]
        over = np.isin(fault, wanted)
        return Look(
            over, ~over, now.columns[self.signal], np.full(len(fault), np.nan), {"fault": fault}
        )


def fault_of(signal_name: str) -> str:
    """Return the name of the column that says which fault a maker's code stands for; -1: none."""
    return f"{signal_name}:fault"
