"""/vendors: makers and suppliers. Nobody's secret, so everybody who may look at parties sees them all."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, Name, changes_of
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import vendors as services

router = Router(tags=["vendors"])


class VendorOut(Schema):
    """A vendor."""

    code: str
    name: str
    contact: str
    version: int


class VendorIn(Asked):
    """A new vendor."""

    code: Code
    name: Name
    contact: str = Field("", max_length=120)


class VendorChanges(Asked):
    """What of a vendor may be changed."""

    name: Name = ""
    contact: str = Field("", max_length=120)


@router.get("", response={200: Page[VendorOut], **LISTING})
def list_vendors(
    request: HttpRequest,
    paging: Query[Paging],
    sort: Literal["code", "-code", "name", "-name"] = "code",
) -> dict[str, Any]:
    """List all vendors."""
    actor(request).require(Right.PARTIES_VIEW)
    return page_of(request, queries.vendors(), sort=sort, paging=paging)


@router.get("/{code}", response={200: VendorOut, **READING})
def get_vendor(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    """Show one vendor."""
    actor(request).require(Right.PARTIES_VIEW)
    return tagged(response, queries.vendor(code))


@router.post("", response={201: VendorOut, **WRITING})
def create_vendor(request: HttpRequest, body: VendorIn) -> Status[Any]:
    """Add a vendor."""
    made = services.create_vendor(**body.model_dump(), by=actor(request), at=now())
    return Status(201, made)


@router.patch("/{code}", response={200: VendorOut, **CHANGING})
def update_vendor(
    request: HttpRequest, response: HttpResponse, code: str, body: VendorChanges
) -> Any:
    """Change facts of a vendor."""
    changed = services.update_vendor(
        code=code,
        changes=changes_of(body),
        version=version_asked(request),
        by=actor(request),
        at=now(),
    )
    return tagged(response, changed)
