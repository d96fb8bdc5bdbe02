"""What was heard, in columns: readings of many terminals as the writer, the rules and the history take them. Pure.

Checking and correcting are done column by column, for a million terminals say three thousand things a second.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tillkeeper.formats.voice.messages import Reading
from tillkeeper.formats.voice.signals import SIGNALS, Kind, usable
from tillkeeper.formats.voice.spooled import SpooledCheckIn

AHEAD_MS: Final = (
    2_000  # a reading may be so much younger than its check-in's clock; it counts as just taken
)
TOO_OLD: Final = "reading_too_old"
FROM_THE_FUTURE: Final = "reading_from_the_future"
POISONED: Final = "item_set_aside"
FIELD_REFUSED: Final = "field_refused"
WORD_MAX: Final = 64

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of many terminals, sorted by terminal, then moment, then sequence number; n rows."""

    terminal: Ints
    seq: Ints
    at: Floats  # epoch seconds by the server's clock (corrected)
    received: Floats  # epoch seconds
    values: dict[str, Floats]  # MEASURED signals present; NaN = not reported or refused; flags 0/1
    words: dict[str, list[str | None]]  # WORDS signals present
    enrolment: Ints

    def __len__(self) -> int:
        return len(self.terminal)

    def spans(self) -> tuple[Ints, Ints, Ints]:
        """Return the terminals, and for each the first row and the row after its last; shape (terminals,) each."""
        if not len(self):
            none = np.zeros(0, np.int64)
            return none, none, none
        begins = np.flatnonzero(np.r_[True, self.terminal[1:] != self.terminal[:-1]])
        return self.terminal[begins], begins, np.r_[begins[1:], len(self)]

    def rows(self, chosen: NDArray[Any]) -> "Batch":
        """Return some of the rows, by mask or by number; in the order given."""
        numbers = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        picked = numbers.tolist()
        return Batch(
            self.terminal[numbers],
            self.seq[numbers],
            self.at[numbers],
            self.received[numbers],
            {name: column[numbers] for name, column in self.values.items()},
            {name: [words[row] for row in picked] for name, words in self.words.items()},
            self.enrolment[numbers],
        )


@dataclass(frozen=True, slots=True)
class Gathered:
    """What check-ins came to: their usable readings, and what was refused."""

    batch: Batch
    refused: dict[int, set[tuple[int, str]]]  # terminal -> (seq, signal)
    tally: Counter[str] = field(default_factory=Counter)


def gather(items: Iterable[SpooledCheckIn], *, oldest_s: float) -> Gathered:
    """Return the readings of check-ins, checked field by field, their moments corrected by each check-in's clock.

    Args:
        items: in any order; doubles stay in.
        oldest_s: readings that were older when they came are dropped.
    """
    raw = _Raw()
    for item in items:
        raw.take(item, oldest_s * 1000)
    return raw.gathered()


def gather_sound(items: Sequence[SpooledCheckIn], *, oldest_s: float) -> Gathered:
    """Return what `gather` returns; items that cannot be gathered are counted and left out."""
    try:
        return gather(items, oldest_s=oldest_s)
    except (OverflowError, TypeError, ValueError):
        sound = [item for item in items if _is_sound(item, oldest_s)]
        gathered = gather(sound, oldest_s=oldest_s)
        gathered.tally[POISONED] += len(items) - len(sound)
        return gathered


def _is_sound(item: SpooledCheckIn, oldest_s: float) -> bool:
    try:
        gather([item], oldest_s=oldest_s)
    except (OverflowError, TypeError, ValueError):
        return False
    return True


class _Raw:
    """Columns while they are filled."""

    def __init__(self) -> None:
        self.tally: Counter[str] = Counter()
        self.heads: list[tuple[int, int, int, int, int]] = []
        self.columns: dict[str, tuple[list[int], list[Any]]] = {}

    def take(self, item: SpooledCheckIn, oldest_ms: float) -> None:
        """Take in the readings of one check-in."""
        offset, oldest = item.at - item.said.clock, item.at - oldest_ms
        for reading in item.said.readings:
            at = reading.at + offset
            if at > item.at:
                if at > item.at + AHEAD_MS:
                    self.tally[FROM_THE_FUTURE] += 1
                    continue
                at = item.at
            elif at < oldest:
                self.tally[TOO_OLD] += 1
                continue
            self._add(item, reading, at)

    def _add(self, item: SpooledCheckIn, reading: Reading, at: int) -> None:
        row = len(self.heads)
        self.heads.append((item.terminal, reading.seq, at, item.at, item.enrolment))
        columns = self.columns
        for name, value in reading.values.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = ([], [])
            column[0].append(row)
            column[1].append(value)

    def gathered(self) -> Gathered:
        """Return what was taken in, checked and sorted."""
        count = len(self.heads)
        heads = np.array(self.heads, np.int64).reshape(count, 5)
        refused: dict[int, set[tuple[int, str]]] = {}
        values: dict[str, Floats] = {}
        words: dict[str, list[str | None]] = {}
        for name, (rows, told) in self.columns.items():
            signal = SIGNALS.get(name)
            if signal is None:
                continue  # a newer terminal's: passed over
            bad = _unusable(name, told)
            for place in bad:
                terminal, seq = self.heads[rows[place]][:2]
                refused.setdefault(terminal, set()).add((seq, name))
                self.tally[FIELD_REFUSED] += 1
                told[place] = None
            if signal.kind is Kind.TEXT:
                words[name] = _spread(rows, told, count)
            else:
                values[name] = np.full(count, np.nan)
                values[name][rows] = np.array(told, np.float64)
        batch = Batch(
            heads[:, 0],
            heads[:, 1],
            heads[:, 2] / 1000,
            heads[:, 3] / 1000,
            values,
            words,
            heads[:, 4],
        )
        order = np.lexsort((heads[:, 1], heads[:, 2], heads[:, 0]))
        return Gathered(batch.rows(order), refused, self.tally)


def _spread(rows: list[int], told: list[str | None], count: int) -> list[str | None]:
    spread: list[str | None] = [None] * count
    for row, word in zip(rows, told, strict=True):
        spread[row] = word
    return spread


_NUMBERS: Final = frozenset({float, int})
_FLAGS: Final = frozenset({bool})


def _unusable(name: str, told: Sequence[Any]) -> list[int]:
    """Return the places of values that cannot be what the signal says: the column at once, if it is all of one kind."""
    signal = SIGNALS[name]
    kinds = set(map(type, told))
    if signal.kind is Kind.FLAG and kinds <= _FLAGS:
        return []
    if signal.kind in {Kind.GAUGE, Kind.COUNTER} and kinds <= _NUMBERS:
        column = np.array(told, np.float64)
        least = -np.inf if signal.least is None else signal.least
        most = np.inf if signal.most is None else signal.most
        # Written so that NaN is unusable too.
        return np.flatnonzero(~((column >= least) & (column <= most))).tolist()
    judge: Callable[[Any], bool] = _bad_word if signal.kind is Kind.TEXT else _never
    return [place for place, value in enumerate(told) if usable(name, value) or judge(value)]


def _bad_word(word: str | None) -> bool:
    """Say whether a word could not be stored: PostgreSQL has no text with a zero in it."""
    return word is not None and ("\x00" in word or len(word) > WORD_MAX)


def _never(_value: object) -> bool:
    return False


def joined(batches: Sequence[Batch]) -> Batch:
    """Return the rows of several batches as one, sorted again."""
    names = sorted({name for batch in batches for name in batch.values})
    spoken = sorted({name for batch in batches for name in batch.words})
    one = Batch(
        np.concatenate([batch.terminal for batch in batches]),
        np.concatenate([batch.seq for batch in batches]),
        np.concatenate([batch.at for batch in batches]),
        np.concatenate([batch.received for batch in batches]),
        {name: np.concatenate([_column(batch, name) for batch in batches]) for name in names},
        {name: [word for batch in batches for word in _words(batch, name)] for name in spoken},
        np.concatenate([batch.enrolment for batch in batches]),
    )
    return one.rows(np.lexsort((one.seq, one.at, one.terminal)))


def _column(batch: Batch, name: str) -> Floats:
    found = batch.values.get(name)
    return np.full(len(batch), np.nan) if found is None else found


def _words(batch: Batch, name: str) -> Iterator[str | None]:
    return iter(batch.words.get(name) or [None] * len(batch))
