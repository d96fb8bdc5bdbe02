"""SQL of the search by parts of a word: trigram indexes for both databases, used by migrations; and how to ask them.

SQLite: an FTS5 table with the trigram tokenizer beside the table, kept by triggers. PostgreSQL: GIN over pg_trgm.
"""

from typing import Final

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

SHORTEST: Final = 3  # a trigram has three characters; shorter needles can only be prefixes


def trigram_index(table: str, columns: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (vendor, SQL) pairs that index `columns` of `table` for search inside words."""
    listed = ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    found = f"{table}_found"
    remove = f"INSERT INTO {found}({found}, rowid, {listed}) VALUES ('delete', old.id, {old});"
    add = f"INSERT INTO {found}(rowid, {listed}) VALUES (new.id, {new});"
    lite = [
        f"CREATE VIRTUAL TABLE {found} USING fts5({listed}, content='{table}', content_rowid='id', tokenize='trigram')",
        f"CREATE TRIGGER {found}_added AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {found}_removed AFTER DELETE ON {table} BEGIN {remove} END",
        f"CREATE TRIGGER {found}_changed AFTER UPDATE OF {listed} ON {table} BEGIN {remove} {add} END",
        f"INSERT INTO {found}({found}) VALUES ('rebuild')",
    ]
    large = ["CREATE EXTENSION IF NOT EXISTS pg_trgm"] + [
        f"CREATE INDEX {table}_{column}_trigram ON {table} USING gin ({column} gin_trgm_ops)"
        for column in columns
    ]
    return [("sqlite", sql) for sql in lite] + [("postgresql", sql) for sql in large]


def contains(table: str, column: str, needle: str) -> Q:
    """Return the condition that `column` of `table` has `needle` inside it, by the trigram index.

    A needle shorter than three characters is looked for at the beginning only.
    """
    if len(needle) < SHORTEST:
        return Q(**{f"{column}__startswith": needle})
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__contains": needle})
    quoted = needle.replace('"', '""')
    phrase = f'{column} : "{quoted}"'
    return Q(
        pk__in=RawSQL(f"SELECT rowid FROM {table}_found WHERE {table}_found MATCH %s", (phrase,))
    )
