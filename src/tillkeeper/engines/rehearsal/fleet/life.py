"""One step in the life of a fleet: people come, paper goes, batteries drain and fill, machines warm and wear."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tillkeeper.engines.rehearsal.fleet.striking import Knobs
from tillkeeper.engines.rehearsal.fleet.terminals import CELL, LAN, WIFI, Bits, Body, Floats
from tillkeeper.engines.rehearsal.fleet.weather import DAY_S, Weather

PAPER_KM: Final = 0.00022  # two copies of a slip
ROLL_KM: Final = 0.02
WEEK_S: Final = 7 * DAY_S
SUNDAY: Final = 6
EPOCH_WEEKDAY: Final = 3  # 1970 began on a Thursday
PLUG_IN, UNPLUG = 24.0, 96.0  # per cent of battery
NOISES: Final = 10


@dataclass(slots=True)
class Life:
    """How each terminal is now."""

    on: Bits
    reaches: Bits
    mains: Bits
    charging: Bits
    plugged: Bits
    level: Floats
    health: Floats
    cycles: Floats
    warmth: Floats  # of the print head, above its surroundings
    print_km: Floats
    paper_km: Floats
    up_since: Floats
    load: Floats
    room: Floats
    damp: Floats
    counts: dict[str, Floats]
    noise: Floats

    @classmethod
    def born(cls, body: Body, seed: int, at: float) -> Self:
        """Draw how old everything is when the fleet begins."""
        chance = np.random.Generator(np.random.SFC64([seed, 5]))
        n = len(body)
        cycles = chance.uniform(5, 420, n).round()
        sold = body.sales_per_h * body.length_h * chance.uniform(20, 700, n)
        reads = {
            name: (sold * share).round()
            for name, share in (("chip", 0.3), ("stripe", 0.03), ("tap", 0.3))
        }
        counts = {
            **{f"{name}_reads": value for name, value in reads.items()},
            "chip_fails": (reads["chip"] * body.chip_fails).round(),
            "stripe_fails": (reads["stripe"] * body.stripe_fails).round(),
            "tap_fails": (reads["tap"] * body.tap_fails).round(),
            "sales": sold.round(),
            "declines": (sold * 0.03).round(),
            "host_fails": (sold * body.host_fails).round(),
            "fallbacks": (reads["chip"] * body.chip_fails * 0.3).round(),
            "crashes": chance.poisson(3, n).astype(float),
            "restarts": chance.poisson(40, n).astype(float),
        }
        every = np.ones(n, np.bool_)
        return cls(
            on=every.copy(),
            reaches=every.copy(),
            mains=every.copy(),
            charging=np.zeros(n, np.bool_),
            plugged=~body.carried | (chance.random(n) < 0.5),
            level=chance.uniform(45, 98, n),
            health=(100 - cycles * 0.03 - chance.uniform(0, 4, n)).clip(82, 100),
            cycles=cycles,
            warmth=np.zeros(n),
            print_km=chance.uniform(0.1, 36, n),
            paper_km=chance.uniform(0.002, ROLL_KM, n),
            up_since=at - chance.uniform(600, WEEK_S, n),
            load=np.zeros(n),
            room=np.full(n, 23.0),
            damp=np.full(n, 55.0),
            counts=counts,
            noise=np.zeros((NOISES, n)),
        )


@dataclass(slots=True)
class Step:
    """What a step knows beside the life: who is it, what is wrong, what time and weather it is."""

    body: Body
    knobs: Knobs
    weather: Weather
    chance: np.random.Generator
    at: float
    seconds: float
    barred: Bits  # locked from afar


def live(life: Life, step: Step) -> None:
    """Let one step pass."""
    life.noise = step.chance.standard_normal((NOISES, len(step.body)), np.float32).astype(float)
    trading, busy = _trade(step)
    _climate(life, step, trading)
    _power(life, step, trading)
    _network(life, step)
    prints = _sell(life, step, busy)
    _print(life, step, prints)
    _software(life, step)


def local_hour(body: Body, at: float) -> Floats:
    """Return the hour of day at each site."""
    hours: Floats = (at + body.offset_s) / 3600 % 24
    return hours


def _trade(step: Step) -> tuple[Bits, Floats]:
    """Return which sites are open, and how many sales are to be expected."""
    body = step.body
    hour = local_hour(body, step.at)
    weekday = ((step.at + body.offset_s) // DAY_S + EPOCH_WEEKDAY) % 7
    trading = (hour - body.opens) % 24 < body.length_h
    noon, evening = np.exp(-(((hour - 12) / 1.4) ** 2)), np.exp(-(((hour - 18.7) / 1.8) ** 2))
    shape = (0.5 + noon + 1.2 * evening) * np.where(weekday >= SUNDAY - 1, 1.25, 1.0)
    return trading, np.where(trading, body.sales_per_h * shape, 0.0) * step.seconds / 3600


def _climate(life: Life, step: Step, trading: Bits) -> None:
    outdoors, damp = step.weather.outdoors(step.at)
    held = np.where(trading, step.body.cooled, step.body.cooled * 0.75)
    held = np.where(step.body.outdoors, 0.15, held)
    life.room = outdoors + (23 - outdoors) * held
    life.damp = damp + (52 - damp) * held


def _power(life: Life, step: Step, trading: Bits) -> None:
    body, knobs, hours = step.body, step.knobs, step.seconds / 3600
    power = knobs["no_power"] < 0.5
    low, full = life.level < PLUG_IN, life.level > UNPLUG
    wants = np.where(life.plugged, ~(full & trading), low | ~trading)
    life.plugged = np.where(body.carried, wants, True)
    was_on = life.on
    life.mains = life.plugged & power & (knobs["no_charge"] < 0.5)
    health = (life.health - knobs["battery_wear"]).clip(20, 100)
    used = (1.3 + 5.5 * life.load + np.where(trading, 2.2, 0.0)) * 100 / health * hours
    taper = np.where(life.level > 88, 0.45, 1.0)
    life.charging = body.battery & life.mains & (life.level < 99.5)
    level = life.level + np.where(life.mains, 38 * taper * hours, -used)
    drained = np.where(body.battery & ~life.mains, np.minimum(used, life.level), 0.0)
    life.cycles += drained / 100
    life.health -= drained / 100 * 0.03
    life.level = np.where(body.battery, level.clip(0, 100), life.level)
    life.on = life.mains | (body.battery & (life.level > 0.5))
    came_back = life.on & ~was_on
    life.up_since = np.where(came_back, step.at, life.up_since)
    life.counts["restarts"] += came_back


def _network(life: Life, step: Step) -> None:
    body, knobs = step.body, step.knobs
    signal = radio(life, step)
    lost = 1 / (1 + np.exp((signal + 118.5) / 1.2))  # of those on the air
    heard = step.chance.random(len(body)) >= np.where(body.network == LAN, 0.0, lost)
    life.reaches = life.on & (knobs["no_network"] < 0.5) & heard


def radio(life: Life, step: Step) -> Floats:
    """Return the strength of the mobile network; of no meaning elsewhere."""
    strength: Floats = step.body.rsrp - step.knobs["weak"] + 1.8 * life.noise[0]
    return strength.clip(-139, -45)


def _sell(life: Life, step: Step, busy: Floats) -> Floats:
    """Sell; return how many slips are printed."""
    body, knobs, chance, counts = step.body, step.knobs, step.chance, life.counts
    able = life.on & life.reaches & (knobs["tampered"] < 0.5) & ~step.barred
    tried = chance.poisson(np.where(able, busy, 0.0)).astype(float)
    unanswered = np.minimum(tried, chance.poisson(tried * (body.host_fails + knobs["host_down"])))
    asked = tried - unanswered
    declined = np.minimum(asked, chance.poisson(asked * 0.03))
    counts["host_fails"] += unanswered
    counts["declines"] += declined
    counts["sales"] += asked - declined
    for name, share, usual in (
        ("chip", 0.30, body.chip_fails),
        ("tap", 0.30, body.tap_fails),
        ("stripe", 0.03, body.stripe_fails),
    ):
        reads = np.where(body.readers, chance.poisson(tried * share), 0.0)
        bad = np.minimum(reads, chance.poisson(reads * (usual + knobs[name])))
        counts[f"{name}_reads"] += reads
        counts[f"{name}_fails"] += bad
        if name == "chip":
            counts["fallbacks"] += np.floor(bad * 0.4 + chance.random(len(body)) * 0.6)
    life.load = 0.8 * life.load + 0.2 * np.minimum(1.0, tried / max(step.seconds / 60, 1.0))
    works = body.printer & (knobs["paper"] + knobs["cover"] + knobs["motor"] < 0.5)
    slips: Floats = np.where(works, asked - declined, 0.0)
    return slips


def _print(life: Life, step: Step, slips: Floats) -> None:
    hours = step.seconds / 3600
    km = slips * PAPER_KM + np.where(step.body.printer, step.knobs["print_km"] * hours, 0.0)
    life.print_km = np.minimum(life.print_km + km, 999.0)
    left = life.paper_km - slips * PAPER_KM
    life.paper_km = np.where(left <= 0, ROLL_KM, left)  # a new roll, within the minute
    life.warmth = life.warmth * np.exp(-step.seconds / 240) + slips * 1.4


def _software(life: Life, step: Step) -> None:
    body, knobs, chance, counts = step.body, step.knobs, step.chance, life.counts
    hours, n = step.seconds / 3600, len(body)
    due = (step.at - life.up_since > WEEK_S) & (local_hour(body, step.at) < 5)
    again = chance.poisson((0.0008 + knobs["restarts"]) * hours, n)
    again = np.where(life.on, np.maximum(again, due), 0)
    counts["restarts"] += again
    life.up_since = np.where(again > 0, step.at, life.up_since)
    counts["crashes"] += np.where(
        life.on, chance.poisson((0.0008 + knobs["crashes"]) * hours, n), 0
    )


def networks(body: Body) -> tuple[Bits, Bits, Bits]:
    """Return who is on the mobile network, on Wi-Fi, on a cable."""
    return body.network == CELL, body.network == WIFI, body.network == LAN
