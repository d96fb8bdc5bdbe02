"""What a terminal last said, as pages show it: the value in words, its age, and whether it is as it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tillkeeper.formats.voice.signals import SIGNALS, Kind, Signal, Worse
from tillkeeper.telemetry.queries.live import Latest, LiveRow
from tillkeeper.telemetry.signal_words import SIGNAL_LABELS
from tillkeeper.web.live.wording import GROUP_LABELS, NETWORK_LABELS, span_told

MAP_ONLY: Final = frozenset({"latitude", "longitude", "accuracy"})  # the map says it better
STRENGTHS: Final = ("rsrp", "wifi_rssi", "csq")
UNKNOWN_CSQ: Final = 99
ALARMING: Final = frozenset({"paper_out", "cover_open", "tampered"})
OLD_INTERVALS: Final = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One signal's newest value. `tone`: bad, warn or blank; `old`: not told again though the terminal was heard."""

    name: str
    label: str | Promise
    text: str
    tone: str
    at: datetime
    old: bool
    charted: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Readings that belong together."""

    name: str
    label: str | Promise
    readings: list[Reading]


def groups_of(row: LiveRow) -> list[Group]:
    """Return all that a terminal last said, by what it is about."""
    found: dict[str, list[Reading]] = {name: [] for name in GROUP_LABELS}
    for name, signal in SIGNALS.items():
        if name in row.signals and name not in MAP_ONLY:
            found[signal.group].append(reading(signal, row.signals[name], row))
    return [Group(name, GROUP_LABELS[name], rows) for name, rows in found.items() if rows]


def reading(signal: Signal, latest: Latest, row: LiveRow) -> Reading:
    """Return one of them."""
    newest = row.read_at.timestamp() if row.read_at else row.heard_at.timestamp()
    return Reading(
        name=signal.name,
        label=SIGNAL_LABELS[signal.name],
        text=told(signal, latest.value),
        tone=tone(signal, latest.value),
        at=datetime.fromtimestamp(latest.at, UTC),
        old=newest - latest.at > OLD_INTERVALS * row.interval_s,
        charted=signal.kind is not Kind.TEXT,
    )


def told(signal: Signal, value: Any) -> str:
    """Return a value as people read it."""
    if signal.kind is Kind.TEXT:
        return str(NETWORK_LABELS.get(value, value)) if signal.name == "network" else str(value)
    if signal.kind is Kind.FLAG:
        return _("yes") if value else _("no")
    if signal.name == "csq" and value == UNKNOWN_CSQ:
        return _("unknown")
    if signal.name == "uptime":
        return span_told(float(value))
    number = float(value)
    shown = f"{number:,.0f}" if number == int(number) or abs(number) >= 100 else f"{number:,.1f}"
    return f"{shown} {signal.unit}".strip().replace("-", "−")


def tone(signal: Signal, value: Any) -> str:
    """Return whether a value is past what is marked for its signal: bad, warn, or nothing."""
    if signal.kind is Kind.FLAG:
        return "bad" if value and signal.name in ALARMING else ""
    if isinstance(value, str) or signal.worse is Worse.NEITHER:
        return ""
    if signal.name == "csq" and value == UNKNOWN_CSQ:
        return ""
    side = 1 if signal.worse is Worse.HIGH else -1
    for limit, said in ((signal.critical, "bad"), (signal.warn, "warn")):
        if limit is not None and (float(value) - limit) * side >= 0:
            return said
    return ""


def strength(row: LiveRow) -> Reading | None:
    """Return the signal that tells how well the terminal is reached; the newest of those it has."""
    there: Mapping[str, Latest] = {n: row.signals[n] for n in STRENGTHS if n in row.signals}
    usable = {n: v for n, v in there.items() if not (n == "csq" and v.value == UNKNOWN_CSQ)}
    if not usable:
        return None
    name = max(usable, key=lambda n: (usable[n].at, -STRENGTHS.index(n)))
    return reading(SIGNALS[name], usable[name], row)


def one(row: LiveRow, name: str) -> Reading | None:
    """Return one reading, if it was ever told."""
    return reading(SIGNALS[name], row.signals[name], row) if name in row.signals else None


def metres(value: float | None) -> str:
    """Return a distance."""
    if value is None:
        return ""
    return f"{value / 1000:,.1f} km" if value >= 1000 else f"{value:,.0f} m"
