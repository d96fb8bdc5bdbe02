"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

Both beat the ORM's bulk_create several times over (bench/import_xlsx.py runs the comparison); constraints, triggers
and column defaults of the database still hold.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import connection, models
from django.db.models.expressions import RawSQL

Row = Sequence[Any]
Item = TypeVar("Item")
# Below this SQLite's limit of 32,766 values in one statement, with room for a few columns more.
KEYS_AT_ONCE: Final = 10_000
VALUES_A_STATEMENT: Final = 32_000
ROWS_A_STATEMENT: Final = 500


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
    slots = f"({', '.join(['%s'] * len(columns))})"
    written = 0
    # Many rows in one statement: the trigram index writes itself out after each statement, not after each row.
    at_once = min(ROWS_A_STATEMENT, VALUES_A_STATEMENT // len(columns))
    with connection.cursor() as cursor:
        for part in chunks(rows, at_once):
            statement = f"INSERT INTO {table} ({listed}) VALUES {', '.join([slots] * len(part))}"  # noqa: S608  names from the model
            cursor.execute(statement, [value for row in part for value in row])
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


def among(values: Sequence[int] | Sequence[str]) -> RawSQL:
    """Return a subquery of plain values, for `field__in=`: one parameter, however many values there are.

    An IN list of ten thousand parameters costs the ORM more than the database.
    """
    kind, cast = (
        ("text", "TEXT") if values and isinstance(values[0], str) else ("bigint", "INTEGER")
    )
    if connection.vendor == "postgresql":
        return RawSQL(f"SELECT unnest(%s::{kind}[])", (list(values),))  # noqa: S611  two fixed words
    listed = json.dumps(list(values))
    return RawSQL(f"SELECT CAST(value AS {cast}) FROM json_each(%s)", (listed,))  # noqa: S608, S611


def raw_rows(rows: models.QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Return a values_list as the driver gives it: no conversion a value, for judging very many rows.

    On SQLite a moment comes without its zone, UTC: compare it with `as_fetched`.
    """
    sql, parameters = rows.query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def as_fetched(moment: datetime) -> datetime:
    """Return a moment as `raw_rows` gives one."""
    if connection.vendor == "postgresql":
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


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


def update_rows(
    model: type[models.Model], changes: Iterable[tuple[int, Mapping[str, Any]]]
) -> None:
    """Set columns of rows by key, and count their `version` up: one prepared statement for each set of columns.

    Args:
        model: whose table; it has a `version`.
        changes: key, and column (foreign keys by `attname`) to Python value.
    """
    quote = connection.ops.quote_name
    fields = {field.attname: field for field in model._meta.concrete_fields}
    by_columns: dict[tuple[str, ...], list[list[Any]]] = {}
    for pk, columns in changes:
        values = [as_stored(fields[name], value) for name, value in columns.items()]
        by_columns.setdefault(tuple(columns), []).append([*values, pk])
    with connection.cursor() as cursor:
        for names, rows in by_columns.items():
            setting = ", ".join(f"{quote(str(fields[name].column))} = %s" for name in names)
            table = quote(model._meta.db_table)
            statement = f"UPDATE {table} SET {setting}, version = version + 1 WHERE id = %s"  # noqa: S608  names from the model
            cursor.executemany(statement, rows)
