"""/me: who one is here, what one may do, how one likes the console; and one's saved views."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Field, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.problems import LISTING, WRITING
from tillkeeper.api.schemas import Asked, changes_of
from tillkeeper.parties import queries
from tillkeeper.parties.services import views as services
from tillkeeper.parties.services.preferences import set_preferences

router = Router(tags=["me"])
ViewPage = Annotated[str, Field(max_length=32, description="Page of the console, e.g. terminals.")]


class RoleHeld(Schema):
    """A role one holds."""

    role: str
    organisation: str
    organisation_name: str


class MeOut(Schema):
    """Who asks, and with which rights."""

    kind: Literal["person", "token"]
    username: str
    display_name: str
    rights: list[str] = Field(description="Held somewhere; a token's are cut to its scopes.")
    roles: list[RoleHeld]
    preferences: dict[str, Any]


class PreferencesIn(Asked):
    """How the console looks; what is left out stays."""

    theme: Literal["light", "dark", "auto"] = "auto"
    density: Literal["compact", "normal", "roomy"] = "normal"
    language: Literal["zh-hans", "en"] = "zh-hans"
    columns: dict[str, list[str]] = Field({}, description="Names of columns, by page.")


class ViewOut(Schema):
    """A saved view."""

    id: int
    page: str
    name: str
    query: str
    columns: list[str]
    shared_at: str | None = Field(None, alias="shared_at.code")
    owner: str = Field(alias="person.username")


class ViewIn(Asked):
    """A view to save; one of the same page and name is replaced."""

    page: str = Field(pattern="^[a-z_]{1,32}$")
    name: str = Field(min_length=1, max_length=60)
    query: str = Field("", max_length=4_000)
    columns: list[str] = Field([], max_length=100)
    shared_at: str | None = Field(
        None, max_length=40, description="Code of a node: seen there and below."
    )


def _me(request: HttpRequest) -> dict[str, Any]:
    who = actor(request)
    person = queries.person(who.name)
    held = [
        {
            "role": g.role,
            "organisation": g.organisation.code,
            "organisation_name": g.organisation.name,
        }
        for g in queries.grants_of(person)
    ]
    return {
        "kind": who.kind,
        "username": who.name,
        "display_name": person.display_name,
        "rights": sorted({str(right) for grant in who.grants for right in grant.rights}),
        "roles": held,
        "preferences": person.preferences,
    }


@router.get("/me", response={200: MeOut, **LISTING})
def get_me(request: HttpRequest) -> Any:
    """Show who one is here and what one may do."""
    return _me(request)


@router.put("/me/preferences", response={200: MeOut, **WRITING})
def change_preferences(request: HttpRequest, body: PreferencesIn) -> Any:
    """Remember how one likes the console."""
    set_preferences(queries.person(actor(request).name), **changes_of(body))
    return _me(request)


@router.get("/views", response={200: list[ViewOut], **LISTING})
def list_views(request: HttpRequest, page: ViewPage) -> Any:
    """List one's own views of a page and those shared with one."""
    return list(queries.saved_views(queries.person(actor(request).name), page))


@router.post("/views", response={201: ViewOut, **WRITING})
def save_view(request: HttpRequest, body: ViewIn) -> Status[Any]:
    """Keep filters, sort and columns under a name."""
    who = actor(request)
    said = body.model_dump(exclude={"shared_at"})
    kept = services.save_view(
        person=queries.person(who.name), **said, shared_at_code=body.shared_at, by=who, at=now()
    )
    return Status(201, kept)


@router.delete("/views/{view_id}", response={204: None, **WRITING})
def delete_view(request: HttpRequest, view_id: int) -> Status[None]:
    """Remove a view of one's own, or one that is shared where one manages people."""
    services.delete_view(view_id=view_id, by=actor(request), at=now())
    return Status(204, None)
