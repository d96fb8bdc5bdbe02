"""/logs and /log-patterns: what terminals wrote, what of it matters, and what people say of kinds of lines."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.files import MEDIA_TYPES, answers_with
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.queries import logs as queries
from tillkeeper.telemetry.services import logs as verbs

router = Router(tags=["voice"])
kinds = Router(tags=["voice"])
at_terminal = Router(tags=["voice"])


class LogOut(Schema):
    """A log that a terminal sent, or is sending."""

    id: int
    serial: str = Field(alias="terminal.serial")
    key: str = Field(description="The terminal's own name of the upload.")
    name: str
    order: str | None = Field(None, alias="action.order.number", description="That asked for it.")
    state: UploadState
    pieces: int
    here: int = Field(description="How many of its pieces came.")
    size: int = Field(description="Bytes that came.")
    lines: int
    cards: int = Field(description="Lines in which a card number was cut.")
    problem: str = Field(
        description="Why it cannot be read: too_much_inside, broken_inside, pieces_missing; else blank."
    )
    at: datetime
    complete_at: datetime | None
    read_at: datetime | None
    faults: list[str] = Field(description="Codes of the faults that its lines stand for.")
    new: int = Field(description="Kinds of lines that nobody had seen before.")

    @staticmethod
    def resolve_here(row: Any) -> int:
        """Of each piece a row."""
        return len(row.here)


class FindingOut(Schema):
    """Lines of one kind in a log that matter."""

    pattern: int = Field(alias="pattern_id")
    template: str = Field(alias="pattern.template")
    fault: str = Field(description="Code of the fault table, or blank.")
    new: bool = Field(description="Nobody had seen such a line before.")
    serious: bool = Field(alias="pattern.serious", description="It speaks of trouble.")
    times: int
    first_line: int = Field(description="Counted from 1.")
    last_line: int


class LogDetail(LogOut):
    """A log with what was found in it, known faults first."""

    findings: list[FindingOut] = Field(alias="found")


class LineOut(Schema):
    """A line of a log, cut at 400 characters."""

    number: int
    text: str
    matters: bool = Field(description="It is the one that was found; the others stand around it.")


class ExcerptOut(Schema):
    """A finding with the first of its lines among its neighbours; no lines where the file is gone."""

    finding: FindingOut
    lines: list[LineOut]


class PatternOut(Schema):
    """A kind of line: what stays of it when numbers and names are masked."""

    id: int
    family: str = Field(description="Code of the maker whose logs it stands in; blank: any.")
    template: str
    example: str
    state: PatternState
    fault: str
    serious: bool
    times: int
    logs: int = Field(description="In how many it was found.")
    first_at: datetime | None
    last_at: datetime | None
    judged_by: str
    judged_at: datetime | None


class LogFiltersIn(Asked):
    """What the list is narrowed to."""

    state: UploadState | None = None
    fault: str = Field("", max_length=24, description="At least one line stands for it.")
    serial: str = Field("", max_length=64)

    def filters(self) -> queries.LogFilters:
        """Return them as the query takes them."""
        return queries.LogFilters(state=self.state or "", fault=self.fault, serial=self.serial)


class PatternFiltersIn(Asked):
    """What the list is narrowed to."""

    state: PatternState | None = None
    family: str = Field("", max_length=40)
    fault: str = Field("", max_length=24)
    serious: bool | None = None
    q: str = Field("", max_length=100, description="A part of the template.")

    def filters(self) -> queries.PatternFilters:
        """Return them as the query takes them."""
        return queries.PatternFilters(**{**self.model_dump(), "state": self.state or ""})


class ExcerptsIn(Asked):
    """Which findings, by their place in the list."""

    first: int = Field(0, ge=0, le=1_000)
    limit: int = Field(20, ge=1, le=queries.EXCERPTS_MAX)


class JudgeIn(Asked):
    """What a kind of line means."""

    state: PatternState
    fault: str = Field("", max_length=24, description="Code of the fault table, with `known`.")


@router.get("", response={200: Page[LogOut], **LISTING})
def list_logs(
    request: HttpRequest, paging: Query[Paging], filters: Query[LogFiltersIn]
) -> dict[str, Any]:
    """List the logs of terminals, the newest first."""
    rows = queries.logs(actor(request), filters.filters())
    return _page(request, rows, paging)


@router.get("/{number}", response={200: LogDetail, **READING})
def get_log(request: HttpRequest, number: int) -> Any:
    """Show one log with what was found in it."""
    return _shown(actor(request), number)


@router.get("/{number}/lines", response={200: list[ExcerptOut], **READING})
def list_log_lines(request: HttpRequest, number: int, asked: Query[ExcerptsIn]) -> Any:
    """Show findings with the first of their lines, and five before and after it."""
    row = queries.log(actor(request), number)
    found = queries.excerpts(row, first=asked.first, limit=asked.limit)
    return [
        {"finding": one.finding, "lines": [asdict(line) for line in one.lines]} for one in found
    ]


@router.get("/{number}/file", response={200: None, **READING}, openapi_extra=answers_with("any"))
def get_log_file(request: HttpRequest, number: int) -> FileResponse:
    """Download the whole log, as text without card numbers; for whoever works on alerts or may ask for logs."""
    who = actor(request)
    row = queries.log(who, number)
    return FileResponse(
        queries.file_for(who, row).path.open("rb"),
        as_attachment=True,
        filename=f"{row.terminal.serial.replace('/', '_')}-{row.pk}.log",
        content_type=MEDIA_TYPES["any"],
    )


@router.post("/{number}/read-again", response={200: LogDetail, **WRITING})
def read_log_again(request: HttpRequest, number: int) -> Any:
    """Have a log read again, with what people said of its lines meanwhile; the worker does it."""
    who = _allowed(request)
    verbs.read_again(log_id=number, by=who, at=now())
    return _shown(who, number)


@at_terminal.get("/{path:serial}/logs", response={200: Page[LogOut], **READING})
def list_logs_of_terminal(
    request: HttpRequest, serial: str, paging: Query[Paging]
) -> dict[str, Any]:
    """List a terminal's logs, the newest first."""
    return _page(request, queries.logs_of(actor(request), serial), paging)


@kinds.get("", response={200: Page[PatternOut], **LISTING})
def list_log_patterns(
    request: HttpRequest, paging: Query[Paging], filters: Query[PatternFiltersIn]
) -> dict[str, Any]:
    """List kinds of lines, those seen last first; for whoever may judge them."""
    _allowed(request)
    return page_of(request, queries.patterns(filters.filters()), sort="-last_at", paging=paging)


@kinds.get("/{number}", response={200: PatternOut, **READING})
def get_log_pattern(request: HttpRequest, number: int) -> Any:
    """Show one kind of line."""
    _allowed(request)
    return queries.pattern(number)


@kinds.post("/{number}/judge", response={200: PatternOut, **WRITING})
def judge_log_pattern(request: HttpRequest, number: int, body: JudgeIn) -> Any:
    """Say what a kind of line means, for every log that is read from now on."""
    return verbs.judge_pattern(
        pattern=number, state=body.state, fault=body.fault, by=_allowed(request), at=now()
    )


def _page(request: HttpRequest, rows: Any, paging: Paging) -> dict[str, Any]:
    page = page_of(request, rows, sort="-at", paging=paging)
    _summed(page["items"])
    return page


def _shown(who: Actor, number: int) -> Any:
    row: Any = queries.log(who, number)
    _summed([row])
    row.found = list(queries.findings(row))
    return row


def _summed(rows: Sequence[Any]) -> None:
    told = queries.summaries(rows)
    for row in rows:
        row.faults, row.new = told[row.pk].faults, told[row.pk].new


def _allowed(request: HttpRequest) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403, not that there is no such thing."""
    who = actor(request)
    who.require(Right.ALERTS)
    return who
