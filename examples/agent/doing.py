"""What this terminal measures, and what it does when it is asked."""

import os
import shutil
import time
from pathlib import Path

from keeping import Memory
from speaking import clock

AGENT = "reference-agent/1"
PIECE_BYTES = 64 * 1024  # of a log


def measure(memory: Memory) -> dict:
    """What this machine can tell of itself. A real terminal tells of its printer, readers and battery, too."""
    disk = shutil.disk_usage(memory.home)
    values = {
        "storage_free": round(100 * disk.free / disk.total, 1),
        "processor": min(100.0, round(100 * os.getloadavg()[0] / (os.cpu_count() or 1), 1)),
        "network": "lan",
        "app_version": AGENT,
        "config_version": f"c-{memory.get('config_version', 0)}",
    }
    lines = read("/proc/meminfo").splitlines()
    memory_kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if ":" in line}
    if "MemAvailable" in memory_kib:
        values["memory_free"] = round(100 * memory_kib["MemAvailable"] / memory_kib["MemTotal"], 1)
    if up := read("/proc/uptime").split():
        values["uptime"] = int(float(up[0]))
    for name, file, scale in (
        ("temperature", "/sys/class/thermal/thermal_zone0/temp", 0.001),
        ("battery_level", "/sys/class/power_supply/BAT0/capacity", 1),
    ):
        if (text := read(file).strip()).lstrip("-").isdigit():
            values[name] = round(int(text) * scale, 1)
    return values


def self_test(agent, asked: dict) -> dict:
    """Test what is there, and say what is not: never a bare OK."""
    found = {}
    for part in asked["arguments"].get("parts", ["network", "sensors"]):
        if part == "network":
            began = time.perf_counter()
            agent.server.say("/device/v1/check-in", _empty(agent), agent.token)
            found["latency_ms"] = round((time.perf_counter() - began) * 1000)
        elif part == "sensors":
            found["storage_free"] = measure(agent.memory)["storage_free"]
        else:
            return {**failed("no_such_part", f"this machine has no {part}"), "facts": found}
    return {"outcome": "confirmed", "facts": found}


def _empty(agent) -> dict:
    return {"v": 1, "counter": agent.memory.next("counter"), "clock": clock(), "readings": []}


def show_message(_agent, asked: dict) -> dict:
    print("+++", asked["arguments"].get("zh") or asked["arguments"].get("en", ""))
    return {"outcome": "confirmed"}


def configure(agent, asked: dict) -> dict:
    version = agent.memory.next("config_version")
    agent.memory.put(config=asked["arguments"].get("values", {}))
    return {"outcome": "confirmed", "facts": {"config_version": f"c-{version}"}}


def lock(agent, asked: dict) -> dict:
    agent.memory.put(locked=asked["kind"] == "lock")
    return {"outcome": "confirmed", "facts": {"locked": asked["kind"] == "lock"}}


def fetch_log(agent, asked: dict) -> dict:
    pieces = agent.send_log(asked["id"], int(asked["arguments"].get("size", PIECE_BYTES)))
    return {"outcome": "confirmed", "facts": {"pieces": pieces}}


def wipe(agent, asked: dict) -> dict:
    agent.memory.put(
        wipe=asked["id"]
    )  # done when the result is told: afterwards there is no key to tell it with
    return {"outcome": "confirmed"}


DEEDS = {
    "self_test": self_test,
    "message": show_message,
    "configure": configure,
    "lock": lock,
    "unlock": lock,
    "fetch_log": fetch_log,
    "wipe": wipe,
    # "reboot": this is somebody's machine; it is refused as not_supported
}


def failed(code: str, said: str) -> dict:
    return {"outcome": "failed", "code": code, "said": said[:500]}


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
