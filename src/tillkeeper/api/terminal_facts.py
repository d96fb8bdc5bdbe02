"""/terminals/...: proof, tampering, accessories and files."""

from typing import Any, Final

from django.http import FileResponse, HttpRequest
from django.utils.timezone import now
from ninja import Field, File, Form, Router, Status
from ninja.files import UploadedFile

from tillkeeper.api.authentication import actor
from tillkeeper.api.files import MEDIA_TYPES, answers_with, within
from tillkeeper.api.problems import READING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.api.selections import OutcomeOut, SelectionIn, outcome_of
from tillkeeper.api.terminal_schemas import AccessoryOut, FileOut
from tillkeeper.api.throttles import HEAVY
from tillkeeper.terminals.lifecycle import EvidenceKind
from tillkeeper.terminals.services import facts as services
from tillkeeper.terminals.services.evidence import mark_tampered, record_evidence

router = Router(tags=["terminals"])
FILE_MAX_MIB: Final = 25
Told = str | int | float | bool | list[str] | None


class EvidenceIn(SelectionIn):
    """Proof for many terminals. Metadata only: a key or a card number has no place here."""

    kind: EvidenceKind
    reference: str = Field(min_length=1, max_length=80, description="Number of the paper or run.")
    facts: dict[str, Told] = Field({}, max_length=20, examples=[{"kcv": "A1B2C3"}])
    file_sha256: str = Field("", pattern="^([0-9a-f]{64})?$")


class TamperedIn(SelectionIn):
    """What was seen."""

    why: str = Field(min_length=1, max_length=200)


class AccessoryIn(Asked):
    """Something that belongs to a terminal."""

    kind: str = Field(min_length=1, max_length=60)
    serial: str = Field("", max_length=40)
    quantity: int = Field(1, ge=1, le=1_000)


@router.post("/evidence", response={200: OutcomeOut, **WRITING}, throttle=[HEAVY])
def add_evidence(request: HttpRequest, body: EvidenceIn) -> dict[str, Any]:
    """Record one proof for every selected terminal whose state allows it."""
    outcome = record_evidence(
        selection=body.selection(),
        kind=body.kind,
        reference=body.reference,
        facts=body.facts,
        file_sha256=body.file_sha256,
        by=actor(request),
        at=now(),
    )
    return outcome_of(outcome)


@router.post("/tampered", response={200: OutcomeOut, **WRITING}, throttle=[HEAVY])
def flag_tampered(request: HttpRequest, body: TamperedIn) -> dict[str, Any]:
    """Flag terminals as tampered with; those in service are suspended in the same breath."""
    outcome = mark_tampered(selection=body.selection(), why=body.why, by=actor(request), at=now())
    return outcome_of(outcome)


@router.post("/{path:serial}/accessories", response={201: AccessoryOut, **WRITING})
def add_accessory(request: HttpRequest, serial: str, body: AccessoryIn) -> Status[Any]:
    """Note an accessory of a terminal."""
    added = services.add_accessory(
        serial=serial,
        kind=body.kind,
        accessory_serial=body.serial,
        quantity=body.quantity,
        by=actor(request),
        at=now(),
    )
    return Status(201, added)


@router.delete("/{path:serial}/accessories/{accessory}", response={204: None, **WRITING})
def remove_accessory(request: HttpRequest, serial: str, accessory: int) -> Status[None]:
    """Strike an accessory off."""
    services.remove_accessory(serial=serial, accessory=accessory, by=actor(request), at=now())
    return Status(204, None)


@router.post("/{path:serial}/files", response={201: FileOut, **WRITING})
def attach_file(
    request: HttpRequest, serial: str, file: File[UploadedFile], title: Form[str] = ""
) -> Status[Any]:
    """Keep a photo, form or certificate with a terminal; at most 25 MiB."""
    kept = services.attach_file(
        serial=serial,
        title=title,
        name=file.name or "file",
        media_type=file.content_type or MEDIA_TYPES["any"],
        stream=within(FILE_MAX_MIB, file).chunks(),
        by=actor(request),
        at=now(),
    )
    return Status(201, kept)


@router.get(
    "/{path:serial}/files/{sha256}",
    response={200: None, **READING},
    openapi_extra=answers_with("any"),
)
def get_file(request: HttpRequest, serial: str, sha256: str) -> FileResponse:
    """Download a file of a terminal. It is never shown in place: an uploaded page could hold a script."""
    kept = services.attached_file(serial=serial, sha256=sha256, by=actor(request))
    return FileResponse(
        kept.path.open("rb"), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )
