"""Questions about the rules in force."""

from django.db.models import QuerySet

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.models import RuleBook


def rulebooks(scope: Scope) -> QuerySet[RuleBook]:
    """Return all versions within a scope, the newest first."""
    return (
        RuleBook.objects.filter(within(scope)).select_related("organisation").order_by("-at", "-pk")
    )


def rulebook(scope: Scope, key: int) -> RuleBook:
    """Return one version with its text.

    Raises:
        NotFound: no such version within the scope.
    """
    if (found := rulebooks(scope).filter(pk=key).first()) is None:
        raise NotFound(kind="rules", key=str(key))
    return found


def newest_rules(organisation_id: int) -> RuleBook | None:
    """Return the rules an organisation goes by; None: it has none of its own, and the sound ones stand."""
    return RuleBook.objects.filter(organisation_id=organisation_id).order_by("-version").first()
