"""/sites: where merchants sell."""

from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, Name, changes_of
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.formats.identifiers import mask_phone
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import sites as services

router = Router(tags=["sites"])


class SiteOut(Schema):
    """A site of a merchant."""

    code: str
    name: str
    merchant: str = Field(alias="merchant.number")
    address: str
    province: str
    city: str
    latitude: float | None
    longitude: float | None
    contact: str
    phone: str = Field(description="Masked.")
    version: int

    @staticmethod
    def resolve_phone(row: Any) -> str:
        """Show only its first three and last four digits."""
        return mask_phone(row.phone)


class SiteFacts(Asked):
    """What can be said of a site."""

    province: str = Field("", max_length=40)
    city: str = Field("", max_length=40)
    latitude: Decimal | None = Field(None, ge=-90, le=90, max_digits=9, decimal_places=6)
    longitude: Decimal | None = Field(None, ge=-180, le=180, max_digits=9, decimal_places=6)
    contact: str = Field("", max_length=60)
    phone: str = Field("", max_length=30)


class SiteIn(SiteFacts):
    """A new site."""

    merchant: str = Field(min_length=1, max_length=20)
    code: Code
    name: Name
    address: str = Field(min_length=1, max_length=200)


class SiteChanges(SiteFacts):
    """What of a site may be changed."""

    name: Name = ""
    address: str = Field("", min_length=1, max_length=200)


class SiteFilters(Schema):
    """What the list is narrowed to; blank means any."""

    merchant: str = Field("", max_length=20, description="Number.")
    province: str = Field("", max_length=40)
    city: str = Field("", max_length=40)


@router.get("", response={200: Page[SiteOut], **LISTING})
def list_sites(
    request: HttpRequest,
    paging: Query[Paging],
    filters: Query[SiteFilters],
    sort: Literal["code", "-code", "name", "-name"] = "code",
) -> dict[str, Any]:
    """List the sites the actor may see."""
    rows = queries.sites(actor(request).scope(Right.PARTIES_VIEW)).select_related("merchant")
    asked = {
        "merchant__number": filters.merchant,
        "province": filters.province,
        "city": filters.city,
    }
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/{code}", response={200: SiteOut, **READING})
def get_site(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    """Show one site."""
    return tagged(response, queries.site(actor(request).scope(Right.PARTIES_VIEW), code))


@router.post("", response={201: SiteOut, **WRITING})
def create_site(request: HttpRequest, body: SiteIn) -> Status[Any]:
    """Add a site of a merchant, with its node in the tree."""
    facts = body.model_dump(exclude={"merchant"})
    made = services.create_site(merchant_number=body.merchant, **facts, by=actor(request), at=now())
    return Status(201, made)


@router.patch("/{code}", response={200: SiteOut, **CHANGING})
def update_site(request: HttpRequest, response: HttpResponse, code: str, body: SiteChanges) -> Any:
    """Change facts of a site."""
    changed = services.update_site(
        code=code,
        changes=changes_of(body),
        version=version_asked(request),
        by=actor(request),
        at=now(),
    )
    return tagged(response, changed)
