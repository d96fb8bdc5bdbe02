"""Which of the locked terminals may take a step: the table of moves and its guards, asked once per distinct case."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.bulk import as_fetched
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.terminals.errors import GuardFailed, OutOfOrder, StepRefused
from tillkeeper.terminals.lifecycle import MOVES, STEPS, Facts, Guard, State, Step, failed_guards
from tillkeeper.terminals.queries import approvals_on
from tillkeeper.terminals.services.elements import Place
from tillkeeper.terminals.services.orders import Order
from tillkeeper.terminals.services.sets import Refused, Row


@dataclass(slots=True)
class Job:
    """One step with everything it needs at hand."""

    step: Step
    order: Order
    by: Actor
    at: datetime
    place: Place | None = None
    document: str = ""
    batch_id: int | None = None
    refused: list[Refused] = field(default_factory=list)


def judge(job: Job, rows: list[Row]) -> list[Row]:
    """Return the rows that may take the step; note a refusal for each other one."""
    at = as_fetched(job.at)
    scope = job.by.scope(STEPS[job.step].right)
    covered: dict[str, bool] = {}
    failed = _guarded(job, rows)
    movable = []
    for row in rows:
        inside = covered.get(row.path)
        if inside is None:
            inside = covered[row.path] = scope.covers(row.path)
        guard = failed(row) if inside else None
        if inside and guard is None and row.state_since <= at:
            movable.append(row)
        else:
            job.refused.append(Refused(row.serial, _refusal(job, row, guard, inside=inside)))
    return movable


def _guarded(job: Job, rows: list[Row]) -> "Callable[[Row], Guard | bool | None]":
    """Return a function that names what stops a row: a guard, True for the state itself, None for nothing.

    A hundred thousand terminals of one batch are alike but for a few cases; each case is judged once.
    """
    approvals = approvals_on({row.model_id for row in rows}, timezone.localdate(job.at))
    complete = job.place.complete if job.place else True
    known: dict[tuple[Any, ...], Guard | bool | None] = {}

    def failed(row: Row) -> Guard | bool | None:
        case = (row.state, row.model_id, *row[-9:])
        if case not in known:
            known[case] = _failed(
                job, row, approvals.get(row.model_id, (True, True)), complete=complete
            )
        return known[case]

    return failed


def _failed(
    job: Job, row: Row, approval: tuple[bool, bool], *, complete: bool
) -> Guard | bool | None:
    state = State(row.state)
    if (state, job.step) not in MOVES:
        return True
    facts = Facts(
        tampered=bool(row.tampered),
        keyed=bool(row.keyed),
        wiped=bool(row.wiped),
        tamper_cleared=bool(row.tamper_cleared),
        accepted=bool(row.accepted),
        refiled=bool(row.refiled),
        case_closed=bool(row.case_closed),
        on_loan=bool(row.on_loan),
        approval_buyable=approval[0],
        approval_usable=approval[1],
        five_elements=complete,
        last_actor=row.last_actor,
        actor=job.by.name,
    )
    return next(iter(failed_guards(state, job.step, facts)), None)


def _refusal(job: Job, row: Row, guard: Guard | bool | None, *, inside: bool) -> TillkeeperError:
    if not inside:
        return NotFound(kind="terminal", key=row.serial)
    if isinstance(guard, Guard):
        return GuardFailed(serial=row.serial, step=job.step, guard=guard)
    if guard:
        return StepRefused(serial=row.serial, step=job.step, state=State(row.state))
    return OutOfOrder(serial=row.serial, last=str(row.state_since))
