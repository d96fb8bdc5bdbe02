"""The spool of an embedded installation: a file of its own, so that no import's lock on the ledger stalls check-ins."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from tillkeeper.telemetry.errors import SpoolUnreachable
from tillkeeper.telemetry.spool import Segment
from tillkeeper.telemetry.spool.polling import first_of

T = TypeVar("T")

BUSY_S: Final = 10.0
# FULL: the log is on the disk before COMMIT returns. Large pages, for a segment is some tens of kilobytes.
PRAGMAS: Final = (
    "PRAGMA page_size=16384",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=512",
    "PRAGMA journal_size_limit=67108864",
)
# AUTOINCREMENT: a position is never given twice, even when all segments are gone.
TABLE: Final = """
    CREATE TABLE IF NOT EXISTS segment (
        position INTEGER PRIMARY KEY AUTOINCREMENT, shard INTEGER NOT NULL, body BLOB NOT NULL
    )
"""
INDEX: Final = "CREATE INDEX IF NOT EXISTS segment_by_shard ON segment (shard, position)"


class SqliteSpool:
    """Segments in one SQLite file. SQLite has one writer at a time, so positions become visible in their order."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when first used."""
        self._path = path
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Insert all in one transaction."""

        def insert(connection: sqlite3.Connection) -> None:
            with _transaction(connection):
                connection.executemany("INSERT INTO segment (shard, body) VALUES (?, ?)", bodies)

        self._do(insert)

    def read(self, shard: int, *, after: int, limit: int, wait_s: float) -> list[Segment]:
        """Look again and again until there is one."""
        question = "SELECT position, body FROM segment WHERE shard = ? AND position > ? ORDER BY position LIMIT ?"

        def fetch(connection: sqlite3.Connection) -> list[Segment]:
            rows = connection.execute(question, (shard, after, limit))
            return [Segment(position, body) for position, body in rows]

        return first_of(lambda: self._do(fetch), wait_s)

    def release(self, shard: int, *, upto: int) -> None:
        """Delete; the file keeps its size and its room is used again."""
        self._do(
            lambda connection: connection.execute(
                "DELETE FROM segment WHERE shard = ? AND position <= ?", (shard, upto)
            )
        )

    def waiting(self, shard: int) -> tuple[int, int]:
        """Count them."""

        def count(connection: sqlite3.Connection) -> tuple[int, int]:
            ((kept, newest),) = connection.execute(
                "SELECT count(*), max(position) FROM segment WHERE shard = ?", (shard,)
            )
            given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'segment'")
            return kept, newest or next((seq for (seq,) in given), 0)

        return self._do(count)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._mine = threading.local()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connection())
        except (sqlite3.Error, OSError) as error:
            self._drop()
            raise SpoolUnreachable(why=str(error)) from error

    def _connection(self) -> sqlite3.Connection:
        mine: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if mine is None:
            mine = self._mine.connection = self._open()
            with self._lock:
                self._opened.append(mine)
        return mine

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma)
            with _transaction(connection):
                connection.execute(TABLE)
                connection.execute(INDEX)
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        """Let go of this thread's connection: the next call begins anew."""
        mine: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if mine is None:
            return
        self._mine.connection = None
        with self._lock, suppress(ValueError):
            self._opened.remove(mine)
        mine.close()


class _transaction:  # noqa: N801  reads as a word where it is used
    """BEGIN IMMEDIATE to COMMIT; what fails in between is rolled back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, _error: object, _traceback: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        else:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
