"""Writing one row: locked, compared by version, counted up; a key that is taken is told as such."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from tillkeeper.kernel.errors import AlreadyExists, NotFound, Stale
from tillkeeper.parties.services.readings import Columns

Row = TypeVar("Row", bound=models.Model)


def locked(rows: QuerySet[Row], *, kind: str, key: str, given: int | None = None) -> Row:
    """Return the one row of `rows`, locked, and of the version the caller had.

    Raises:
        NotFound: there is none.
        Stale: `given` is not its version any more.
    """
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound(kind=kind, key=key)
    current: int = getattr(row, "version", 0)
    if given is not None and current != given:
        raise Stale(kind=kind, key=key, current=current, given=given)
    return row


def insert(row: Row, *, kind: str, key: str, **taken: Any) -> Row:
    """Write a new row.

    Raises:
        AlreadyExists: a row with the values `taken` is there already, also when it came just now.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if type(row)._default_manager.filter(**taken).exists():  # noqa: SLF001  Django's own face
            raise AlreadyExists(kind=kind, key=key) from error
        raise
    return row


def change(row: models.Model, readings: Iterable[Columns]) -> tuple[Columns, Columns]:
    """Set the columns that differ and save; return them before and after, both empty if none does.

    Columns that were read from one field stay together: of a number whose mask stays the same the
    trail still shows that it was changed.
    """
    before: Columns = {}
    after: Columns = {}
    for columns in readings:
        was = {name: getattr(row, name) for name in columns}
        if was != columns:
            before |= was
            after |= columns
    if after:
        write(row, after)
    return before, after


def write(row: models.Model, columns: Mapping[str, Any]) -> None:
    """Save these columns of a locked row and count its version up."""
    for name, value in columns.items():
        setattr(row, name, value)
    row.version += 1  # type: ignore[attr-defined]  # every table of this room has one
    row.save(update_fields=[*columns, "version"])


def merged(readings: Iterable[Columns]) -> Columns:
    """Return all columns of all fields in one dict."""
    return {name: value for columns in readings for name, value in columns.items()}
