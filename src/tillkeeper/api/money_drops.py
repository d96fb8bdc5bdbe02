"""/money/drops: folders and SFTP servers from which files are fetched by themselves."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.money import seen
from tillkeeper.api.money_schemas import ProblemKept
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.api.throttles import HEAVY
from tillkeeper.kernel.errors import NotFound
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.queries import drops as queries
from tillkeeper.settlement.services.drops import asking, keeping
from tillkeeper.settlement.services.drops.identity import password_of, public_key, variable_of
from tillkeeper.settlement.services.drops.sftp import fingerprint

router = Router(tags=["money"])


class DropChanges(Asked):
    """Where a drop fetches from, and whether; all of it."""

    kind: DropKind
    address: str = Field(
        max_length=400,
        description="A folder below TILLKEEPER_DROPS/organisation, or sftp://user@host:port/folder. Never a password.",
    )
    host_key: str = Field(
        "",
        max_length=800,
        description="Of an SFTP server, compared by a person. Blank: nothing is fetched yet.",
    )
    enabled: bool = True

    def wanted(self) -> keeping.Wanted:
        """Return it as the service takes it."""
        return keeping.Wanted(
            kind=self.kind, address=self.address, host_key=self.host_key, enabled=self.enabled
        )


class DropIn(DropChanges):
    """A new drop."""

    organisation: str = Field(
        max_length=40, description="Code of the node that the files belong to."
    )
    name: str = Field(max_length=40, description="Small letters, digits and -.")


class DropProgressOut(Schema):
    """How far a round is."""

    stage: str
    percent: int
    files: int


class DropOut(Schema):
    """A drop with its last round."""

    id: int
    organisation: str = Field(alias="organisation.code")
    name: str
    kind: DropKind
    address: str
    host_key: str
    enabled: bool
    looked_at: datetime | None
    problem: ProblemKept = Field(description="Of the last round; blank where nothing was wrong.")
    taken: int = Field(description="Files that came from it and count.")
    refused: int
    last_at: datetime | None = Field(description="When the last of them came.")
    by: str
    at: datetime


class DropDetail(DropOut):
    """With what is needed to log in there, and how far a round is."""

    fingerprint: str
    password_variable: str = Field(
        description="Where a password is looked for; blank for a folder."
    )
    password_set: bool
    progress: DropProgressOut | None

    @staticmethod
    def resolve_fingerprint(row: Any) -> str:
        """Of the saved host key."""
        return fingerprint(row.host_key)

    @staticmethod
    def resolve_password_variable(row: Any) -> str:
        """By the organisation's code and the drop's name."""
        return variable_of(row.organisation.code, row.name) if row.kind == DropKind.SFTP else ""

    @staticmethod
    def resolve_password_set(row: Any) -> bool:
        """Whether there is one, never what it is."""
        return (
            row.kind == DropKind.SFTP and password_of(row.organisation.code, row.name) is not None
        )

    @staticmethod
    def resolve_progress(row: Any) -> dict[str, Any] | None:
        """From the cache."""
        said = asking.fetching(row)
        if said is None:
            return None
        return {"stage": said.stage, "percent": said.percent, "files": said.rows}


class AddressIn(Asked):
    """Whom to ask."""

    address: str = Field(max_length=400, description="sftp://user@host:port/folder")


class HostKeyOut(Schema):
    """What a server showed. Compare the fingerprint with the one its owner gave you before you save the key."""

    host_key: str
    fingerprint: str


class PublicKeyOut(Schema):
    """The public half of this installation's key."""

    public_key: str = Field(description="One line for the server's authorized_keys.")


@router.get("", response={200: Page[DropOut], **LISTING})
def list_drops(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """List drops with their last round."""
    return page_of(request, queries.drops_with_arrivals(seen(request)), sort="-id", paging=paging)


@router.post("", response={201: DropDetail, **WRITING})
def add_drop(request: HttpRequest, body: DropIn) -> Status[Any]:
    """Make a drop; the worker fetches from it from then on."""
    made = keeping.add_drop(
        organisation=body.organisation,
        name=body.name,
        wanted=body.wanted(),
        by=actor(request),
        at=now(),
    )
    return Status(201, _detail(request, made.pk))


@router.get("/key", response={200: PublicKeyOut, **READING})
def get_public_key(request: HttpRequest) -> Any:
    """Show the public key of this installation, to be handed to owners of SFTP servers."""
    seen(request)
    return {"public_key": public_key()}


@router.post("/ask", response={200: HostKeyOut, **WRITING}, throttle=[HEAVY])
def ask_server(request: HttpRequest, body: AddressIn) -> Any:
    """Ask an SFTP server for its key. Nothing is saved and nothing is trusted by that."""
    line, shown = keeping.ask_server(address=body.address, by=actor(request))
    return {"host_key": line, "fingerprint": shown}


@router.get("/{drop}", response={200: DropDetail, **READING})
def get_drop(request: HttpRequest, drop: int) -> Any:
    """Show a drop."""
    return _detail(request, drop)


@router.put("/{drop}", response={200: DropDetail, **WRITING})
def change_drop(request: HttpRequest, drop: int, body: DropChanges) -> Any:
    """Change where a drop fetches from, or whether."""
    keeping.change_drop(drop=drop, wanted=body.wanted(), by=actor(request), at=now())
    return _detail(request, drop)


@router.delete("/{drop}", response={204: None, **WRITING})
def remove_drop(request: HttpRequest, drop: int) -> Status[None]:
    """Remove a drop; the files that came from it stay."""
    keeping.remove_drop(drop=drop, by=actor(request), at=now())
    return Status(204, None)


@router.post("/{drop}/fetch", response={202: DropDetail, **WRITING}, throttle=[HEAVY])
def fetch_drop(request: HttpRequest, drop: int) -> Status[Any]:
    """Have the worker fetch now; `progress` says how far it is, then `problem` what went wrong."""
    asking.ask_to_fetch(drop=drop, by=actor(request))
    return Status(202, _detail(request, drop))


@router.post("/{drop}/stop", response={202: DropDetail, **WRITING})
def stop_drop(request: HttpRequest, drop: int) -> Status[Any]:
    """Have a round end at its next piece; the next one goes on."""
    asking.ask_to_stop(drop=drop, by=actor(request))
    return Status(202, _detail(request, drop))


def _detail(request: HttpRequest, drop: int) -> Any:
    found = queries.drops_with_arrivals(seen(request)).filter(pk=drop).first()
    if found is None:
        raise NotFound(kind="drop", key=str(drop))
    return found
