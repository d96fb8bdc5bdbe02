"""What the database knows of how its values are spread, by which it chooses its indexes."""

from typing import Final

from django.db import connection

WORTH_IT: Final = 10_000  # rows written at once after which what is known is out of date


def gather_statistics() -> None:
    """Let SQLite count anew: some seconds for a million rows. PostgreSQL does so by itself, and is left alone.

    Without this a list of a large estate is read by the wrong index: seconds instead of a tenth of one.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
