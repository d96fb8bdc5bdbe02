"""The workbench: piles of cases by class, a queue that is narrowed and sorted, and where keyboards work through it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, aggregates
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseState
from tillkeeper.settlement.queries.cases import SORTS, CaseFilters, cases, severity
from tillkeeper.settlement.wording import (
    CASE_LABELS,
    CAUSE_LABELS,
    CHANNEL_LABELS,
    CLASS_LABELS,
    SEVERITY_LABELS,
    tone,
)
from tillkeeper.web.asking import Readable, minor_of, one_of, text_of, unread
from tillkeeper.web.money.deadline_words import DEADLINES, deadlines_of
from tillkeeper.web.money.said import said
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, wants_part
from tillkeeper.web.places import narrowed, office_choices

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Case

ANY: Final = "any"
OWNERS_SHOWN: Final = 30
NOBODY, ME = "-", "me"
AGES: Final[Mapping[str, tuple[int, str | Promise]]] = {
    "1": (1, _("older than a day")),
    "3": (3, _("older than 3 days")),
    "7": (7, _("older than a week")),
    "30": (30, _("older than a month")),
}
NARROWING: Final = (
    "difference", "cause", "channel", "owner", "amount", "older", "run", "q", "state", "mid", "tid", "organisation",
    "deadline",
)  # fmt: skip
READ: Final[
    Readable
] = {  # what a filter may be; anything else narrows nothing, and the page says so
    "difference": (_("Class"), CLASS_LABELS),
    "cause": (_("Cause"), CAUSE_LABELS),
    "channel": (_("Channel"), CHANNEL_LABELS),
    "state": (_("State"), {ANY, *CASE_LABELS}),
    "older": (_("Age"), AGES),
    "amount": (_("Amount at least"), minor_of),
    "deadline": (_("Deadline"), DEADLINES),
}


@dataclass(frozen=True, slots=True)
class Count:
    """Unsettled cases of one class, currency and owner."""

    difference: str
    currency: str
    owner: str
    number: int
    minor: int


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the queue, in words."""

    case: "Case"
    difference: str | Promise
    cause: str | Promise
    channel: str | Promise
    state: str | Promise
    tone: str
    severity: str
    severity_label: str | Promise
    sentence: str
    overdue: bool  # the deadline of its dispute has passed

    @property
    def number(self) -> str:
        """What people know the payment by."""
        case = self.case
        return case.trace or case.order_no or case.rrn or case.batch or f"#{case.pk}"


@login_required
def index(request: Request) -> HttpResponse:
    """List cases; the piles and the choices are drawn with the whole page only."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    now, asked, by = timezone.now(), request.GET, request.actor
    may_work = bool(by.scope(Right.MONEY_WORK).paths)
    may_settle = bool(by.scope(Right.MONEY_APPROVE).paths)
    sort = asked.get("sort", "")
    sort = sort if sort in SORTS else SORTS[0]
    place = narrowed(scope, asked.get("organisation", ""))
    page = page_of(found(place, asked, request.actor, sort), request)
    ctx: dict[str, Any] = {
        "page": page,
        "lines": [line_of(case, now) for case in page.rows],
        "sort": sort,
        "filtered": any(asked.get(name) for name in NARROWING),
        "may_work": may_work,
        "may_settle": may_settle,
        "may_choose": may_work or may_settle,
        "query": asked.urlencode(),
        "unread": unread(asked, READ),
    }
    if not wants_part(request):
        ctx |= _around(scope, asked, request.actor)
    return answer(request, "money/cases.html", "money/_cases.html", ctx)


def found(scope: Scope, asked: Mapping[str, Any], by: Actor, sort: str) -> "QuerySet[Case]":
    """Return the queue that an address asks for."""
    return cases(scope, filters_of(asked, by, timezone.now()), sort)


def filters_of(asked: Mapping[str, Any], by: Actor, now: datetime) -> CaseFilters:
    """Return what an address narrows the queue to."""
    owner = text_of(asked, "owner")
    older = AGES.get(str(asked.get("older", "")))
    return CaseFilters(
        state=_states(str(asked.get("state", ""))),
        difference=one_of(asked, "difference", CLASS_LABELS),
        cause=one_of(asked, "cause", CAUSE_LABELS),
        channel=one_of(asked, "channel", CHANNEL_LABELS),
        owner=by.name if owner == ME else "" if owner == NOBODY else owner,
        unowned=owner == NOBODY,
        mid=text_of(asked, "mid", 40),
        tid=text_of(asked, "tid", 20),
        run=text_of(asked, "run", 40),
        q=text_of(asked, "q", 64),
        older_than=now - timedelta(days=older[0]) if older else None,
        at_least_minor=minor_of(str(asked.get("amount", ""))),
        **deadlines_of(str(asked.get("deadline", "")), timezone.localdate(now)),
    )


def _states(asked: str) -> tuple[str, ...]:
    if asked == ANY:
        return tuple(CaseState)
    return (asked,) if asked in CASE_LABELS else ()


def line_of(case: "Case", now: datetime) -> Line:
    """Return a case in words."""
    pressing = severity(case, at=now)
    return Line(
        case,
        CLASS_LABELS.get(case.difference, case.difference),
        CAUSE_LABELS.get(case.cause, case.cause),
        CHANNEL_LABELS.get(case.channel, case.channel or "–"),
        CASE_LABELS.get(case.state, case.state),
        tone(case.state),
        pressing,
        SEVERITY_LABELS[pressing],
        said(case.sentence),
        bool(case.deadline and case.deadline < timezone.localdate(now)),
    )


def _around(scope: Scope, asked: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    """Return the piles and the choices of the filters."""
    chosen = one_of(asked, "difference", CLASS_LABELS)
    counted = counts(scope)
    return {
        "piles": stacked(counted, chosen),
        "chosen": chosen,
        "causes": list(CAUSE_LABELS.items()),
        "channels": list(CHANNEL_LABELS.items()),
        "states": list(CASE_LABELS.items()),
        "ages": [(value, label) for value, (_days, label) in AGES.items()],
        "deadlines": list(DEADLINES.items()),
        "owners": [name for name, _n, _sums in owners(counted) if name not in ("", by.name)],
        "offices": office_choices(scope),
    }


def counts(scope: Scope) -> list[Count]:
    """Return how many unsettled cases of each class everybody has, and what is at stake: one look at all of them."""
    told = (
        cases(scope)
        .order_by()
        .values_list("difference", "currency", "owner")
        .annotate(number=aggregates.Count("pk"), minor=aggregates.Sum("size_minor"))
    )
    return [Count(*row) for row in told]


def stacked(counted: list[Count], chosen: str = "") -> list[dict[str, Any]]:
    """Return one pile a class, with its sums by currency, the highest first."""
    told: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for one in counted:
        numbers, sums = told.setdefault(one.difference, (Counter(), Counter()))
        numbers[one.currency] += one.number
        sums[one.currency] += one.minor
    piles = [
        {
            "difference": difference,
            "label": CLASS_LABELS.get(difference, difference),
            "number": numbers.total(),
            "sums": sorted(sums.items()),
            "now": difference == chosen,
        }
        for difference, (numbers, sums) in told.items()
    ]
    return sorted(piles, key=lambda pile: (-pile["number"], pile["difference"]))


def owners(counted: list[Count]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Return who has how many unsettled cases, with what is at stake, the most first; "" is nobody."""
    numbers, sums = Counter[str](), dict[str, Counter[str]]()
    for one in counted:
        numbers[one.owner] += one.number
        sums.setdefault(one.owner, Counter())[one.currency] += one.minor
    most = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))[:OWNERS_SHOWN]
    return [(name, number, sorted(sums[name].items())) for name, number in most]
