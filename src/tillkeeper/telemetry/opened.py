"""Segments opened: their items by kind. What cannot be read is set aside, never the rest with it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tillkeeper.formats.voice.spooled import (
    Spooled,
    SpooledCheckIn,
    SpooledDoubt,
    SpooledResult,
    SpooledSent,
    unpack,
)
from tillkeeper.telemetry.heard import POISONED

SEGMENT_POISONED: Final = "segment_set_aside"
_RAW: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ITEM: Final = msgspec.msgpack.Decoder(Spooled)


@dataclass(slots=True)
class Opened:
    """Items by kind, in the order in which they came."""

    check_ins: list[SpooledCheckIn] = field(default_factory=list)
    sent: list[SpooledSent] = field(default_factory=list)
    results: list[SpooledResult] = field(default_factory=list)
    doubts: list[SpooledDoubt] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.check_ins) + len(self.sent) + len(self.results) + len(self.doubts)

    def add(self, items: Iterable[Spooled]) -> None:
        """Sort items by kind."""
        kinds: dict[type, list[Any]] = {
            SpooledCheckIn: self.check_ins,
            SpooledSent: self.sent,
            SpooledResult: self.results,
            SpooledDoubt: self.doubts,
        }
        for item in items:
            kinds[type(item)].append(item)

    def halves(self) -> "tuple[Opened, Opened]":
        """Return the same items in two parts, so that the one that cannot be taken is found."""
        items: list[Spooled] = [*self.check_ins, *self.sent, *self.results, *self.doubts]
        middle = len(items) // 2
        first, second = Opened(), Opened()
        first.add(items[:middle])
        second.add(items[middle:])
        return first, second


def opened(bodies: Sequence[bytes]) -> Opened:
    """Return the items of segments by kind; what cannot be read is counted in `tally`."""
    found = Opened()
    for body in bodies:
        try:
            items = unpack(body)
        except msgspec.DecodeError:
            items = list(_one_by_one(body, found.tally))
        found.add(items)
    return found


def _one_by_one(body: bytes, tally: Counter[str]) -> Iterable[Spooled]:
    try:
        parts = _RAW.decode(body)
    except msgspec.DecodeError:
        tally[SEGMENT_POISONED] += 1
        return
    for part in parts:
        try:
            yield _ITEM.decode(part)
        except msgspec.DecodeError:
            tally[POISONED] += 1
