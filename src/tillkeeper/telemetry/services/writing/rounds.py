"""One round of the writer: segments after the cursor become live state, in one transaction with the cursor."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from django.db import InterfaceError, OperationalError, connection, transaction

from tillkeeper.kernel.outbox import publish
from tillkeeper.telemetry.events import NAMED_AT_MOST, TerminalsHeardAgain, TerminalsTampered
from tillkeeper.telemetry.heard import POISONED, Batch, Gathered, gather_sound
from tillkeeper.telemetry.known import Known, fresh_rows, hear, refuse, settle, state_after, take
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import StateChange
from tillkeeper.telemetry.opened import Opened, opened
from tillkeeper.telemetry.queries.cursors import STATE, Policies
from tillkeeper.telemetry.services.actions.noting import note_results, note_sent
from tillkeeper.telemetry.services.doubts import carry_doubts, note_doubts
from tillkeeper.telemetry.services.raising import Judged, after_sweep, judge
from tillkeeper.telemetry.services.tallies import add_tallies
from tillkeeper.telemetry.services.writing.cursors import advance
from tillkeeper.telemetry.services.writing.storing import keep, known_of
from tillkeeper.telemetry.spool import Segment

logger = logging.getLogger("tillkeeper.writer")

SILENT: Final = "silent"
GONE: Final = frozenset({LiveState.LATE, LiveState.OFFLINE})
SWEEP_LOCK: Final = 0x711C_53E9  # shared by rounds; a sweep holds it alone
UNKNOWN: Final = "terminal_unknown"
DOUBLE: Final = "reading_double"
READINGS: Final = "reading"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor of a shard stands."""

    shard: int
    after: int


@dataclass(frozen=True, slots=True)
class Round:
    """What a round took in: for the history, and for whoever measures."""

    after: int
    upto: int
    items: int
    batch: Batch


def take_round(
    segments: Sequence[Segment], place: Place, *, numbers: Policies, more: bool, at: datetime
) -> Round:
    """Take segments in: live rows, changes, events and the cursor, all or nothing.

    Args:
        segments: what follows the cursor.
        place: where that stands.
        numbers: the policies.
        more: there is more to be taken in: the cursor tells how far back that is.
        at: now.

    Raises:
        CursorMoved: somebody else took in segments of this shard; nothing was done.
    """
    items = opened([segment.body for segment in segments])
    gathered = gather_sound(items.check_ins, oldest_s=numbers.oldest_s)
    upto = segments[-1].position
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [SWEEP_LOCK])
        tally = items.tally + _take(items, gathered, numbers, at)
        advance(
            STATE,
            place.shard,
            after=place.after,
            upto=upto,
            at=_as_of(gathered.batch, at) if more else at,
        )
        add_tallies(tally, at=at)
    return Round(place.after, upto, len(items), gathered.batch)


def _as_of(batch: Batch, at: datetime) -> datetime:
    """Return until when everything that was received is taken in."""
    return min(at, datetime.fromtimestamp(float(batch.received.max()), UTC)) if len(batch) else at


def _take(items: Opened, gathered: Gathered, numbers: Policies, at: datetime) -> Counter[str]:
    """Take items in; where they cannot be, take their halves: what is left in the end is set aside."""
    try:
        with transaction.atomic():
            return _take_all(items, gathered, numbers, at)
    except (OperationalError, InterfaceError):
        raise  # not the items' fault: the round comes again
    except Exception:
        if len(items) <= 1:
            logger.exception("an item of the spool cannot be taken in; it is set aside")
            return Counter({POISONED: len(items)})
        logger.warning("one of %d items of the spool cannot be taken in", len(items))
        told: Counter[str] = Counter()
        for half in items.halves():
            told += _take(
                half, gather_sound(half.check_ins, oldest_s=numbers.oldest_s), numbers, at
            )
        return told


def _take_all(items: Opened, gathered: Gathered, numbers: Policies, at: datetime) -> Counter[str]:
    known = known_of({item.terminal for item in items.check_ins})
    check_ins = [item for item in items.check_ins if item.terminal in known]
    all_of = gathered.batch
    if len(check_ins) < len(items.check_ins):
        all_of = all_of.rows(np.isin(all_of.terminal, list(known)))
    hear(known, check_ins)
    fresh = fresh_rows(all_of, known)
    batch = all_of if fresh.all() else all_of.rows(fresh)
    if gathered.refused:
        new = set(zip(batch.terminal.tolist(), batch.seq.tolist(), strict=True))
        refuse(known, gathered, new)
    take(known, batch)
    judged = judge(batch, {row.terminal: row.memory for row in known.values()}, at=at)
    back = _settle(known, judged, numbers)
    keep(list(known.values()))
    carry_doubts([row.terminal for row in known.values() if not row.was])
    _tell(known, back, at)
    _hand_on(items, at)
    counted = {
        READINGS: len(batch),
        UNKNOWN: len(items.check_ins) - len(check_ins),
        DOUBLE: len(all_of) - len(batch),
    }
    return gathered.tally + Counter(counted)


def _settle(
    known: Mapping[int, Known], judged: Mapping[int, Judged], numbers: Policies
) -> list[int]:
    """Settle what each terminal is now; write what changed; return those that came back."""
    changes, back = [], []
    for row in known.values():
        settle(row, numbers.allowed)
        why = [code for code in row.why if code != SILENT]
        if (found := judged.get(row.terminal)) is not None:
            row.memory, why = found.memory, found.why
        state = state_after(why)
        if row.was in GONE:
            back.append(row.terminal)
        if state != row.was or why != row.why:
            row.since = max(row.heard_at, row.since) if state != row.was else row.since
            moment = datetime.fromtimestamp(max(row.heard_at, row.since), UTC)
            changes.append(
                StateChange(
                    terminal_id=row.terminal, from_state=row.was, to_state=state, why=why, at=moment
                )
            )
        row.state, row.why = state, why
    StateChange.objects.bulk_create(changes)
    return back


def _tell(known: Mapping[int, Known], back: list[int], at: datetime) -> None:
    if back:
        after_sweep([], back, at=at)
        publish(TerminalsHeardAgain(count=len(back), terminals=tuple(back[:NAMED_AT_MOST]), at=at))
    tampered = [row.terminal for row in known.values() if row.tampered and not row.at_risk]
    if tampered:
        named = tuple(tampered[:NAMED_AT_MOST])
        publish(TerminalsTampered(count=len(tampered), terminals=named, at=at))


def _hand_on(items: Opened, at: datetime) -> None:
    """Give what is not readings to whoever it concerns."""
    if items.sent:
        note_sent([(action, item.at) for item in items.sent for action in item.actions])
    if items.results:
        note_results(items.results, at=at)
    if items.doubts:
        note_doubts(items.doubts, at=at)
