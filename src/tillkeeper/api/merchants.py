"""/merchants: who sells. Personal and account data come back masked, whoever asks."""

from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, Name, changes_of
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.formats.identifiers import mask_phone
from tillkeeper.kernel.search import contains
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import merchants as services

router = Router(tags=["merchants"])


class MerchantOut(Schema):
    """A merchant; `parent` is the branch or agent it belongs to."""

    number: str
    name: str
    parent: str = Field(alias="organisation.parent.code")
    uscc: str
    id_number: str = Field(alias="id_number_masked", description="Masked.")
    settlement_account: str = Field(alias="settlement_account_masked", description="Masked.")
    mcc: str
    contact: str
    phone: str = Field(description="Masked.")
    version: int

    @staticmethod
    def resolve_phone(row: Any) -> str:
        """Show only its first three and last four digits."""
        return mask_phone(row.phone)


class MerchantFacts(Asked):
    """What can be said of a merchant; a blank text takes the fact away."""

    uscc: str = Field(
        "", max_length=18, description="Unified social credit code; its checksum is checked."
    )
    id_number: str = Field(
        "", max_length=18, description="Of the responsible person, for very small merchants."
    )
    settlement_account: str = Field("", max_length=40)
    mcc: str = Field("", max_length=4)
    contact: str = Field("", max_length=60)
    phone: str = Field("", max_length=30)


class MerchantIn(MerchantFacts):
    """A new merchant."""

    number: str = Field(min_length=1, max_length=20)
    name: Name
    parent: Code


class MerchantChanges(MerchantFacts):
    """What of a merchant may be changed."""

    name: Name = ""


@router.get("", response={200: Page[MerchantOut], **LISTING})
def list_merchants(
    request: HttpRequest,
    paging: Query[Paging],
    q: Annotated[str, Field(max_length=60, description="Part of the name, or the number.")] = "",
    sort: Literal["number", "-number", "name", "-name"] = "number",
) -> dict[str, Any]:
    """List the merchants the actor may see."""
    rows = queries.merchants(actor(request).scope(Right.PARTIES_VIEW)).select_related(
        "organisation__parent"
    )
    if needle := q.strip():
        rows = rows.filter(contains("parties_merchant", "name", needle) | Q(number=needle))
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/{number}", response={200: MerchantOut, **READING})
def get_merchant(request: HttpRequest, response: HttpResponse, number: str) -> Any:
    """Show one merchant."""
    return tagged(response, queries.merchant(actor(request).scope(Right.PARTIES_VIEW), number))


@router.post("", response={201: MerchantOut, **WRITING})
def create_merchant(request: HttpRequest, body: MerchantIn) -> Status[Any]:
    """Add a merchant, with its node in the tree."""
    facts = body.model_dump(exclude={"parent"})
    made = services.create_merchant(**facts, parent_code=body.parent, by=actor(request), at=now())
    return Status(201, made)


@router.patch("/{number}", response={200: MerchantOut, **CHANGING})
def update_merchant(
    request: HttpRequest, response: HttpResponse, number: str, body: MerchantChanges
) -> Any:
    """Change facts of a merchant."""
    changed = services.update_merchant(
        number=number,
        changes=changes_of(body),
        version=version_asked(request),
        by=actor(request),
        at=now(),
    )
    return tagged(response, changed)
