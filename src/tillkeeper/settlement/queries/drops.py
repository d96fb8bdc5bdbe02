"""Questions about drops: where files are fetched from, and what came from there."""

from datetime import datetime
from typing import Final

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.lifecycle import FileState
from tillkeeper.settlement.models import Drop, MoneyFile

ORIGIN: Final = "drop:"


def origin_of(name: str) -> str:
    """Return what files that came from a drop give as their origin."""
    return ORIGIN + name


def drops(scope: Scope) -> QuerySet[Drop]:
    """Return drops within a scope with their organisation, by name."""
    return Drop.objects.filter(within(scope)).select_related("organisation").order_by("name", "pk")


def drops_with_arrivals(scope: Scope) -> QuerySet[Drop]:
    """Return drops with `taken`, `refused` (how many files) and `last_at` (when the last came); one statement."""
    came = (
        MoneyFile.objects.filter(
            organisation=OuterRef("organisation"), origin=Concat(Value(ORIGIN), OuterRef("name"))
        )
        .order_by()
        .values("organisation")
    )
    counted = {
        state: Coalesce(
            Subquery(came.annotate(n=Count("pk", filter=Q(state=state))).values("n")), 0
        )
        for state in (FileState.TAKEN, FileState.REFUSED)
    }
    last = Subquery(came.annotate(last=Max("at")).values("last"))
    return drops(scope).annotate(
        taken=counted[FileState.TAKEN], refused=counted[FileState.REFUSED], last_at=last
    )


def drop(scope: Scope, key: int) -> Drop:
    """Return one drop.

    Raises:
        NotFound: no such drop within the scope.
    """
    return _one(drops(scope), key)


def drop_locked(scope: Scope, key: int) -> Drop:
    """Return one drop and keep others from changing it until the transaction ends.

    Raises:
        NotFound: no such drop within the scope.
    """
    return _one(drops(scope).select_for_update(of=("self",)), key)


def due_drops(scope: Scope, before: datetime) -> QuerySet[Drop]:
    """Return the drops in use that nobody looked at since a moment, the longest waiting first."""
    unseen = Q(looked_at=None) | Q(looked_at__lte=before)
    return drops(scope).filter(unseen, enabled=True).order_by("looked_at", "pk")


def files_from(row: Drop) -> QuerySet[MoneyFile]:
    """Return the files that came from a drop, the newest first."""
    same = MoneyFile.objects.filter(organisation=row.organisation_id, origin=origin_of(row.name))
    return same.order_by("-at", "-pk")


def _one(rows: QuerySet[Drop], key: int) -> Drop:
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound(kind="drop", key=str(key))
    return found
