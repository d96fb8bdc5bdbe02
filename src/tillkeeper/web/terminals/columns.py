"""The columns of the list: those of the export, each person's own choice and order of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.queries.live import LiveRow, live_rows
from tillkeeper.terminals.discretion import is_outsider, shown_to, withheld_from
from tillkeeper.terminals.queries import SORTS, viewable
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS
from tillkeeper.web.live.readings import metres, one, strength
from tillkeeper.web.live.wording import HEARD_LABELS
from tillkeeper.web.parts import Request

PAGE: Final = "terminals"
USUAL: Final = (
    "state",
    "live",
    "serial",
    "model",
    "merchant_name",
    "terminal_id",
    "organisation",
    "holder",
    "heard",
)
# What is heard of a terminal: shown beside the ledger's columns, not among those of an export.
VOICE: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "live": _("Heard as"),
        "heard": _("Last heard"),
        "battery": _("Battery"),
        "strength": _("Signal"),
        "running": _("Running application"),
        "away": _("Away from its site"),
    }
)
# Columns that the list draws in a way of its own; all others are plain values.
DRAWN: Final = frozenset({"serial", "state", "state_since", "price"})
MONO: Final = frozenset(
    {"serial", "terminal_id", "merchant_no", "tusn", "sim_iccid", "asset_tag", "site_code"}
)
NUMBERS: Final = frozenset({"price"})
# On a phone a row is a card: a and b in its first line, c and d in its second; the others are not shown.
ON_CARD: Final[MappingProxyType[str, str]] = MappingProxyType(
    {"serial": "a", "state": "b", "merchant_name": "c", "live": "d"}
)
OWN: Final[MappingProxyType[str, Callable[[Any], Any]]] = MappingProxyType(
    {"organisation": lambda row: row.home.name}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the table draws it."""

    name: str
    label: str | Promise
    sort: str = ""

    @property
    def mono(self) -> bool:
        """Set in fixed width."""
        return self.name in MONO

    @property
    def number(self) -> bool:
        """Set to the right."""
        return self.name in NUMBERS

    @property
    def at(self) -> str:
        """Where it stands on a card; nowhere if blank."""
        return ON_CARD.get(self.name, "")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row."""

    column: Column
    value: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    terminal: Any
    cells: list[Cell]
    live: LiveRow | None = None


def column(name: str) -> Column:
    """Return a column by its name."""
    if name in VOICE:
        return Column(name, VOICE[name])
    label = _("Since") if name == "state_since" else EXPORT_COLUMNS[name][0]
    return Column(name, label, name if name in SORTS else "")


def chosen_names(request: Request) -> list[str]:
    """Return the columns of the URL, else the person's own, else the usual ones. The serial number stays."""
    asked = known(request.GET.get("columns", "").split(","))
    kept = known(request.user.preferences.get("columns", {}).get(PAGE, ()))
    may_be_seen = offered(request)
    names = [name for name in asked or kept or list(USUAL) if name in may_be_seen]
    return names if "serial" in names else ["serial", *names]


def offered(request: Request) -> list[str]:
    """Return the columns that the person may look at, in the order of the export."""
    withheld = withheld_from(request.actor)
    if is_outsider(viewable(request.actor)):
        withheld |= {"away"}
    return [name for name in (*EXPORT_COLUMNS, *VOICE) if name not in withheld]


def known(names: Iterable[str]) -> list[str]:
    """Return those names that are columns, each once."""
    return [name for name in dict.fromkeys(names) if name in EXPORT_COLUMNS or name in VOICE]


def exported(names: Iterable[str]) -> list[str]:
    """Return those of the columns that a file may hold."""
    return [name for name in names if name in EXPORT_COLUMNS]


def lines(rows: Iterable[Any], columns: Sequence[Column], by: Actor) -> list[Line]:
    """Return the rows with the values of the chosen columns, as somebody may see them."""
    there = list(shown_to(rows, by))
    spoken = any(col.name in VOICE for col in columns)
    voices = live_rows([row.pk for row in there]) if spoken and there else {}
    return [
        Line(row, [_cell(row, col, voices.get(row.pk)) for col in columns], voices.get(row.pk))
        for row in there
    ]


def _cell(row: Any, col: Column, voice: LiveRow | None) -> Cell:
    if col.name in VOICE:
        return Cell(col, _heard(col.name, voice) if voice else None)
    if col.name in DRAWN:
        return Cell(col, None)
    return Cell(col, _plain(OWN.get(col.name, EXPORT_COLUMNS[col.name][1])(row)))


def _heard(name: str, voice: LiveRow) -> Any:
    """Return what a column of the voice says; the template draws it."""
    if name == "battery":
        return one(voice, "battery_level")
    if name == "strength":
        return strength(voice)
    return {
        "live": HEARD_LABELS[voice.state],
        "heard": voice.heard_at,
        "running": voice.app_version,
        "away": metres(voice.away_m),
    }[name]


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")
