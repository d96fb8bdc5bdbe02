"""The sweep: terminals that did not come when they should have are late, then offline. One statement for all."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from tillkeeper.kernel.outbox import publish
from tillkeeper.telemetry.events import NAMED_AT_MOST, TerminalsFellSilent
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Cursor
from tillkeeper.telemetry.queries.cursors import SWEEP, Policies
from tillkeeper.telemetry.services.raising import after_sweep
from tillkeeper.telemetry.services.writing.rounds import SWEEP_LOCK

OWN_SILENCE: Final = timedelta(
    seconds=60
)  # of the sweep: after longer, nobody knows who called meanwhile
GRACE: Final = (
    1.5  # intervals after an own outage in which everybody who lives has come, jitter included
)

_SILENT_S: Final = {
    "postgresql": "extract(epoch FROM %(at)s - l.heard_at)",
    "sqlite": "round((julianday(%(at)s) - julianday(l.heard_at)) * 86400.0, 3)",
}
_LISTENED: Final = "%(listened_s)s >= l.interval_s * %(grace)s"
# `max` of two is GREATEST there.
_OFFLINE: Final = "{silent} > {most}(l.interval_s * %(offline)s, %(least_s)s)"
_LATE: Final = "{silent} > l.interval_s * %(late)s"
_FELL: Final = (
    "SELECT l.terminal_id, l.state AS was, CASE WHEN {offline} THEN 'offline' ELSE 'late' END AS now "
    "FROM telemetry_live l WHERE {listened} AND ((l.state <> 'offline' AND {offline}) "
    "OR (l.state IN ('online', 'degraded') AND {late}))"
)
_MOVE_LARGE: Final = (
    "WITH fell AS ({fell}), moved AS ("
    "UPDATE telemetry_live AS m SET state = f.now, since = %(at)s, why = '[\"silent\"]' "
    "FROM fell f WHERE m.terminal_id = f.terminal_id RETURNING m.terminal_id, f.was, f.now), told AS ("
    "INSERT INTO telemetry_statechange (terminal_id, from_state, to_state, why, at) "
    "SELECT terminal_id, was, now, '[\"silent\"]', %(at)s FROM moved) "
    "SELECT terminal_id, now FROM moved ORDER BY terminal_id"
)
# SQLite changes one table in a statement, and returns only what is new: what changes is told first.
_TELL_LITE: Final = (
    "INSERT INTO telemetry_statechange (terminal_id, from_state, to_state, why, at) "
    "SELECT terminal_id, was, now, '[\"silent\"]', %(at)s FROM ({fell})"
)
_MOVE_LITE: Final = (
    "UPDATE telemetry_live AS m SET state = f.now, since = %(at)s, why = '[\"silent\"]' "
    "FROM ({fell}) f WHERE m.terminal_id = f.terminal_id RETURNING terminal_id, state"
)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: keys of terminals, in their order."""

    late: tuple[int, ...]
    offline: tuple[int, ...]


def sweep(*, numbers: Policies, caught_up: bool, at: datetime) -> Swept:
    """Write which terminals are late or offline by the server's clock, once each, and announce them as one batch.

    Args:
        numbers: the policies.
        caught_up: everything that was received is taken in; if not, nobody is called silent, and listening begins anew.
        at: now.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWEEP_LOCK])
        since = _listening_since(at, caught_up)
        found = _move(numbers, at, (at - since).total_seconds()) if caught_up else []
        swept = Swept(
            tuple(terminal for terminal, state in found if state == LiveState.LATE),
            tuple(terminal for terminal, state in found if state == LiveState.OFFLINE),
        )
        if found:
            after_sweep([terminal for terminal, _ in found], [], at=at)
            publish(
                TerminalsFellSilent(
                    late=len(swept.late),
                    offline=len(swept.offline),
                    terminals=swept.offline[:NAMED_AT_MOST],
                    at=at,
                )
            )
    return swept


def _listening_since(at: datetime, caught_up: bool) -> datetime:
    """Return since when terminals were listened to without a break, and note that it is still so."""
    row = Cursor.objects.filter(name=SWEEP, shard=0).first()
    unbroken = row is not None and caught_up and timedelta() <= at - row.at <= OWN_SILENCE
    since = datetime.fromtimestamp(row.position, UTC) if row and unbroken else at
    Cursor.objects.update_or_create(
        name=SWEEP, shard=0, defaults={"position": int(since.timestamp()), "at": at}
    )
    return since


def _move(numbers: Policies, at: datetime, listened_s: float) -> list[tuple[int, str]]:
    told: dict[str, Any] = {
        "at": connection.ops.adapt_datetimefield_value(at),
        "listened_s": listened_s,
        "grace": GRACE,
        "late": numbers.late_intervals,
        "offline": numbers.offline_intervals,
        "least_s": numbers.offline_least_s,
    }
    large = connection.vendor == "postgresql"
    silent = _SILENT_S[connection.vendor]
    fell = _FELL.format(
        offline=_OFFLINE.format(silent=silent, most="greatest" if large else "max"),
        late=_LATE.format(silent=silent),
        listened=_LISTENED,
    )
    with connection.cursor() as cursor:
        if large:
            cursor.execute(_MOVE_LARGE.format(fell=fell), told)
        else:
            cursor.execute(_TELL_LITE.format(fell=fell), told)
            cursor.execute(_MOVE_LITE.format(fell=fell), told)
        return sorted((int(terminal), str(state)) for terminal, state in cursor.fetchall())
