"""The kinds of faults: data, read from TOML. What a kind does to a terminal is which knobs it turns, and how far.

`faults.toml` beside this module tells the kinds that everybody has; a file of one's own changes some of them or adds
others. A sign says what shows a fault: `signal > limit`, `signal < limit`, `counter + so many more`, or `silence`.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Final

from tillkeeper.engines.rehearsal.fleet.terminals import TRAITS
from tillkeeper.formats.voice.signals import MEASURED, SIGNALS

KNOBS: Final = (
    "paper",  # 1: none
    "cover",  # 1: open
    "motor",  # 1: does not turn
    "head_heat",  # degrees more
    "print_km",  # km an hour more
    "battery_wear",  # per cent of health gone
    "battery_heat",  # degrees more
    "no_charge",  # 1: plugged in, and nothing comes
    "chip",  # share of reads that fail, more
    "stripe",
    "tap",
    "tampered",
    "skew",  # seconds that its clock is off
    "restarts",  # an hour, more
    "crashes",  # an hour, more
    "fill",  # per cent of storage gone
    "no_network",  # 1: it runs and reaches nobody
    "no_power",  # 1: the site is dark
    "weak",  # dB less
    "slow",  # times the latency, more
    "host_down",  # share of requests that its host does not answer, more
    "new_app",  # 1: it has the version of the cause
    "moved_km",
    "bearing",  # in radians: where to
    "cloned",
)
GROUPS: Final = ("terminal", "site", "carrier", "host", "version")
SILENCE: Final = "silence"
COUNTER: Final = "counter"  # of check-ins: what a copy gives away
SHOWN: Final = ("clock", "away_m", "cloned")  # what signs may name beside signals
SIGNS: Final = (">", "<", "+")
HOURS_MOST: Final = 24 * 366.0
FIRST_MOST: Final = 10_000


class FaultsUnreadable(ValueError):
    """A file of faults does not say what it must. Its message tells where and why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way a terminal, or a group of them, goes wrong."""

    name: str
    code: str
    rate: float  # in a month, for a terminal, a site, a carrier of an area, a host, the fleet
    lasts_h: tuple[float, float]
    turns: Mapping[str, tuple[float, float]]
    sign: tuple[str, str, float]
    group: str = "terminal"
    needs: str = ""
    ramp_h: float = 0.0  # until it has come to its full extent
    by_day: bool = False  # people do it: only while the site is open
    share: float = 1.0  # of the group that it strikes
    shows: tuple[str, ...] = field(default=())
    first: int = 0  # so many for certain, soon after the start
    after_s: float = 0.0  # from the start, before those


def default_kinds() -> dict[str, Kind]:
    """Return the kinds of the package."""
    text = files(__package__).joinpath("faults.toml").read_text(encoding="utf-8")
    return read_kinds(tomllib.loads(text), {})


def read_kinds(told: Mapping[str, Any], known: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return known kinds, changed and added to as a file tells.

    Raises:
        FaultsUnreadable: a kind is not what it must be.
    """
    return {**known, **{name: _kind(name, of, known.get(name)) for name, of in told.items()}}


def _kind(name: str, told: Any, before: Kind | None) -> Kind:
    if not isinstance(told, dict):
        raise FaultsUnreadable(f"[{name}] must be a table")
    if unknown := sorted(set(told) - _FIELDS):
        raise FaultsUnreadable(f"[{name}] has no such setting: {', '.join(unknown)}")
    if before is None and (missing := sorted(_NEEDED - set(told))):
        raise FaultsUnreadable(f"[{name}] is a new kind: it must say {', '.join(missing)}")
    try:
        values = {key: _READ[key](value) for key, value in told.items()}
        made = replace(before, **values) if before else Kind(name=name, **{**_BLANK, **values})
    except (TypeError, ValueError) as error:
        raise FaultsUnreadable(f"[{name}]: {error}") from None
    return replace(made, shows=made.shows or (made.sign[0],))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10**6:
        raise ValueError(f"{value!r} is not a number from 0 to a million")
    return float(value)


def _certain(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= FIRST_MOST:
        raise ValueError(f"{value!r} is not a whole number from 0 to {FIRST_MOST}")
    return value


def yes_or_no(value: Any) -> bool:
    """Return what is told: `"no"` is a text, and would count as yes."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not true or false")  # noqa: TRY004  told with the rest
    return value


def _span(value: Any) -> tuple[float, float]:
    ends = value if isinstance(value, list) else [value, value]
    if len(ends) != 2:
        raise ValueError(f"{value!r} is not a number, or a least and a most")
    least, most = map(_number, ends)
    if least > most:
        raise ValueError(f"{value!r} does not go up")
    return least, most


def _hours(value: Any) -> tuple[float, float]:
    least, most = _span(value)
    if most > HOURS_MOST:
        raise ValueError(f"{most} hours are more than a year")
    return least, most


def _turns(value: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(value, dict) or not set(value) <= set(KNOBS):
        raise ValueError(f"turns knows only {', '.join(KNOBS)}")
    return {knob: _span(extent) for knob, extent in value.items()}


def _sign(value: Any) -> tuple[str, str, float]:
    parts = str(value).split()
    if parts == [SILENCE]:
        return (SILENCE, "", 0.0)
    if len(parts) != 3 or parts[1] not in SIGNS:
        raise ValueError(f"{value!r} is not a sign such as `paper_out > 0.5`")
    if parts[0] not in SHOWN and parts[0] not in MEASURED:
        raise ValueError(f"{parts[0]!r} is no signal")
    try:
        limit = float(parts[2])
    except ValueError:
        limit = math.nan
    if not math.isfinite(limit):
        raise ValueError(f"{parts[2]!r} is no number that a signal could pass")
    return (parts[0], parts[1], limit)


def _one_of(*allowed: str) -> Any:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, allowed))}")
        return str(value)

    return read


def _shows(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of signals")  # noqa: TRY004  told with the rest
    for name in value:
        if name not in (*SHOWN, SILENCE, COUNTER) and name not in SIGNALS:
            raise ValueError(f"{name!r} is no signal")
    return tuple(value)


_READ: Final = {
    "code": str,
    "rate": _number,
    "lasts_h": _hours,
    "turns": _turns,
    "sign": _sign,
    "group": _one_of(*GROUPS),
    "needs": _one_of(*TRAITS),
    "ramp_h": _number,
    "by_day": yes_or_no,
    "share": lambda value: min(1.0, _number(value)),
    "shows": _shows,
    "after_s": _number,
    "first": _certain,
}
_FIELDS: Final = frozenset(_READ)
_NEEDED: Final = frozenset({"turns", "sign"})  # of a kind that nobody knows yet
_BLANK: Final[dict[str, Any]] = {"code": "", "rate": 0.0, "lasts_h": (1.0, 4.0)}
