"""Words for how terminals are heard: states, signals, and why a state is what it is."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tillkeeper.telemetry.live_words import LIVE_LABELS

Words = Mapping[str, str | Promise]

HEARD_LABELS: Final[Words] = MappingProxyType(
    {
        **LIVE_LABELS,
        "tamper_risk": _("may exist twice"),
        "away": _("away from its site"),
        "heard": _("heard at some time"),
        "never": _("never heard"),
    }
)
# What the door and the sweep say of a terminal; rules speak by their own names.
WHY_LABELS: Final[Words] = MappingProxyType(
    {
        "silent": _("nothing was heard when it was due"),
        "late": _("it is later than it was told to be"),
        "tampered": _("its case reports that it was opened"),
        "tamper_risk": _("there are signs that it exists twice"),
        "away": _("it is further from its site than allowed"),
        "paper_out": _("it is out of paper"),
        "cover_open": _("its paper cover is open"),
    }
)
DOUBT_LABELS: Final[Words] = MappingProxyType(
    {
        "two_keys": _("a second key asked to enrol"),
        "counter_backwards": _("its counter went back"),
        "counter_reused": _("one counter came with other readings"),
    }
)
NETWORK_LABELS: Final[Words] = MappingProxyType(
    {"cell": _("mobile network"), "wifi": _("Wi-Fi"), "lan": _("cable")}
)
GROUP_LABELS: Final[Words] = MappingProxyType(
    {
        "power": _("Power"),
        "network": _("Network"),
        "printer": _("Printer"),
        "reader": _("Card readers"),
        "storage": _("Memory"),
        "software": _("Software and use"),
        "place": _("Surroundings"),
    }
)


def why_told(codes: Iterable[str], rules: Mapping[str, str]) -> list[str]:
    """Return reasons in words: those of the door, else the names of the rules that hold, else the bare code."""
    return [str(WHY_LABELS[c]) if c in WHY_LABELS else rules.get(c, c) for c in codes]


def span_told(seconds: float) -> str:
    """Return how long, in the largest unit that says enough: 40 s, 12 min, 5 h, 3 d."""
    for size, words in (
        (86_400, gettext("%(n)d d")),
        (3600, gettext("%(n)d h")),
        (60, gettext("%(n)d min")),
    ):
        if seconds >= 2 * size:
            return words % {"n": int(seconds // size)}
    return gettext("%(n)d s") % {"n": max(0, int(seconds))}
