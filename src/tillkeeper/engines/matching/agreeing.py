"""The fast step: what agrees is found by fingerprints alone and set aside.

A row agrees if its fingerprint stands exactly once on either side, among rows that can agree as they stand. One sort of
64-bit numbers tells; text columns are not read. Memory: 16 bytes
for each pair of rows of a bucket, and one for each row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tillkeeper.engines.matching.buckets import SHIFT, Bits, Keys, Lookup, Piece, kept
from tillkeeper.engines.matching.fingerprints import RECIPES
from tillkeeper.engines.matching.store import Store
from tillkeeper.engines.matching.workplaces import Threads, Workplace
from tillkeeper.kernel.lake import LakePath

__all__ = [
    "SHIFT", "Bits", "Keys", "Lookup", "Mark", "Part", "Side", "agree", "among", "find_repeated", "kept",
]  # fmt: skip

Marks = NDArray[np.uint8]

BUCKET_ROWS: Final = 250_000_000  # of both sides together: two gigabytes of fingerprints


class Mark(IntEnum):
    """Where the run stands with a row. The first four are its stance."""

    QUIET = 0
    LOUD = 1
    OPEN = 2
    BACK = 3
    AGREED = 4
    REPEATED = 5  # stands in an earlier file too: counted there
    UNDONE = 6  # charged and taken back, as the terminal knows: nothing is left of it


def among(marks: Marks, *wanted: Mark) -> Bits:
    """Return which rows have one of some marks."""
    found: Bits = marks == wanted[0]
    for mark in wanted[1:]:
        found |= marks == mark
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of a side."""

    path: LakePath
    source: str
    rows: int


@dataclass(slots=True)
class Side:
    """All rows of one side: journals, or bills. Stores stand in the order of their names, not as they were given."""

    stores: Sequence[Store]
    parts: list[Part] = field(init=False)
    marks: list[Marks] = field(init=False)

    def __post_init__(self) -> None:
        self.stores = sorted(self.stores, key=lambda store: (store.name, store.about.content))
        self.parts = [
            Part(path, store.name, rows)
            for store in self.stores
            for path, rows in zip(store.parts, store.about.parts, strict=True)
        ]
        self.marks = [kept(part.path, "stance").astype(np.uint8) for part in self.parts]

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(part.rows for part in self.parts)

    def count(self, mark: Mark) -> int:
        """Return how many rows have a mark."""
        return sum(int(np.count_nonzero(marks == mark)) for marks in self.marks)

    def has(self, recipe: str) -> bool:
        """Return whether any row has the key of a recipe."""
        return any(store.about.keyed[recipe] for store in self.stores)


def agree(journal: Side, bill: Side, *, at: Workplace | None = None) -> None:
    """Mark every row that agrees, recipe by recipe; a row that agreed by one is taken for all later ones.

    Where the buckets are worked (in one thread here, if not said) makes no difference to the answer.
    """
    workplace = at or Threads(1)
    for recipe in RECIPES:
        if journal.has(recipe) and bill.has(recipe):
            left = journal.count(Mark.OPEN) + bill.count(Mark.OPEN)
            buckets = max(workplace.width, -(-left // BUCKET_ROWS))
            _agree_by(recipe, journal, bill, workplace, buckets)


def find_repeated(side: Side) -> dict[str, int]:
    """Mark rows that stand in an earlier file of the side too, and return how many by the name of the later file."""
    if len(side.stores) < 2:
        return {}
    seen: Keys = np.empty(0, np.uint64)
    told: dict[str, int] = {}
    for store in side.stores:
        mine = [number for number, part in enumerate(side.parts) if part.path.parent == store.path]
        fresh = []
        for number in mine:
            whole = kept(side.parts[number].path, "whole")
            again = np.isin(whole, seen) & (side.marks[number] != Mark.QUIET)
            if again.any():
                side.marks[number][again] = Mark.REPEATED
                told[store.name] = told.get(store.name, 0) + int(np.count_nonzero(again))
            fresh.append(whole[~again])
        seen = np.unique(np.concatenate([seen, *fresh]))
    return told


def _agree_by(recipe: str, journal: Side, bill: Side, workplace: Workplace, buckets: int) -> None:
    pieces = _pieces(journal), _pieces(bill)
    with workplace.holding(*pieces) as held:
        found = held.unpaired(recipe, buckets)
        if not any(pairs for _, pairs in found):
            return
        odd = Lookup(np.concatenate([keys for keys, _ in found]))
        marks = (*journal.marks, *bill.marks)
        for of_part, good in zip(marks, held.agreed(recipe, odd), strict=True):
            of_part[good] = Mark.AGREED


def _pieces(side: Side) -> list[Piece]:
    return [
        Piece(str(part.path), marks == Mark.OPEN)
        for part, marks in zip(side.parts, side.marks, strict=True)
    ]
