"""Kinds of rules that count: how often in an hour, and which part of the attempts fails. Safe against resets."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from tillkeeper.engines.alerting.errors import bad
from tillkeeper.engines.alerting.fields import (
    number,
    one_of,
    perhaps,
    read_by,
    signal,
    signals,
    whole,
)
from tillkeeper.engines.alerting.looks import DAY_S, Floats, Gated, Look, Now
from tillkeeper.formats.voice.signals import Kind as Sort

HOUR_S: Final = 3600.0
FADED: Final = 1e-3  # events; what is left of them is forgotten
STEEPEST: Final = 0.999
PEERS: Final = ("model", "carrier", "version", "site")  # what makes terminals peers


@dataclass(frozen=True, kw_only=True)
class CounterRate(Gated):
    """A counter that goes up too fast: so many an hour, over a window that fades exponentially."""

    SLOTS: ClassVar[tuple[str, ...]] = ("last", "events", "then")
    signal: str = read_by(signal(Sort.COUNTER))
    limit: float = read_by(number(0, 1e12))  # an hour
    clear: float | None = read_by(perhaps(number(0, 1e12)), None)  # an hour; blank: half the limit
    window_s: float = read_by(number(60, 30 * DAY_S), HOUR_S)
    least: float = read_by(number(0, 1e12), 0.0)  # events in the window

    def __post_init__(self) -> None:
        """Refuse a `clear` on the bad side."""
        if self.clear is not None and self.clear > self.limit:
            raise bad("clear", self.clear, "clear", limit=f"{self.limit:g}")

    @property
    def needs(self) -> tuple[str, ...]:
        """The counter."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Count what came since the last reading, spread evenly over the time between them."""
        last, events, then = now.state.T
        value = now.columns[self.signal]
        steps = (now.at - np.where(np.isnan(then), now.at, then)).clip(1.0) / self.window_s
        rose = rise(value, last)
        fading = np.exp(-steps)
        counted = np.nan_to_num(events) * fading + rose * (1 - fading) / steps
        rate = counted * (HOUR_S / self.window_s)
        now.state[:, 0] = value
        now.state[:, 1] = np.where(counted > FADED, counted, np.nan)
        now.state[:, 2] = now.at
        clear = self.limit / 2 if self.clear is None else self.clear
        over = (rate > self.limit) & (counted >= self.least)
        return Look(over, rate <= clear, rate, np.full(len(rate), self.limit), {"events": counted})


@dataclass(frozen=True, kw_only=True)
class Ratio(Gated):
    """A part of attempts that fails: the log likelihood of `limit` against `usual`, summed as the attempts come.

    Page's CUSUM: of all tests with as few false alarms it needs the fewest attempts. With `peers` the usual part is
    that of the terminal's peers, if it is higher than `usual`.

    Source: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954) 100-115.
    """

    SLOTS: ClassVar[tuple[str, ...]] = ("fails", "of", "score", "seen_fails", "seen_of")
    fails: str = read_by(signal(Sort.COUNTER))
    of: tuple[str, ...] = read_by(signals(Sort.COUNTER))
    limit: float = read_by(number(0.001, 1))
    usual: float = read_by(number(0.0001, 0.9), 0.01)
    least: int = read_by(whole(1, 100_000), 3)  # fails
    certainty: float = read_by(number(2, 40), 9.0)  # of the evidence, as a natural logarithm
    peers: str | None = read_by(perhaps(one_of(*PEERS)), None)

    def __post_init__(self) -> None:
        """Refuse a usual part that is no smaller than the limit."""
        if self.usual >= self.limit:
            raise bad("usual", self.usual, "usual", limit=f"{self.limit:g}")

    @property
    def needs(self) -> tuple[str, ...]:
        """All counters."""
        return (self.fails, *self.of)

    def look(self, now: Now) -> Look:
        """Add the evidence of the attempts since the last reading."""
        last_fails, last_of, score, seen_fails, seen_of = now.state.T
        fails = now.columns[self.fails]
        of = np.sum([now.columns[name] for name in self.of], axis=0)
        failed = rise(fails, last_fails)
        tried = np.maximum(rise(of, last_of), failed)
        usual = self._usual(now, failed, score)
        limit = np.minimum(np.maximum(self.limit, 3 * usual), STEEPEST)
        evidence = failed * np.log(limit / usual)
        evidence += (tried - failed) * np.log((1 - limit) / (1 - usual))
        score = (np.nan_to_num(score) + evidence).clip(0, 1.5 * self.certainty)
        calm = score <= 0
        seen_fails = np.where(calm, 0.0, np.nan_to_num(seen_fails) + failed)
        seen_of = np.where(calm, 0.0, np.nan_to_num(seen_of) + tried)
        now.state[:, 0], now.state[:, 1] = fails, of
        for slot, figure in ((2, score), (3, seen_fails), (4, seen_of)):
            now.state[:, slot] = np.where(figure > 0, figure, np.nan)
        over = (score >= self.certainty) & (seen_fails >= self.least)
        share = np.divide(seen_fails, seen_of, out=np.zeros_like(score), where=seen_of > 0)
        more = {"fails": seen_fails, "of": seen_of, "usual": usual}
        return Look(over, calm, share, limit, more)

    def _usual(self, now: Now, failed: Floats, score: Floats) -> Floats:
        usual = np.full(len(failed), self.usual)
        if self.peers is None:
            return usual
        asked = (failed > 0) | ~np.isnan(score)
        if asked.any():
            level, _ = now.level(now.rule, now.terminal[asked])
            usual[asked] = np.fmax(self.usual, np.minimum(level, 0.9 * self.limit))
        return usual


def rise(value: Floats, last: Floats) -> Floats:
    """Return by how much a counter went up; nothing for the first reading, and nothing where it was set back."""
    return np.nan_to_num(value - last).clip(0.0)


def log_tail(count: int, expected: float) -> float:
    """Return the natural logarithm of the probability of `count` or more, where `expected` come by chance (Poisson).

    Summed from the largest term on, so that it holds for probabilities far below what a float can hold.
    """
    if count <= 0:
        return 0.0
    if expected <= 0:
        return -math.inf
    if count <= expected:
        return math.log(max(1.0 - _below(count, expected), 1e-300))
    first = count * math.log(expected) - expected - math.lgamma(count + 1)
    total, term, step = 1.0, 1.0, count
    while term > 1e-12 * total:
        step += 1
        term *= expected / step
        total += term
    return min(0.0, first + math.log(total))


def _below(count: int, expected: float) -> float:
    logs = (k * math.log(expected) - expected - math.lgamma(k + 1) for k in range(count))
    return sum(math.exp(one) for one in logs)
