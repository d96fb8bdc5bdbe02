"""What a step writes, set-wise: state, holder and place; bindings that end; history; audit."""

from typing import Any, Final

from django.db.models import Case, F, OuterRef, Subquery, Value, When

from tillkeeper.kernel.audit import record_change
from tillkeeper.kernel.bulk import among, as_stored, chunks, insert_rows
from tillkeeper.kernel.outbox import publish
from tillkeeper.parties.queries import organisation, organisations
from tillkeeper.terminals.events import TerminalsOutOfHand
from tillkeeper.terminals.lifecycle import (
    AT_A_SITE,
    BOUND,
    MOVES,
    OUT_OF_HAND,
    RESETS,
    STEPS,
    Step,
    origins,
)
from tillkeeper.terminals.models import Binding, StepTaken, Terminal
from tillkeeper.terminals.services.elements import bind
from tillkeeper.terminals.services.judging import Job
from tillkeeper.terminals.services.sets import Row

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


def move(job: Job, rows: list[Row]) -> None:
    """Take the step with rows that may: four writes, however many rows."""
    custody = _custody(job)
    targets = {origin.value: MOVES[origin, job.step][0].value for origin in origins(job.step)}
    _end_bindings(job, rows, targets)
    effects = _effects(job) | custody
    if job.place and job.place.elements:  # one terminal: such steps are taken one by one
        effects["binding"] = bind(rows[0].id, job.place, document=job.document, at=job.at)
    staying = [row.id for row in rows if not _leaves(row, targets)]
    leaving = [row.id for row in rows if _leaves(row, targets)]
    if staying:
        Terminal.objects.filter(pk__in=among(staying)).update(**effects)
    if leaving:
        Terminal.objects.filter(pk__in=among(leaving)).update(**{**effects, **_go_home()})
    _write_history(job, rows, targets, custody)
    _write_audit(job, rows, targets, custody)
    _announce(job, rows, targets)


def _effects(job: Job) -> dict[str, Any]:
    moves = (
        When(state=origin, then=Value(MOVES[origin, job.step][0].value))
        for origin in origins(job.step)
    )
    effects: dict[str, Any] = {
        "state": Case(*moves),
        "state_since": job.at,
        "last_actor": job.by.name,
        "version": F("version") + 1,
        **dict.fromkeys(RESETS.get(job.step, ()), False),
    }
    if job.step is Step.LEND:
        effects["on_loan"] = True
    if job.place:
        effects |= job.place.columns
    elif job.step is Step.TRANSFER:
        home = organisation(job.by.scope(STEPS[Step.TRANSFER].right), job.order.organisation)
        effects |= {"organisation": home, "home": home, "path": home.path}
    if job.step is Step.INSTALL:
        effects["installed_on"] = job.at.date()
    if job.step is Step.ACCEPT:
        effects["received_on"] = job.at.date()
    return effects


def _custody(job: Job) -> dict[str, Any]:
    """Return who holds the terminals after the step, or nothing if that does not change."""
    holder = STEPS[job.step].holder
    if holder is None:
        return {}
    return {
        "holder": holder.value,
        "holder_name": job.order.custodian or (job.place.name if job.place else ""),
        "held_since": job.at,
        "due_back_on": job.order.due_back_on,
    }


def _leaves(row: Row, targets: dict[str, str]) -> bool:
    return row.state in AT_A_SITE and targets[row.state] not in AT_A_SITE


def _go_home() -> dict[str, Any]:
    """What it means to leave a site: back under the branch that answers for the terminal."""
    home = organisations().filter(pk=OuterRef("home_id")).values("path")[:1]
    return {"site": None, "binding": None, "organisation_id": F("home_id"), "path": Subquery(home)}


def _end_bindings(job: Job, rows: list[Row], targets: dict[str, str]) -> None:
    rebinds = bool(job.place and job.place.elements)
    ended = [
        row.binding_id
        for row in rows
        if row.binding_id and (rebinds or targets[row.state] not in BOUND)
    ]
    if ended:
        Binding.objects.filter(pk__in=among(ended), valid_to=None).update(valid_to=job.at)


def _write_history(
    job: Job, rows: list[Row], targets: dict[str, str], custody: dict[str, Any]
) -> None:
    at = as_stored(StepTaken._meta.get_field("at"), job.at)
    places = _place_names(job, rows)
    told = (job.document, job.order.why, str(job.by), job.order.approver, at)
    holder, named = custody.get("holder"), custody.get("holder_name", "")
    proof, step = job.order.evidence_sha256, job.step.value
    insert_rows(
        StepTaken,
        HISTORY,
        (
            (
                row.id,
                step,
                row.state,
                targets[row.state],
                *told,
                holder or row.holder,
                named if holder else row.holder_name,
                places[row.organisation_id],
                proof,
                job.batch_id,
            )
            for row in rows
        ),
    )


def _place_names(job: Job, rows: list[Row]) -> dict[int, str]:
    ids = list({row.organisation_id for row in rows})
    if job.place:
        return dict.fromkeys(ids, job.place.name)
    return dict(organisations().filter(pk__in=among(ids)).values_list("pk", "name"))


def _write_audit(
    job: Job, rows: list[Row], targets: dict[str, str], custody: dict[str, Any]
) -> None:
    holder, named = custody.get("holder"), custody.get("holder_name", "")
    for row in rows:
        record_change(
            action=f"terminal.{job.step}",
            subject=f"terminal:{row.serial}",
            place=row.path,
            before={"state": row.state, "holder": row.holder, "holder_name": row.holder_name},
            after={
                "state": targets[row.state],
                "holder": holder or row.holder,
                "holder_name": named if holder else row.holder_name,
                "document": job.document,
                "why": job.order.why,
            },
            by=job.by,
            at=job.at,
        )


def _announce(job: Job, rows: list[Row], targets: dict[str, str]) -> None:
    gone = [row.id for row in rows if targets[row.state] in OUT_OF_HAND]
    for part in chunks(gone):
        told = TerminalsOutOfHand(
            step=job.step, document=job.document, by=job.by.name, terminals=tuple(part), at=job.at
        )
        publish(told, at_once=True)  # a lost terminal is not to speak for a second longer
