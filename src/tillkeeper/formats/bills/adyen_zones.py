"""The zones that Adyen writes: abbreviations of a fixed distance from UTC, or names of the zone database."""

from typing import Final
from zoneinfo import available_timezones

# Signs of Etc/GMT are the other way round (POSIX). CST is left out: it is China's and Chicago's.
ABBREVIATIONS: Final = {
    "UTC": "UTC", "GMT": "UTC", "WET": "UTC",
    "CET": "Etc/GMT-1", "BST": "Etc/GMT-1", "WEST": "Etc/GMT-1",
    "CEST": "Etc/GMT-2", "EET": "Etc/GMT-2", "EEST": "Etc/GMT-3", "MSK": "Etc/GMT-3",
    "SGT": "Etc/GMT-8", "HKT": "Etc/GMT-8", "JST": "Etc/GMT-9", "KST": "Etc/GMT-9",
    "AEST": "Etc/GMT-10", "AEDT": "Etc/GMT-11", "NZST": "Etc/GMT-12",
    "BRT": "Etc/GMT+3", "EDT": "Etc/GMT+4", "EST": "Etc/GMT+5", "MDT": "Etc/GMT+6", "MST": "Etc/GMT+7",
    "PDT": "Etc/GMT+7", "PST": "Etc/GMT+8",
}  # fmt: skip


def zone_of(written: str) -> str | None:
    """Return the name of a zone that times are read in; None for what is not known."""
    known = ABBREVIATIONS.get(written)
    if known or "/" not in written:
        return known
    return written if written in available_timezones() else None
