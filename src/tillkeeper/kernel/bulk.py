"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

Both beat the ORM's bulk_create several times over (bench/import_xlsx.py runs the comparison); constraints, triggers
and column defaults of the database still hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import connection, models

Row = Sequence[Any]
Item = TypeVar("Item")
# Below this SQLite's limit of 32,766 values in one statement, with room for a few columns more.
KEYS_AT_ONCE: Final = 10_000


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert rows of plain values into a model's table, in the caller's transaction.

    Args:
        model: whose table.
        columns: field names, in the order of the values; foreign keys by `attname`, e.g. `model_id`.
        rows: one sequence of values a row, already in the form the database keeps (see `as_stored`).

    Returns:
        How many rows were written.
    """
    meta, quote = model._meta, connection.ops.quote_name
    stored_as = {field.attname: str(field.column) for field in meta.concrete_fields}
    table, listed = quote(meta.db_table), ", ".join(quote(stored_as[name]) for name in columns)
    if connection.vendor == "postgresql":
        return _copy(table, listed, rows)
    slots = ", ".join(["%s"] * len(columns))
    written = 0
    with connection.cursor() as cursor:
        for part in chunks(rows):
            cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({slots})", part)  # noqa: S608  names from the model
            written += len(part)
    return written


def as_stored(field: models.Field[Any, Any], value: Any) -> Any:
    """Return a Python value as the database driver wants it for `field`."""
    return field.get_db_prep_save(value, connection)


def chunks(items: Iterable[Item], size: int = KEYS_AT_ONCE) -> Iterator[list[Item]]:
    """Cut any iterable into lists of at most `size`."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part


def _copy(table: str, listed: str, rows: Iterable[Row]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Return `count` fresh primary keys, so that rows and the rows that point at them can be written together.

    On SQLite the caller's transaction must hold the write lock (IMMEDIATE does), or two callers get the same keys.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        return list(range(row[0] + 1, row[0] + 1 + count))
