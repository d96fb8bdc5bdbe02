"""Lines of a terminal's log, as its maker's software would write them: mostly routine, and what is wrong among it."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal.fleet.fleet import Fleet
from tillkeeper.engines.rehearsal.fleet.reporting import CODES
from tillkeeper.engines.rehearsal.fleet.terminals import FAMILIES

ROUTINE: Final = (
    "I/Payment: sale started amount={a} trace={t}",
    "I/Payment: host answered rc=00 trace={t} in {ms} ms",
    "I/Printer: slip printed lines={l} temp={c}",
    "D/Network: keep-alive ok rtt={ms} ms",
    "D/Power: level={p} charging=true temp={c}",
    "I/Reader: card removed after {ms} ms",
    "D/Scheduler: job heartbeat done in {ms} ms",
    "I/Update: checked, nothing new (channel stable)",
)
# What a fault writes, by the knob that it turns; {code} is the maker's own.
TROUBLES: Final = MappingProxyType(
    {
        "paper": "E/Printer: print failed, status {code}: out of paper",
        "cover": "E/Printer: print failed, status {code}: cover open",
        "motor": "E/Printer: print failed, status {code}: motor error",
        "head_heat": "W/Printer: head overheated, status {code}, waiting for {ms} ms",
        "no_charge": "W/Power: plugged in but not charging, adapter voltage {v} V",
        "battery_heat": "W/Power: battery temperature high: {c}",
        "chip": "E/Reader: chip reset failed, no ATR after {l} tries",
        "stripe": "E/Reader: track 2 unreadable, parity error",
        "tap": "E/Reader: contactless field lost, collision {l}",
        "tampered": "F/Security: tamper sensor {l} triggered, keys erased",
        "skew": "W/Clock: RTC differs from network time by {ms} s",
        "restarts": "F/System: watchdog reset, boot reason {l}",
        "crashes": "F/Payment: java.lang.NullPointerException at SaleActivity.onResult({l})",
        "fill": "E/Storage: write failed: No space left on device",
        "no_network": "E/Network: registration denied, cause {l}",
        "weak": "W/Network: signal lost, rsrp=-{ms}",
        "slow": "W/Network: request timed out after {ms} ms",
        "host_down": "E/Payment: host answered rc=91 trace={t}",
    }
)
CODED: Final = MappingProxyType({"motor": 0, "cover": 1, "paper": 2, "head_heat": 3})
LINES_MOST: Final = 20_000
EVERY_S: Final = 7


def log_lines(fleet: Fleet, row: int, *, lines: int, seed: int = 0) -> list[str]:
    """Return the last lines of a terminal's log up to now: a tenth is of what is wrong with it, if anything is."""
    count = min(lines, LINES_MOST)
    chance = np.random.Generator(np.random.SFC64([seed, row, 9]))
    wrong = [TROUBLES[knob] for knob in TROUBLES if fleet.knob(knob, row) > 0.01]
    codes = {
        TROUBLES[knob]: CODES[FAMILIES[fleet.body.family[row]]][at] for knob, at in CODED.items()
    }
    at = datetime.fromtimestamp(fleet.now, UTC) - timedelta(seconds=EVERY_S * count)
    written = []
    for draw, which in zip(
        chance.random(count).tolist(), chance.integers(0, 997, count).tolist(), strict=True
    ):
        at += timedelta(seconds=EVERY_S)
        text = wrong[which % len(wrong)] if wrong and draw < 0.1 else ROUTINE[which % len(ROUTINE)]
        filled = text.format(
            a=which * 100,
            t=f"{which:06d}",
            ms=90 + which,
            l=which % 12 + 1,
            c=f"{20 + which % 50}.{which % 10}",
            p=which % 100,
            v=f"{which % 4}.{which % 10}",
            code=codes.get(text, 0),
        )
        written.append(f"{at:%m-%d %H:%M:%S}.{which:03d} {filled}")
    return written
