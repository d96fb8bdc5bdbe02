"""/money: files brought in, runs, the ledger, rules and statements. Cases have a module of their own."""

from datetime import date
from typing import Any, Literal

from django.conf import settings
from django.http import FileResponse, HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from tillkeeper.api import money_schemas as shapes
from tillkeeper.api.authentication import actor
from tillkeeper.api.files import answers_with, download, within
from tillkeeper.api.money_case_schemas import PlaceOut
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.throttles import HEAVY
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import files as file_queries
from tillkeeper.settlement.queries import ledger
from tillkeeper.settlement.queries import rulebooks as rule_queries
from tillkeeper.settlement.queries import runs as run_queries
from tillkeeper.settlement.queries import statements as statement_queries
from tillkeeper.settlement.queries.layouts import format_known
from tillkeeper.settlement.queries.lines import source_line
from tillkeeper.settlement.services import statements
from tillkeeper.settlement.services.files import bring_in, original, withdraw
from tillkeeper.settlement.services.ledger import reverse
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.services.runs import start_run

router = Router(tags=["money"])


def seen(request: HttpRequest) -> Scope:
    """Return what the actor may see of money."""
    who = actor(request)
    who.require(Right.MONEY_VIEW)
    return who.scope(Right.MONEY_VIEW)


@router.post("/files", response={201: shapes.MoneyFileDetail, **WRITING}, throttle=[HEAVY])
def bring_file_in(
    request: HttpRequest,
    file: File[UploadedFile],
    organisation: Form[str],
    form: Form[str] = "",
    year: Form[int | None] = None,
    mid: Form[str] = "",
) -> Status[Any]:
    """Bring a journal, bill or statement in. What cannot be used is kept as refused, with its problem.

    With `mid`, the bill of another merchant is refused.
    """
    by = actor(request)
    node = organisation_named(by.scope(Right.MONEY_WORK), organisation)
    made = bring_in(
        stream=within(settings.TILLKEEPER_IMPORT_MAX_MIB, file),
        name=file.name or "file",
        organisation=organisation,
        by=by,
        at=now(),
        form=format_known(node, form),
        options=Options(year=year, mid=mid.strip()),
    )
    return Status(201, made)


@router.get("/files", response={200: Page[shapes.MoneyFileOut], **LISTING})
def list_files(
    request: HttpRequest, paging: Query[Paging], sort: Literal["-id", "id"] = "-id"
) -> dict[str, Any]:
    """List files, the newest first."""
    rows = file_queries.files(seen(request)).select_related("organisation")
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/files/{number}", response={200: shapes.MoneyFileDetail, **READING})
def get_money_file(request: HttpRequest, number: str) -> Any:
    """Show a file: its format, rows, sums, its own figures and what was set aside."""
    return file_queries.file(seen(request), number)


@router.post("/files/{number}/withdraw", response={200: shapes.MoneyFileDetail, **WRITING})
def withdraw_file(request: HttpRequest, number: str, body: shapes.WhyIn) -> Any:
    """Take a file back that no run has used; the same may then be brought in again."""
    return withdraw(number=number, why=body.why, by=actor(request), at=now())


@router.get(
    "/files/{number}/original", response={200: None, **READING}, openapi_extra=answers_with("any")
)
def get_original(request: HttpRequest, number: str) -> FileResponse:
    """Download a file as it came."""
    row = file_queries.file(seen(request), number)
    return FileResponse(
        original(row).open("rb"), as_attachment=True, filename=row.name,
        content_type="application/octet-stream",
    )  # fmt: skip


@router.get("/files/{number}/lines/{line}", response={200: PlaceOut, **READING})
def get_line(request: HttpRequest, number: str, line: int) -> Any:
    """Show a line as it stands in a file, with its neighbours; card numbers are cut."""
    told = source_line(file_queries.file(seen(request), number), line)
    return {
        "file": number,
        "name": told.name,
        "line": told.line,
        "before": list(told.before),
        "text": told.text,
        "after": list(told.after),
    }


@router.post("/runs", response={202: shapes.MatchingRunDetail, **WRITING}, throttle=[HEAVY])
def start_matching(request: HttpRequest, body: shapes.MatchingRunIn) -> Status[Any]:
    """Ask for a day to be matched; `state` and `progress` of the run say how far it is."""
    who = actor(request)
    run = start_run(**body.model_dump(), by=who, at=now(), queue=True)
    return Status(202, run_queries.run(who.scope(Right.MONEY_WORK), run.number))


@router.get("/runs", response={200: Page[shapes.MatchingRunOut], **LISTING})
def list_runs(
    request: HttpRequest, paging: Query[Paging], sort: Literal["-id", "id", "-day", "day"] = "-id"
) -> dict[str, Any]:
    """List matching runs, the newest first."""
    return page_of(request, run_queries.runs(seen(request)), sort=sort, paging=paging)


@router.get("/runs/{number}", response={200: shapes.MatchingRunDetail, **READING})
def get_run(request: HttpRequest, number: str) -> Any:
    """Show a run: files, summary, versions and hashes of all it used."""
    return run_queries.run(seen(request), number)


@router.get(
    "/runs/{number}/differences", response={200: None, **READING}, openapi_extra=answers_with("csv")
)
def get_differences(request: HttpRequest, number: str) -> FileResponse:
    """Download the differences of a run as CSV."""
    row = run_queries.run(seen(request), number)
    if not row.differences_sha256:
        raise NotFound(kind="file", key=f"{number}.csv")
    kept = kept_file(row.differences_sha256)
    return FileResponse(
        kept.path.open("rb"), as_attachment=True, filename=f"{number}.csv", content_type="text/csv"
    )


@router.get("/postings", response={200: Page[shapes.PostingOut], **LISTING})
def list_postings(
    request: HttpRequest, paging: Query[Paging], sort: Literal["-id", "id"] = "-id"
) -> dict[str, Any]:
    """List postings of the money ledger, the newest first."""
    rows = ledger.postings(seen(request)).select_related("run", "decision", "reverses")
    return page_of(request, rows, sort=sort, paging=paging)


@router.get("/postings/{number}", response={200: shapes.PostingDetail, **READING})
def get_posting(request: HttpRequest, number: str) -> Any:
    """Show a posting with its entries."""
    return ledger.posting(seen(request), number)


@router.post("/postings/{number}/reverse", response={201: shapes.PostingDetail, **WRITING})
def reverse_posting(request: HttpRequest, number: str, body: shapes.WhyIn) -> Status[Any]:
    """Undo a posting by its mirror image; both stay."""
    return Status(201, reverse(number=number, why=body.why, by=actor(request), at=now()))


@router.get("/balances", response={200: list[shapes.BalanceOut], **LISTING})
def list_balances(request: HttpRequest, mid: str = "", until: date | None = None) -> Any:
    """Say what stands on every account, of one merchant or of all, up to and with a business day."""
    return ledger.balances(seen(request), mid=mid[:40], until=until)


@router.post("/rules", response={201: shapes.RulesDetail, **WRITING})
def write_next_rules(request: HttpRequest, body: shapes.RulesIn) -> Status[Any]:
    """Write the next version of an organisation's rules; later runs go by it."""
    return Status(201, write_rules(**body.model_dump(), by=actor(request), at=now()))


@router.get("/rules", response={200: Page[shapes.RulesOut], **LISTING})
def list_rules(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """List all versions of rules, the newest first."""
    return page_of(request, rule_queries.rulebooks(seen(request)), sort="-id", paging=paging)


@router.get("/rules/{key}", response={200: shapes.RulesDetail, **READING})
def get_rules(request: HttpRequest, key: int) -> Any:
    """Show one version of rules with its text."""
    return rule_queries.rulebook(seen(request), key)


@router.post("/statements", response={201: shapes.StatementDetail, **WRITING})
def issue_statement(request: HttpRequest, body: shapes.StatementIn) -> Status[Any]:
    """Issue the statement of a merchant for a day or a month; the same again is the same."""
    made = statements.issue_statement(**body.model_dump(), by=actor(request), at=now())
    return Status(201, made)


@router.get("/statements", response={200: Page[shapes.StatementOut], **LISTING})
def list_statements(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """List the statements that were issued, the newest first."""
    return page_of(request, statement_queries.statements(seen(request)), sort="-id", paging=paging)


@router.get("/statements/{number}", response={200: shapes.StatementDetail, **READING})
def get_statement(request: HttpRequest, number: str) -> Any:
    """Show a statement as it was issued."""
    return statement_queries.statement(seen(request), number)


@router.get(
    "/statements/{number}/file",
    response={200: None, **READING},
    openapi_extra=answers_with("pdf", "xlsx"),
)
def get_statement_file(
    request: HttpRequest, number: str, form: Literal["pdf", "xlsx"] = "pdf"
) -> FileResponse:
    """Download a statement, in the language of Accept-Language."""
    row = statement_queries.statement(seen(request), number)
    write = statements.as_pdf if form == "pdf" else statements.as_xlsx
    return download(f"{number}.{form}", form, lambda path: path.write_bytes(write(row, gettext)))
