"""/terminals: find them, look at one, change its facts."""

from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING
from tillkeeper.api.schemas import changes_of
from tillkeeper.api.terminal_schemas import (
    FiltersIn,
    HappeningOut,
    ProspectOut,
    TerminalChanges,
    TerminalDetail,
    TerminalOut,
)
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.kernel.actor import Scope
from tillkeeper.terminals import queries
from tillkeeper.terminals.discretion import hears_all, seen_by, shown_to, told
from tillkeeper.terminals.services.facts import update_terminal as update

router = Router(tags=["terminals"])
TIMELINE_MAX: Final = 1_000
# The same as queries.SORTS; a test compares them.
Sort = Literal[
    "serial",
    "-serial",
    "state_since",
    "-state_since",
    "received_on",
    "-received_on",
    "warranty_until",
    "-warranty_until",
]


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
    sort: Sort = "serial",
) -> dict[str, Any]:
    """List terminals within the actor's view."""
    scope = seen(request)
    page = page_of(request, queries.terminals(scope, filters.filters()), sort=sort, paging=paging)
    return {**page, "items": list(shown_to(page["items"], actor(request)))}


@router.get("/counts", response={200: CountsOut, **LISTING})
def count_terminals(request: HttpRequest, filters: Query[FiltersIn]) -> dict[str, Any]:
    """Count what a filter finds."""
    scope, narrowed = seen(request), filters.filters()
    total, exact = queries.count_up_to(queries.matching(scope, narrowed))
    return {"total": total, "exact": exact, "by_state": queries.counts_by_state(scope, narrowed)}


@router.get("/{path:serial}/prospects", response={200: list[ProspectOut], **READING})
def list_prospects(request: HttpRequest, serial: str) -> Any:
    """List what may be done next, and why the rest may not; steps beyond the actor's rights are left out."""
    row = queries.terminal(seen(request), serial)
    return list(queries.prospects_of(row, by=actor(request), at=now()))


@router.get("/{path:serial}/timeline", response={200: list[HappeningOut], **READING})
def timeline(
    request: HttpRequest, serial: str, limit: Annotated[int, Field(ge=1, le=TIMELINE_MAX)] = 200
) -> Any:
    """List everything that ever happened to a terminal, newest first; to a vendor's contact what concerns it."""
    scope, by = seen(request), actor(request)
    row = queries.terminal(scope, serial)
    most = limit if hears_all(row, by) else TIMELINE_MAX
    return told(queries.timeline(row, scope=scope, limit=most), row, by)[:limit]


# Serial numbers may hold a slash, so these two take the rest of the address and must stand last.
@router.get("/{path:serial}", response={200: TerminalDetail, **READING})
def get_terminal(request: HttpRequest, response: HttpResponse, serial: str) -> Any:
    """Show all that is known of one terminal; to a vendor's contact no price, no place and no merchant."""
    return tagged(response, seen_by(queries.terminal(seen(request), serial), actor(request)))


@router.patch("/{path:serial}", response={200: TerminalDetail, **CHANGING})
def update_terminal(
    request: HttpRequest, response: HttpResponse, serial: str, body: TerminalChanges
) -> Any:
    """Correct facts of a terminal. State, place, holder and binding change by steps alone."""
    changed = update(
        serial=serial,
        changes=changes_of(body),
        version=version_asked(request),
        by=actor(request),
        at=now(),
    )
    return tagged(response, changed)
