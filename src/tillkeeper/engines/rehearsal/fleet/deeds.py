"""What a terminal does when it is asked from afar, and what it truthfully says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from zlib import crc32

from tillkeeper.engines.rehearsal.fleet.fleet import Fleet

PARTS: Final = ("printer", "network", "reader", "sensors")
FAILING_SHARE: Final = 0.1  # of reads, from which a reader does not pass its test
SLOW_MS, WEAK_DBM = 2000, -105
HOT_HEAD: Final = 68.0
OFTEN_RESTARTING: Final = 1.0  # an hour
MESSAGE_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A terminal's word of an action."""

    outcome: str
    code: str = ""
    said: str = ""
    facts: Mapping[str, float | str | bool] = field(default_factory=dict)


def do(fleet: Fleet, row: int, kind: str, arguments: Mapping[str, Any]) -> Answer:
    """Let a terminal do what is asked; what it does not know it refuses."""
    deed = _DEEDS.get(kind)
    return deed(fleet, row, arguments) if deed else Answer("failed", "unknown_kind", kind[:64])


def _self_test(fleet: Fleet, row: int, arguments: Mapping[str, Any]) -> Answer:
    asked = [part for part in arguments.get("parts") or PARTS if part in _TESTS]
    found = {part: _TESTS[part](fleet, row) for part in asked}
    troubles = {part: code for part, code in found.items() if code}
    facts: dict[str, float | str | bool] = {part: found[part] or "ok" for part in asked}
    if not troubles:
        return Answer("confirmed", "", "", facts)
    return Answer("failed", next(iter(troubles.values())), ", ".join(troubles), facts)


def _printer(fleet: Fleet, row: int) -> str:
    if not fleet.body.printer[row]:
        return ""
    for knob, code in (
        ("motor", "printer_motor"),
        ("cover", "printer_cover_open"),
        ("paper", "printer_paper_out"),
    ):
        if fleet.knob(knob, row) > 0.5:
            return code
    hot = fleet.value("head_temperature", row) > HOT_HEAD
    return "printer_hot" if hot else ""


def _network(fleet: Fleet, row: int) -> str:
    if fleet.value("rsrp", row) < WEAK_DBM:
        return "network_weak"
    return "network_slow" if fleet.value("latency", row) > SLOW_MS else ""


def _reader(fleet: Fleet, row: int) -> str:
    for name in ("chip", "stripe", "tap"):
        if fleet.body.readers[row] and fleet.knob(name, row) > FAILING_SHARE:
            return f"reader_{name}"
    return ""


def _sensors(fleet: Fleet, row: int) -> str:
    if fleet.knob("tampered", row) > 0.5:
        return "sensors_tampered"
    return "sensors_battery_hot" if fleet.value("battery_temperature", row) > 45 else ""


_TESTS: Final[Mapping[str, Callable[[Fleet, int], str]]] = MappingProxyType(
    {"printer": _printer, "network": _network, "reader": _reader, "sensors": _sensors}
)


def _reboot(fleet: Fleet, row: int, _arguments: Mapping[str, Any]) -> Answer:
    if fleet.knob("restarts", row) > OFTEN_RESTARTING:
        return Answer("failed", "watchdog", "restarted, and restarted again by itself")
    fleet.restart(row)
    return Answer("confirmed")


def _configure(fleet: Fleet, row: int, arguments: Mapping[str, Any]) -> Answer:
    values = arguments.get("values") or {}
    version = f"c-{crc32(repr(sorted(values.items())).encode()):08x}"
    if fleet.value("storage_free", row) < 2:
        return Answer("failed", "storage_full", "no room for the new configuration")
    fleet.configs[row] = version
    return Answer("confirmed", "", "", {"config_version": version})


def _message(_fleet: Fleet, _row: int, arguments: Mapping[str, Any]) -> Answer:
    text = str(arguments.get("zh") or arguments.get("en") or "")
    if len(text) > MESSAGE_MOST:
        return Answer("failed", "text_too_long", "", {"most": MESSAGE_MOST})
    return Answer("confirmed", "", "", {"shown": bool(text)})


def _lock(fleet: Fleet, row: int, _arguments: Mapping[str, Any]) -> Answer:
    fleet.locked[row] = True
    return Answer("confirmed", "", "", {"locked": True})


def _unlock(fleet: Fleet, row: int, _arguments: Mapping[str, Any]) -> Answer:
    fleet.locked[row] = False
    return Answer("confirmed", "", "", {"locked": False})


def _wipe(fleet: Fleet, row: int, _arguments: Mapping[str, Any]) -> Answer:
    fleet.locked[row] = True
    fleet.configs[row] = "none"
    return Answer("confirmed", "", "", {"wiped": True})


def _fetch_log(_fleet: Fleet, _row: int, _arguments: Mapping[str, Any]) -> Answer:
    return Answer("confirmed")  # the log itself travels by its own way, and first


_DEEDS: Final[Mapping[str, Callable[[Fleet, int, Mapping[str, Any]], Answer]]] = MappingProxyType(
    {
        "self_test": _self_test,
        "reboot": _reboot,
        "configure": _configure,
        "message": _message,
        "lock": _lock,
        "unlock": _unlock,
        "wipe": _wipe,
        "fetch_log": _fetch_log,
    }
)
