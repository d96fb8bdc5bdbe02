"""Questions about the money ledger: balances by account, whether it adds up."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet, Sum

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.models import Entry, Posting


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account. A debit is positive."""

    account: str
    currency: str
    minor: int
    payments: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A posting that does not sum to zero, or a reversal that is no mirror image."""

    posting: str
    currency: str
    sum_minor: int


def postings(scope: Scope) -> QuerySet[Posting]:
    """Return postings within a scope, the newest first."""
    return Posting.objects.filter(within(scope)).order_by("-at", "-pk")


def posting(scope: Scope, number: str) -> Posting:
    """Return one posting.

    Raises:
        NotFound: no such posting within the scope.
    """
    found = postings(scope).select_related("run", "decision", "reverses").filter(number=number)
    if (row := found.first()) is None:
        raise NotFound(kind="posting", key=number)
    return row


def entries(scope: Scope) -> QuerySet[Entry]:
    """Return entries within a scope."""
    return Entry.objects.filter(within(scope, "posting__path"))


def balances(scope: Scope, *, mid: str = "", until: date | None = None) -> list[Balance]:
    """Return the balance of every account and currency, of one merchant or of all, up to and with a business day."""
    rows = entries(scope)
    if mid:
        rows = rows.filter(mid=mid)
    if until:
        rows = rows.filter(posting__day__lte=until)
    told = rows.values_list("account", "currency").annotate(
        minor=Sum("amount_minor"), number=Sum("payments")
    )
    return [Balance(*row) for row in told.order_by("account", "currency")]


def faults() -> list[Fault]:
    """Return every posting that does not sum to zero; none, unless somebody wrote past the service."""
    sums = Entry.objects.values_list("posting__number", "currency").annotate(
        total=Sum("amount_minor")
    )
    return [Fault(*row) for row in sums.exclude(total=0).order_by("posting__number", "currency")]


def written() -> tuple[int, int]:
    """Return how many postings and entries there are."""
    told = Posting.objects.aggregate(postings=Count("pk", distinct=True), entries=Count("entries"))
    return told["postings"], told["entries"]
