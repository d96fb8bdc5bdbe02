"""The kernel of the fast step: what of one bucket of fingerprints does not stand exactly once on either side.

Pure functions of paths, masks and numbers, so that they can run anywhere (see `workplaces`).
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tillkeeper.engines.matching.fingerprints import STANCE_BITS, column

Keys = NDArray[np.uint64]
Bits = NDArray[np.bool_]

SLACK: Final = (
    1_000_000  # rows that a bucket may have above its share before its room is made larger
)
SCAN_ROWS: Final = 1_000_000
TABLE_BITS: Final = (
    21  # of the table that most keys are turned away by: it fits into a core's cache
)
SHIFT: Final = np.uint64(STANCE_BITS)
ONE: Final = np.uint64(1)
HALF: Final = np.uint64(32)
HIGH: Final = np.uint64(62 - TABLE_BITS)
LOW: Final = np.uint64((1 << TABLE_BITS) - 1)
FAR: Final = np.uint64(2)  # any step that is not to a row of the same key
PAGES: Final = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_POPULATE", 0)
NO_KEY: Final = np.uint64((1 << STANCE_BITS) - 1)  # up to it there is a stance alone


@dataclass(frozen=True, slots=True)
class Piece:
    """What a bucket needs to know of a part: plain values, so that it can be sent elsewhere."""

    path: str
    taking_part: Bits


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

    def __reduce__(self) -> tuple[type["Lookup"], tuple[Keys]]:
        # The tables are made anew where it arrives: that is cheaper than sending them.
        return Lookup, (self._wanted,)


def unpaired(
    journal: Sequence[Piece],
    bill: Sequence[Piece],
    recipe: str,
    *,
    bucket: int = 0,
    buckets: int = 1,
) -> tuple[Keys, int]:
    """Return the keys of one bucket that do not stand exactly once on either side, and how many do.

    Keys are 62 bits; a bucket takes its share of the range of their upper half.
    """
    most = sum(int(np.count_nonzero(piece.taking_part)) for piece in (*journal, *bill))
    keys, filled = room(most if buckets == 1 else min(most, most // buckets + SLACK)), 0
    for side, pieces in enumerate((journal, bill)):
        for piece in pieces:
            taken = _taken(piece, recipe, bucket, buckets)
            taken >>= SHIFT
            taken <<= ONE
            taken |= np.uint64(side)
            if filled + len(taken) > len(
                keys
            ):  # hashes fall evenly, but for rows that stand many times
                keys = np.concatenate([keys[:filled], room(most - filled)])
            keys[filled : filled + len(taken)] = taken
            filled += len(taken)
    keys = keys[:filled]
    keys.sort()
    return _lonely(keys)


def room(size: int) -> Keys:
    """Return an array of any content whose pages are all there.

    Each page that is asked for when it is first written costs a fault; on a virtual machine that is ten times as dear
    as to have them all at once, and of a day's fingerprints dearer than to sort them.
    """
    if not size:
        return np.empty(0, np.uint64)
    return np.frombuffer(mmap.mmap(-1, 8 * size, flags=PAGES), np.uint64)


def kept(path: Path | str, name: str) -> Keys:
    """Return one kept column of a part."""
    return pl.read_parquet(path, columns=[name])[name].to_numpy()


def agreed(piece: Piece, recipe: str, odd: Lookup) -> Bits:
    """Return which rows of a part agree by a recipe: those taking part that have a key which is not odd."""
    if not piece.taking_part.any():
        return piece.taking_part
    prints = kept(piece.path, column(recipe))
    good = piece.taking_part & (prints > NO_KEY)
    good[odd.places(prints >> SHIFT)] = False
    return good


def _taken(piece: Piece, recipe: str, bucket: int, buckets: int) -> Keys:
    if not piece.taking_part.any():
        return np.empty(0, np.uint64)
    prints = kept(piece.path, column(recipe))
    wanted = piece.taking_part & (prints > NO_KEY)
    if buckets > 1:
        wanted &= ((prints >> HALF) * np.uint64(buckets)) >> HALF == np.uint64(bucket)
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
