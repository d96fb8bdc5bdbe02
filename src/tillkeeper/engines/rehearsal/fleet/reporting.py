"""What terminals report of how they are: every signal of the catalogue, with noise, in the codes of their makers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal.fleet.life import Life, Step, networks, radio
from tillkeeper.engines.rehearsal.fleet.terminals import (
    APPS,
    CONFIG,
    FAMILIES,
    NETWORKS,
    SYSTEMS,
    Body,
    Floats,
)

# practice.md 10.2: paper, cover, motor, heat, in the order in which a printer tells the worst first
CODES: Final = MappingProxyType(
    {
        "pax": (4, -5, 2, 8),
        "landi": (0xFB, 0xF2, 0xF0, 0xF3),
        "sunmi": (-1011, -1020, -1000, -1010),
        "imin": (4, 3, 7, 5),
    }
)
NO_KEY: Final = -301
HOT: Final = 68.0
KM_PER_DEGREE: Final = 111.2
EMPTY: Final = np.nan


def values_of(life: Life, step: Step) -> dict[str, Floats]:
    """Return what each terminal would report now; NaN where it has nothing to report."""
    return {
        **_power(life, step),
        **_network(life, step),
        **_printer(life, step),
        **_readers(life, step),
        **_software(life, step),
        **_place(life, step),
    }


def _where(which: np.ndarray, value: Floats) -> Floats:
    shown: Floats = np.where(which, value, EMPTY)
    return shown


def _power(life: Life, step: Step) -> dict[str, Floats]:
    body, knobs = step.body, step.knobs
    warm = life.room + 3.5 * life.charging + 4 * life.load + knobs["battery_heat"]
    sag = np.where(life.mains, 1.0, 0.985) - 0.12 * (knobs["no_charge"] > 0.5) * ~body.battery
    return {
        "battery_level": _where(body.battery, life.level.round()),
        "battery_health": _where(
            body.battery, (life.health - knobs["battery_wear"]).clip(0, 100).round(1)
        ),
        "battery_temperature": _where(
            body.battery, (warm + 0.4 * life.noise[1]).clip(-29, 89).round(1)
        ),
        "battery_cycles": _where(body.battery, np.floor(life.cycles)),
        "charging": _where(body.battery, life.charging.astype(float)),
        "mains": life.mains.astype(float),
        "voltage": (body.volts * sag + 0.04 * life.noise[2]).clip(0, 60).round(2),
    }


def _network(life: Life, step: Step) -> dict[str, Floats]:
    body, knobs = step.body, step.knobs
    cell, wifi, _lan = networks(body)
    strength = radio(life, step)
    slow = (1 + knobs["slow"]) * (1 + np.where(cell, (knobs["weak"] / 18) ** 2, 0.0))
    delay = body.latency * np.exp(0.22 * life.noise[3]) * slow
    return {
        "rsrp": _where(cell, strength.round()),
        "csq": _where(cell, ((strength + 133) / 2).clip(0, 31).round()),
        "wifi_rssi": _where(wifi, (body.wifi + 2 * life.noise[0]).clip(-119, -1).round()),
        "latency": delay.clip(1, 60_000).round(),
    }


def _printer(life: Life, step: Step) -> dict[str, Floats]:
    body, knobs = step.body, step.knobs
    out = knobs["paper"] > 0.5
    hot = life.room + 6 + life.warmth + knobs["head_heat"] + 0.6 * life.noise[4]
    troubles = (knobs["motor"] > 0.5, knobs["cover"] > 0.5, out, hot > HOT)
    codes = np.array([CODES[name] for name in FAMILIES], float)
    told = np.zeros(len(body))
    for at, trouble in reversed(list(enumerate(troubles))):
        told = np.where(trouble, codes[body.family, at], told)
    return {
        "printer_code": _where(body.printer, told),
        "paper_out": _where(body.printer, out.astype(float)),
        "cover_open": _where(body.printer, (knobs["cover"] > 0.5).astype(float)),
        "head_temperature": _where(body.printer, hot.clip(-29, 149).round(1)),
        "print_km": _where(body.printer, life.print_km.round(4)),
    }


def _readers(life: Life, step: Step) -> dict[str, Floats]:
    body, tampered = step.body, step.knobs["tampered"] > 0.5
    counted = (
        "chip_reads",
        "chip_fails",
        "stripe_reads",
        "stripe_fails",
        "tap_reads",
        "tap_fails",
    )
    return {
        **{name: _where(body.readers, life.counts[name].copy()) for name in counted},
        "ped_code": _where(body.readers, np.where(tampered, NO_KEY, 0.0)),
        "tampered": _where(body.readers, tampered.astype(float)),
    }


def _software(life: Life, step: Step) -> dict[str, Floats]:
    body, knobs = step.body, step.knobs
    days_up = (step.at - life.up_since) / 86_400
    processor = 7 + 50 * life.load + 2.5 * life.noise[5] + 6 * (knobs["crashes"] > 0)
    memory = body.memory - 9 * life.load - 1.1 * days_up + 1.2 * life.noise[6]
    week = np.sin(2 * np.pi * (step.at / 604_800 + body.rsrp))
    storage = body.storage + 1.5 * week - knobs["fill"] * body.storage / 90
    counted = ("sales", "declines", "host_fails", "fallbacks", "crashes", "restarts")
    return {
        **{name: life.counts[name].copy() for name in counted},
        "uptime": (step.at - life.up_since).clip(0).round(),
        "processor": processor.clip(1, 100).round(1),
        "memory_free": memory.clip(2, 100).round(1),
        "storage_free": storage.clip(0.6, 100).round(1),
    }


def _place(life: Life, step: Step) -> dict[str, Floats]:
    body, knobs = step.body, step.knobs
    gps = body.carried
    spread = np.where(gps, 9.0, 90.0) / 1000 / KM_PER_DEGREE
    turned = np.maximum(np.cos(np.radians(body.latitude)), 0.05)
    north = knobs["moved_km"] * np.cos(knobs["bearing"]) / KM_PER_DEGREE
    east = knobs["moved_km"] * np.sin(knobs["bearing"]) / KM_PER_DEGREE / turned
    latitude = body.latitude + north + spread * life.noise[7]
    longitude = body.longitude + east + spread * life.noise[8]
    accuracy = np.where(gps, 12.0, 160.0) * np.exp(0.3 * life.noise[9])
    return {
        "temperature": (life.room + 2 + 0.3 * life.noise[1]).clip(-39, 84).round(1),
        "humidity": (life.damp + 1.2 * life.noise[2]).clip(1, 100).round(),
        "latitude": _where(body.placed, latitude.clip(-90, 90).round(6)),
        "longitude": _where(body.placed, longitude.clip(-180, 180).round(6)),
        "accuracy": _where(body.placed, accuracy.clip(3, 5000).round()),
    }


def words_of(
    body: Body, versions: Mapping[int, str], configs: Mapping[int, str]
) -> dict[str, list[str | None]]:
    """Return the words that each terminal reports."""
    rows = range(len(body))
    return {
        "network": [NETWORKS[net] for net in body.network.tolist()],
        "carrier": [name or None for name in body.carrier],
        "iccid": [name or None for name in body.iccid],
        "app_version": [versions.get(row, APPS[body.app[row]]) for row in rows],
        "firmware_version": [f"{one.model.split('-')[0]}OS 3.1.0" for one in body.terminals],
        "os_version": [SYSTEMS[at] for at in body.system.tolist()],
        "config_version": [configs.get(row, CONFIG) for row in rows],
    }
