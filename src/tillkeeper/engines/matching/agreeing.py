"""The fast step: what agrees is found by fingerprints alone and set aside.

A row agrees if its fingerprint stands exactly once on either side, among rows that can agree as they stand. One sort of
64-bit numbers tells; text columns are not read. Memory: 16 bytes
for each pair of rows of a bucket, and one for each row.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tillkeeper.engines.matching.fingerprints import RECIPES, STANCE_BITS, column
from tillkeeper.engines.matching.store import Store

Keys = NDArray[np.uint64]
Bits = NDArray[np.bool_]
Marks = NDArray[np.uint8]

BUCKET_ROWS: Final = 120_000_000  # of both sides together: a gigabyte of fingerprints
SCAN_ROWS: Final = 1_000_000
TABLE_BITS: Final = (
    21  # of the table that most keys are turned away by: it fits into a core's cache
)
SHIFT: Final = np.uint64(STANCE_BITS)
ONE: Final = np.uint64(1)
HIGH: Final = np.uint64(62 - TABLE_BITS)
LOW: Final = np.uint64((1 << TABLE_BITS) - 1)
FAR: Final = np.uint64(2)  # any step that is not to a row of the same key


class Mark(IntEnum):
    """Where the run stands with a row. The first three are its stance."""

    QUIET = 0
    LOUD = 1
    OPEN = 2
    AGREED = 3
    REPEATED = 4  # stands in an earlier file too: counted there


class Lookup:
    """Keys to be found among many. Two small tables turn most of the many away before any is searched for."""

    def __init__(self, wanted: Keys) -> None:
        self._wanted = np.unique(wanted)
        self._high = _table(self._wanted >> HIGH)
        self._low = _table(self._wanted & LOW)

    def __len__(self) -> int:
        return len(self._wanted)

    def places(self, keys: Keys) -> NDArray[np.int64]:
        """Return where the keys (62 bits each) are wanted."""
        if not len(self):
            return np.empty(0, np.int64)
        likely = np.flatnonzero(self._high[(keys >> HIGH).view(np.int64)])
        likely = likely[self._low[(keys[likely] & LOW).view(np.int64)]]
        at = np.minimum(np.searchsorted(self._wanted, keys[likely]), len(self) - 1)
        found: NDArray[np.int64] = likely[self._wanted[at] == keys[likely]]
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of a side."""

    path: Path
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


@dataclass(frozen=True, slots=True)
class Piece:
    """What a bucket needs to know of a part: plain values, so that it can be sent elsewhere."""

    path: str
    taking_part: Bits


def agree(journal: Side, bill: Side, *, workers: int = 1) -> None:
    """Mark every row that agrees, recipe by recipe; a row that agreed by one is taken for all later ones."""
    for recipe in RECIPES:
        if journal.has(recipe) and bill.has(recipe):
            odd = _odd(journal, bill, recipe, workers)
            if odd is not None:
                _mark(journal, recipe, odd, workers)
                _mark(bill, recipe, odd, workers)


def unpaired(
    journal: Sequence[Piece],
    bill: Sequence[Piece],
    recipe: str,
    *,
    bucket: int = 0,
    buckets: int = 1,
) -> tuple[Keys, int]:
    """Return the keys of one bucket that do not stand exactly once on either side, and how many do.

    The kernel: pure, of plain arguments. Keys are 62 bits; a bucket takes those that leave its number by `buckets`.
    """
    keys = np.empty(
        sum(int(np.count_nonzero(piece.taking_part)) for piece in (*journal, *bill)), np.uint64
    )
    filled = 0
    for side, pieces in enumerate((journal, bill)):
        for piece in pieces:
            taken = _taken(piece, recipe, bucket, buckets)
            taken >>= SHIFT
            taken <<= ONE
            taken |= np.uint64(side)
            keys[filled : filled + len(taken)] = taken
            filled += len(taken)
    keys = keys[:filled]
    keys.sort()
    return _lonely(keys)


def kept(path: Path | str, name: str) -> Keys:
    """Return one kept column of a part."""
    return pl.read_parquet(path, columns=[name])[name].to_numpy()


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


def _odd(journal: Side, bill: Side, recipe: str, workers: int) -> Lookup | None:
    sides = [
        [
            Piece(str(part.path), marks == Mark.OPEN)
            for part, marks in zip(side.parts, side.marks, strict=True)
        ]
        for side in (journal, bill)
    ]
    buckets = max(workers, -(-(journal.rows + bill.rows) // BUCKET_ROWS))
    with ThreadPoolExecutor(workers) as pool:
        found = list(
            pool.map(
                lambda bucket: unpaired(sides[0], sides[1], recipe, bucket=bucket, buckets=buckets),
                range(buckets),
            )
        )
    if not any(pairs for _, pairs in found):
        return None
    return Lookup(np.concatenate([keys for keys, _ in found]))


def _taken(piece: Piece, recipe: str, bucket: int, buckets: int) -> Keys:
    if not piece.taking_part.any():
        return np.empty(0, np.uint64)
    prints = kept(piece.path, column(recipe))
    wanted = piece.taking_part & (prints > np.uint64(3))
    if buckets > 1:
        wanted &= (prints >> SHIFT) % np.uint64(buckets) == np.uint64(bucket)
    return prints[wanted]


def _lonely(keys: Keys) -> tuple[Keys, int]:
    """Return the distinct keys that are not exactly one of the journal and one of the bill, and how many are.

    Keys are sorted and end in the bit of their side: a pair differs in that bit alone, and its neighbours in more.
    """
    odd, pairs = [np.empty(0, np.uint64)], 0
    for begin in range(0, len(keys), SCAN_ROWS):
        end = min(begin + SCAN_ROWS, len(keys))
        low, high = max(begin - 2, 0), min(end + 2, len(keys))
        step = np.full(high - low + 1, FAR)  # step[i]: from row i - 1 to row i
        np.bitwise_xor(keys[low + 1 : high], keys[low : high - 1], out=step[1:-1])
        apart = step > ONE
        opens = (step[1:-1] == ONE) & apart[:-2] & apart[2:]
        paired = np.zeros(high - low, np.bool_)
        paired[:-1] |= opens
        paired[1:] |= opens
        mine = slice(begin - low, end - low)
        odd.append(keys[begin:end][~paired[mine]] >> ONE)
        pairs += int(np.count_nonzero(opens[mine]))
    return np.unique(np.concatenate(odd)), pairs


def _table(places: Keys) -> Bits:
    table = np.zeros(1 << TABLE_BITS, np.bool_)
    table[places.view(np.int64)] = True
    return table


def _mark(side: Side, recipe: str, odd: Lookup, workers: int) -> None:
    def mark(number: int) -> None:
        marks = side.marks[number]
        if not (marks == Mark.OPEN).any():
            return
        prints = kept(side.parts[number].path, column(recipe))
        good = (marks == Mark.OPEN) & (prints > np.uint64(3))
        good[odd.places(prints >> SHIFT)] = False
        marks[good] = Mark.AGREED

    _each(range(len(side.parts)), mark, workers)


def _each(numbers: Iterable[int], call: Callable[[int], None], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(call, numbers):
            pass
