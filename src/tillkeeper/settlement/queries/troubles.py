"""Questions about batches that cannot settle."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Max, Q, QuerySet

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import merchants, organisations, within
from tillkeeper.parties.tree import OFFICES, above
from tillkeeper.settlement.lifecycle import FileState
from tillkeeper.settlement.models import Case, MoneyFile, Trouble, TroubleCheck

if TYPE_CHECKING:
    from tillkeeper.parties.models import Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleFilters:
    """What a list is narrowed to; every blank field means «any»."""

    state: str = ""
    mid: str = ""
    tid: str = ""
    day: date | None = None
    q: str = ""  # a number, merchant, terminal or batch: whole


def troubles(scope: Scope, filters: TroubleFilters | None = None) -> QuerySet[Trouble]:
    """Return troubles within a scope, the newest first, with their case and `rounds`: how often was looked."""
    asked = filters or TroubleFilters()
    exact = {"state": asked.state, "mid": asked.mid, "tid": asked.tid, "day": asked.day}
    rows = Trouble.objects.filter(within(scope))
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in ("", None)})
    if needle := asked.q.strip():
        rows = rows.filter(
            Q(number__iexact=needle) | Q(mid=needle) | Q(tid=needle) | Q(batch=needle)
        )
    joined = rows.select_related("organisation", "case")
    return joined.annotate(rounds=Max("checks__round")).order_by("-at", "-pk")


def trouble(scope: Scope, number: str) -> Trouble:
    """Return one trouble with its story at hand.

    Raises:
        NotFound: no such trouble within the scope.
    """
    return _one(troubles(scope).prefetch_related("checks"), number)


def trouble_locked(scope: Scope, number: str) -> Trouble:
    """Return one trouble and keep others from moving it until the transaction ends.

    Raises:
        NotFound: no such trouble within the scope.
    """
    rows = Trouble.objects.filter(within(scope)).select_for_update(no_key=True)
    return _one(rows, number)


def story(subject: Trouble) -> list[TroubleCheck]:
    """Return all checks and words of a trouble, in the order in which they came."""
    return sorted(subject.checks.all(), key=lambda one: (one.round, one.position))


def last_round(told: list[TroubleCheck]) -> list[TroubleCheck]:
    """Return the checks of the last round of a story, words left out."""
    last = max((one.round for one in told if one.check_code), default=0)
    return [one for one in told if one.round == last and one.check_code]


def troubles_of(case: Case) -> QuerySet[Trouble]:
    """Return the troubles that were handed over to a case, the newest first."""
    return Trouble.objects.filter(case=case).order_by("-at", "-pk")


def answering(scope: Scope, mid: str) -> "Organisation | None":
    """Return the office whose files tell of a merchant: the nearest above it with any, else the nearest at all.

    Of an unknown merchant: the one office that the scope reaches, if it is only one.
    """
    offices = organisations(scope).filter(kind__in=OFFICES)
    seller = merchants(scope).filter(number=mid).select_related("organisation").first()
    if seller is None:
        some = list(offices.order_by("path")[:2])
        return some[0] if len(some) == 1 else None
    near = list(offices.filter(path__in=above(seller.organisation.path)).order_by("-path"))
    taken = MoneyFile.objects.filter(organisation__in=near, state=FileState.TAKEN)
    with_files = set(taken.values_list("organisation_id", flat=True).distinct())
    return next((one for one in near if one.pk in with_files), near[0] if near else None)


def _one(rows: QuerySet[Trouble], number: str) -> Trouble:
    if (found := rows.filter(number=number).first()) is None:
        raise NotFound(kind="trouble", key=number)
    return found
