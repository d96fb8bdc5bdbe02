"""The signals a terminal may report: what each is, in what unit, and which values are impossible. Pure.

Ranges are those of practice.md section 10.3; `impossible` bounds are inclusive ends of what can be. A counter only goes
up; one that goes back was reset (a part was replaced) or lies, and is told, not refused.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """How a signal behaves."""

    GAUGE = "gauge"  # goes up and down
    COUNTER = "counter"  # only goes up
    FLAG = "flag"  # yes or no
    TEXT = "text"  # a word: a version, a carrier


class Worse(StrEnum):
    """Which way is bad, for charts and for the defaults of a rule."""

    LOW = "low"
    HIGH = "high"
    NEITHER = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal."""

    name: str
    kind: Kind
    unit: str = ""
    least: float | None = None
    most: float | None = None
    warn: float | None = None
    critical: float | None = None
    worse: Worse = Worse.NEITHER
    group: str = (
        ""  # of the terminal's page: power, network, printer, reader, storage, place, software
    )


_G, _C, _F, _T = Kind.GAUGE, Kind.COUNTER, Kind.FLAG, Kind.TEXT
_LOW, _HIGH = Worse.LOW, Worse.HIGH
_ALL: Final = (
    Signal("battery_level", _G, "%", 0, 100, 15, 5, _LOW, "power"),
    Signal("battery_health", _G, "%", 0, 100, 75, 65, _LOW, "power"),
    Signal("battery_temperature", _G, "°C", -30, 90, 45, 55, _HIGH, "power"),
    Signal("battery_cycles", _C, "", 0, 10_000, 500, 800, _HIGH, "power"),
    Signal("charging", _F, group="power"),
    Signal("mains", _F, group="power"),
    Signal("voltage", _G, "V", 0, 60, group="power"),
    Signal("network", _T, group="network"),  # cell, wifi, lan
    Signal("carrier", _T, group="network"),
    Signal("iccid", _T, group="network"),
    Signal("rsrp", _G, "dBm", -140, -44, -105, -115, _LOW, "network"),
    Signal("csq", _G, "", 0, 99, 10, 5, _LOW, "network"),  # 99: unknown
    Signal("wifi_rssi", _G, "dBm", -120, 0, -75, -85, _LOW, "network"),
    Signal("latency", _G, "ms", 0, 600_000, 2_000, 8_000, _HIGH, "network"),
    Signal("printer_code", _G, "", -100_000, 100_000, group="printer"),  # the maker's own
    Signal("paper_out", _F, group="printer"),
    Signal("cover_open", _F, group="printer"),
    Signal("head_temperature", _G, "°C", -30, 150, 65, 75, _HIGH, "printer"),
    Signal("print_km", _C, "km", 0, 1_000, 40, 50, _HIGH, "printer"),  # of the print head
    Signal("chip_reads", _C, "", 0, 2**40, group="reader"),
    Signal("chip_fails", _C, "", 0, 2**40, group="reader"),
    Signal("stripe_reads", _C, "", 0, 2**40, group="reader"),
    Signal("stripe_fails", _C, "", 0, 2**40, group="reader"),
    Signal("tap_reads", _C, "", 0, 2**40, group="reader"),
    Signal("tap_fails", _C, "", 0, 2**40, group="reader"),
    Signal("ped_code", _G, "", -100_000, 100_000, group="reader"),
    Signal("tampered", _F, group="reader"),
    Signal("sales", _C, "", 0, 2**40, group="software"),
    Signal("declines", _C, "", 0, 2**40, group="software"),
    Signal("host_fails", _C, "", 0, 2**40, group="software"),
    Signal("fallbacks", _C, "", 0, 2**40, group="software"),
    Signal("crashes", _C, "", 0, 2**40, group="software"),
    Signal("restarts", _C, "", 0, 2**40, group="software"),
    Signal("uptime", _G, "s", 0, 10**9, group="software"),
    Signal("processor", _G, "%", 0, 100, 90, 98, _HIGH, "software"),
    Signal("memory_free", _G, "%", 0, 100, 10, 4, _LOW, "storage"),
    Signal("storage_free", _G, "%", 0, 100, 10, 5, _LOW, "storage"),
    Signal("temperature", _G, "°C", -40, 85, 40, 50, _HIGH, "place"),
    Signal("humidity", _G, "%", 0, 100, 90, 97, _HIGH, "place"),
    Signal("latitude", _G, "°", -90, 90, group="place"),
    Signal("longitude", _G, "°", -180, 180, group="place"),
    Signal("accuracy", _G, "m", 0, 10**6, group="place"),
    Signal("app_version", _T, group="software"),
    Signal("firmware_version", _T, group="software"),
    Signal("os_version", _T, group="software"),
    Signal("config_version", _T, group="software"),
)
SIGNALS: Final = MappingProxyType({signal.name: signal for signal in _ALL})
MEASURED: Final = tuple(
    s.name for s in _ALL if s.kind is not _T
)  # numbers and flags, in the history's order
WORDS: Final = tuple(s.name for s in _ALL if s.kind is _T)


def usable(name: str, value: object) -> str:
    """Return why a value cannot be what a signal says, or nothing: `kind`, `range`.

    An unknown signal is never unusable: it is passed over.
    """
    signal = SIGNALS.get(name)
    if signal is None or value is None:
        return ""
    if signal.kind is _T:
        return "" if isinstance(value, str) else "kind"
    if isinstance(value, str) or (signal.kind is _F) != isinstance(value, bool):
        return "kind"
    least, most = signal.least, signal.most
    fits = value == value and (least is None or value >= least) and (most is None or value <= most)  # type: ignore[operator]  # noqa: PLR0124  NaN
    return "" if fits else "range"
