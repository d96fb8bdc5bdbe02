"""The export: exactly what is filtered, all pages, in the chosen columns.

The file is written to disk first and then sent from there, so memory stays small whatever the estate's size; the
request lasts as long as the writing does.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tillkeeper.parties.roles import Right
from tillkeeper.terminals.queries import counts_by_state
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS, KINDS, XLSX_ROWS, export_terminals
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.terminals.chosen import chosen_of
from tillkeeper.web.terminals.columns import chosen_names, column, exported
from tillkeeper.web.terminals.filters import filters_of, sort_of, spoken

TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@login_required
def export(request: Request) -> HttpResponse | FileResponse:
    """Ask as what, or return the file: for ticked rows by POST, for all that the filters find by GET."""
    request.actor.require(Right.EXPORT)
    if request.method == "POST":
        chosen = chosen_of(request)
        kind = request.POST.get("kind", "xlsx")
        return export_file(request, chosen.selection, kind, exported(chosen_names(request)))
    kind = request.GET.get("kind", "")
    filters = filters_of(request.GET)
    if kind:
        names = (
            list(EXPORT_COLUMNS)
            if request.GET.get("all_columns")
            else exported(chosen_names(request))
        )
        return export_file(request, Selection(filters=filters), kind, names)
    counts = counts_by_state(request.actor.scope(Right.EXPORT), filters)
    total = sum(n for state, n in counts.items() if not filters.state or state in filters.state)
    query = request.GET.copy()
    for name in ("page", "size", "kind"):
        query.pop(name, None)
    ctx = {
        "total": total,
        "too_long": total > XLSX_ROWS,
        "query": query.urlencode(),
        "carried": list(query.lists()),
        "columns": [column(name).label for name in exported(chosen_names(request))],
        "every": len(EXPORT_COLUMNS),
        "spoken": spoken(filters),
    }
    return answer(request, "terminals/export.html", "terminals/_export.html", ctx)


def export_file(
    request: Request, selection: Selection, kind: str, names: list[str]
) -> FileResponse:
    """Write the file and return it; the temporary one goes when it has been sent."""
    if kind not in KINDS:
        raise Http404(kind)
    now = timezone.now()
    with tempfile.TemporaryDirectory(prefix="tillkeeper-export-") as folder:
        path = Path(folder) / f"terminals.{kind}"
        export_terminals(
            selection=selection, path=path, kind=kind, columns=names, sort=sort_of(request.GET),
            language=get_language() or "", by=request.actor, at=now,
        )  # fmt: skip
        # An open file outlives its name, so nothing is left behind whatever happens to the connection.
        stream = path.open("rb")
    return FileResponse(
        stream, as_attachment=True, filename=_name(kind, now), content_type=TYPES[kind]
    )


def _name(kind: str, at: datetime) -> str:
    return f"{_('terminals')}-{timezone.localtime(at):%Y%m%d-%H%M}.{kind}"
