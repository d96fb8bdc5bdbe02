"""The logs that terminals sent, the newest first."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.functional import Promise

from tillkeeper.formats.voice.faults import FAULTS
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import UploadState
from tillkeeper.telemetry.log_words import UPLOAD_LABELS, fault_choices, fault_label, problem_label
from tillkeeper.telemetry.queries import logs as queries
from tillkeeper.web.asking import one_of, text_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, wants_part

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import LogUpload

NARROWING: Final = ("q", "state", "fault")
# The colour of each state, by the states that the console's style sheet knows.
TONES: Final = {
    UploadState.COMING: "running",
    UploadState.COMPLETE: "checked",
    UploadState.READ: "ok",
    UploadState.UNREADABLE: "failed",
    UploadState.ABANDONED: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One log in words."""

    log: "LogUpload"
    state: str | Promise
    tone: str
    problem: str | Promise
    faults: list[tuple[str, str]]  # codes, and what they mean
    new: int
    findings: int

    @property
    def percent(self) -> int:
        """How much of it is here."""
        return 100 * len(self.log.here) // max(1, self.log.pieces)


def line_of(row: "LogUpload", found: queries.Summary) -> Line:
    """Return a log in words."""
    state = UploadState(row.state)
    faults = [(code, fault_label(code)) for code in found.faults]
    problem = problem_label(row.problem) if row.problem else ""
    return Line(row, UPLOAD_LABELS[state], TONES[state], problem, faults, found.new, found.findings)


@login_required
def index(request: Request) -> HttpResponse:
    """List logs."""
    request.actor.require(Right.VIEW)
    asked = request.GET
    filters = queries.LogFilters(
        state=one_of(asked, "state", set(UploadState)),
        fault=one_of(asked, "fault", FAULTS),
        serial=text_of(asked, "q", 64),
    )
    page = page_of(queries.logs(request.actor, filters), request)
    told = queries.summaries(page.rows)
    ctx: dict[str, Any] = {
        "page": page,
        "lines": [line_of(row, told[row.pk]) for row in page.rows],
        "filtered": any(asked.get(name) for name in NARROWING),
    }
    if not wants_part(request):
        ctx |= {
            "states": list(UPLOAD_LABELS.items()),
            "faults": fault_choices(),
            "may_judge": bool(request.actor.scope(Right.ALERTS).paths),
        }
    return answer(request, "logs/list.html", "logs/_table.html", ctx)
