"""How many terminals there are of each model."""

from django.db.models import Count

from tillkeeper.kernel.actor import Scope
from tillkeeper.terminals.lifecycle import FINAL
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries.lists import visible


def counts_by_model(scope: Scope) -> dict[int, int]:
    """Return how many terminals of each model are in the estate, by the model's key."""
    rows = Terminal.objects.filter(visible(scope)).exclude(state__in=sorted(FINAL)).order_by()
    return dict(rows.values_list("model_id").annotate(n=Count("pk")))
