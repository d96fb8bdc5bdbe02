"""Alerts that have one cause are joined: by the site, carrier, host, version or model they share. Pure.

For each group that alerts could share it is asked how surprising so many of them are in so short a time, against what
that group usually has (Poisson). The most surprising group takes its alerts, then the next among those left: so a dark
shop is a dark shop, and an outage of a carrier in a hundred shops is one outage.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tillkeeper.engines.alerting.counts import log_tail

BY: Final = ("site", "carrier", "host", "version", "model")
LEAST: Final = 2  # alerts in a group
SURPRISE: Final = -9.2  # the natural logarithm of one in ten thousand
# The part of a group that must be struck. A shop goes dark as a whole; an outage of a host shows where people pay.
SHARES: Final[Mapping[str, float]] = {
    "site": 0.5,
    "carrier": 0.05,
    "host": 0.02,
    "version": 0.05,
    "model": 0.05,
}
LEAST_BY: Final[Mapping[str, int]] = {"site": 2, "carrier": 4, "host": 4, "version": 4, "model": 4}
LEAST_EXPECTED: Final = 1e-4  # alerts: a group that never had any has not proved that it never will


@dataclass(frozen=True, slots=True)
class Lone:
    """An alert that may be joined: its number, and the groups it could belong to, as (by, key)."""

    number: int
    at: float  # when it began, in seconds
    groups: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Usual:
    """What a group is: how many terminals, how many of these have the alert already, and what it usually has."""

    terminals: int
    expected: float  # alerts in the span that is looked at
    struck: int = 0  # terminals that have such an alert now, joined or not


@dataclass(frozen=True, slots=True)
class Joined:
    """Alerts with one cause."""

    by: str
    key: str
    numbers: tuple[int, ...]
    terminals: int
    expected: float
    surprise: float  # natural logarithm of the probability


def join(alerts: Sequence[Lone], usual: Mapping[tuple[str, str], Usual]) -> list[Joined]:
    """Return the groups that explain alerts, the most surprising first; each alert is in at most one.

    Args:
        alerts: of one rule, that began within the span that is looked at.
        usual: what is known of each group; one that is not there joins nothing.
    """
    left = {alert.number: alert for alert in alerts}
    found: list[Joined] = []
    while (best := _best(left.values(), usual)) is not None:
        found.append(best)
        for number in best.numbers:
            del left[number]
    return found


def _best(alerts: Iterable[Lone], usual: Mapping[tuple[str, str], Usual]) -> Joined | None:
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for alert in alerts:
        for group in alert.groups:
            members[group].append(alert.number)
    judged = (
        joined
        for group, numbers in members.items()
        if group in usual and (joined := _judged(group, numbers, usual[group])) is not None
    )
    # Equal surprises: the narrower group, then the key, so that the order of alerts does not matter.
    return min(judged, key=lambda one: (one.surprise, one.terminals, one.by, one.key), default=None)


def _judged(group: tuple[str, str], numbers: Sequence[int], usual: Usual) -> Joined | None:
    by, key = group
    count = len(numbers)
    struck = max(count, usual.struck)
    if count < LEAST or struck < LEAST_BY[by] or struck < SHARES[by] * usual.terminals:
        return None
    expected = max(usual.expected, LEAST_EXPECTED)
    surprise = log_tail(count, expected)
    if surprise > SURPRISE:
        return None
    return Joined(by, key, tuple(sorted(numbers)), usual.terminals, expected, surprise)
