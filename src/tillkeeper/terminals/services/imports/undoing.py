"""Taking an import back while nothing has built on it: set-wise, with an audit entry for each thing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import chunks
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import merchants, organisations, sites, vendors
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import intake
from tillkeeper.parties.services.nodes import hold_tree
from tillkeeper.terminals.models import (
    Accessory,
    Binding,
    Evidence,
    Import,
    ImportChange,
    ModelApproval,
    StepTaken,
    Terminal,
    TerminalFile,
    TerminalModel,
)
from tillkeeper.terminals.queries import imports
from tillkeeper.terminals.services.imports.changes import change_rows, held
from tillkeeper.terminals.services.imports.errors import ImportBuiltOn, ImportNotReady

NAMED: Final = 5
GONE: Final = "–"  # of what was deleted since there is no name any more
TABLES: Final = {"terminal": Terminal, "model": TerminalModel}


@verb
def undo_import(*, number: str, by: Actor, at: datetime) -> Import:
    """Delete what an import brought in and put back what it changed.

    Raises:
        NotFound: no such import within view.
        ImportNotReady: it has not brought anything in.
        ImportBuiltOn: something it brought in has been used or changed since; the first few are named.
    """
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
    if record.status != "done":
        raise ImportNotReady(number=number, status=record.status)
    hold_tree(record.path)
    # Held still until the end, so that nothing can be built on it between the question and the deed.
    list(
        Terminal.objects.filter(origin=number)
        .order_by("serial")
        .select_for_update(of=("self",))
        .values_list("pk")
    )
    _refuse_if_built_on(record)
    _put_back(record, by, at)
    _take_away(record, by, at)
    record.status, record.finished_at = "undone", at
    record.save(update_fields=["status", "finished_at"])
    _record("import.undo", f"import:{number}", record.path, by, at, None)
    return record


def _refuse_if_built_on(record: Import) -> None:
    found = list(_built_on(record))
    count = sum(rows.count() for rows, _key in found) + len(moved := _moved(record))
    if not count:
        return
    first = [
        str(key)
        for rows, name in found
        for key in rows.order_by(name).values_list(name, flat=True)[:NAMED]
    ]
    raise ImportBuiltOn(
        number=record.number, count=count, first=", ".join([*first, *moved][:NAMED])
    )


def _built_on(record: Import) -> Iterator[tuple[QuerySet[Any], str]]:
    """Yield the rows that were used or changed since, and the column they are named by."""
    number = record.number
    mine = Terminal.objects.filter(origin=number)
    it = OuterRef("pk")
    more = (
        Q(version__gt=1)
        | Exists(StepTaken.objects.filter(terminal=it).exclude(document=number))
        | Exists(Binding.objects.filter(terminal=it).exclude(document=number))
        | Exists(Evidence.objects.filter(terminal=it))
        | Exists(TerminalFile.objects.filter(terminal=it))
    )
    yield mine.filter(more), "serial"
    others = Terminal.objects.exclude(origin=number)
    changed = Binding.objects.exclude(document=number)
    models = TerminalModel.objects.filter(origin=number)
    yield models.filter(Q(version__gt=1) | Exists(others.filter(model=it))), "code"
    owners = merchants().filter(origin=number)
    foreign = sites().exclude(origin=number)
    yield (
        owners.filter(
            Q(version__gt=1)
            | Exists(changed.filter(merchant=it))
            | Exists(foreign.filter(merchant=it))
        ),
        "number",
    )
    places = sites().filter(origin=number)
    standing = others.exclude(
        pk__in=ImportChange.objects.filter(run=record, subject="terminal").values("subject_id")
    )
    yield (
        places.filter(
            Q(version__gt=1) | Exists(changed.filter(site=it)) | Exists(standing.filter(site=it))
        ),
        "code",
    )
    makers = vendors().filter(origin=number)
    made = TerminalModel.objects.exclude(origin=number)
    yield (
        makers.filter(
            Q(version__gt=1) | Exists(made.filter(vendor=it)) | Exists(others.filter(supplier=it))
        ),
        "code",
    )
    nodes = organisations().filter(origin=number)
    below = organisations().exclude(origin=number)
    yield (
        nodes.filter(Q(version__gt=1) | Exists(below.filter(parent=it)) | Q(grants__isnull=False)),
        "code",
    )


def _moved(record: Import) -> list[str]:
    """Return the things that were changed again since this import changed them."""
    moved = []
    for subject, changes in _changes(record):
        versions = held(subject, [change.subject_id for change in changes])
        keys = [
            change.subject_id
            for change in changes
            if versions.get(change.subject_id) != change.version
        ]
        names = {pk: key for pk, key, _path in _named(subject, keys, record.path)}
        moved += [names.get(pk, GONE) for pk in keys]
    return moved


def _changes(record: Import) -> Iterator[tuple[str, list[ImportChange]]]:
    rows = ImportChange.objects.filter(run=record)
    for subject in rows.order_by("subject").values_list("subject", flat=True).distinct():
        for part in chunks(rows.filter(subject=subject).order_by("subject_id").iterator()):
            yield subject, part


def _put_back(record: Import, by: Actor, at: datetime) -> None:
    for subject, changes in _changes(record):
        model = intake.TABLES.get(subject) or TABLES[subject]
        fields = {field.attname: field for field in model._meta.concrete_fields}
        put_back = [
            (
                change.subject_id,
                {name: fields[name].to_python(value) for name, value in change.before.items()},
            )
            for change in changes
        ]
        change_rows(subject, put_back)
        if subject == "terminal":
            _unbind(record, put_back)
        for pk, key, path in _named(subject, [pk for pk, _columns in put_back], record.path):
            before = dict(put_back)[pk] if len(put_back) == 1 else None
            _record(f"{subject}.undo", f"{subject}:{key}", path, by, at, before)
    ImportChange.objects.filter(run=record).delete()


def _unbind(record: Import, put_back: list[tuple[int, dict[str, Any]]]) -> None:
    """Take back the bindings and history rows of terminals that a ledger of bindings had bound."""
    bound = {pk: columns["binding_id"] for pk, columns in put_back if "binding_id" in columns}
    _wipe(Binding.objects.filter(terminal__in=bound, document=record.number))
    _wipe(
        StepTaken.objects.filter(terminal__in=bound, document=record.number).exclude(from_state="")
    )
    earlier = [pk for pk in bound.values() if pk]
    Binding.objects.filter(pk__in=earlier).update(valid_to=None)


def _named(subject: str, keys: list[int], path: str) -> Iterator[tuple[int, str, str]]:
    rows: Any
    if subject == "terminal":
        rows = Terminal.objects.filter(pk__in=keys).values_list("pk", "serial", "path")
    elif subject == "model":
        rows = (
            (pk, code, path)
            for pk, code in TerminalModel.objects.filter(pk__in=keys).values_list("pk", "code")
        )
    elif subject == "merchant":
        rows = merchants().filter(pk__in=keys).values_list("pk", "number", "organisation__path")
    else:
        rows = sites().filter(pk__in=keys).values_list("pk", "code", "organisation__path")
    yield from rows


def _take_away(record: Import, by: Actor, at: datetime) -> None:
    number = record.number
    mine = Terminal.objects.filter(origin=number)
    _tell("terminal", mine.values_list("serial", "path"), by, at, number)
    _tell(
        "site",
        sites().filter(origin=number).values_list("code", "organisation__path"),
        by,
        at,
        number,
    )
    _tell(
        "merchant",
        merchants().filter(origin=number).values_list("number", "organisation__path"),
        by,
        at,
        number,
    )
    models = TerminalModel.objects.filter(origin=number)
    _tell(
        "model",
        ((code, record.path) for code in models.values_list("code", flat=True)),
        by,
        at,
        number,
    )
    makers = vendors().filter(origin=number).values_list("code", flat=True)
    _tell("vendor", ((code, record.path) for code in makers), by, at, number)
    for rows in (
        Accessory.objects.filter(terminal__in=mine),
        StepTaken.objects.filter(terminal__in=mine),
        Binding.objects.filter(terminal__in=mine),
        mine,
    ):
        _wipe(rows)
    for table in ("site", "merchant", "organisation"):
        intake.take_back(table, number)
    _wipe(ModelApproval.objects.filter(Q(model__in=models) | Q(source=number)))
    _wipe(models)
    intake.take_back("vendor", number)


def _tell(subject: str, rows: Any, by: Actor, at: datetime, number: str) -> None:
    for key, path in list(rows):
        _record(f"{subject}.undo", f"{subject}:{key}", path, by, at, {"document": number})


def _wipe(rows: QuerySet[Any]) -> None:
    """Delete rows in one statement: what points at them goes in the same transaction, keys are checked at its end."""
    rows._raw_delete(rows.db)  # noqa: SLF001  the collector would load every row


def _record(
    action: str, subject: str, path: str, by: Actor, at: datetime, before: dict[str, Any] | None
) -> None:
    record_change(action=action, subject=subject, place=path, by=by, at=at, before=before)
