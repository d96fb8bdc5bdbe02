"""/models: the catalogue of terminal models and their approvals."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, Day, VendorRef, changes_of
from tillkeeper.api.versions import tagged, version_asked
from tillkeeper.parties.roles import Right
from tillkeeper.terminals import queries
from tillkeeper.terminals.services import catalogue as services

router = Router(tags=["models"])
Form = Literal["countertop", "mobile", "android", "pin_pad", "qr_box", "unattended"]


class ModelOut(Schema):
    """A model of terminal."""

    code: str
    name: str
    vendor: VendorRef
    form: str
    pts_version: str
    end_of_sale_on: Day
    end_of_support_on: Day
    approved_until: Day = Field(None, description="The day its last approval ends.")
    version: int


class ApprovalOut(Schema):
    """A certificate of a model."""

    scheme: str
    number: str
    hardware_version: str
    firmware_version: str
    expires_on: date
    use_until: Day
    waiver: str
    source: str


class ModelDetail(ModelOut):
    """With its approvals."""

    approvals: list[ApprovalOut]


class ModelFacts(Asked):
    """What can be said of a model."""

    form: Form = "countertop"
    pts_version: str = Field("", max_length=8)
    end_of_sale_on: Day = None
    end_of_support_on: Day = None


class ModelIn(ModelFacts):
    """A new model."""

    code: Code
    name: str = Field(min_length=1, max_length=80)
    vendor: Code


class ModelChanges(ModelFacts):
    """What of a model may be changed."""

    name: str = Field("", min_length=1, max_length=80)


class ApprovalIn(Asked):
    """A certificate; one of the same scheme and number is corrected."""

    scheme: str = Field(min_length=1, max_length=24)
    number: str = Field(min_length=1, max_length=40)
    expires_on: date
    use_until: Day = None
    hardware_version: str = Field("", max_length=40)
    firmware_version: str = Field("", max_length=40)
    waiver: str = Field("", max_length=200, description="Who allowed buying after expiry.")
    source: str = Field("", max_length=200)


def _detail(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    actor(request).require(Right.VIEW)
    return tagged(response, queries.terminal_model(code))


@router.get("", response={200: Page[ModelOut], **LISTING})
def list_models(
    request: HttpRequest,
    paging: Query[Paging],
    vendor: Annotated[str, Field(max_length=40)] = "",
    sort: Literal["code", "-code", "name", "-name"] = "code",
) -> dict[str, Any]:
    """List the catalogue."""
    actor(request).require(Right.VIEW)
    return page_of(request, queries.terminal_models(vendor), sort=sort, paging=paging)


@router.get("/{code}", response={200: ModelDetail, **READING})
def get_model(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    """Show one model with its approvals."""
    return _detail(request, response, code)


@router.post("", response={201: ModelDetail, **WRITING})
def create_model(request: HttpRequest, response: HttpResponse, body: ModelIn) -> Status[Any]:
    """Add a model to the catalogue."""
    facts = body.model_dump(exclude={"vendor"})
    made = services.create_model(**facts, vendor_code=body.vendor, by=actor(request), at=now())
    return Status(201, _detail(request, response, made.code))


@router.patch("/{code}", response={200: ModelDetail, **CHANGING})
def update_model(
    request: HttpRequest, response: HttpResponse, code: str, body: ModelChanges
) -> Any:
    """Correct facts of a model."""
    services.update_model(
        code=code,
        changes=changes_of(body),
        version=version_asked(request),
        by=actor(request),
        at=now(),
    )
    return _detail(request, response, code)


@router.post("/{code}/approvals", response={200: ModelDetail, **WRITING})
def record_approval(
    request: HttpRequest, response: HttpResponse, code: str, body: ApprovalIn
) -> Any:
    """Record a certificate of a model, or correct it."""
    services.record_approval(code=code, **body.model_dump(), by=actor(request), at=now())
    return _detail(request, response, code)
