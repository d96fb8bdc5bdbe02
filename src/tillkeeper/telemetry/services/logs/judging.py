"""What people say of kinds of lines: this one stands for a fault, that one is harmless; for all later logs."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from tillkeeper.engines.log_patterns.known import PHRASES
from tillkeeper.formats.voice.faults import FAULTS
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.errors import FaultUnknown, LogNotKept
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.models import LogPattern, LogUpload
from tillkeeper.telemetry.queries.logs import log
from tillkeeper.telemetry.services.logs.pieces import enqueue_reading


@verb
def judge_pattern(
    *, pattern: int, state: PatternState, by: Actor, at: datetime, fault: str = ""
) -> LogPattern:
    """Say what a kind of line means, for every log that is read from now on.

    Args:
        pattern: key of the kind.
        state: KNOWN, with the fault it stands for; HARMLESS; or NEW, to take back what was said.
        by: who.
        at: when.
        fault: code of the fault table, with KNOWN.

    Raises:
        NotAllowed: the actor judges no patterns.
        NotFound: there is no such kind of line.
        FaultUnknown: a fault that is not in the table.
    """
    by.require(Right.ALERTS)
    row = LogPattern.objects.select_for_update().filter(pk=pattern).first()
    if row is None:
        raise NotFound(kind="pattern", key=str(pattern))
    if state is PatternState.KNOWN and fault not in FAULTS:
        raise FaultUnknown(fault=fault[:24])
    before = {"state": row.state, "fault": row.fault}
    row.state, row.fault = state, fault if state is PatternState.KNOWN else ""
    taken_back = state is PatternState.NEW
    row.judged_by, row.judged_at = ("", None) if taken_back else (by.name, at)
    row.save()
    record_change(
        action="log.judge",
        subject=f"pattern:{row.pk}",
        place=(by.scope(Right.ALERTS).paths or ("",))[0],
        by=by,
        at=at,
        before=before,
        after={"state": row.state, "fault": row.fault, "template": row.template},
    )
    return row


@verb
def read_again(*, log_id: int, by: Actor, at: datetime) -> LogUpload:
    """Have a log read again, with what people said of its lines meanwhile; the worker does it.

    Raises:
        NotAllowed: the actor judges no patterns.
        NotFound: no such log within the actor's view.
        LogNotKept: it was never here as a whole.
    """
    by.require(Right.ALERTS)
    seen = log(by, log_id)
    kept = LogUpload.objects.filter(pk=seen.pk, state=UploadState.READ).exclude(sha256="")
    if not kept.update(state=UploadState.COMPLETE, complete_at=at):
        raise LogNotKept(log=log_id)
    transaction.on_commit(partial(enqueue_reading, seen.pk))
    seen.refresh_from_db()
    return seen


def seed_patterns(**_signal: Any) -> None:
    """Write down the phrases that are known from the beginning, so that people see and may judge them."""
    LogPattern.objects.bulk_create(
        (
            LogPattern(
                family="",
                key=f"phrase:{phrase.name}",
                template=phrase.name,
                state=PatternState.KNOWN,
                fault=phrase.fault,
            )
            for phrase in PHRASES
        ),
        ignore_conflicts=True,
    )
