"""The money overview: what does not agree, how old it is and whose, what came in lately, and what to do next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseState, FileState, RunState
from tillkeeper.settlement.queries.cases import CaseFilters, cases
from tillkeeper.settlement.queries.files import files
from tillkeeper.settlement.queries.ledger import balances
from tillkeeper.settlement.queries.runs import runs
from tillkeeper.settlement.services.deadlines import notice_until
from tillkeeper.web.money.cases import Count as Counted
from tillkeeper.web.money.cases import counts, owners, stacked
from tillkeeper.web.money.files import line_of as file_line
from tillkeeper.web.money.ledger import standing
from tillkeeper.web.money.runs import line_of as run_line
from tillkeeper.web.parts import Request

LATELY: Final = timedelta(days=7)
SHOWN: Final = 6
OWNERS_SHOWN: Final = 8
BUCKETS: Final = (  # days from, days until; what is listed is older than the first
    (0, 1, _("less than a day")),
    (1, 3, _("1 to 3 days")),
    (3, 7, _("3 to 7 days")),
    (7, 30, _("a week to a month")),
    (30, None, _("more than a month")),
)


@dataclass(frozen=True, slots=True)
class Task:
    """Something that wants a person."""

    title: str | Promise
    count: int
    what: str | Promise
    url: str


@login_required
def index(request: Request) -> HttpResponse:
    """Show how the money stands; before the first file: what to bring in."""
    request.actor.require(Right.MONEY_VIEW)
    scope, now = request.actor.scope(Right.MONEY_VIEW), timezone.now()
    lately = list(files(scope)[:SHOWN])
    if not lately:
        return render(request, "money/first_run.html")
    counted, told = counts(scope), _told(scope, now)
    heaps = stacked(counted)
    ctx = {
        "piles": heaps,
        "total": sum(heap["number"] for heap in heaps),
        "sums": _sums(heaps),
        "ages": _ages(told),
        "owners": _owners(counted, request.actor),
        "files": [file_line(file) for file in lately],
        "runs": [run_line(run) for run in runs(scope)[:SHOWN]],
        "balances": standing(balances(scope)),
        "tasks": [task for task in _tasks(request.actor, scope, told, now) if task.count],
    }
    return render(request, "money/overview.html", ctx)


def _sums(heaps: list[dict[str, Any]]) -> list[tuple[str, int]]:
    told: dict[str, int] = {}
    for heap in heaps:
        for currency, minor in heap["sums"]:
            told[currency] = told.get(currency, 0) + minor
    return sorted(told.items())


def _told(scope: Scope, now: datetime) -> dict[str, int]:
    """Return how many unsettled cases there are of each age, and how many want a person, in one look."""
    today = timezone.localdate(now)
    near = Q(deadline__gte=today, deadline__lte=notice_until(today))
    ages = {
        f"b{start}": Count("pk", filter=_between(now, start, end)) for start, end, _label in BUCKETS
    }
    return cases(scope).order_by().aggregate(
        waiting=Count("pk", filter=Q(state=CaseState.PROPOSED)),
        unowned=Count("pk", filter=Q(owner="", state=CaseState.OPEN)),
        near=Count("pk", filter=near & Q(state=CaseState.DISPUTED)),
        passed=Count("pk", filter=Q(state=CaseState.DISPUTED, deadline__lt=today)),
        **ages,
    )  # fmt: skip


def _ages(told: dict[str, int]) -> list[tuple[str | Promise, int, str]]:
    """Return the unsettled cases by age, and where those at least as old are listed."""
    return [
        (label, told[f"b{start}"], _queue(older=str(start) if start else ""))
        for start, _end, label in BUCKETS
    ]


def _between(now: datetime, start: int, end: int | None) -> Q:
    younger = Q(opened_at__lte=now - timedelta(days=start)) if start else Q()
    return younger & Q(opened_at__gt=now - timedelta(days=end)) if end else younger


def _owners(counted: list[Counted], by: Actor) -> list[tuple[str, int, list[tuple[str, int]], str]]:
    """Return who has how many unsettled cases, and where they are listed."""
    return [
        (owner, number, sums, _queue(owner="me" if owner == by.name else owner or "-"))
        for owner, number, sums in owners(counted)[:OWNERS_SHOWN]
    ]


def _queue(**asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('web:cases')}?{query}" if query else reverse("web:cases")


def _tasks(by: Actor, scope: Scope, told: dict[str, int], now: datetime) -> list[Task]:
    """Return what wants a person, the most pressing first."""
    refused = files(scope).filter(state=FileState.REFUSED, at__gte=now - LATELY).count()
    failed = runs(scope).filter(state=RunState.FAILED, at__gte=now - LATELY).count()
    unmatched = files(scope).filter(state=FileState.TAKEN, runs=None, at__gte=now - LATELY).count()
    confirming = by.scope(Right.MONEY_APPROVE).paths
    return [
        Task(
            _("Decisions to be confirmed"),
            _waiting_for(by) if confirming else told["waiting"],
            _("A second person looks and confirms; nobody confirms their own.")
            if not confirming
            else _("Proposed by others: look, then confirm or refuse."),
            _queue(state=CaseState.PROPOSED),
        ),
        Task(
            _("Files that were refused this week"),
            refused,
            _("Each says line, column and how to mend it."),
            f"{reverse('web:money_files')}?state={FileState.REFUSED}",
        ),
        Task(
            _("Matching runs that failed this week"),
            failed,
            _("Each says what stopped it; mend that and start it again."),
            f"{reverse('web:runs')}?state={RunState.FAILED}",
        ),
        Task(
            _("Files that no run has used yet"),
            unmatched,
            _("Match their day as soon as the other side is there."),
            reverse("web:runs-new"),
        ),
        Task(
            _("Disputes whose deadline has passed"),
            told["passed"],
            _("Decide about them, or agree on another day and dispute them anew."),
            _queue(state=CaseState.DISPUTED, deadline="passed"),
        ),
        Task(
            _("Disputes whose deadline is near"),
            told["near"],
            _("Ask the channel or the bank before the deadline passes."),
            _queue(state=CaseState.DISPUTED, deadline="near"),
        ),
        Task(
            _("Open cases that are nobody's"),
            told["unowned"],
            _("Take them, the largest first."),
            _queue(owner="-"),
        ),
    ]


def _waiting_for(by: Actor) -> int:
    """Return how many proposals of others an approver could settle."""
    rows = cases(by.scope(Right.MONEY_APPROVE), CaseFilters(state=(CaseState.PROPOSED,)))
    own = Q(decisions__state="proposed", decisions__proposed_by=by.name)
    return rows.filter(decisions__state="proposed").exclude(own).count()
