"""SQL that keeps rows as they were written: triggers for both databases, used by migrations."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def refuse_updates(table: str) -> list[tuple[str, str]]:
    """Return (vendor, SQL) pairs that make every UPDATE of `table` fail."""
    lite = (
        f"CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
    )
    large = (
        f"CREATE FUNCTION {table}_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{table} is written once' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END $$; "
        f"CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_written_once()"
    )
    return [("sqlite", lite), ("postgresql", large)]


def for_vendor(statements: list[tuple[str, str]]) -> migrations.RunPython:
    """Return a migration operation that runs each statement only on its own kind of database."""

    def run(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for vendor, sql in statements:
            if editor.connection.vendor == vendor:
                with editor.connection.cursor() as cursor:
                    cursor.execute(sql)

    return migrations.RunPython(run, migrations.RunPython.noop)
