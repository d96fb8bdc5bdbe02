"""One at a time: who writes a shard, who makes the rounds. A lease ends with the process that holds it."""

import fcntl
import os
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

SPACE: Final = 0x711D  # of our advisory locks; the second number says which lease
ROUNDS: Final = 9_999  # the lease of the rounds; below it those of the shards


class Lease:
    """The right to be the only one. On PostgreSQL it is bound to the session that writes, so it cannot outlive it."""

    def __init__(self, number: int) -> None:
        """Ask for nothing yet."""
        self._number = number
        self._session: object | None = None
        self._file: int | None = None

    def held(self) -> bool:
        """Take the lease if it is free; say whether it is ours. To be asked before each round."""
        return self._large() if connection.vendor == "postgresql" else self._lite()

    def let_go(self) -> None:
        """Give it back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None and self._session is connection.connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SPACE, self._number])
        self._session = None

    def _large(self) -> bool:
        connection.ensure_connection()
        if self._session is not None and self._session is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, self._number])
            got = bool(cursor.fetchone()[0])
        self._session = connection.connection if got else None
        return got

    def _lite(self) -> bool:
        if self._file is not None:
            return True
        path = Path(settings.TILLKEEPER_VAR) / f"writer-{self._number}.lock"
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True
