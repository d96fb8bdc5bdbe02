"""Worn parts on their way to a limit: said only where the trend deserves it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from tillkeeper.formats.voice.signals import SIGNALS, Worse

LEAST_SPAN_S: Final = 3 * 86_400
LEAST_POINTS: Final = 12
LEAST_FIT: Final = 0.6
FURTHEST_DAYS: Final = 3 * 365
RENEWED: Final = 0.05  # a jump back by so much of the way to the limit: the part was replaced


@dataclass(frozen=True, slots=True)
class Point:
    """What a signal did in one step of a chart; for a single reading low, mean and high are the same."""

    at: datetime  # the middle of the readings
    low: float
    mean: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """A worn part's way to its limit: the trend fits (`fit`, 0 to 1) and leads there in `days`; 0: it is there."""

    signal: str
    now: float
    limit: float
    per_day: float
    days: float
    fit: float


def trend(signal: str, points: Sequence[Point]) -> Outlook | None:
    """Return where the line through the readings since the part was last renewed leads; None: it leads nowhere.

    Args:
        signal: one with a critical limit.
        points: oldest first.
    """
    spec = SIGNALS[signal]
    limit, sign = spec.critical, (1 if spec.worse is Worse.HIGH else -1)
    if limit is None:
        return None
    days = np.array([point.at.timestamp() for point in points]) / 86_400
    worn = np.array([point.mean for point in points]) * sign
    begins = _last_renewal(worn, limit * sign)
    days, worn = days[begins:], worn[begins:]
    if len(days) < LEAST_POINTS or (days[-1] - days[0]) * 86_400 < LEAST_SPAN_S:
        return None
    middle = days - days.mean()
    slope = float(middle @ (worn - worn.mean()) / (middle @ middle))
    spread = float(((worn - worn.mean()) ** 2).sum())
    if slope <= 0 or spread == 0:
        return None
    fit = slope**2 * float(middle @ middle) / spread
    now = float(worn.mean() + slope * middle[-1])
    left = max(0.0, (limit * sign - now) / slope)
    if fit < LEAST_FIT or left > FURTHEST_DAYS:
        return None
    return Outlook(signal, round(now * sign, 3), limit, slope * sign, left, fit)


def _last_renewal(worn: np.ndarray, limit: float) -> int:
    """Return the first place after the last jump back."""
    if len(worn) < 2:
        return 0
    way = max(abs(limit - float(worn.min())), 1e-9)
    jumps = np.flatnonzero(np.diff(worn) < -RENEWED * way)
    return int(jumps[-1]) + 1 if len(jumps) else 0
