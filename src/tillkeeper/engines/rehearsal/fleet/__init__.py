"""A fleet of terminals that lives: it sells, ages, heats, loses paper and signal, and breaks, out of a seed. Pure.

It says what its terminals would report at any moment, and keeps the truth of every fault, so that finding can be
measured. The same seed and the same terminals give the same values at the same moment, whatever ticks came between.
"""

from tillkeeper.engines.rehearsal.fleet.fleet import Fleet, Readings
from tillkeeper.engines.rehearsal.fleet.kinds import FaultsUnreadable, Kind
from tillkeeper.engines.rehearsal.fleet.plan import Faults
from tillkeeper.engines.rehearsal.fleet.terminals import Terminal
from tillkeeper.engines.rehearsal.fleet.truth import Truth, write_truths

__all__ = [
    "Faults",
    "FaultsUnreadable",
    "Fleet",
    "Kind",
    "Readings",
    "Terminal",
    "Truth",
    "write_truths",
]
