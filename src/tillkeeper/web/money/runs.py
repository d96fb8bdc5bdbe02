"""Matching runs: the list, one of them in whatever state it is, its differences as a file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.kernel.progress import progress
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import RunState
from tillkeeper.settlement.queries import runs as queries
from tillkeeper.settlement.wording import RUN_LABELS, STAGE_LABELS, tone
from tillkeeper.web.asking import Readable, day_of, one_of, unread
from tillkeeper.web.money.files import line_of as file_line
from tillkeeper.web.money.results import result_of
from tillkeeper.web.money.said import refusal_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.places import narrowed, office_choices

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MatchingRun

WORKING: Final = frozenset({RunState.QUEUED, RunState.RUNNING})
OTHERS_SHOWN: Final = 20
READ: Final[Readable] = {"state": (_("State"), RUN_LABELS), "day": (_("Business day"), day_of)}


@login_required
def index(request: Request) -> HttpResponse:
    """List the runs by state, day and place."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    page = page_of(_matching(scope, request.GET), request)
    ctx = {
        "page": page,
        "lines": [line_of(run) for run in page.rows],
        "working": any(run.state in WORKING for run in page.rows),
        "states": list(RUN_LABELS.items()),
        "offices": office_choices(scope),
        "filtered": any(request.GET.get(name) for name in ("state", "day", "organisation")),
        "unread": unread(request.GET, READ),
    }
    return answer(request, "money/runs.html", "money/_runs.html", ctx)


def _matching(scope: Scope, asked: Mapping[str, Any]) -> "QuerySet[MatchingRun]":
    rows = queries.runs(narrowed(scope, asked.get("organisation", "")))
    if state := one_of(asked, "state", RUN_LABELS):
        rows = rows.filter(state=state)
    if day := day_of(asked.get("day")):
        rows = rows.filter(day=day)
    return rows


def line_of(run: "MatchingRun") -> dict[str, Any]:
    """Return what a table shows of a run."""
    found = run.summary.get("classes", {})
    return {
        "run": run,
        "state": RUN_LABELS.get(run.state, run.state),
        "tone": tone(run.state),
        "differences": sum(of["count"] for of in found.values()),
    }


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show a run as it stands: coming back later shows the same."""
    run = queries.run(request.actor.scope(Right.MONEY_VIEW), number)
    ctx = line_of(run) | {"files": [file_line(file) for file in run.files.all()]}
    ctx["problem"] = refusal_of(run.problem) if run.problem else ""
    if run.state in WORKING:
        ctx |= _work(run)
    elif run.state == RunState.DONE:
        ctx |= result_of(run) | {"others": _others(request, run)}
    return render(request, "money/run.html", ctx)


def _others(request: Request, run: "MatchingRun") -> list["MatchingRun"]:
    """Return other finished runs of the same day and organisation: what this one may be held against."""
    rows = queries.runs(request.actor.scope(Right.MONEY_VIEW)).exclude(pk=run.pk)
    same = rows.filter(organisation=run.organisation_id, day=run.day, state=RunState.DONE)
    return list(same[:OTHERS_SHOWN])


def _work(run: "MatchingRun") -> dict[str, Any]:
    told = progress(run.number)
    stage = STAGE_LABELS.get(told.stage, told.stage) if told else ""
    return {"run": run, "progress": told, "stage_label": stage, "working": True}


@login_required
def progress_part(request: Request, number: str) -> HttpResponse:
    """Say how far it is; once it is over the page is loaded anew."""
    run = queries.run(request.actor.scope(Right.MONEY_VIEW), number)
    if run.state in WORKING:
        return render(request, "money/_run_progress.html", _work(run))
    page = reverse("web:run", args=[number])
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(page)


@login_required
def differences(request: Request, number: str) -> FileResponse:
    """Return the differences of a run as they were written down."""
    run = queries.run(request.actor.scope(Right.MONEY_VIEW), number)
    if not run.differences_sha256:
        raise NotFound(kind="file", key=f"{number}.csv")
    kept = kept_file(run.differences_sha256)
    return FileResponse(
        kept.path.open("rb"), as_attachment=True, filename=f"{number}.csv", content_type="text/csv"
    )
