"""The line a measurement prints: the figure, its limit or peer from the same run, and whether the goal was met."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable


def line(  # noqa: PLR0913  the format of every line
    name: str,
    value: float,
    unit: str,
    *,
    limit: float | None = None,
    peer: float | None = None,
    goal: str = "",
    met: bool | None = None,
    runs: int = 1,
) -> None:
    """Print one JSON line; `ratio` is value to peer, or to limit where there is no peer."""
    base = peer if peer is not None else limit
    if met is None and limit is not None:
        met = value <= limit
    told = {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "limit": limit,
        "peer": None if peer is None else round(peer, 3),
        "ratio": round(value / base, 3) if base else None,
        "goal": goal,
        "met": met,
        "runs": runs,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    }
    print(json.dumps(told), flush=True)


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def p95(values: Iterable[float]) -> float:
    """Return the value that 95 of 100 do not pass."""
    return statistics.quantiles(list(values), n=20, method="inclusive")[18]
