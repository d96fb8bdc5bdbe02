"""/terminals/export and /terminals/labels: the ledger as a file, and label sheets to print."""

from typing import Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.timezone import localtime, now
from ninja import Field, Query, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.files import MEDIA_TYPES, answers_with, download
from tillkeeper.api.problems import LISTING, WRITING
from tillkeeper.api.selections import SelectionIn
from tillkeeper.api.terminal_schemas import FiltersIn
from tillkeeper.api.terminals import Sort
from tillkeeper.api.throttles import HEAVY
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS, export_terminals
from tillkeeper.terminals.services.label_sheets import label_sheet

router = Router(tags=["terminals"], throttle=[HEAVY])


class ExportFacts(Schema):
    """What the file holds."""

    kind: Literal["xlsx", "csv"] = "xlsx"
    columns: list[str] = Field(
        [],
        max_length=len(EXPORT_COLUMNS),
        description="Names, in order; none means all: " + ", ".join(EXPORT_COLUMNS),
    )


class ExportIn(ExportFacts, SelectionIn):
    """A selection to export."""


class LabelsIn(SelectionIn):
    """Labels to print."""

    sheet: str = Field(max_length=40, description="Kind of label sheet.")
    skip: int = Field(0, ge=0, le=200, description="Labels already used on the first sheet.")


def _export(
    request: HttpRequest, selection: Selection, asked: ExportFacts, sort: str
) -> FileResponse:
    at = now()

    def write(path: Any) -> None:
        export_terminals(
            selection=selection,
            path=path,
            kind=asked.kind,
            columns=asked.columns,
            sort=sort,
            by=actor(request),
            at=at,
        )

    return download(f"terminals-{localtime(at):%Y%m%d-%H%M%S}.{asked.kind}", asked.kind, write)


@router.get("/export", response={200: None, **LISTING}, openapi_extra=answers_with("xlsx", "csv"))
def export_filtered(
    request: HttpRequest,
    filters: Query[FiltersIn],
    asked: Query[ExportFacts],
    sort: Sort = "serial",
) -> FileResponse:
    """Download exactly what the list shows, as XLSX or CSV, in the language of Accept-Language."""
    return _export(request, Selection(filters=filters.filters()), asked, sort)


@router.post("/export", response={200: None, **WRITING}, openapi_extra=answers_with("xlsx", "csv"))
def export_selected(request: HttpRequest, body: ExportIn) -> FileResponse:
    """Download a selection as XLSX or CSV."""
    return _export(request, body.selection(), body, "serial")


@router.post("/labels", response={200: None, **WRITING}, openapi_extra=answers_with("pdf"))
def print_labels(request: HttpRequest, body: LabelsIn) -> HttpResponse:
    """Download a PDF with one label for each selected terminal."""
    pdf = label_sheet(
        selection=body.selection(), sheet=body.sheet, skip=body.skip, by=actor(request), at=now()
    )
    named = {"Content-Disposition": 'attachment; filename="labels.pdf"'}
    return HttpResponse(pdf, content_type=MEDIA_TYPES["pdf"], headers=named)
