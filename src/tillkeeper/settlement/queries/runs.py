"""Questions about matching runs."""

from django.db.models import Count, QuerySet

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.models import MatchingRun


def runs(scope: Scope) -> QuerySet[MatchingRun]:
    """Return runs within a scope, the newest first, with how many files each had (`file_count`)."""
    rows = MatchingRun.objects.filter(within(scope)).select_related("organisation", "rules")
    return rows.annotate(file_count=Count("files")).order_by("-at", "-pk")


def run(scope: Scope, number: str) -> MatchingRun:
    """Return one run with its files at hand.

    Raises:
        NotFound: no such run within the scope.
    """
    found = runs(scope).prefetch_related("files").filter(number=number).first()
    if found is None:
        raise NotFound(kind="matching run", key=number)
    return found
