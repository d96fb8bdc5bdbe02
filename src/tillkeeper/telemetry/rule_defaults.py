"""The alert rules an installation starts with: they count everywhere, until one of the same code is written nearer.

Limits are those of practice.md 10.3 and of the catalogue of signals. Names are English; readers see them in theirs.
Pure: what stands here is data.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from tillkeeper.telemetry.lifecycle import Severity

BY: Final = "system:defaults"  # who wrote them
_I, _W, _C = Severity.INFO, Severity.WARNING, Severity.CRITICAL
HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Seed:
    """A default rule. `fault`: where it most often leads."""

    code: str
    name: str
    severity: Severity
    spec: dict[str, Any]
    fault: str = ""
    join: tuple[str, ...] = ()
    incident: bool = False
    quiet: dict[str, str] = field(default_factory=dict)


def _above(signal: str, limit: float, clear: float, **more: Any) -> dict[str, Any]:
    return {
        "kind": "threshold",
        "signal": signal,
        "op": "above",
        "limit": limit,
        "clear": clear,
        **more,
    }


def _below(signal: str, limit: float, clear: float, **more: Any) -> dict[str, Any]:
    return {
        "kind": "threshold",
        "signal": signal,
        "op": "below",
        "limit": limit,
        "clear": clear,
        **more,
    }


def _code(signal: str, *faults: str) -> dict[str, Any]:
    return {"kind": "code", "signal": signal, "faults": list(faults)}


def _fails(reader: str, limit: float, usual: float) -> dict[str, Any]:
    return {
        "kind": "ratio",
        "fails": f"{reader}_fails",
        "of": [f"{reader}_reads"],
        "limit": limit,
        "usual": usual,
        "peers": "model",
    }


DEFAULTS: Final = (
    # power
    Seed("battery_low", "Battery low", _W, _below("battery_level", 15, 25), "H-PWR-ADP"),
    Seed(
        "battery_worn", "Battery worn", _W, _below("battery_health", 75, 78, times=2), "H-BAT-WEAR"
    ),
    Seed(
        "battery_hot", "Battery hot", _W, _above("battery_temperature", 45, 42, times=2), "E-TEMP"
    ),
    Seed(
        "battery_swelling",
        "Battery may be swelling: stop using it",
        _C,
        _above("battery_temperature", 50, 45, times=2),
        "H-BAT-SWELL",
        incident=True,
    ),
    Seed(
        "battery_cycles",
        "Battery near the end of its cycles",
        _I,
        _above("battery_cycles", 500, 500),
        "H-BAT-WEAR",
    ),
    Seed(
        "low_voltage",
        "Printer reports low voltage",
        _W,
        _code("printer_code", "H-PWR-ADP"),
        "H-PWR-ADP",
    ),
    # printer
    Seed("paper_out", "Out of paper", _W, {"kind": "flag", "signal": "paper_out"}, "H-PRT-PAPER"),
    Seed(
        "cover_open",
        "Printer cover open",
        _W,
        {"kind": "flag", "signal": "cover_open", "times": 2},
        "H-PRT-PAPER",
    ),
    Seed(
        "head_hot", "Print head hot", _W, _above("head_temperature", 65, 58, times=2), "H-PRT-HEAT"
    ),
    Seed("head_worn", "Print head worn", _W, _above("print_km", 40, 40), "H-PRT-HEAD"),
    Seed("head_spent", "Print head past its life", _C, _above("print_km", 50, 50), "H-PRT-HEAD"),
    Seed(
        "head_wearing",
        "Print head reaches the end of its life soon",
        _I,
        {
            "kind": "trend",
            "signal": "print_km",
            "op": "above",
            "limit": 50,
            "within_h": 14 * 24,
            "window_s": 7 * DAY,
            "least": 24,
            "least_s": DAY,
            "fit": 0.9,
        },
        "H-PRT-HEAD",
    ),
    Seed(
        "printer_broken",
        "Printer mechanism reports a fault",
        _W,
        _code("printer_code", "H-PRT-MOTOR", "H-PRT-JAM"),
        "H-PRT-MOTOR",
    ),
    # readers
    Seed("chip_reader", "Chip reader fails too often", _W, _fails("chip", 0.12, 0.015), "H-ICC"),
    Seed(
        "stripe_reader", "Stripe reader fails too often", _W, _fails("stripe", 0.25, 0.035), "H-MSR"
    ),
    Seed(
        "tap_reader", "Contactless reader fails too often", _W, _fails("tap", 0.12, 0.015), "H-NFC"
    ),
    Seed(
        "tampered",
        "Tampering found",
        _C,
        {"kind": "flag", "signal": "tampered"},
        "H-TAMPER",
        incident=True,
    ),
    Seed(
        "keys_missing",
        "PIN pad reports missing or wrong keys",
        _W,
        _code("ped_code", "S-KEY"),
        "S-KEY",
    ),
    # software
    Seed("storage_low", "Storage nearly full", _W, _below("storage_free", 10, 14), "S-STORAGE"),
    Seed("storage_full", "Storage full", _C, _below("storage_free", 5, 9), "S-STORAGE"),
    Seed(
        "storage_filling",
        "Storage full soon",
        _I,
        {
            "kind": "trend",
            "signal": "storage_free",
            "op": "below",
            "limit": 5,
            "within_h": 24,
            "window_s": 12 * HOUR,
            "least": 12,
            "least_s": 2 * HOUR,
            "fit": 0.9,
        },
        "S-STORAGE",
    ),
    Seed("memory_low", "Memory nearly full", _I, _below("memory_free", 4, 8, for_s=HOUR), "S-OS"),
    Seed(
        "crashes",
        "Payment application crashes",
        _W,
        {
            "kind": "counter_rate",
            "signal": "crashes",
            "limit": 0.6,
            "window_s": 3 * HOUR,
            "least": 1.8,
        },
        "S-APP",
        join=("version", "model"),
    ),
    Seed(
        "restarts",
        "Restarts again and again",
        _W,
        {
            "kind": "counter_rate",
            "signal": "restarts",
            "limit": 1.2,
            "window_s": 2 * HOUR,
            "least": 1.8,
        },
        "S-OS",
        join=("version", "site"),
    ),
    Seed("clock_wrong", "Clock wrong", _W, _above("skew_s", 120, 60, size=True), "H-RTC"),
    Seed(
        "version_differs",
        "Another version than its peers",
        _I,
        {"kind": "change", "signal": "app_version", "against": "estate", "by": "model"},
        "S-APP",
        join=("version",),
    ),
    # network
    Seed(
        "late",
        "Did not come when expected",
        _I,
        {"kind": "silence", "state": "late"},
        "N-LAN",
        join=("site", "carrier", "host", "version"),
    ),
    Seed(
        "offline",
        "Not heard any more",
        _C,
        {"kind": "silence", "state": "offline"},
        "N-LAN",
        join=("site", "carrier", "host", "version"),
        incident=True,
    ),
    Seed(
        "weak_signal",
        "Weak mobile signal",
        _W,
        _below("rsrp", -105, -100, times=2),
        "N-SIG",
        join=("site", "carrier"),
    ),
    Seed(
        "weak_wifi",
        "Weak Wi-Fi",
        _I,
        _below("wifi_rssi", -75, -70, times=3),
        "N-WIFI",
        join=("site",),
    ),
    Seed(
        "slow_network",
        "Network slow",
        _W,
        _above("latency", 1_600, 1_100, times=2),
        "N-LAN",
        join=("site", "carrier", "host"),
    ),
    Seed(
        "host_fails",
        "The host does not answer",
        _C,
        {
            "kind": "ratio",
            "fails": "host_fails",
            "of": ["sales", "host_fails"],
            "limit": 0.3,
            "usual": 0.01,
            "least": 2,
            "certainty": 7.5,
        },
        "B-HOST",
        join=("host", "carrier", "site"),
        incident=True,
    ),
    Seed("sim_changed", "Another SIM", _W, {"kind": "change", "signal": "iccid"}, "P-POLICY"),
    # place
    Seed(
        "moved_away",
        "Away from its site",
        _C,
        {"kind": "place", "times": 2},
        "P-POLICY",
        incident=True,
    ),
    Seed(
        "too_hot",
        "Too hot where it stands",
        _W,
        _above("temperature", 45, 42, times=3),
        "E-TEMP",
        join=("site",),
    ),
    Seed(
        "too_damp",
        "Too damp where it stands",
        _I,
        _above("humidity", 98, 95, for_s=2 * HOUR),
        "E-HUM",
        join=("site",),
    ),
)
BY_CODE: Final = {seed.code: seed for seed in DEFAULTS}
