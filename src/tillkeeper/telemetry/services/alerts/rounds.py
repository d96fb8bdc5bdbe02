"""What the clock brings to alerts: those of changed rules go, those with one cause are joined, what is due is told."""

from datetime import datetime
from typing import Final

from django.db import connection

from tillkeeper.telemetry.services.alerts.joining import close_groups, join_alerts
from tillkeeper.telemetry.services.alerts.numbers import numbers
from tillkeeper.telemetry.services.alerts.rulebook import rulebook
from tillkeeper.telemetry.services.alerts.telling import tell_due
from tillkeeper.telemetry.services.alerts.tidying import clear_outdated

ROUND_LOCK: Final = 0x711C_53EA


def make_rounds(*, at: datetime) -> None:
    """Make one round; while another process makes one, this is nothing."""
    if not _alone():
        return
    book, set_by_people = rulebook(at=at), numbers(on=at.date())
    clear_outdated(book, at=at)
    join_alerts(book, set_by_people, at=at)
    tell_due(set_by_people, at=at)
    close_groups(at=at)


def _alone() -> bool:
    if connection.vendor != "postgresql":
        return True  # whoever writes is alone
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ROUND_LOCK])
        return bool(cursor.fetchone()[0])
