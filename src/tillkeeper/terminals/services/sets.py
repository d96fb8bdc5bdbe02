"""Many terminals at once: which ones, locked in one order for everybody, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.bulk import among, raw_rows
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.terminals.errors import BatchTooLong
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries import matching, viewable, visible
from tillkeeper.terminals.selection import BATCH_MAX, Selection


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
    done: tuple[str, ...] = ()  # serials of those that moved
    unchanged: tuple[str, ...] = ()  # serials of those that needed nothing


class Row(NamedTuple):
    """The columns of a locked terminal that verbs judge by, as the driver gives them (see `raw_rows`)."""

    id: int
    serial: str
    state: str
    state_since: Any  # compare with `as_fetched`
    path: str
    version: int
    model_id: int
    organisation_id: int
    binding_id: int | None
    holder: str
    holder_name: str
    last_actor: str
    tampered: bool
    keyed: bool
    wiped: bool
    tamper_cleared: bool
    accepted: bool
    refiled: bool
    case_closed: bool
    on_loan: bool


def selected_serials(selection: Selection, by: Actor) -> list[str]:
    """Return the serial numbers that are meant, in order. A selection that says nothing means nothing.

    Raises:
        BatchTooLong: more than BATCH_MAX are.
    """
    if selection.serials:
        named = sorted({serial.strip().upper() for serial in selection.serials})
    elif selection.filters is None:
        return []
    else:
        rows = matching(viewable(by), selection.filters)
        named = list(rows.order_by("serial").values_list("serial", flat=True)[: BATCH_MAX + 1])
    if len(named) > BATCH_MAX:
        raise BatchTooLong(asked=len(named), limit=BATCH_MAX)
    return named


def locked(serials: Sequence[str], by: Actor) -> list[Row]:
    """Lock the visible ones of `serials`, in serial order, so that two verbs cannot wait for each other."""
    if not serials:
        return []
    scope = visible(viewable(by))
    named = Terminal.objects.filter(scope, serial__in=among(sorted(serials))).order_by("serial")
    columns = named.select_for_update(of=("self",)).values_list(*Row._fields)
    return [Row._make(values) for values in raw_rows(columns)]


def unseen(serials: Sequence[str], rows: Sequence[Row]) -> list[Refused]:
    """Return a refusal for each serial that no visible terminal has."""
    seen = {row.serial for row in rows}
    return [
        Refused(serial, NotFound(kind="terminal", key=serial))
        for serial in serials
        if serial not in seen
    ]
