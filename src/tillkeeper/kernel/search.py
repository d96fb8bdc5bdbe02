"""SQL of the search by parts of a word: trigram indexes for both databases, used by migrations; and how to ask them.

SQLite: an FTS5 table with the trigram tokenizer beside the table, kept by triggers. PostgreSQL: GIN over pg_trgm.
"""

from typing import Any, Final

from django.db import connection
from django.db.models import Func, Q
from django.db.models.expressions import RawSQL

SHORTEST: Final = 3  # a trigram has three characters; shorter needles can only be prefixes


def trigram_index(table: str, columns: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (vendor, SQL) pairs that index `columns` of `table` for search inside words.

    The index lies on a table beside it, so that a step, which writes the terminal's row anew, does not touch it.
    """
    return [("sqlite", sql) for sql in _fts5(table, columns)] + [
        ("postgresql", sql) for sql in _trgm(table, columns)
    ]


def _fts5(table: str, columns: tuple[str, ...]) -> list[str]:
    listed, found = ", ".join(columns), f"{table}_found"
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    remove = f"INSERT INTO {found}({found}, rowid, {listed}) VALUES ('delete', old.id, {old});"
    add = f"INSERT INTO {found}(rowid, {listed}) VALUES (new.id, {new});"
    shape = f"content='{table}', content_rowid='id', tokenize='trigram'"
    return [
        f"CREATE VIRTUAL TABLE {found} USING fts5({listed}, {shape})",
        f"CREATE TRIGGER {found}_added AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {found}_removed AFTER DELETE ON {table} BEGIN {remove} END",
        f"CREATE TRIGGER {found}_changed AFTER UPDATE OF {listed} ON {table} BEGIN {remove} {add} END",
        f"INSERT INTO {found}({found}) VALUES ('rebuild')",
    ]


def _trgm(table: str, columns: tuple[str, ...]) -> list[str]:
    listed, found = ", ".join(columns), f"{table}_found"
    sets = ", ".join(f"{column} = new.{column}" for column in columns)
    bodies = {
        # Once a statement, not once a row: a ledger of a hundred thousand is copied in by one.
        "added": (
            "INSERT", "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT",
            f"INSERT INTO {found} SELECT id, {listed} FROM fresh",
        ),
        "removed": (
            "DELETE", "REFERENCING OLD TABLE AS gone FOR EACH STATEMENT",
            f"DELETE FROM {found} WHERE id IN (SELECT id FROM gone)",
        ),
        "emptied": ("TRUNCATE", "FOR EACH STATEMENT", f"DELETE FROM {found}"),
        "changed": (
            f"UPDATE OF {listed}", "FOR EACH ROW", f"UPDATE {found} SET {sets} WHERE id = new.id"
        ),
    }  # fmt: skip
    shape = ", ".join(f"{column} text NOT NULL" for column in columns)
    return [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE TABLE {found} (id bigint PRIMARY KEY, {shape})",
        f"INSERT INTO {found} SELECT id, {listed} FROM {table}",
        *(
            f"CREATE INDEX {found}_{column} ON {found} USING gin ({column} gin_trgm_ops)"
            for column in columns
        ),
        *(
            f"CREATE FUNCTION {found}_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$; "
            f"CREATE TRIGGER {found}_{name} AFTER {event} ON {table} {how} "
            f"EXECUTE FUNCTION {found}_{name}()"
            for name, (event, how, body) in bodies.items()
        ),
    ]


def contains(table: str, column: str, needle: str) -> Q:
    """Return the condition that `column` of `table` has `needle` inside it, by the trigram index.

    A needle shorter than three characters has no trigram: it is looked for at the beginning only. A Chinese word has
    two, so Chinese is read for all the same; it stands in names, which are few beside serial numbers.
    """
    if len(needle) < SHORTEST:
        how = "startswith" if needle.isascii() else "contains"
        return Q(**{f"{column}__{how}": needle})
    asked, told = _asked(table, column, needle)
    return Q(pk__in=RawSQL(asked, (told,)))


def first_hits(table: str, column: str, needle: str, most: int) -> list[int] | None:
    """Return up to `most` ids of rows with `needle` inside `column`, in no order; None for a needle too short to ask.

    What half the table has inside is found as quickly as what one row has: nothing beyond `most` is looked at.
    """
    if len(needle) < SHORTEST:
        return None
    asked, told = _asked(table, column, needle)
    with connection.cursor() as cursor:
        cursor.execute(f"{asked} LIMIT %s", (told, most))
        return [row[0] for row in cursor.fetchall()]


def _asked(table: str, column: str, needle: str) -> tuple[str, str]:
    if connection.vendor == "postgresql":
        literal = needle.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return f"SELECT id FROM {table}_found WHERE {column} LIKE %s", f"%{literal}%"
    quoted = needle.replace('"', '""')
    return (
        f"SELECT rowid FROM {table}_found WHERE {table}_found MATCH %s",
        f'{column} : "{quoted}"',
    )


class Beside(Func):
    """A column that SQLite compares row by row, leaving the choice of the index to the rest of the question.

    SQLite's planner knows neither how many rows a value has nor that only a page is wanted: given an index on the
    column it collects every row of the value and sorts them. PostgreSQL knows both, and is asked plainly.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Write the unary plus, which changes no value of any type and lets no index be used."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)
