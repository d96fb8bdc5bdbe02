"""Which column of a file holds what: proposed, shown with values of the first rows, corrected by people."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tillkeeper.formats.identifiers import mask_account, mask_id_number, mask_pans_in
from tillkeeper.formats.ledgers.columns import kind_named, propose
from tillkeeper.formats.ledgers.tables import open_layout
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.kernel.files import kept_file
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.queries import imports
from tillkeeper.terminals.services.imports import apply_import, check_import, choose_mapping
from tillkeeper.web.imports.wording import STATUS_LABELS, field_name, kind_name, tone
from tillkeeper.web.parts import Request
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Import

SAMPLES: Final = 3
SAMPLE_LENGTH: Final = 60
KEPT_S: Final = 3600
MEBIBYTE: Final = 1024 * 1024
VEILS: Final[Mapping[str, Callable[[str], str]]] = {
    "settlement_account": mask_account,
    "id_number": mask_id_number,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file as the mapping page shows it."""

    index: int
    title: str
    samples: list[str]
    field: str
    twice: bool

    @property
    def name(self) -> str:
        """Return the name of its select."""
        return f"column_{self.index}"


def import_of(request: Request, number: str) -> "Import":
    """Return an import within view.

    Raises:
        NotFound: there is none of that number there.
    """
    found = imports(request.actor).filter(number=number).first()
    if found is None:
        raise NotFound(kind="import", key=number)
    return found


def mapping_context(
    record: "Import", chosen: Mapping[str, str] | None = None, problem: str = ""
) -> dict[str, Any]:
    """Return what the mapping page shows; `chosen` is what a refused form held."""
    mapping = (
        chosen
        if chosen is not None
        else {index: field or "" for index, field in record.mapping.items()}
    )
    titles = record.layout.get("titles", [])
    given = Counter(field for field in mapping.values() if field)
    samples = first_rows(record)
    known = kind_named(record.kind)
    columns = [
        Column(
            i,
            title,
            [row[i] for row in samples if i < len(row) and row[i]],
            mapping.get(str(i), ""),
            given[mapping.get(str(i), "")] > 1,
        )
        for i, title in enumerate(titles)
    ]
    proposed = {str(index): field or "" for index, field in propose(titles, record.kind).items()}
    return {
        "columns": columns,
        "fields": [(name, field_name(name), name in known.required) for name in known.fields],
        "missing": [field_name(name) for name in known.required if name not in given],
        "remembered": chosen is None
        and proposed != {index: field or "" for index, field in record.mapping.items()},
        "sheets": record.layout.get("sheets", []),
        "mapped": sum(given.values()),
        "mapping_problem": problem,
    }


def first_rows(record: "Import") -> list[list[str]]:
    """Return the first rows as text, card numbers, accounts and id numbers masked.

    Kept for an hour, masked: opening a large workbook takes seconds.
    """
    sheet = record.layout.get("sheet") or ""
    veils = _veils(record)
    asked = repr((sheet, sorted(veils))).encode()
    key = f"samples:{record.sha256}:{sha256(asked).hexdigest()[:16]}"
    found: list[list[str]] | None = cache.get(key)
    if found is None:
        found = _read_first(record, sheet, veils)
        cache.set(key, found, KEPT_S)
    return found


def _veils(record: "Import") -> dict[int, Callable[[str], str]]:
    """Return how a column is masked, by column: what is mapped to a number of persons, or has a title of one."""
    proposed = propose(record.layout.get("titles", []), "merchants")
    given = {int(index): field for index, field in record.mapping.items()}
    pairs = [*proposed.items(), *given.items()]
    return {index: VEILS[field] for index, field in pairs if field in VEILS}


def _read_first(
    record: "Import", sheet: str, veils: Mapping[int, Callable[[str], str]]
) -> list[list[str]]:
    limit = int(settings.TILLKEEPER_IMPORT_MAX_MIB) * MEBIBYTE
    try:
        path = kept_file(record.sha256).path
        with open_layout(
            path, name=record.file_name, sheet=sheet or None, max_bytes=limit
        ) as table:
            return [
                [_shown(cell, veils.get(index)) for index, cell in enumerate(row)]
                for _line, row in islice(table.rows(), SAMPLES)
            ]
    except TillkeeperError:
        return []  # the file is gone: its titles are still on the import's row


def _shown(cell: Any, veil: Callable[[str], str] | None) -> str:
    text = "" if cell is None else " ".join(str(cell).split())
    return (veil or mask_pans_in)(text)[:SAMPLE_LENGTH]


@login_required
@require_POST
def choose(request: Request, number: str) -> HttpResponse:
    """Keep the mapping; then read another sheet, check, or bring in, as the pressed button says."""
    record = import_of(request, number)
    by, now = request.actor, timezone.now()
    by.require(Right.IMPORT, record.path)
    deed = request.POST.get("deed", "check")
    page = reverse("web:import", args=[number])
    if deed == "sheet":
        choose_mapping(number=number, sheet=request.POST.get("sheet", ""), by=by, at=now)
        return redirect(page)
    titles = record.layout.get("titles", [])
    chosen = {str(index): request.POST.get(f"column_{index}", "") for index in range(len(titles))}
    try:
        choose_mapping(
            number=number,
            mapping=chosen,
            all_or_nothing=bool(request.POST.get("all_or_nothing")),
            by=by,
            at=now,
        )
        (apply_import if deed == "apply" else check_import)(number=number, by=by, at=timezone.now())
    except TillkeeperError as error:
        from_form = mapping_context(record, chosen, sentence_of(error))
        ctx = {"record": record, "phase": "mapping", "may_import": True, **from_form}
        return render(request, "imports/detail.html", ctx | stage_context(record), status=422)
    return redirect(page)


def stage_context(record: "Import") -> dict[str, Any]:
    """Return what the head of every page of an import shows."""
    rows = record.layout.get("rows")
    return {
        "kind": kind_name(record.kind),
        "status_label": STATUS_LABELS.get(record.status, record.status),
        "tone": tone(record.status),
        "rows": rows if isinstance(rows, int) else None,
    }
