"""The spool of an installation on PostgreSQL: a table beside the ledger, over connections of its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg.rows import TupleRow

from tillkeeper.telemetry.errors import SpoolUnreachable
from tillkeeper.telemetry.spool import Segment
from tillkeeper.telemetry.spool.polling import first_of

T = TypeVar("T")
Connection = psycopg.Connection[TupleRow]

LOCK: Final = 0x711C  # the space of our advisory locks; the second number is the shard
# A server that vanished is noticed, and a statement that hangs is given up: terminals wait for the answer.
PATIENCE: Final = {
    "connect_timeout": 3,
    "tcp_user_timeout": 8_000,
    "keepalives_idle": 5,
    "application_name": "tillkeeper spool",
}
# Only `off` is not durable; whatever stricter the server has stays.
DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)


class PostgresSpool:
    """Segments in the table `telemetry_segment`; each thread has a connection, made again when it was lost."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Take what psycopg connects with."""
        self._parameters = {**PATIENCE, **parameters}
        self._mine = threading.local()
        self._opened: list[Connection] = []
        self._lock = threading.Lock()

    def append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Insert all in one transaction and one round trip.

        Numbers of an identity are given before the commit, so two gateways could make 8 visible before 7 and a reader
        would pass over 7. The lock on the shard, held until the commit is visible, rules that out.
        """

        def insert(connection: Connection) -> None:
            with connection.pipeline(), connection.transaction():
                for shard in sorted({shard for shard, _body in bodies}):
                    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, shard))
                for shard, body in bodies:
                    connection.execute(
                        "INSERT INTO telemetry_segment (shard, body) VALUES (%s, %b)", (shard, body)
                    )

        self._do(insert)

    def read(self, shard: int, *, after: int, limit: int, wait_s: float) -> list[Segment]:
        """Look again and again: a NOTIFY in each commit would put all commits of the server in one queue."""
        question = (
            "SELECT position, body FROM telemetry_segment "
            "WHERE shard = %s AND position > %s ORDER BY position LIMIT %s"
        )

        def fetch(connection: Connection) -> list[Segment]:
            rows = connection.execute(question, (shard, after, limit), binary=True)
            return [Segment(position, body) for position, body in rows]

        return first_of(lambda: self._do(fetch), wait_s)

    def release(self, shard: int, *, upto: int) -> None:
        """Delete; autovacuum takes the room back soon, as the migration tells it to."""
        self._do(
            lambda connection: connection.execute(
                "DELETE FROM telemetry_segment WHERE shard = %s AND position <= %s", (shard, upto)
            )
        )

    def waiting(self, shard: int) -> tuple[int, int]:
        """Count them."""
        question = """
            SELECT count(*), coalesce(max(position), (
                SELECT coalesce(last_value, 0) FROM pg_sequences
                 WHERE schemaname || '.' || sequencename
                     = pg_get_serial_sequence('telemetry_segment', 'position')
            ), 0) FROM telemetry_segment WHERE shard = %s
        """

        def count(connection: Connection) -> tuple[int, int]:
            row = connection.execute(question, (shard,)).fetchone()
            return (row[0], row[1]) if row else (0, 0)

        return self._do(count)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._mine = threading.local()

    def _do(self, work: Callable[[Connection], T]) -> T:
        try:
            return work(self._connection())
        except psycopg.Error as error:
            self._drop()
            raise SpoolUnreachable(why=str(error).partition("\n")[0]) from error

    def _connection(self) -> Connection:
        mine: Connection | None = getattr(self._mine, "connection", None)
        if mine is None or mine.closed:
            self._drop()
            mine = psycopg.connect(**self._parameters, autocommit=True)
            mine.prepare_threshold = 1
            mine.execute("SET statement_timeout = '20s'")
            mine.execute(DURABLE)
            self._mine.connection = mine
            with self._lock:
                self._opened.append(mine)
        return mine

    def _drop(self) -> None:
        """Let go of this thread's connection: the next call begins anew."""
        mine: Connection | None = getattr(self._mine, "connection", None)
        if mine is None:
            return
        self._mine.connection = None
        with self._lock, suppress(ValueError):
            self._opened.remove(mine)
        with suppress(psycopg.Error):
            mine.close()
