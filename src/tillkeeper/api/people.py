"""/people: who signs in, and which roles they hold where."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import CHANGING, LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked, Code, changes_of
from tillkeeper.api.versions import version_asked
from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.parties import queries
from tillkeeper.parties.roles import RIGHTS, Right, Role
from tillkeeper.parties.services import people as services
from tillkeeper.parties.wording import ROLE_LABELS

router = Router(tags=["people"])


class GrantOut(Schema):
    """A role held at a place."""

    role: Role
    organisation: str = Field(alias="organisation.code")
    vendor: str | None = Field(None, alias="vendor.code")
    granted_by: str
    granted_at: datetime


class PersonOut(Schema):
    """Somebody who signs in."""

    username: str
    display_name: str
    is_active: bool
    last_login: datetime | None
    version: int


class PersonDetail(PersonOut):
    """With the roles the asker may see."""

    grants: list[GrantOut]


class PersonIn(Asked):
    """Somebody new. Without a role they can sign in and see nothing."""

    username: str = Field(min_length=1, max_length=150)
    display_name: str = Field("", max_length=60)
    password: str = Field(min_length=1, max_length=128)


class PersonChanges(Asked):
    """What of a person may be changed."""

    display_name: str = Field("", max_length=60)
    email: str = Field("", max_length=254, description="Taken, but never shown by this API.")


class PasswordIn(Asked):
    """A new password."""

    password: str = Field(min_length=1, max_length=128)


class GrantIn(Asked):
    """A role at a place; `vendor` for a vendor's contact only."""

    role: Role
    organisation: Code
    vendor: Code | None = None


class RoleOut(Schema):
    """A role, in words, with the rights it carries."""

    role: Role
    label: str
    rights: list[Right]


def _managing(request: HttpRequest) -> tuple[Actor, Scope]:
    who = actor(request)
    who.require(Right.PEOPLE)
    return who, who.scope(Right.PEOPLE)


def _detail(request: HttpRequest, username: str) -> dict[str, Any]:
    scope = _managing(request)[1]
    row = queries.person(username, scope)
    grants = [grant for grant in queries.grants_of(row) if scope.covers(grant.organisation.path)]
    names = ("username", "display_name", "is_active", "last_login", "version")
    return {**{name: getattr(row, name) for name in names}, "grants": grants}


def _answer(request: HttpRequest, response: HttpResponse, username: str) -> dict[str, Any]:
    detail = _detail(request, username)
    response["ETag"] = f'"{detail["version"]}"'
    return detail


@router.get("", response={200: Page[PersonOut], **LISTING})
def list_people(
    request: HttpRequest, paging: Query[Paging], sort: Literal["username", "-username"] = "username"
) -> dict[str, Any]:
    """List people with a role within the asker's view, and those without any."""
    return page_of(request, queries.people(_managing(request)[1]), sort=sort, paging=paging)


@router.get("/roles", response={200: list[RoleOut], **LISTING})
def list_roles(request: HttpRequest) -> Any:
    """List the roles there are and the rights they carry."""
    return [
        {"role": role, "label": str(ROLE_LABELS[role]), "rights": sorted(RIGHTS[role])}
        for role in Role
    ]


@router.get("/{username}", response={200: PersonDetail, **READING})
def get_person(request: HttpRequest, response: HttpResponse, username: str) -> Any:
    """Show one person with their roles."""
    return _answer(request, response, username)


@router.post("", response={201: PersonOut, **WRITING})
def create_person(request: HttpRequest, body: PersonIn) -> Status[Any]:
    """Let somebody in."""
    return Status(201, services.create_person(**body.model_dump(), by=actor(request), at=now()))


@router.patch("/{username}", response={200: PersonDetail, **CHANGING})
def update_person(
    request: HttpRequest, response: HttpResponse, username: str, body: PersonChanges
) -> Any:
    """Change facts of an account."""
    services.update_person(
        username=username,
        changes=changes_of(body),
        version=version_asked(request),
        by=actor(request),
        at=now(),
    )
    return _answer(request, response, username)


@router.post("/{username}/password", response={204: None, **WRITING})
def set_password(request: HttpRequest, username: str, body: PasswordIn) -> Status[None]:
    """Set a new password; running sessions end."""
    services.set_password(username=username, password=body.password, by=actor(request), at=now())
    return Status(204, None)


@router.post("/{username}/deactivate", response={200: PersonDetail, **WRITING})
def deactivate_person(request: HttpRequest, response: HttpResponse, username: str) -> Any:
    """Close an account: no sign-in, no token of theirs works."""
    services.deactivate_person(username=username, by=actor(request), at=now())
    return _answer(request, response, username)


@router.post("/{username}/reactivate", response={200: PersonDetail, **WRITING})
def reactivate_person(request: HttpRequest, response: HttpResponse, username: str) -> Any:
    """Open a closed account again, with the roles it had."""
    services.reactivate_person(username=username, by=actor(request), at=now())
    return _answer(request, response, username)


@router.post("/{username}/grants", response={200: PersonDetail, **WRITING})
def grant_role(request: HttpRequest, response: HttpResponse, username: str, body: GrantIn) -> Any:
    """Give a role at a place."""
    services.grant_role(
        username=username,
        role=body.role,
        organisation_code=body.organisation,
        vendor_code=body.vendor,
        by=actor(request),
        at=now(),
    )
    return _answer(request, response, username)


@router.delete("/{username}/grants/{organisation}/{role}", response={200: PersonDetail, **WRITING})
def revoke_role(
    request: HttpRequest, response: HttpResponse, username: str, organisation: str, role: Role
) -> Any:
    """Take a role at a place away."""
    services.revoke_role(
        username=username, role=role, organisation_code=organisation, by=actor(request), at=now()
    )
    return _answer(request, response, username)
