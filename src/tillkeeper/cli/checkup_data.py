"""What the doctor looks at in the database: that it answers, is of this version, and is being worked off."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, connection
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tillkeeper.cli import checkup_voice
from tillkeeper.cli.findings import Finding, fine, note, problem
from tillkeeper.cli.heartbeat import last_beat
from tillkeeper.cli.upkeep import pending_migrations
from tillkeeper.kernel.audit import check_heads
from tillkeeper.kernel.outbox import owed

TRIGRAMS_SINCE: Final = (3, 34)
OLDEST_POSTGRESQL: Final = 150_000
EXTENSIONS: Final = ("btree_gist", "pg_trgm")
ALIVE: Final = timedelta(seconds=60)
BACKLOG: Final = 1_000


def checkup() -> Iterator[Finding]:
    """Yield what is found; if the database does not answer, that is all there is to say."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        says = _("The database does not answer: %(reason)s.") % {
            "reason": str(error).strip().splitlines()[0]
        }
        yield problem("database", says, _("Start it, or correct TILLKEEPER_DATABASE_URL."))
        return
    yield from sqlite() if connection.vendor == "sqlite" else postgresql()
    pending = pending_migrations()
    if pending:
        says = _("%(n)s migrations are pending, the first is %(first)s.") % {
            "n": len(pending),
            "first": pending[0],
        }
        yield problem("tables", says, "tillkeeper migrate")
        return
    yield fine("tables", _("of this version"))
    yield audit()
    yield from worker()
    yield from checkup_voice.checkup()


def sqlite() -> Iterator[Finding]:
    """SQLite can search by any part of a word."""
    found = sqlite3.sqlite_version
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')")
        row = cursor.fetchone()
    if sqlite3.sqlite_version_info < TRIGRAMS_SINCE or not (row and row[0]):
        says = _(
            "SQLite %(found)s cannot search by any part of a word (3.34 with FTS5 is needed)."
        ) % {"found": found}
        yield problem("database", says, _("Use a Python with a newer SQLite, or PostgreSQL."))
    else:
        yield fine("database", f"SQLite {found}, {connection.settings_dict['NAME']}")


def postgresql() -> Iterator[Finding]:
    """PostgreSQL is new enough and has the extensions."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        row = cursor.fetchone()
        cursor.execute(
            "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)]
        )
        available = {name for (name,) in cursor.fetchall()}
    version = int(row[0]) if row else 0
    if version < OLDEST_POSTGRESQL:
        says = _("PostgreSQL %(found)s is too old.") % {"found": version // 10_000}
        yield problem("database", says, _("Use PostgreSQL 15 or later."))
    else:
        yield fine(
            "database", f"PostgreSQL {version // 10_000}, {connection.settings_dict['NAME']}"
        )
    for name in sorted(set(EXTENSIONS) - available):
        says = _("The extension %(name)s is not installed on the database's machine.") % {
            "name": name
        }
        yield problem("database", says, _("Install PostgreSQL's contrib package there."))


def audit() -> Finding:
    """The end of every audit chain holds; to walk a whole chain takes long, so that is left to its own command."""
    verdicts = check_heads()
    broken = [verdict for verdict in verdicts if verdict.broken]
    if broken:
        says = _("The audit chain of %(root)s is broken at its end.") % {"root": broken[0].root}
        return problem("audit", says, "tillkeeper audit verify")
    return fine(
        "audit",
        _("the last entry of each chain (%(n)s) holds; `tillkeeper audit verify` walks them whole")
        % {"n": len(verdicts)},
    )


def worker() -> Iterator[Finding]:
    """Somebody works off what waits."""
    due, failed = owed(at=now())
    seen = last_beat()
    alive = seen is not None and now() - seen < ALIVE
    if alive:
        yield fine("worker", _("alive"))
    elif due:
        says = _("No worker is running, and %(n)s events wait to be delivered.") % {"n": due}
        yield problem("worker", says, "tillkeeper up")
    else:
        yield note("worker", _("No worker is running."), "tillkeeper up")
    if due > BACKLOG:
        says = _("%(n)s events wait to be delivered.") % {"n": due}
        yield problem(
            "outbox", says, _("Start another `tillkeeper worker`, and look into its log.")
        )
    elif failed:
        says = _("%(n)s deliveries failed and are tried again.") % {"n": failed}
        yield note("outbox", says, _("Look into the worker's log."))
    else:
        yield fine("outbox", _("%(n)s events wait") % {"n": due})
