"""How many terminals there are of each model, and which kept files belong to terminals."""

from django.db.models import Count

from tillkeeper.kernel.actor import Scope
from tillkeeper.terminals.lifecycle import FINAL
from tillkeeper.terminals.models import Evidence, Import, StepTaken, Terminal, TerminalFile
from tillkeeper.terminals.queries.lists import visible


def counts_by_model(scope: Scope) -> dict[int, int]:
    """Return how many terminals of each model are in the estate, by the model's key."""
    rows = Terminal.objects.filter(visible(scope)).exclude(state__in=sorted(FINAL)).order_by()
    return dict(rows.values_list("model_id").annotate(n=Count("pk")))


def holds_file(digest: str) -> bool:
    """Say whether a kept file is a terminal's paper or evidence, or lists rows that an import refused."""
    held = (
        TerminalFile.objects.filter(sha256=digest),
        Evidence.objects.filter(file_sha256=digest),
        StepTaken.objects.filter(evidence_sha256=digest),
        Import.objects.filter(refused_sha256=digest),
    )
    return any(rows.exists() for rows in held)
