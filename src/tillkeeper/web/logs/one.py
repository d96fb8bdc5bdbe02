"""One log: what matters in it, each with its neighbouring lines; and the whole as a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.log_words import PATTERN_LABELS, fault_label
from tillkeeper.telemetry.queries import logs as queries
from tillkeeper.web.logs.listing import line_of
from tillkeeper.web.parts import Request, answer

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import LogFinding

SHOWN: Final = 20  # findings of a page, with their lines


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding in words, with its lines."""

    finding: "LogFinding"
    fault: str
    judged: str | Promise
    lines: tuple[queries.Line, ...]


@require_safe
@login_required
def detail(request: Request, number: int) -> HttpResponse:
    """Show a log with what was found in it, known faults first."""
    row = queries.log(request.actor, number)
    line = line_of(row, queries.summaries([row])[row.pk])
    first = _first(request.GET.get("first", ""), line.findings)
    found = [_shown(one) for one in queries.excerpts(row, first=first, limit=SHOWN)]
    ctx = {
        "line": line,
        "found": found,
        "first": first + 1,
        "last": first + len(found),
        "before": max(0, first - SHOWN) if first else None,
        "after": first + SHOWN if first + SHOWN < line.findings else None,
        "may_judge": bool(request.actor.scope(Right.ALERTS).paths),
        "may_fetch": bool(row.sha256) and queries.may_fetch(request.actor, row),
        "is_read": row.state == UploadState.READ,
    }
    return answer(request, "logs/detail.html", "logs/_log.html", ctx)


@require_safe
@login_required
def file(request: Request, number: int) -> FileResponse:
    """Return the whole log as text, always as a download.

    Raises:
        NotFound: no such log within the actor's view, or its file is gone.
        NotAllowed: the actor only looks.
    """
    row = queries.log(request.actor, number)
    return FileResponse(
        queries.file_for(request.actor, row).path.open("rb"),
        as_attachment=True,
        filename=f"{row.terminal.serial.replace('/', '_')}-{row.pk}.log",
        content_type="text/plain; charset=utf-8",
    )


def _shown(one: queries.Excerpt) -> Shown:
    kind = one.finding.pattern
    judged = PATTERN_LABELS[PatternState(kind.state)]
    return Shown(one.finding, fault_label(one.finding.fault), judged, tuple(one.lines))


def _first(asked: str, count: int) -> int:
    """Return the first finding of the page that the address names; the beginning if there is no such page."""
    first = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    return first - first % SHOWN if first < count else 0
