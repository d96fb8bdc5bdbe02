"""What is known of a terminal, and how what was heard changes it: the newest wins, whatever came first. Pure.

Moments are epoch seconds by the server's clock.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tillkeeper.formats.voice.signals import SIGNALS, Kind
from tillkeeper.formats.voice.spooled import SpooledCheckIn
from tillkeeper.telemetry.heard import Batch, Gathered
from tillkeeper.telemetry.lifecycle import LiveState

Mask = NDArray[np.bool_]
WINDOW: Final = 62  # so many sequence numbers below the newest are remembered as heard or not
EARTH_M: Final = 6_371_008.8
VERSION_LETTERS: Final = 64


@dataclass(slots=True)
class Known:
    """A live row as the writer holds it. `state` blank: the terminal was never heard."""

    terminal: int
    state: str = ""
    since: float = 0.0
    why: list[str] = field(default_factory=list)
    enrolment: int = -1
    heard_at: float = 0.0
    interval_s: int = 0
    read_at: float | None = None
    seq: int = -1
    seen: int = 0
    counter: int = 0
    skew_s: float = 0.0
    signals: dict[str, list[Any]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    memory: bytes = b""
    latitude: float | None = None
    longitude: float | None = None
    placed_at: float | None = None
    away_m: float | None = None
    away: bool = False
    app_version: str = ""
    firmware_version: str = ""
    carrier: str = ""
    tampered: bool = False  # a reading of this round says so
    at_risk: bool = False  # of tampering, as the row that was read says
    was: str = ""  # the state in the row that was read
    site: tuple[float, float, bool] | None = None  # latitude, longitude, whether in a city


@dataclass(frozen=True, slots=True)
class Allowed:
    """How far from its site a terminal may be, in metres."""

    city_m: float
    rural_m: float

    def is_away(self, row: Known) -> bool:
        """Say whether a terminal is further away than that."""
        if row.away_m is None or row.site is None:
            return False
        return row.away_m > (self.city_m if row.site[2] else self.rural_m)


def fresh_rows(batch: Batch, known: Mapping[int, Known]) -> Mask:
    """Return which readings were not heard before, and note them as heard in `known`; after `hear`.

    Readings of an older enrolment, and those further back than the window, count as new: what is taken twice changes
    nothing.
    """
    fresh = np.ones(len(batch), np.bool_)
    columns = (batch.terminal.tolist(), batch.seq.tolist(), batch.enrolment.tolist())
    for place, (terminal, seq, enrolment) in enumerate(zip(*columns, strict=True)):
        row = known[terminal]
        if enrolment == row.enrolment and not _note(row, seq):
            fresh[place] = False
    return fresh


def _note(row: Known, seq: int) -> bool:
    """Note a sequence number as heard; say whether it is new."""
    ahead = seq - row.seq
    if ahead > 0:
        old = ((row.seen << ahead) | (1 << (ahead - 1))) if ahead <= WINDOW else 0
        row.seq, row.seen = seq, old & ((1 << WINDOW) - 1)
        return True
    if -ahead > WINDOW:
        return True
    bit = (1 << (-ahead - 1)) if ahead else 0
    new = bool(bit) and not row.seen & bit
    row.seen |= bit
    return new


def hear(known: Mapping[int, Known], check_ins: Iterable[SpooledCheckIn]) -> None:
    """Note when each terminal was last heard, with which clock and counter, and what it was told."""
    for item in check_ins:
        row = known[item.terminal]
        at = item.at / 1000
        if item.enrolment >= row.enrolment:
            if item.enrolment > row.enrolment:
                row.enrolment, row.seq, row.seen, row.counter = item.enrolment, -1, 0, 0
            row.counter = max(row.counter, item.said.counter)
        if at >= row.heard_at:
            row.heard_at, row.interval_s = at, item.interval_s
            row.skew_s = (item.said.clock - item.at) / 1000


def take(known: Mapping[int, Known], batch: Batch) -> None:
    """Let newer values replace older ones, signal by signal; note places, versions and the tamper flag."""
    ats, terminals = batch.at.tolist(), batch.terminal.tolist()
    kept = [known[terminal].signals for terminal in terminals]
    for name, column in batch.values.items():
        flag = SIGNALS[name].kind is Kind.FLAG
        told = np.flatnonzero(~np.isnan(column))
        places = told.tolist()
        values: list[Any] = (column[told] == 1).tolist() if flag else column[told].tolist()
        for place, value in zip(places, values, strict=True):
            signals, at = kept[place], ats[place]
            old = signals.get(name)
            if old is None or old[1] <= at:
                signals[name] = [value, at]
    for name, words in batch.words.items():
        for place, word in enumerate(words):
            if word is not None:
                old = kept[place].get(name)
                if old is None or old[1] <= ats[place]:
                    kept[place][name] = [word, ats[place]]
    _take_moments(known, batch)
    _take_places(known, batch)
    _take_tampering(known, batch)


def _take_moments(known: Mapping[int, Known], batch: Batch) -> None:
    ids, _, ends = batch.spans()
    for terminal, at in zip(
        ids.tolist(), batch.at[ends - 1].tolist() if len(ids) else (), strict=True
    ):
        row = known[terminal]
        row.read_at = at if row.read_at is None else max(row.read_at, at)


def _take_places(known: Mapping[int, Known], batch: Batch) -> None:
    """Take the newest reading that has both figures: one of each would be a place nobody was at."""
    latitudes, longitudes = batch.values.get("latitude"), batch.values.get("longitude")
    if latitudes is None or longitudes is None:
        return
    rows = np.flatnonzero(~np.isnan(latitudes) & ~np.isnan(longitudes))
    places = (batch.terminal, batch.at, latitudes, longitudes)
    for terminal, at, latitude, longitude in zip(*(c[rows].tolist() for c in places), strict=True):
        row = known[terminal]
        if row.placed_at is None or row.placed_at <= at:
            row.latitude, row.longitude, row.placed_at = latitude, longitude, at


def _take_tampering(known: Mapping[int, Known], batch: Batch) -> None:
    flags = batch.values.get("tampered")
    if flags is not None:
        for terminal in batch.terminal[flags == 1].tolist():
            known[terminal].tampered = True


def refuse(known: Mapping[int, Known], gathered: Gathered, heard: set[tuple[int, int]]) -> None:
    """Count the values that could not be, of readings that were not heard before."""
    for terminal, times in gathered.refused.items():
        row = known.get(terminal)
        if row is None:
            continue
        for seq, name in times:
            if (terminal, seq) in heard:
                row.refused[name] = row.refused.get(name, 0) + 1


def settle(row: Known, allowed: Allowed) -> None:
    """Work out what follows from the newest values: versions, carrier, distance from the site."""
    for name in ("app_version", "firmware_version", "carrier"):
        told = row.signals.get(name)
        if told is not None:
            setattr(row, name, str(told[0])[:VERSION_LETTERS])
    if row.latitude is not None and row.longitude is not None and row.site is not None:
        row.away_m = round(distance_m(row.latitude, row.longitude, row.site[0], row.site[1]), 1)
    else:
        row.away_m = None
    row.away = allowed.is_away(row)


def state_after(why: list[str]) -> LiveState:
    """Return the state of a terminal that was just heard."""
    return LiveState.DEGRADED if why else LiveState.ONLINE


def distance_m(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return the way over the ground between two places (haversine), in metres."""
    north, south = math.radians(latitude), math.radians(to_latitude)
    chord = (
        math.sin((south - north) / 2) ** 2
        + math.cos(north)
        * math.cos(south)
        * math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))
