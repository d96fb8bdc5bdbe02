"""/organisations: the tree."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, Name
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import organisations as services

router = Router(tags=["organisations"])
Kind = Literal["head_office", "branch", "agent", "merchant", "store"]


class OrganisationOut(Schema):
    """A node of the tree."""

    code: str
    name: str
    kind: Kind
    parent: str | None = Field(None, alias="parent.code")
    version: int


class OrganisationIn(Asked):
    """A new node."""

    kind: Kind
    code: Code
    name: Name
    parent: Code | None = None


class OrganisationChanges(Asked):
    """What of a node may be changed in place."""

    name: Name


class MoveIn(Asked):
    """Where a node goes, with all below it."""

    parent: Code


class TreeRowOut(Schema):
    """A node with its depth, in the order of the tree."""

    code: str = Field(alias="organisation.code")
    name: str = Field(alias="organisation.name")
    kind: Kind = Field(alias="organisation.kind")
    depth: int


@router.get("", response={200: Page[OrganisationOut], **LISTING})
def list_organisations(
    request: HttpRequest,
    paging: Query[Paging],
    kind: Kind | None = None,
    sort: Literal["code", "-code", "name", "-name"] = "code",
) -> dict[str, Any]:
    """List the nodes the actor may see."""
    rows = queries.organisations(actor(request).scope(Right.PARTIES_VIEW)).select_related("parent")
    rows = rows.filter(kind=kind) if kind else rows
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/tree", response={200: list[TreeRowOut], **LISTING})
def organisation_tree(request: HttpRequest) -> Any:
    """Show head office, branches and agents the actor may see as a tree, flattened in order."""
    return queries.organisation_tree(actor(request).scope(Right.PARTIES_VIEW))


@router.get("/{code}", response={200: OrganisationOut, **READING})
def get_organisation(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    """Show one node."""
    return tagged(response, queries.organisation(actor(request).scope(Right.PARTIES_VIEW), code))


@router.post("", response={201: OrganisationOut, **WRITING})
def create_organisation(request: HttpRequest, body: OrganisationIn) -> Status[Any]:
    """Add a node below another one."""
    made = services.create_organisation(
        kind=body.kind,
        code=body.code,
        name=body.name,
        parent_code=body.parent,
        by=actor(request),
        at=now(),
    )
    return Status(201, made)


@router.patch("/{code}", response={200: OrganisationOut, **CHANGING})
def update_organisation(
    request: HttpRequest, response: HttpResponse, code: str, body: OrganisationChanges
) -> Any:
    """Rename a node."""
    changed = services.update_organisation(
        code=code, name=body.name, version=version_asked(request), by=actor(request), at=now()
    )
    return tagged(response, changed)


@router.post("/{code}/move", response={200: OrganisationOut, **WRITING})
def move_organisation(request: HttpRequest, response: HttpResponse, code: str, body: MoveIn) -> Any:
    """Hang a node, with all below it, under another one."""
    moved = services.move_organisation(
        code=code, parent_code=body.parent, by=actor(request), at=now()
    )
    return tagged(response, moved)
