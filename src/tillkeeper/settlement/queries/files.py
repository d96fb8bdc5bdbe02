"""Questions about the files that were brought in."""

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet

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


def _one(rows: QuerySet[MoneyFile], number: str) -> MoneyFile:
    found = rows.filter(number=number).first()
    if found is None:
        raise NotFound(kind="file", key=number)
    return found
