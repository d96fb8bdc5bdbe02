"""Verbs for many: which terminals are meant, and what came of it for each."""

from typing import Any, Final, Self

from ninja import Field, Schema
from pydantic import model_validator

from tillkeeper.api.schemas import Asked, Serials
from tillkeeper.api.terminal_schemas import FiltersIn
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.sets import Outcome, Refused

REFUSALS_SHOWN: Final = 1_000


class SelectionIn(Asked):
    """Either these serial numbers, or all that the filters find. Never neither: that would be everything."""

    serials: Serials = Field([])
    filters: FiltersIn | None = None
    all: bool = Field(False, description="Say so where empty filters are to mean the whole estate.")

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse both and neither; an empty filter must be meant, by `all`."""
        if bool(self.serials) == (self.filters is not None):
            raise ValueError("give either serials or filters")
        if self.filters is not None and not self.filters.filters().any and not self.all:
            raise ValueError("these filters mean every terminal: write all: true if that is meant")
        return self

    def selection(self) -> Selection:
        """Return it as the estate's services take it."""
        return Selection(
            serials=tuple(self.serials), filters=self.filters.filters() if self.filters else None
        )


class RefusedOut(Schema):
    """A terminal that stayed as it was, and why."""

    serial: str
    code: str
    title: str
    facts: dict[str, Any]


class OutcomeOut(Schema):
    """What came of a verb for many."""

    moved: int = Field(description="How many terminals it was done with.")
    refused_count: int
    refused: list[RefusedOut] = Field(
        description=f"The first {REFUSALS_SHOWN} of those it was not."
    )
    document: str = Field(description="Number of the paper behind it; blank if nothing was done.")
    batch: int | None = Field(
        description="For /terminals/batches/{batch}/refusals, with all of them."
    )


def outcome_of(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as OutcomeOut shows it."""
    return {
        "moved": outcome.moved,
        "refused_count": len(outcome.refused),
        "refused": [refused_of(refused) for refused in outcome.refused[:REFUSALS_SHOWN]],
        "document": outcome.document,
        "batch": outcome.batch_id,
    }


def refused_of(refused: Refused) -> dict[str, Any]:
    """Return one refusal as RefusedOut shows it."""
    error = refused.error
    return {
        "serial": refused.serial,
        "code": error.code,
        "title": str(error),
        "facts": error.facts(),
    }
