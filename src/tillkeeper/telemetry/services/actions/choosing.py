"""Which terminals an order is for: by serial number or by filter, kept with the order as it was asked.

What the asker might see and do is kept as well: the worker plans with the rights of the moment of asking.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

from django.db.models import Max, Min, QuerySet

from tillkeeper.kernel.actor import STEP_WIDTH, Actor, Scope
from tillkeeper.kernel.bulk import among
from tillkeeper.telemetry.errors import NothingChosen
from tillkeeper.telemetry.lifecycle import ActionKind, right_to
from tillkeeper.telemetry.queries.askable import every_terminal
from tillkeeper.terminals.errors import BatchTooLong
from tillkeeper.terminals.queries import matching, viewable, visible
from tillkeeper.terminals.selection import BATCH_MAX, Filters, Selection


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection with what its asker may see (`view`) and where he may ask (`act`)."""

    serials: tuple[str, ...]
    filters: Filters | None
    view: Scope
    act: Scope

    @classmethod
    def by(cls, selection: Selection, kind: ActionKind, by: Actor) -> Self:
        """Return what an actor chose.

        Raises:
            NothingChosen: neither serial numbers nor a filter.
            BatchTooLong: more than BATCH_MAX serial numbers.
        """
        serials = tuple(sorted({serial.strip().upper() for serial in selection.serials}))
        if not serials and selection.filters is None:
            raise NothingChosen
        if len(serials) > BATCH_MAX:
            raise BatchTooLong(asked=len(serials), limit=BATCH_MAX)
        filters = None if serials else selection.filters
        return cls(serials, filters, viewable(by), by.scope(right_to(kind)))

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Return what an order keeps."""
        view, act = (Scope(tuple(facts[name]), facts["vendor"]) for name in ("view", "act"))
        filters = _filters(facts["filters"]) if facts.get("filters") is not None else None
        return cls(tuple(facts.get("serials", ())), filters, view, Scope(act.paths))

    def facts(self) -> dict[str, Any]:
        """Return it as an order keeps it."""
        told: dict[str, Any] = {
            "view": list(self.view.paths),
            "vendor": self.view.vendor_id,
            "act": list(self.act.paths),
        }
        if self.filters is None:
            return told | {"serials": list(self.serials)}
        kept = self.filters.facts().items()
        return told | {"filters": {name: _plain(value) for name, value in kept}}

    def terminals(self) -> QuerySet[Any]:
        """Return the chosen terminals that the asker may see, bare and unordered."""
        if self.filters is not None:
            return matching(self.view, self.filters)
        named = every_terminal().filter(visible(self.view))
        return named.filter(serial__in=among(self.serials))

    def extent(self) -> tuple[int, str]:
        """Return how many terminals are meant and the path of the place that covers those in view.

        Raises:
            NothingChosen: none is in view.
            BatchTooLong: a filter that finds more than BATCH_MAX.
        """
        rows = self.terminals()
        found = rows.order_by()[: BATCH_MAX + 1].count()
        if found > BATCH_MAX:
            raise BatchTooLong(asked=found, limit=BATCH_MAX)
        if not found:
            raise NothingChosen
        ends = rows.order_by().aggregate(first=Min("path"), last=Max("path"))
        return len(self.serials) or found, _covering(ends["first"], ends["last"])


def _covering(first: str, last: str) -> str:
    """Return the path of the lowest node above both; where they are of two trees, the first one's root."""
    shared = STEP_WIDTH
    while shared < len(first) and last.startswith(first[: shared + STEP_WIDTH]):
        shared += STEP_WIDTH
    return first[:shared]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


def _filters(facts: Mapping[str, Any]) -> Filters:
    days = {field.name for field in fields(Filters) if "date" in str(field.type)}
    told: dict[str, Any] = dict(facts)
    for name, value in facts.items():
        if name in days:
            told[name] = date.fromisoformat(value)
        elif isinstance(value, list):
            told[name] = tuple(value)
    return Filters(**told)
