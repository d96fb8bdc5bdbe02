"""A block of a day while it is played: its journal, its bill, and the truth about what went wrong in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal import codes
from tillkeeper.engines.rehearsal.codes import BLANK, Bits, Ints
from tillkeeper.engines.rehearsal.estate import Block, Estate
from tillkeeper.engines.rehearsal.hosting import Bill, booked, hold, joined, price
from tillkeeper.engines.rehearsal.trade import Journal, draw

APART: Final = 2  # payments of a terminal that stay as they are on either side of a fault
TOLD: Final = ("merchant", "terminal", "batch", "trace", "order", "amount", "channel")


@dataclass(slots=True)
class Scene:
    """What faults change. They take payments that no other fault has, nor has next to it."""

    estate: Estate
    block: Block
    journal: Journal
    bill: Bill
    chance: np.random.Generator
    truths: list[tuple[str, Bill]] = field(default_factory=list)  # name of the fault, its payments
    _added: list[Bill] = field(default_factory=list)
    _held: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    _taken: Bits = field(default_factory=lambda: np.zeros(0, np.bool_))

    @classmethod
    def clean(cls, estate: Estate, block: Block) -> "Scene":
        """Play a block in which nothing goes wrong. Faults have a chance of their own and leave this one alone."""
        journal = draw(estate, block)
        bill = hold(estate, journal)
        return cls(estate, block, journal, bill, estate.plan.draw(2, block.number))

    def victims(self, fits: Bits, count: int, length: int = 1) -> Ints:
        """Take up to `count` payments of those that fit, each with `length` - 1 behind it that its fault needs."""
        rows = len(self.journal["at"])
        if not len(self._taken):
            self._taken = np.zeros(rows, np.bool_)
        free = np.flatnonzero(fits & ~self._taken)
        drawn = self.chance.permutation(free)[: 4 * count + 16]
        chosen: list[int] = []
        for row in drawn.tolist():
            around = slice(max(row - APART, 0), row + length + APART)
            if len(chosen) < count and not self._taken[row : row + length].any():
                self._taken[around] = True
                chosen.append(row)
        return np.array(sorted(chosen), np.int64)

    def change(self, rows: Ints, **values: int | Ints) -> None:
        """Write values into columns of the journal."""
        for name, value in values.items():
            self.journal[name][rows] = value

    def held(self, rows: Ints) -> Ints:
        """Return where in the bill the charges of payments are; every one of them has one."""
        if not len(self._held):
            self._held = np.full(len(self.journal["at"]), BLANK)
            at = np.flatnonzero(self.bill["kind"] < codes.REVERSAL)
            self._held[self.bill["row"][at]] = at
        return self._held[rows]

    def unbook(self, rows: Ints) -> None:
        """Take the charges of payments out of the bill."""
        self.bill["kept"][self.held(rows)] = 0

    def rebook(self, rows: Ints, **values: int | Ints) -> None:
        """Change the charges of payments in the bill, with their fees and nets."""
        at = self.held(rows)
        for name, value in values.items():
            self.bill[name][at] = value
        price(self.estate, self.bill, at)

    def book(self, rows: Ints, **values: Ints) -> None:
        """Add a further charge to the bill for each of some payments, alike but for some columns."""
        self.add(booked(self.journal, rows) | values)

    def add(self, bill: Bill) -> None:
        """Add bookings, which are priced then."""
        price(self.estate, bill, slice(None))
        self._added.append(bill)

    def tell(self, fault: str, rows: Ints, told: Mapping[str, Ints]) -> None:
        """Write down the truth: by default as the journal and the host name the payments."""
        known = self.bill["kept"][self.held(rows)] == 1
        known &= self.held(rows) >= 0
        truth = {name: self.journal[name][rows] for name in TOLD}
        truth["rrn"] = np.where(known, self.journal["host_rrn"][rows], self.journal["rrn"][rows])
        truth["other_trace"] = truth["other_rrn"] = np.full(len(rows), BLANK)
        self.truths.append((fault, truth | dict(told)))

    def billed(self) -> Bill:
        """Return the whole bill, what was added behind what was there."""
        return joined([self.bill, *self._added]) if self._added else self.bill

    def same_batch(self, ahead: int) -> Bits:
        """Return whether the payment so many rows ahead is of the same batch; behind, if negative."""
        segment = self.journal["segment"]
        moved = np.full(len(segment), BLANK)
        if ahead > 0:
            moved[:-ahead] = segment[ahead:]
        else:
            moved[-ahead:] = segment[:ahead]
        same: Bits = moved == segment
        return same
