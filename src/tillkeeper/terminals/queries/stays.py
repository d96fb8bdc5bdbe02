"""Questions about bindings: which terminal had a terminal id, and with which merchant."""

from django.db.models import QuerySet

from tillkeeper.kernel.actor import Scope
from tillkeeper.parties.queries import within
from tillkeeper.terminals.models import Binding


def stays_under(scope: Scope, tid: str) -> QuerySet[Binding]:
    """Return every binding under a terminal id within a scope, the newest first, with terminal and merchant.

    Several acquirers may have given one id to terminals of their own.
    """
    rows = Binding.objects.filter(within(scope, "site__organisation__path"), tid=tid)
    return rows.select_related("terminal", "merchant").order_by("-valid_from", "-pk")


def terminal_ids_of(scope: Scope, mid: str, limit: int = 20) -> list[str]:
    """Return the terminal ids under which a merchant's terminals trade now, or traded, the newest first."""
    rows = Binding.objects.filter(
        within(scope, "site__organisation__path"), merchant__number=mid
    ).order_by("-valid_from", "-pk")
    return list(dict.fromkeys(rows.values_list("tid", flat=True)[: limit * 2]))[:limit]
