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


def refuse_deletes(table: str) -> list[tuple[str, str]]:
    """Return (vendor, SQL) pairs that make every DELETE of `table` fail, on PostgreSQL.

    On SQLite whoever can reach the file can do as he likes with it: the chain of hashes tells, no trigger would.
    """
    large = (
        f"CREATE FUNCTION {table}_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{table} is append-only' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END $$; "
        f"CREATE TRIGGER {table}_never_deleted BEFORE DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_never_deleted()"
    )
    return [("postgresql", large)]


def zero_sum(table: str, group: str, amount: str) -> list[tuple[str, str]]:
    """Return (vendor, SQL) pairs that refuse a commit while `amount` of a `group` and currency does not sum to zero.

    PostgreSQL asks at the commit. SQLite has no trigger that late: there the one service that writes is the guard.
    """
    sums = f"SELECT sum({amount}) FROM {table} WHERE {group} = NEW.{group} GROUP BY currency"
    large = (
        f"CREATE FUNCTION {table}_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF EXISTS (SELECT 1 FROM ({sums}) AS t(total) WHERE total <> 0) "
        f"THEN RAISE EXCEPTION '{table} does not sum to zero' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$; "
        f"CREATE CONSTRAINT TRIGGER {table}_zero_sum AFTER INSERT ON {table} "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {table}_zero_sum()"
    )
    return [("postgresql", large)]
