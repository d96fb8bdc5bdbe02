"""/terminals: find them, look at one, change its facts."""

from enum import StrEnum
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING
from tillkeeper.api.schemas import Day, changes_of
from tillkeeper.api.terminal_schemas import FiltersIn, ProspectOut, TerminalDetail, TerminalOut
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.kernel.actor import Scope
from tillkeeper.parties.roles import Right
from tillkeeper.terminals import queries

router = Router(tags=["terminals"])
Sort = StrEnum("Sort", {name: name for name in queries.SORTS})  # type: ignore[misc]  # from the one table


class CountsOut(Schema):
    """How many match: in all, exact up to a limit, and by state."""

    total: int
    exact: bool = Field(description="False: there are more than `total`; counting stopped.")
    by_state: dict[str, int]


def seen(request: HttpRequest) -> Scope:
    """Return what the actor may see of the estate."""
    return queries.viewable(actor(request))


@router.get("", response={200: Page[TerminalOut], **LISTING})
def list_terminals(
    request: HttpRequest,
    paging: Query[Paging],
    filters: Query[FiltersIn],
    sort: Sort = Sort.serial,  # type: ignore[attr-defined]
) -> dict[str, Any]:
    """List terminals within the actor's view."""
    rows = queries.terminals(seen(request), filters.filters())
    return page_of(request, rows, sort=str(sort), paging=paging)


@router.get("/counts", response={200: CountsOut, **LISTING})
def count_terminals(request: HttpRequest, filters: Query[FiltersIn]) -> dict[str, Any]:
    """Count what a filter finds."""
    scope, narrowed = seen(request), filters.filters()
    total, exact = queries.count_up_to(queries.matching(scope, narrowed))
    return {"total": total, "exact": exact, "by_state": queries.counts_by_state(scope, narrowed)}


@router.get("/{serial}", response={200: TerminalDetail, **READING})
def get_terminal(request: HttpRequest, response: HttpResponse, serial: str) -> Any:
    """Show all that is known of one terminal."""
    return tagged(response, queries.terminal(seen(request), serial))


@router.get("/{serial}/prospects", response={200: list[ProspectOut], **READING})
def list_prospects(request: HttpRequest, serial: str) -> Any:
    """List what may be done next, and why the rest may not; steps beyond the actor's rights are left out."""
    row = queries.terminal(seen(request), serial)
    return list(queries.prospects_of(row, by=actor(request), at=now()))
