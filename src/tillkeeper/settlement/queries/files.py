"""Questions about the files that were brought in."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.lifecycle import FileState
from tillkeeper.settlement.models import MoneyFile


def files(scope: Scope) -> QuerySet[MoneyFile]:
    """Return files within a scope, the newest first."""
    return MoneyFile.objects.filter(within(scope)).order_by("-at", "-pk")


def file(scope: Scope, number: str) -> MoneyFile:
    """Return one file.

    Raises:
        NotFound: no such file within the scope.
    """
    return _one(files(scope).select_related("organisation"), number)


def file_locked(scope: Scope, number: str) -> MoneyFile:
    """Return one file and keep others from changing it until the transaction ends.

    Raises:
        NotFound: no such file within the scope.
    """
    return _one(files(scope).select_for_update(), number)


def files_of_day(
    scope: Scope, organisation_id: int, day: date, numbers: Sequence[str] = ()
) -> QuerySet[MoneyFile]:
    """Return the taken files of an organisation: those named, or all that have rows of a business day."""
    taken = files(scope).filter(organisation_id=organisation_id, state=FileState.TAKEN)
    chosen = {"number__in": numbers} if numbers else {"first_day__lte": day, "last_day__gte": day}
    return taken.filter(**chosen).order_by("number")


def files_around(
    scope: Scope, organisation_id: int, day: date, reach: Mapping[Role, tuple[int, int]]
) -> QuerySet[MoneyFile]:
    """Return the taken files with rows of the days around one: of each role so many before and after.

    Args:
        scope: what the actor may see.
        organisation_id: whose.
        day: the business day.
        reach: days before and after it, by role.
    """
    near = Q(pk=None)
    for role, (before, after) in reach.items():
        first, last = day - timedelta(days=before), day + timedelta(days=after)
        near |= Q(role=role, first_day__lte=last, last_day__gte=first)
    taken = files(scope).filter(organisation_id=organisation_id, state=FileState.TAKEN)
    return taken.filter(near).order_by("number")


def _one(rows: QuerySet[MoneyFile], number: str) -> MoneyFile:
    found = rows.filter(number=number).first()
    if found is None:
        raise NotFound(kind="file", key=number)
    return found
