"""Questions about doubts."""

from django.db.models import QuerySet

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.models import Doubt
from tillkeeper.terminals.queries import matching, terminal
from tillkeeper.terminals.selection import Filters


def open_doubts(by: Actor) -> QuerySet[Doubt]:
    """Return the doubts nobody has judged yet, of terminals within the actor's view, the newest first."""
    seen = matching(by.scope(Right.VIEW), Filters())
    rows = Doubt.objects.filter(dismissed_at=None, terminal__in=seen)
    return rows.select_related("terminal").order_by("-last_at", "-pk")


def is_doubted(terminal_id: int) -> bool:
    """Say whether a doubt about a terminal is open. Its page has been narrowed to what its reader may see."""
    return Doubt.objects.filter(terminal=terminal_id, dismissed_at=None).exists()


def doubts_of(by: Actor, serial: str) -> QuerySet[Doubt]:
    """Return all doubts about one terminal, the open ones first.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    found = terminal(by.scope(Right.VIEW), serial)
    return Doubt.objects.filter(terminal_id=found.pk).order_by("-dismissed_at", "-last_at")
