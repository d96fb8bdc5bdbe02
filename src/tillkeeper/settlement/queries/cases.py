"""Questions about cases: queues, one case with its sides, how old and how much."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet, Sum

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.search import Beside
from tillkeeper.parties.queries import within
from tillkeeper.settlement.errors import TooManyCases
from tillkeeper.settlement.models import Case

BATCH_MAX: Final = 100_000  # cases that one order for all that a queue finds may move
SORTS: Final = ("-size_minor", "opened_at", "-opened_at", "size_minor")
JOINS: Final = ("run", "source_file", "other_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilters:
    """What a queue is narrowed to; every blank field means «any»."""

    state: tuple[str, ...] = ()  # blank: all that is not settled
    difference: str = ""
    cause: str = ""
    channel: str = ""
    owner: str = ""
    unowned: bool = False
    mid: str = ""
    tid: str = ""
    run: str = ""  # number
    q: str = ""  # a trace, a reference, an order number: whole
    older_than: datetime | None = None
    at_least_minor: int | None = None
    due_before: date | None = None
    deadline_from: date | None = None  # of a dispute; both days inclusive
    deadline_until: date | None = None


@dataclass(frozen=True, slots=True)
class Pile:
    """Cases of one class that are not settled."""

    difference: str
    currency: str
    number: int
    minor: int


def cases(
    scope: Scope, filters: CaseFilters | None = None, sort: str = "-size_minor"
) -> QuerySet[Case]:
    """Return cases with all that a queue shows, one statement; sorted stably."""
    order = sort if sort in SORTS else SORTS[0]
    tie = "id"
    rows = Case.objects.filter(within(scope))
    return _narrowed(rows, filters or CaseFilters()).select_related(*JOINS).order_by(order, tie)


def _narrowed(rows: QuerySet[Case], filters: CaseFilters) -> QuerySet[Case]:
    rows = rows.filter(state__in=filters.state) if filters.state else rows.filter(closed_at=None)
    exact = {
        "cause": filters.cause,
        "channel": filters.channel,
        "mid": filters.mid,
        "tid": filters.tid,
        "run__number": filters.run,
        "opened_at__lt": filters.older_than,
        "size_minor__gte": filters.at_least_minor,
        "due_on__lt": filters.due_before,
        "deadline__gte": filters.deadline_from,
        "deadline__lte": filters.deadline_until,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in ("", None)})
    if filters.difference:
        rows = rows.alias(kind=Beside("difference")).filter(kind=filters.difference)
    if filters.unowned:
        rows = rows.filter(owner="")
    elif filters.owner:
        rows = rows.filter(owner=filters.owner)
    if needle := filters.q.strip():
        rows = rows.filter(
            Q(trace=needle) | Q(rrn=needle) | Q(order_no=needle) | Q(mid=needle) | Q(tid=needle)
        )
    return rows


def numbers_of(rows: QuerySet[Case]) -> list[int]:
    """Return which cases a queue finds, as it finds them now.

    Raises:
        TooManyCases: more than one order takes.
    """
    numbers = list(rows.order_by("pk").values_list("pk", flat=True)[: BATCH_MAX + 1])
    if len(numbers) > BATCH_MAX:
        raise TooManyCases(asked=rows.order_by().count(), limit=BATCH_MAX)
    return numbers


def cases_locked(scope: Scope, numbers: Iterable[int]) -> list[Case]:
    """Return those of the cases that are within the scope, locked in one order for everybody."""
    chosen = Case.objects.filter(within(scope), pk__in=among(sorted(set(numbers))))
    return list(chosen.select_for_update().order_by("pk"))


def count_by_state(scope: Scope, numbers: Iterable[int]) -> dict[str, int]:
    """Return how many of the cases that lie within the scope stand in each state."""
    rows = Case.objects.filter(within(scope), pk__in=among(sorted(set(numbers))))
    told = rows.order_by().values_list("state").annotate(number=Count("pk"))
    return {str(state): number for state, number in told}


def organisations_of(numbers: Iterable[int]) -> list[int]:
    """Return the organisations that cases belong to, in order; nothing is locked."""
    rows = Case.objects.filter(pk__in=among(sorted(set(numbers))))
    found = rows.order_by("organisation_id").values_list("organisation_id", flat=True)
    return list(found.distinct())


def case(scope: Scope, number: int) -> Case:
    """Return one case with its files and run.

    Raises:
        NotFound: no such case within the scope.
    """
    return _one(Case.objects.filter(within(scope)).select_related(*JOINS, "organisation"), number)


def case_locked(scope: Scope, number: int) -> Case:
    """Return one case and keep others from moving it until the transaction ends.

    Raises:
        NotFound: no such case within the scope.
    """
    return _one(Case.objects.filter(within(scope)).select_for_update(), number)


def piles(scope: Scope) -> list[Pile]:
    """Return how many unsettled cases of each class there are, and what is at stake."""
    told = (
        Case.objects.filter(within(scope), closed_at=None)
        .values_list("difference", "currency")
        .annotate(number=Count("pk"), minor=Sum("size_minor"))
        .order_by("difference", "currency")
    )
    return [Pile(*row) for row in told]


def severity(subject: Case, *, at: datetime) -> str:
    """Return how pressing a case is, by amount or age: critical, high, medium or low.

    Source: shared practice of exception queues (docs/reference/classes.md).
    """
    age = at - subject.opened_at
    for name, minor, hours in SEVERITIES:
        if subject.size_minor >= minor or age >= timedelta(hours=hours):
            return name
    return "low"


SEVERITIES: Final = (
    ("critical", 10_000_000, 120),
    ("high", 1_000_000, 72),
    ("medium", 100_000, 24),
)


def _one(rows: QuerySet[Case], number: int) -> Case:
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound(kind="case", key=str(number))
    return found
