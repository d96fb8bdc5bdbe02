"""The terminals of a fleet: where each stands, what it has, and what it is like from birth. Drawn once."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]

CARRIERS: Final = ("中国移动", "中国联通", "中国电信")
CARRIER_SHARES: Final = (0.5, 0.27, 0.23)
HOSTS: Final = ("host-a", "host-b", "host-c")
FAMILIES: Final = ("pax", "landi", "sunmi", "imin")  # whose codes and log lines it speaks
CELL, WIFI, LAN = 0, 1, 2
NETWORKS: Final = ("cell", "wifi", "lan")
APPS, SYSTEMS = ("4.2.1", "4.1.7"), ("10.2", "12.0")
CONFIG: Final = "c-118"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal of the fleet. What is left blank is drawn by the seed. Hours are of the site's own day."""

    serial: str
    model: str
    form: str = "android"
    latitude: float = 31.2304
    longitude: float = 121.4737
    site: str = ""
    area: str = ""  # where a carrier's outage strikes together: a province
    carrier: str = ""
    host: str = ""
    family: str = ""  # whose codes it speaks; blank: by the first letters of its model
    opens: float = 9.0
    closes: float = 22.0
    utc_offset_h: float = 8.0


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of terminal has."""

    battery: bool
    carried: bool  # goes about, and is plugged in when it must
    printer: bool
    readers: bool
    outdoors: bool
    networks: tuple[float, float, float]  # shares of cell, wifi, lan
    sales_per_h: float
    volts: float


FORMS: Final = MappingProxyType(
    {
        "countertop": Form(False, False, True, True, False, (0.25, 0.25, 0.5), 9, 9.0),
        "mobile": Form(True, True, True, True, False, (0.8, 0.2, 0.0), 6, 5.0),
        "android": Form(True, True, True, True, False, (0.55, 0.45, 0.0), 8, 5.0),
        "pin_pad": Form(False, False, False, True, False, (0.0, 0.1, 0.9), 12, 5.0),
        "unattended": Form(False, False, True, True, True, (0.6, 0.1, 0.3), 4, 24.0),
        "qr_box": Form(True, False, False, False, False, (0.9, 0.1, 0.0), 10, 5.0),
    }
)
OTHER: Final = FORMS["countertop"]


@dataclass(frozen=True, slots=True)
class Body:
    """What does not change, in columns: a row for each terminal."""

    terminals: tuple[Terminal, ...]
    latitude: Floats
    longitude: Floats
    offset_s: Floats
    opens: Floats
    length_h: Floats  # how long the site is open; 24: always
    battery: Bits
    carried: Bits
    printer: Bits
    readers: Bits
    outdoors: Bits
    placed: Bits  # it tells where it is
    network: Ints
    carrier: tuple[str, ...]
    host: tuple[str, ...]
    iccid: tuple[str, ...]
    family: Ints
    app: Ints
    system: Ints
    sales_per_h: Floats
    volts: Floats
    rsrp: Floats
    wifi: Floats
    latency: Floats
    chip_fails: Floats  # share of reads that fail when all is well
    stripe_fails: Floats
    tap_fails: Floats
    host_fails: Floats
    storage: Floats
    memory: Floats
    cooled: Floats  # how well the site holds 23 degrees, 0 to 1

    def __len__(self) -> int:
        return len(self.terminals)

    def has(self, trait: str) -> Bits:
        """Return which terminals have what a fault needs; blank: all."""
        traits: dict[str, Bits] = {
            "": np.ones(len(self), np.bool_),
            "battery": self.battery,
            "printer": self.printer,
            "readers": self.readers,
            "placed": self.placed,
            "cell": self.network == CELL,
            "wireless": self.network != LAN,
        }
        return traits[trait]


TRAITS: Final = ("", "battery", "printer", "readers", "placed", "cell", "wireless")


def draw_body(terminals: Sequence[Terminal], seed: int) -> Body:
    """Draw what each terminal is like."""
    chance = np.random.Generator(np.random.SFC64([seed, 1]))
    n = len(terminals)
    forms = [FORMS.get(one.form, OTHER) for one in terminals]
    shares = np.array([form.networks for form in forms]).reshape(n, 3).cumsum(axis=1)
    network = (chance.random((n, 1)) >= shares).sum(axis=1).clip(0, 2)
    carriers = np.array(CARRIERS)[chance.choice(len(CARRIERS), n, p=CARRIER_SHARES)]
    hosts = np.array(HOSTS)[chance.integers(0, len(HOSTS), n)]
    opens = np.array([one.opens % 24 for one in terminals], float)
    length = np.array([(one.closes - one.opens) % 24 or 24.0 for one in terminals], float)
    at_counter = np.array([60.0, 8.0, 5.0])[network]
    return Body(
        terminals=tuple(terminals),
        latitude=np.array([one.latitude for one in terminals], float),
        longitude=np.array([one.longitude for one in terminals], float),
        offset_s=np.array([one.utc_offset_h * 3600 for one in terminals], float),
        opens=opens,
        length_h=length,
        battery=np.array([form.battery for form in forms], bool),
        carried=np.array([form.carried for form in forms], bool),
        printer=np.array([form.printer for form in forms], bool),
        readers=np.array([form.readers for form in forms], bool),
        outdoors=np.array([form.outdoors for form in forms], bool),
        placed=np.array([form.carried for form in forms], bool) | (network == CELL),
        network=network.astype(np.int64),
        carrier=tuple(
            (one.carrier or str(drawn)) if net == CELL else ""
            for one, drawn, net in zip(terminals, carriers, network, strict=True)
        ),
        host=tuple(one.host or str(drawn) for one, drawn in zip(terminals, hosts, strict=True)),
        iccid=tuple(
            f"8986{number:015d}" if net == CELL else ""
            for number, net in zip(chance.integers(0, 10**15, n).tolist(), network, strict=True)
        ),
        family=np.array([_family(one) for one in terminals], np.int64),
        app=np.array([crc32(one.model.encode()) % 5 == 0 for one in terminals], np.int64),
        system=np.array([crc32(one.model.encode()) % 2 for one in terminals], np.int64),
        sales_per_h=np.array([form.sales_per_h for form in forms]) * chance.lognormal(0, 0.6, n),
        volts=np.array([form.volts for form in forms]),
        rsrp=chance.normal(-85, 6, n).clip(-96, -66),
        wifi=chance.normal(-54, 7, n).clip(-67, -38),
        latency=at_counter + chance.gamma(3, 40, n) * np.array([1.0, 0.6, 0.3])[network],
        chip_fails=chance.uniform(0.002, 0.012, n),
        stripe_fails=chance.uniform(0.01, 0.03, n),
        tap_fails=chance.uniform(0.003, 0.012, n),
        host_fails=chance.uniform(0.0005, 0.004, n),
        storage=chance.uniform(28, 80, n),
        memory=chance.uniform(34, 62, n),
        cooled=chance.uniform(0.72, 0.97, n),
    )


def _family(one: Terminal) -> int:
    if one.family in FAMILIES:
        return FAMILIES.index(one.family)
    return sum(one.model.encode()[:3]) % len(FAMILIES)  # a maker's models speak alike
