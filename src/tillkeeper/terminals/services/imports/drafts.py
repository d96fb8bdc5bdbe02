"""From a file to an import that can be run: stored, its layout read, its columns mapped, its work asked for."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import IO, Any, Final

from django.db import transaction
from django.utils.module_loading import import_string

from tillkeeper.formats.ledgers.columns import FIELDS, kind_named, propose, rivals
from tillkeeper.formats.ledgers.errors import ColumnsRival, FileTooLarge
from tillkeeper.formats.ledgers.layout import Layout
from tillkeeper.formats.ledgers.reading import check_mapping
from tillkeeper.formats.ledgers.tables import Table
from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import STEP_WIDTH, Actor, as_arguments
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import PIECE, Kept, keep_file, kept_file
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.parties.queries import organisation as organisation_seen
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.models import Import, ImportLayout
from tillkeeper.terminals.queries import imports
from tillkeeper.terminals.services.imports.cards import require_file
from tillkeeper.terminals.services.imports.errors import ImportInterrupted, ImportNotReady
from tillkeeper.terminals.services.imports.passes import MEBIBYTE, max_bytes, open_path

READY: Final = ("draft", "checked", "failed", "cancelled")
WORKING: Final = ("checking", "queued", "running")
QUEUED: Final = "queued"
TASKS: Final = "tillkeeper.terminals.tasks"


@verb
def start_import(
    *, stream: IO[bytes], name: str, kind: str, organisation: str, by: Actor, at: datetime
) -> Import:
    """Store a file and read its layout; the columns are proposed, or mapped as somebody once did for such a file.

    Args:
        stream: the file's bytes.
        name: what the person calls it.
        kind: terminals, models, merchants, sites or bindings.
        organisation: code of the node under which rows come in that name none.
        by: who.
        at: when.

    Raises:
        NotFound: the actor sees no such organisation.
        NotAllowed: the actor may not import there.
        UnknownKind, FileTooLarge and all that `open_table` refuses a file for.
    """
    known = kind_named(kind)
    node = organisation_seen(by.scope(Right.IMPORT), organisation)
    by.require(Right.IMPORT, node.path)
    kept = _keep(stream, name, by, at)
    with open_path(kept.path, name) as table:
        mapping, facts = _laid_out(table, known.name, node.path)
    number = issue_document(
        prefix="IM",
        kind="import",
        place=node.path,
        title=name[:200],
        facts={"kind": known.name},
        by=by,
        at=at,
    )
    record = Import.objects.create(
        number=number,
        kind=known.name,
        organisation=node,
        path=node.path,
        file_name=name[:255],
        sha256=kept.sha256,
        size=kept.size,
        layout=facts,
        mapping=mapping,
        by=str(by),
        at=at,
    )
    _record("import.start", record, by, at, {"file": name, "sha256": kept.sha256, "kind": kind})
    return record


@verb
def choose_mapping(
    *,
    number: str,
    by: Actor,
    at: datetime,
    mapping: Mapping[Any, str | None] | None = None,
    sheet: str | None = None,
    all_or_nothing: bool | None = None,
) -> Import:
    """Say which column holds what, which sheet is read, and whether one bad row stops all; remembered for such files.

    A mapping is remembered per set of titles, kind and organisation. Choosing another sheet proposes anew.

    Raises:
        MappingWrong, ColumnsMissing, NoSuchSheet: it does not fit the file.
        ImportNotReady: it is running or over.
    """
    record = _ready(number, by)
    if sheet is not None and sheet != record.layout.get("sheet"):
        require_file(record)
        with open_path(kept_file(record.sha256).path, record.file_name, sheet) as table:
            record.mapping, record.layout = _laid_out(table, record.kind, record.path)
    if mapping is not None:
        wanted = {int(index): field for index, field in mapping.items()}
        chosen = check_mapping(record.layout["titles"], wanted, record.kind)
        record.mapping = {
            str(index): chosen.get(index, "") for index in range(len(record.layout["titles"]))
        }
        record.layout = {**record.layout, "rivals": {}}  # somebody has decided between them
        ImportLayout.objects.update_or_create(
            fingerprint=record.layout["fingerprint"],
            kind=record.kind,
            root=record.path[:STEP_WIDTH],
            defaults={"mapping": record.mapping, "at": at},
        )
    if all_or_nothing is not None:
        record.all_or_nothing = all_or_nothing
    record.status, record.dry_run = "draft", {}
    record.save(update_fields=["layout", "mapping", "all_or_nothing", "status", "dry_run"])
    _record(
        "import.map",
        record,
        by,
        at,
        {"mapping": record.mapping, "all_or_nothing": record.all_or_nothing},
    )
    return record


@verb
def check_import(*, number: str, by: Actor, at: datetime, queue: bool = True) -> Import:
    """Ask for a dry run: every row is judged, nothing is written. The work is queued, unless the caller does it.

    Raises:
        ColumnsMissing: a field that every row must have has no column.
        ImportNotReady: it is running or over.
    """
    return _ask(number, by, at, status="checking", task="check_ledger" if queue else "")


@verb
def apply_import(*, number: str, by: Actor, at: datetime, queue: bool = True) -> Import:
    """Ask for the file to be brought in: all good rows, in one transaction.

    The work is queued, unless the caller does it.

    Raises:
        ColumnsMissing: a field that every row must have has no column.
        ImportNotReady: it is running or over.
    """
    return _ask(number, by, at, status="queued", task="bring_in_ledger" if queue else "")


@verb
def cancel_import(*, number: str, by: Actor, at: datetime) -> Import:
    """Stop an import: a draft is put away at once, a running one stops at its next chunk and keeps nothing."""
    record = _own(number, by)
    if record.status in WORKING:
        progress.ask_to_stop(number)
    elif record.status in READY:
        record.status = "cancelled"
        record.save(update_fields=["status"])
    else:
        raise ImportNotReady(number=number, status=record.status)
    _record("import.cancel", record, by, at, {"status": record.status})
    return record


def mark_interrupted(at: datetime) -> int:
    """Set to failed what was being worked on and has not been heard of for a minute; return how many.

    A worker that was killed leaves its transaction to the database, which takes it back: nothing was written.
    """
    marked = 0
    for record in Import.objects.filter(status__in=["checking", "running"]):
        said = progress.progress(record.number)
        if said is not None and (not said.silent or said.stage == QUEUED):
            continue
        error = ImportInterrupted(number=record.number)
        problem = {"code": error.code, "facts": error.facts()}
        # Conditional: a pass that ends at this moment has the last word.
        marked += Import.objects.filter(pk=record.pk, status=record.status).update(
            status="failed",
            problem=str(error),
            result={**record.result, "problem": problem},
            finished_at=at,
        )
        progress.forget(record.number)
    return marked


def _ask(number: str, by: Actor, at: datetime, *, status: str, task: str) -> Import:
    record = _ready(number, by)
    mapping = {int(index): field for index, field in record.mapping.items()}
    check_mapping(record.layout["titles"], mapping, record.kind)
    _refuse_rivals(record)
    require_file(record)
    record.status, record.problem, record.finished_at = status, "", None
    record.save(update_fields=["status", "problem", "finished_at"])
    progress.forget(number)
    progress.report(number, share=0.0, rows=0, stage=QUEUED)
    _record(f"import.{'check' if status == 'checking' else 'apply'}", record, by, at, None)
    if task:
        transaction.on_commit(partial(_enqueue, task, number, as_arguments(by)))
    return record


def _enqueue(task: str, number: str, by: dict[str, Any]) -> None:
    # By name, as a foreign key names its table: tasks stand above services and import them.
    import_string(f"{TASKS}.{task}").enqueue(number, by)


def _own(number: str, by: Actor) -> Import:
    record = (
        imports(by)
        .select_related(None)
        .select_for_update(of=("self",))
        .filter(number=number)
        .first()
    )
    if record is None:
        raise NotFound(kind="import", key=number)
    by.require(Right.IMPORT, record.path)
    return record


def _ready(number: str, by: Actor) -> Import:
    record = _own(number, by)
    if record.status not in READY:
        raise ImportNotReady(number=number, status=record.status)
    return record


def _keep(stream: IO[bytes], name: str, by: Actor, at: datetime) -> Kept:
    return keep_file(
        _bounded(stream, name),
        name=name,
        media_type="application/octet-stream",
        retention=RetentionClass.LEDGER_FILE,
        by=by,
        at=at,
    )


def _bounded(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Hand a stream on, and stop at the limit: a file that is too large shall not fill the disk first."""
    size, limit = 0, max_bytes()
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > limit:
            raise FileTooLarge(name=name, limit_mib=limit // MEBIBYTE)
        yield piece


def _layout_json(table: Table) -> dict[str, Any]:
    layout = table.layout
    return {
        "kind": layout.kind,
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "sheet": layout.sheet,
        "sheets": list(table.sheets),
        "header_line": layout.header_line,
        "titles": list(layout.titles),
        "fingerprint": layout.fingerprint,
        "rows": table.estimated_rows,
    }


def _refuse_rivals(record: Import) -> None:
    for name, titles in record.layout.get("rivals", {}).items():
        named = ", ".join(f"“{title}”" for title in titles)
        raise ColumnsRival(fields=FIELDS[name].en, titles=named)


def _laid_out(table: Table, kind: str, path: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the proposed or remembered mapping, and the layout as it is kept.

    Where two columns have titles of one field and nobody decided yet, `rivals` has their titles by field.
    """
    layout = table.layout
    remembered = _remembered(layout, kind, path)
    if remembered is not None:
        return remembered, {**_layout_json(table), "rivals": {}}
    proposed = propose(layout.titles, kind)
    found = rivals(layout.titles, proposed, kind)
    named = {field: [layout.titles[i] for i in columns] for field, columns in found.items()}
    mapping = {str(index): field or "" for index, field in proposed.items()}
    return mapping, {**_layout_json(table), "rivals": named}


def _remembered(layout: Layout, kind: str, path: str) -> dict[str, str] | None:
    remembered = ImportLayout.objects.filter(
        fingerprint=layout.fingerprint, kind=kind, root=path[:STEP_WIDTH]
    ).first()
    if remembered is not None and len(remembered.mapping) == len(layout.titles):
        return dict(remembered.mapping)
    return None


def _record(
    action: str, record: Import, by: Actor, at: datetime, after: Mapping[str, Any] | None
) -> None:
    record_change(
        action=action,
        subject=f"import:{record.number}",
        place=record.path,
        by=by,
        at=at,
        after=after,
    )
