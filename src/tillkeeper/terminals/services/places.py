"""Keeping terminals' paths true to the tree."""

from django.db.models import F, OuterRef, Subquery

from tillkeeper.kernel.actor import ceiling
from tillkeeper.kernel.audit import verb
from tillkeeper.parties.queries import organisations
from tillkeeper.terminals.models import Import, Terminal


@verb
def follow_tree(*, path: str) -> int:
    """Give every terminal at or below `path` its node's present path; return how many changed."""
    below = organisations().filter(path__gte=path, path__lte=ceiling(path))
    now = Subquery(organisations().filter(pk=OuterRef("organisation_id")).values("path")[:1])
    Import.objects.filter(organisation__in=below).update(path=now)
    stale = Terminal.objects.filter(organisation__in=below).exclude(path=F("organisation__path"))
    return Terminal.objects.filter(pk__in=stale.values("pk")).update(path=now)
