"""The kinds of lines that stand in logs: those nobody judged, those that mean a fault, and the harmless ones."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.voice.faults import FAULTS
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import PatternState
from tillkeeper.telemetry.log_words import PATTERN_LABELS, fault_choices, fault_label
from tillkeeper.telemetry.queries import logs as queries
from tillkeeper.web.asking import one_of, text_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, wants_part

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import LogPattern

WHERE_SHOWN: Final = 25
NARROWING: Final = ("q", "family", "fault", "serious")
TABS: Final[dict[str, str | Promise]] = {
    "": _("Not judged"),
    "known": _("Faults"),
    "harmless": _("Harmless"),
}
TONES: Final = {
    PatternState.NEW: "checked",
    PatternState.KNOWN: "faulty",
    PatternState.HARMLESS: "ok",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of line in words."""

    kind: "LogPattern"
    state: str | Promise
    tone: str
    fault: str


def line_of(row: "LogPattern") -> Line:
    """Return a kind of line in words."""
    state = PatternState(row.state)
    return Line(row, PATTERN_LABELS[state], TONES[state], fault_label(row.fault))


@login_required
def index(request: Request) -> HttpResponse:
    """List kinds of lines, those seen last first. For those who judge: what stands in logs anywhere feeds the list."""
    request.actor.require(Right.ALERTS)
    asked = request.GET
    tab = one_of(asked, "state", TABS)
    filters = queries.PatternFilters(
        state=tab or PatternState.NEW,
        family=text_of(asked, "family", 40),
        fault=one_of(asked, "fault", FAULTS),
        serious=True if asked.get("serious") == "1" else None,
        q=text_of(asked, "q", 100),
    )
    page = page_of(queries.patterns(filters), request)
    ctx: dict[str, Any] = {
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "filtered": any(asked.get(name) for name in NARROWING),
        "tabs": list(TABS.items()),
        "tab": tab,
    }
    if not wants_part(request):
        ctx |= {"families": queries.families(), "faults": fault_choices()}
    return answer(request, "logs/patterns.html", "logs/_patterns.html", ctx)


@login_required
def detail(request: Request, number: int) -> HttpResponse:
    """Show a kind of line, and where it was found."""
    request.actor.require(Right.ALERTS)
    row = queries.pattern(number)
    ctx = {
        "line": line_of(row),
        "where": list(queries.logs_with(request.actor, row)[:WHERE_SHOWN]),
    }
    return answer(request, "logs/pattern.html", "logs/_pattern.html", ctx)
