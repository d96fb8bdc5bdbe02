"""Reading the audit chain: what happened to one thing, and the search of all that happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from tillkeeper.kernel.actor import Scope, ceiling
from tillkeeper.kernel.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail."""

    id: int
    sequence: int
    at: datetime
    actor: str
    source: str
    action: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    digest: str

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Field by field, before and after."""
        names = list(dict.fromkeys([*self.before, *self.after]))
        return [(name, self.before.get(name), self.after.get(name)) for name in names]


def trail(  # noqa: PLR0913  each is one way to narrow the search
    *,
    scope: Scope,
    subject: str = "",
    actor: str = "",
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return entries within scope, newest first, at most `limit`; `before_id` goes on from the last one seen."""
    rows = _within(scope)
    if subject:
        rows = rows.filter(subject=subject)
    if actor:
        rows = rows.filter(actor__endswith=actor)
    if action:
        rows = rows.filter(action__startswith=action)
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    if before_id:
        rows = rows.filter(id__lt=before_id)
    return [_entry(row) for row in rows.order_by("-id")[:limit]]


def _within(scope: Scope) -> QuerySet[AuditEntry]:
    if scope.everything or "" in scope.paths:
        return AuditEntry.objects.all()
    seen = Q(pk__in=[])
    for path in scope.paths:
        seen |= Q(place__gte=path, place__lte=ceiling(path))
    return AuditEntry.objects.filter(seen)


def _entry(row: AuditEntry) -> Entry:
    return Entry(
        id=row.pk,
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        source=row.source,
        action=row.action,
        subject=row.subject,
        before=orjson.loads(row.before) if row.before else {},
        after=orjson.loads(row.after) if row.after else {},
        digest=row.digest,
    )
