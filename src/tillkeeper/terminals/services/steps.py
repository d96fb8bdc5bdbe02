"""Steps in a terminal's life: one guard, one way through, for one terminal and for a hundred thousand.

`take_steps` locks the rows in one order for everybody, judges each by the table of moves, and then writes set-wise:
state, bindings that end, history, audit. `take_step` is the same with one terminal; what would be a line in the list
of refusals is raised.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import as_stored, chunks, insert_rows
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import NotFound, Stale, TillkeeperError
from tillkeeper.parties.queries import organisation, organisations
from tillkeeper.terminals import lifecycle
from tillkeeper.terminals.errors import GuardFailed, OneByOne, OutOfOrder, StepRefused
from tillkeeper.terminals.lifecycle import (
    AT_A_SITE,
    BOUND,
    MOVES,
    ONE_BY_ONE,
    RESETS,
    STEPS,
    Facts,
    State,
    Step,
)
from tillkeeper.terminals.models import Batch, BatchRefusal, Binding, StepTaken, Terminal
from tillkeeper.terminals.queries import approvals_on, terminal
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.elements import Elements, Place, bind, needed, place_for
from tillkeeper.terminals.services.sets import (
    Outcome,
    Refused,
    Row,
    locked,
    selected_serials,
    unseen,
)

HISTORY: Final = (
    "terminal_id",
    "step",
    "from_state",
    "to_state",
    "document",
    "why",
    "by",
    "approver",
    "at",
    "holder",
    "holder_name",
    "place",
    "evidence_sha256",
    "batch_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person says with a step. Which fields a step needs stands in `needed`."""

    why: str = ""
    document: str = ""  # number of a paper made elsewhere; blank: one is issued here
    approver: str = ""
    custodian: str = ""  # who takes it: issue, lend, send to repair
    organisation: str = ""  # code of the node it is transferred to
    due_back_on: date | None = None
    site: str = ""  # code: install
    elements: Elements | None = None  # activate, arrive
    evidence_sha256: str = ""


@dataclass(slots=True)
class _Job:
    """One step with everything it needs at hand."""

    step: Step
    order: Order
    by: Actor
    at: datetime
    place: Place | None = None
    document: str = ""
    batch_id: int | None = None
    refused: list[Refused] = field(default_factory=list)


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
    moved = _run(job, locked(serials, by), serials)
    BatchRefusal.objects.bulk_create(
        (
            BatchRefusal(batch=batch, serial=r.serial, code=r.error.code, facts=r.error.facts())
            for r in job.refused
        ),
        batch_size=5_000,
    )
    Batch.objects.filter(pk=batch.pk).update(document=job.document, moved=moved)
    return Outcome(moved, tuple(job.refused), job.document, batch.pk)


def _job(step: Step, order: Order, by: Actor, at: datetime) -> _Job:
    by.require(STEPS[step].right)
    needed(step, order)
    return _Job(step=step, order=order, by=by, at=at, place=place_for(step, order, by))


def _run(job: _Job, rows: list[Row], serials: Sequence[str]) -> int:
    """Judge every row, move those that may; the others are in `job.refused`."""
    job.refused += unseen(serials, rows)
    movable = list(_judged(job, rows))
    if not movable:
        return 0
    job.document = job.order.document or issue_document(
        prefix=STEPS[job.step].prefix,
        kind=STEPS[job.step].paper,
        place=movable[0].path,
        title=job.order.why,
        facts={"step": job.step, "terminals": len(movable), "first": movable[0].serial},
        by=job.by,
        at=job.at,
    )
    _move(job, movable)
    _write_history(job, movable)
    _write_audit(job, movable)
    return len(movable)


def _judged(job: _Job, rows: list[Row]) -> Iterator[Row]:
    day = timezone.localdate(job.at)
    approvals = approvals_on({row.model_id for row in rows}, day)
    complete = job.place.complete if job.place else True
    for row in rows:
        error = _refusal(job, row, approvals.get(row.model_id, (True, True)), complete)
        if error is None:
            row.target = MOVES[State(row.state), job.step][0]
            yield row
        else:
            job.refused.append(Refused(row.serial, error))


def _refusal(
    job: _Job, row: Row, approval: tuple[bool, bool], complete: bool
) -> TillkeeperError | None:
    if not job.by.may(STEPS[job.step].right, row.path):
        return NotFound(kind="terminal", key=row.serial)
    state = State(row.state)
    if (state, job.step) not in MOVES:
        return StepRefused(serial=row.serial, step=job.step, state=state)
    if row.state_since > job.at:
        return OutOfOrder(serial=row.serial, last=row.state_since.isoformat(timespec="seconds"))
    facts = Facts(
        tampered=row.tampered,
        keyed=row.keyed,
        wiped=row.wiped,
        tamper_cleared=row.tamper_cleared,
        accepted=row.accepted,
        refiled=row.refiled,
        case_closed=row.case_closed,
        on_loan=row.on_loan,
        approval_buyable=approval[0],
        approval_usable=approval[1],
        five_elements=complete,
        last_actor=row.last_actor,
        actor=str(job.by),
    )
    failed = lifecycle.failed_guards(state, job.step, facts)
    return GuardFailed(serial=row.serial, step=job.step, guard=failed[0]) if failed else None


def _move(job: _Job, rows: list[Row]) -> None:
    """Write state, holder and place; end the bindings of those that leave, open the one of those that arrive."""
    _end_bindings(job, rows)
    effects = _effects(job)
    if job.place and job.place.elements:  # one terminal: such steps are taken one by one
        effects["binding"] = bind(rows[0].id, job.place, document=job.document, at=job.at)
    for leaving in (False, True):
        ids = [row.id for row in rows if _leaves(row) is leaving]
        for part in chunks(ids):
            moving = Terminal.objects.filter(pk__in=part)
            moving.update(**{**effects, **(_go_home() if leaving else {})})


def _effects(job: _Job) -> dict[str, Any]:
    origins = lifecycle.origins(job.step)
    target = Case(
        *(When(state=origin, then=Value(MOVES[origin, job.step][0].value)) for origin in origins)
    )
    effects: dict[str, Any] = {
        "state": target,
        "state_since": job.at,
        "last_actor": str(job.by),
        "version": F("version") + 1,
        **dict.fromkeys(RESETS.get(job.step, ()), False),
        **_custody(job),
    }
    if job.step is Step.LEND:
        effects["on_loan"] = True
    if job.place:
        effects |= job.place.columns
    elif job.step is Step.TRANSFER:
        home = organisation(job.by.scope(STEPS[Step.TRANSFER].right), job.order.organisation)
        effects |= {"organisation": home, "home": home, "path": home.path}
    return effects


def _custody(job: _Job) -> dict[str, Any]:
    holder = STEPS[job.step].holder
    if holder is None:
        return {}
    named = job.order.custodian or (job.place.name if job.place else "")
    return {
        "holder": holder.value,
        "holder_name": named,
        "held_since": job.at,
        "due_back_on": job.order.due_back_on,
    }


def _leaves(row: Row) -> bool:
    return row.state in AT_A_SITE and row.target not in AT_A_SITE


def _go_home() -> dict[str, Any]:
    """What it means to leave a site: back under the branch that answers for the terminal."""
    home = organisations().filter(pk=OuterRef("home_id")).values("path")[:1]
    return {"site": None, "binding": None, "organisation_id": F("home_id"), "path": Subquery(home)}


def _end_bindings(job: _Job, rows: list[Row]) -> None:
    rebinds = bool(job.place and job.place.elements)
    ended = [
        row.binding_id for row in rows if row.binding_id and (rebinds or row.target not in BOUND)
    ]
    for part in chunks(ended):
        Binding.objects.filter(pk__in=part, valid_to=None).update(valid_to=job.at)


def _holder_of(job: _Job, row: Row) -> tuple[str, str]:
    custody = _custody(job)
    return custody.get("holder", row.holder), custody.get("holder_name", row.holder_name)


def _write_history(job: _Job, rows: list[Row]) -> None:
    at = as_stored(StepTaken._meta.get_field("at"), job.at)
    names = _place_names(job, rows)
    insert_rows(
        StepTaken,
        HISTORY,
        (
            (
                row.id,
                job.step.value,
                row.state,
                str(row.target),
                job.document,
                job.order.why,
                str(job.by),
                job.order.approver,
                at,
                *_holder_of(job, row),
                names.get(row.organisation_id, ""),
                job.order.evidence_sha256,
                job.batch_id,
            )
            for row in rows
        ),
    )


def _place_names(job: _Job, rows: Iterable[Row]) -> dict[int, str]:
    if job.place:
        return defaultdict(lambda: job.place.name if job.place else "")
    ids = {row.organisation_id for row in rows}
    names: dict[int, str] = {}
    for part in chunks(sorted(ids)):
        names |= dict(organisations().filter(pk__in=part).values_list("pk", "name"))
    return names


def _write_audit(job: _Job, rows: list[Row]) -> None:
    for row in rows:
        holder, holder_name = _holder_of(job, row)
        record_change(
            action=f"terminal.{job.step}",
            subject=f"terminal:{row.serial}",
            place=row.path,
            before={"state": row.state, "holder": row.holder, "holder_name": row.holder_name},
            after={
                "state": row.target,
                "holder": holder,
                "holder_name": holder_name,
                "document": job.document,
                "why": job.order.why,
            },
            by=job.by,
            at=job.at,
        )


def batch_refusals(batch_id: int, by: Actor) -> QuerySet[BatchRefusal]:
    """Return the refusals of a batch of the actor's own."""
    return BatchRefusal.objects.filter(Q(batch=batch_id, batch__by=str(by))).order_by("pk")
