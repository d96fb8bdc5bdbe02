"""Kinds of rules that look at a course: a trend with its end in sight, a drift out of the usual, a changed text."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from tillkeeper.engines.alerting.counts import PEERS
from tillkeeper.engines.alerting.fields import number, one_of, read_by, signal, whole
from tillkeeper.engines.alerting.limits import ABOVE, BELOW, MOST
from tillkeeper.engines.alerting.looks import DAY_S, Floats, Gated, Look, Now
from tillkeeper.formats.voice.signals import Kind as Sort

HOUR_S: Final = 3600.0
MAD: Final = (
    1.4826  # times the median absolute deviation is the standard deviation of a normal spread
)


@dataclass(frozen=True, kw_only=True)
class Trend(Gated):
    """A value that will pass its limit within some hours if it goes on as it does: least squares that fade with time.

    It looks only where enough readings over enough time lie near one line (`fit`: R squared).
    """

    SLOTS: ClassVar[tuple[str, ...]] = ("then", "first", "n", "t", "tt", "x", "tx", "xx")
    signal: str = read_by(signal(Sort.GAUGE, Sort.COUNTER))
    op: str = read_by(one_of(ABOVE, BELOW))
    limit: float = read_by(number(-MOST, MOST))
    within_h: float = read_by(number(0.1, 24 * 366))
    window_s: float = read_by(number(600, 90 * DAY_S), 2 * DAY_S)
    least: int = read_by(whole(3, 10_000), 12)  # readings
    least_s: float = read_by(number(0, 90 * DAY_S), 6 * HOUR_S)  # from the first to the last
    fit: float = read_by(number(0, 1), 0.8)

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Move the sums to this moment, add the reading, and look ahead."""
        value = now.columns[self.signal]
        level, slope, fit, count, span = self._course(now, value)
        with np.errstate(divide="ignore", invalid="ignore"):
            left_h = (self.limit - level) / slope / HOUR_S
        towards = slope > 0 if self.op == ABOVE else slope < 0
        passed = value > self.limit if self.op == ABOVE else value < self.limit
        left_h = np.where(towards & (left_h > 0), left_h, np.inf)
        sure = (count >= self.least) & (span >= self.least_s) & (fit >= self.fit)
        over = sure & ~passed & (left_h <= self.within_h)
        if (excused := self.excused(now)) is not None:
            over &= ~excused
        # When the limit is passed, the rule that looks at the limit itself takes over.
        under = passed | (left_h > 1.5 * self.within_h)
        more = {"hours_left": left_h, "a_day": slope * DAY_S, "fit": fit}
        return Look(over, under & ~over, value, np.full(len(value), self.limit), more)

    def _course(self, now: Now, value: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        new = np.isnan(now.state[:, 0])
        now.state[new, 0] = now.state[new, 1] = now.at[new]
        now.state[new, 2:] = 0.0
        then, first, n, t, tt, x, tx, xx = now.state.T
        passed = now.at - then
        kept = np.exp(-passed / self.window_s)
        # Moments are counted back from now: all of them move by the time that passed.
        tt = kept * (tt - 2 * passed * t + passed**2 * n)
        tx = kept * (tx - passed * x)
        t = kept * (t - passed * n)
        n, x, xx = kept * n + 1, kept * x + value, kept * xx + value**2
        now.state[:] = np.column_stack([now.at, first, n, t, tt, x, tx, xx])
        with np.errstate(divide="ignore", invalid="ignore"):
            across, along, both = tt - t * t / n, xx - x * x / n, tx - t * x / n
            slope = np.where(across > 1.0, both / across, 0.0)
            fit = np.where(
                (across > 1.0) & (along > 1e-9 * (1 + xx)), both**2 / across / along, 0.0
            )
        return (x - slope * t) / n, slope, fit, n, now.at - first


@dataclass(frozen=True, kw_only=True)
class Ewma(Gated):
    """A drift out of a terminal's own usual: an exponentially weighted mean beyond its control limits.

    The usual is learnt from the first readings (`warm_up`) and follows slowly while all is well.

    Source: S. W. Roberts, "Control chart tests based on geometric moving averages", Technometrics 1 (1959) 239-250.
    """

    SLOTS: ClassVar[tuple[str, ...]] = ("n", "mean", "squares", "z")
    signal: str = read_by(signal(Sort.GAUGE))
    op: str = read_by(one_of(ABOVE, BELOW, "either"), "either")
    weight: float = read_by(number(0.01, 1), 0.2)
    width: float = read_by(number(1, 20), 3.0)  # of the limits, in standard deviations of the chart
    warm_up: int = read_by(whole(5, 10_000), 50)
    least_spread: float = read_by(number(0, MOST), 0.0)  # a standard deviation no smaller than this

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Learn while new; then compare."""
        value = now.columns[self.signal]
        n, mean, squares, z = now.state.T
        n, squares = np.nan_to_num(n), np.nan_to_num(squares)
        mean = np.where(np.isnan(mean), value, mean)
        learnt = n >= self.warm_up
        spread = np.sqrt(squares / np.maximum(n - 1, 1)).clip(max(self.least_spread, 1e-9))
        z = np.where(learnt, np.where(np.isnan(z), mean, z), np.nan)
        z = z + self.weight * (value - z)
        reach = self.width * spread * np.sqrt(self.weight / (2 - self.weight))
        away = {"above": z - mean, "below": mean - z, "either": np.abs(z - mean)}[self.op]
        over = learnt & (away > reach)
        # Welford's sums; while all is well they go on as if the warm-up had just ended, so that the usual may follow.
        follow = ~over
        n_next = np.where(follow, np.minimum(n + 1, self.warm_up * 4.0), n)
        step = np.where(follow, (value - mean) / np.maximum(n_next, 1), 0.0)
        capped = follow & (n >= self.warm_up * 4.0)
        squares = np.where(capped, squares * (1 - 1 / np.maximum(n_next, 1)), squares)
        squares = squares + np.where(follow, (value - mean) * (value - mean - step), 0.0)
        now.state[:] = np.column_stack([n_next, mean + step, squares, z])
        limit = mean + np.where(z >= mean, reach, -reach)
        return Look(over, learnt & (away <= 0.7 * reach), z, limit, {"usual": mean})


@dataclass(frozen=True, kw_only=True)
class Peers(Gated):
    """A terminal that stands out among its peers: a robust z-score of a value, by median and median deviation."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    signal: str = read_by(signal(Sort.GAUGE))
    op: str = read_by(one_of(ABOVE, BELOW))
    by: str = read_by(one_of(*PEERS))
    z: float = read_by(number(2, 100), 6.0)
    least_apart: float = read_by(number(0, MOST), 0.0)  # from the median, whatever the z-score
    least: int = read_by(whole(5, 100_000), 20)  # peers

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Compare with the peers' level; where none is known nothing is said."""
        value = now.columns[self.signal]
        median, spread = now.level(now.rule, now.terminal)
        apart = np.maximum(self.z * MAD * spread, self.least_apart)
        away = value - median if self.op == ABOVE else median - value
        limit = median + apart if self.op == ABOVE else median - apart
        over, under = away > apart, away <= 0.8 * apart
        return Look(over, under, value, limit, {"usual": median})


@dataclass(frozen=True, kw_only=True)
class Change(Gated):
    """A text that changed (it counts for a while), or that is not what its peers say."""

    SLOTS: ClassVar[tuple[str, ...]] = ("word", "changed")
    signal: str = read_by(signal(Sort.TEXT))
    against: str = read_by(one_of("before", "estate"), "before")
    by: str = read_by(one_of(*PEERS), "model")
    hold_s: float = read_by(number(60, 30 * DAY_S), DAY_S)

    @property
    def needs(self) -> tuple[str, ...]:
        """The text."""
        return (self.signal,)

    def look(self, now: Now) -> Look:
        """Compare digests of texts."""
        word = now.columns[self.signal]
        if self.against == "estate":
            usual, _ = now.level(now.rule, now.terminal)
            differs = (word != usual) & ~np.isnan(usual)
            return Look(differs, word == usual, word, usual)
        before, changed = now.state.T
        moved = ~np.isnan(before) & (before != word)
        changed = np.where(moved, now.at, changed)
        fresh = ~np.isnan(changed) & (now.at - changed < self.hold_s)
        now.state[:, 0] = word
        now.state[:, 1] = np.where(fresh, changed, np.nan)
        return Look(fresh, ~fresh, word, np.where(moved, before, np.nan))
