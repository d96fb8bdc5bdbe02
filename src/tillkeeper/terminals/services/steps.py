"""Steps in a terminal's life: one guard, one way through, for one terminal and for a hundred thousand.

`take_steps` locks the rows in one order for everybody, judges each by the table of moves (`judging`), and then writes
set-wise (`moving`): state, bindings that end, history, audit. `take_step` is the same with one terminal; what would be
a line in the list of refusals is raised.
"""

from collections.abc import Sequence
from datetime import datetime

import orjson
from django.db.models import Q, QuerySet

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verb
from tillkeeper.kernel.bulk import insert_rows
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import Stale
from tillkeeper.terminals.errors import OneByOne
from tillkeeper.terminals.lifecycle import ONE_BY_ONE, STEPS, Step
from tillkeeper.terminals.models import Batch, BatchRefusal, Terminal
from tillkeeper.terminals.queries import terminal
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.elements import place_for
from tillkeeper.terminals.services.judging import Job, judge
from tillkeeper.terminals.services.moving import move
from tillkeeper.terminals.services.orders import Order, needed
from tillkeeper.terminals.services.sets import Outcome, Row, locked, selected_serials, unseen

__all__ = ["Order", "batch_refusals", "take_step", "take_steps"]


@verb
def take_step(
    *, serial: str, step: Step, order: Order, by: Actor, at: datetime, version: int | None = None
) -> Terminal:
    """Take one step with one terminal, and write it into its history.

    Raises:
        NotFound: no such terminal within the actor's view.
        Stale: `version` is given and no longer the terminal's.
        StepRefused, GuardFailed, OutOfOrder: the state, a guard or the date forbids it.
        NeededForStep: the order lacks a fact.
        NotAllowed: the actor's roles do not carry the right there.
    """
    job = _job(step, order, by, at)
    rows = locked([serial.strip().upper()], by)
    if rows and version is not None and rows[0].version != version:
        raise Stale(kind="terminal", key=serial, current=rows[0].version, given=version)
    _run(job, rows, [serial.strip().upper()])
    if job.refused:
        raise job.refused[0].error
    return terminal(by.scope(STEPS[step].right), serial)


@verb
def take_steps(
    *, selection: Selection, step: Step, order: Order, by: Actor, at: datetime
) -> Outcome:
    """Take one step with every selected terminal that may; say of each other one why not.

    Raises:
        BatchTooLong: more than BATCH_MAX are meant.
        OneByOne: the step needs facts of each terminal.
        NeededForStep, NotAllowed: as for one.
    """
    if step in ONE_BY_ONE:
        raise OneByOne(step=step)
    job = _job(step, order, by, at)
    serials = selected_serials(selection, by)
    batch = Batch.objects.create(step=step, why=order.why, by=str(by), at=at, asked=len(serials))
    job.batch_id = batch.pk
    done = _run(job, locked(serials, by), serials)
    insert_rows(
        BatchRefusal,
        ("batch_id", "serial", "code", "facts"),
        (
            (batch.pk, r.serial, r.error.code, orjson.dumps(r.error.facts(), default=str).decode())
            for r in job.refused
        ),
    )
    Batch.objects.filter(pk=batch.pk).update(document=job.document, moved=len(done))
    return Outcome(len(done), tuple(job.refused), job.document, batch.pk, tuple(done))


def _job(step: Step, order: Order, by: Actor, at: datetime) -> Job:
    by.require(STEPS[step].right)
    needed(step, order)
    return Job(step=step, order=order, by=by, at=at, place=place_for(step, order, by))


def _run(job: Job, rows: list[Row], serials: Sequence[str]) -> list[str]:
    """Judge every row, move those that may and return their serials; the others are in `job.refused`."""
    job.refused += unseen(serials, rows)
    movable = judge(job, rows)
    if not movable:
        return []
    job.document = job.order.document or issue_document(
        prefix=STEPS[job.step].prefix,
        kind=STEPS[job.step].paper,
        place=movable[0].path,
        title=job.order.why,
        facts={"step": job.step, "terminals": len(movable), "first": movable[0].serial},
        by=job.by,
        at=job.at,
    )
    move(job, movable)
    return [row.serial for row in movable]


def batch_refusals(batch_id: int, by: Actor) -> QuerySet[BatchRefusal]:
    """Return the refusals of a batch of the actor's own."""
    return BatchRefusal.objects.filter(Q(batch=batch_id, batch__by=str(by))).order_by("pk")
