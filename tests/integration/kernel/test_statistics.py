"""What SQLite knows of its values is brought up to date, so that it takes the right index."""

import pytest
from django.db import connection
from tests.factories import TerminalFactory

from tillkeeper.kernel.statistics import gather_statistics

pytestmark = pytest.mark.django_db


def test_after_gathering_the_database_knows_how_many_terminals_there_are(branch):
    TerminalFactory.create_batch(12, home=branch)
    gather_statistics()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'terminal_by_state'")
            assert cursor.fetchone()[0].split()[0] == "12"
