"""Many terminals at once: which ones, locked in one order for everybody, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.bulk import chunks
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.terminals.errors import BatchTooLong
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries import matching, viewable, visible
from tillkeeper.terminals.selection import BATCH_MAX, Filters, Selection

LOCKED: Final = (
    "id",
    "serial",
    "state",
    "state_since",
    "path",
    "version",
    "model_id",
    "organisation_id",
    "site_id",
    "binding_id",
    "holder",
    "holder_name",
    "last_actor",
    "tampered",
    "keyed",
    "wiped",
    "tamper_cleared",
    "accepted",
    "refiled",
    "case_closed",
    "on_loan",
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A terminal that stayed as it was, and why."""

    serial: str
    error: TillkeeperError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a verb for many."""

    moved: int
    refused: tuple[Refused, ...]
    document: str = ""
    batch_id: int | None = None


class Row:
    """A locked terminal while it is judged; `target` is set once it may move."""

    __slots__ = ("target", "values")

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the locked columns."""
        self.values = values
        self.target: State | None = None

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


def selected_serials(selection: Selection, by: Actor) -> list[str]:
    """Return the serial numbers that are meant, in order.

    Raises:
        BatchTooLong: more than BATCH_MAX are.
    """
    if selection.serials:
        named = sorted({serial.strip().upper() for serial in selection.serials})
    else:
        rows = matching(viewable(by), selection.filters or Filters())
        named = list(rows.order_by("serial").values_list("serial", flat=True)[: BATCH_MAX + 1])
    if len(named) > BATCH_MAX:
        raise BatchTooLong(asked=len(named), limit=BATCH_MAX)
    return named


def locked(serials: Sequence[str], by: Actor) -> list[Row]:
    """Lock the visible ones of `serials`, in serial order, so that two verbs cannot wait for each other."""
    scope = visible(viewable(by))
    rows: list[Row] = []
    for part in chunks(sorted(serials)):
        named = Terminal.objects.filter(scope, serial__in=part).order_by("serial")
        rows += [Row(values) for values in named.select_for_update(of=("self",)).values(*LOCKED)]
    return rows


def unseen(serials: Sequence[str], rows: Sequence[Row]) -> list[Refused]:
    """Return a refusal for each serial that no visible terminal has."""
    seen = {row.serial for row in rows}
    return [
        Refused(serial, NotFound(kind="terminal", key=serial))
        for serial in serials
        if serial not in seen
    ]
