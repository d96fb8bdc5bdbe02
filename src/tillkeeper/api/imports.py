"""/imports: ledgers brought in. Upload, map the columns, try it out, bring it in, take it back."""

from typing import Any, Literal

from django.conf import settings
from django.http import FileResponse, HttpRequest
from django.utils.timezone import now
from django.utils.translation import get_language
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from tillkeeper.api.authentication import actor
from tillkeeper.api.files import answers_with, download, within
from tillkeeper.api.import_schemas import (
    ImportDetail,
    ImportOut,
    ImportRefusalOut,
    Kind,
    MappingIn,
)
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.throttles import HEAVY
from tillkeeper.formats.ledgers.templates import template_rows
from tillkeeper.formats.ledgers.writing import write_csv, write_xlsx
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.roles import Right
from tillkeeper.terminals import queries
from tillkeeper.terminals.services import imports as services

router = Router(tags=["imports"])


def _seen(request: HttpRequest, number: str) -> Any:
    found = queries.imports(actor(request)).filter(number=number).first()
    if found is None:
        raise NotFound(kind="import", key=number)
    return found


@router.get("", response={200: Page[ImportOut], **LISTING})
def list_imports(
    request: HttpRequest, paging: Query[Paging], sort: Literal["-id", "id"] = "-id"
) -> dict[str, Any]:
    """List imports within the actor's view, newest first."""
    return page_of(request, queries.imports(actor(request)), sort=sort, paging=paging)


@router.get("/template", response={200: None, **LISTING}, openapi_extra=answers_with("xlsx", "csv"))
def get_template(
    request: HttpRequest, kind: Kind = "terminals", form: Literal["xlsx", "csv"] = "xlsx"
) -> FileResponse:
    """Download an empty ledger with all titles and one example row, in the language of Accept-Language."""
    actor(request).require(Right.IMPORT)
    titles, example = template_rows(kind, get_language() or "en")
    write = write_csv if form == "csv" else write_xlsx
    return download(f"{kind}.{form}", form, lambda path: write(path, titles, [example]))


@router.post("", response={201: ImportDetail, **WRITING}, throttle=[HEAVY])
def start_import(
    request: HttpRequest,
    file: File[UploadedFile],
    organisation: Form[str],
    kind: Form[Kind] = "terminals",
) -> Status[Any]:
    """Upload a ledger (XLSX, XLS, CSV); its columns are proposed, or mapped as once chosen for such a file."""
    record = services.start_import(
        stream=within(settings.TILLKEEPER_IMPORT_MAX_MIB, file),
        name=file.name or "ledger",
        kind=kind,
        organisation=organisation,
        by=actor(request),
        at=now(),
    )
    return Status(201, record)


@router.get("/{number}", response={200: ImportDetail, **READING})
def get_import(request: HttpRequest, number: str) -> Any:
    """Show an import: layout, mapping, counts, and how far the work is."""
    return _seen(request, number)


@router.post("/{number}/mapping", response={200: ImportDetail, **WRITING})
def choose_mapping(request: HttpRequest, number: str, body: MappingIn) -> Any:
    """Say which column holds what; remembered for files with the same titles."""
    return services.choose_mapping(number=number, **body.model_dump(), by=actor(request), at=now())


@router.post("/{number}/check", response={202: ImportDetail, **WRITING}, throttle=[HEAVY])
def check_import(request: HttpRequest, number: str) -> Status[Any]:
    """Ask for a dry run: every row is judged, nothing is written. `progress` of the import says how far it is."""
    services.check_import(number=number, by=actor(request), at=now())
    return Status(202, _seen(request, number))


@router.post("/{number}/apply", response={202: ImportDetail, **WRITING}, throttle=[HEAVY])
def apply_import(request: HttpRequest, number: str) -> Status[Any]:
    """Ask for the file to be brought in. `progress` of the import says how far it is."""
    services.apply_import(number=number, by=actor(request), at=now())
    return Status(202, _seen(request, number))


@router.post("/{number}/cancel", response={200: ImportDetail, **WRITING})
def cancel_import(request: HttpRequest, number: str) -> Any:
    """Stop an import: a draft is put away at once, a running one stops soon and keeps nothing."""
    services.cancel_import(number=number, by=actor(request), at=now())
    return _seen(request, number)


@router.post("/{number}/undo", response={200: ImportDetail, **WRITING}, throttle=[HEAVY])
def undo_import(request: HttpRequest, number: str) -> Any:
    """Take back what an import brought in, while nothing has built on it."""
    services.undo_import(number=number, by=actor(request), at=now())
    return _seen(request, number)


@router.get("/{number}/refusals", response={200: Page[ImportRefusalOut], **READING})
def list_refusals(request: HttpRequest, number: str, paging: Query[Paging]) -> dict[str, Any]:
    """List the first ten thousand refusals of the last pass, in the file's order."""
    return page_of(request, _seen(request, number).refusals.all(), sort="id", paging=paging)


@router.get(
    "/{number}/refused", response={200: None, **READING}, openapi_extra=answers_with("xlsx", "csv")
)
def get_refused_file(request: HttpRequest, number: str) -> FileResponse:
    """Download all refused rows in the original layout, to be mended and brought in again."""
    kept = services.refused_file(number=number, by=actor(request), at=now())
    return FileResponse(
        kept.path.open("rb"), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )
