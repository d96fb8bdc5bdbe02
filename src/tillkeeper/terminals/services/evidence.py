"""Proof that the guards ask for, and the flag of tampering."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from django.db.models import F

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import among, as_stored, insert_rows
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import EvidenceRefused
from tillkeeper.terminals.lifecycle import EVIDENCE, FINAL, EvidenceKind, State, Step
from tillkeeper.terminals.models import Evidence, Terminal
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.lines import line
from tillkeeper.terminals.services.sets import (
    Outcome,
    Refused,
    Row,
    locked,
    selected_serials,
    unseen,
)
from tillkeeper.terminals.services.steps import Order, take_steps

FACTS_MAX: Final = 4_000
COLUMNS: Final = ("terminal_id", "kind", "reference", "facts", "file_sha256", "by", "at")


@verb
def record_evidence(  # noqa: PLR0913  a proof says what, for which, by what paper, who and when
    *,
    selection: Selection,
    kind: EvidenceKind,
    reference: str,
    by: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    file_sha256: str = "",
) -> Outcome:
    """Record one proof for every selected terminal whose state allows it; say of each other one why not.

    Args:
        selection: which terminals.
        kind: what is proved.
        reference: number of the paper, run or certificate; metadata only, never a key.
        facts: more of it, e.g. {"kcv": "A1B2C3", "custodians": ["wang", "li"]}.
        file_sha256: a stored file behind it.
        by: who.
        at: when.

    Raises:
        FieldInvalid: no reference.
        NotAllowed: the actor's roles do not carry the right.
    """
    rule = EVIDENCE[kind]
    by.require(rule.right)
    reference = line("reference", reference, 80, required=True)
    line("facts", orjson.dumps(dict(facts or {}), default=str).decode(), FACTS_MAX)
    serials = selected_serials(selection, by)
    rows = locked(serials, by)
    refusals = [(row, _refusal(row, kind, by)) for row in rows]
    proved = [row for row, error in refusals if error is None]
    _record(
        proved,
        kind,
        reference,
        by=by,
        at=at,
        facts=dict(facts or {}),
        file_sha256=file_sha256,
    )
    refused = [Refused(row.serial, error) for row, error in refusals if error]
    done = tuple(row.serial for row in proved)
    return Outcome(len(done), (*refused, *unseen(serials, rows)), done=done)


def _refusal(row: Row, kind: EvidenceKind, by: Actor) -> TillkeeperError | None:
    if not by.may(EVIDENCE[kind].right, row.path):
        return NotFound(kind="terminal", key=row.serial)
    if row.state not in EVIDENCE[kind].states:
        return EvidenceRefused(serial=row.serial, kind=kind, state=State(row.state))
    return None


def _record(  # noqa: PLR0913
    rows: list[Row],
    kind: EvidenceKind,
    reference: str,
    *,
    by: Actor,
    at: datetime,
    facts: Any,
    file_sha256: str,
) -> None:
    sets = dict(EVIDENCE[kind].sets)
    ids = among([row.id for row in rows])
    Terminal.objects.filter(pk__in=ids).update(**sets, version=F("version") + 1)
    when = as_stored(Evidence._meta.get_field("at"), at)
    told = orjson.dumps(facts, default=str).decode()
    insert_rows(
        Evidence,
        COLUMNS,
        ((row.id, kind.value, reference, told, file_sha256, str(by), when) for row in rows),
    )
    for row in rows:
        record_change(
            action="terminal.evidence",
            subject=f"terminal:{row.serial}",
            place=row.path,
            before={name: bool(getattr(row, name)) for name in sets},
            after={**sets, "evidence": kind, "reference": reference},
            by=by,
            at=at,
        )


@verb
def mark_tampered(*, selection: Selection, why: str, by: Actor, at: datetime) -> Outcome:
    """Flag terminals as tampered with. Those in service are suspended in the same breath: a tampered one never sells.

    Raises:
        NotAllowed: the actor is no risk officer there.
        FieldInvalid: no reason is given.
    """
    by.require(Right.RISK)
    why = line("why", why, 200, required=True)
    serials = selected_serials(selection, by)
    rows = locked(serials, by)
    mine = [row for row in rows if by.may(Right.RISK, row.path)]
    ids_of_mine = {row.id for row in mine}
    refused = [
        Refused(row.serial, NotFound(kind="terminal", key=row.serial))
        for row in rows
        if row.id not in ids_of_mine
    ]
    marked = [row for row in mine if State(row.state) not in FINAL and not row.tampered]
    selling = tuple(row.serial for row in marked if row.state == State.ACTIVE)
    if selling:
        take_steps(
            selection=Selection(serials=selling),
            step=Step.SUSPEND,
            order=Order(why=why),
            by=by,
            at=at,
        )
    ids = among([row.id for row in marked])
    Terminal.objects.filter(pk__in=ids).update(tampered=True, version=F("version") + 1)
    for row in marked:
        record_change(
            action="terminal.tampered",
            subject=f"terminal:{row.serial}",
            place=row.path,
            before={"tampered": False},
            after={"tampered": True, "why": why},
            by=by,
            at=at,
        )
    done = {row.serial: row for row in marked}
    unchanged = tuple(row.serial for row in mine if row.serial not in done)
    return Outcome(
        len(done), (*refused, *unseen(serials, rows)), done=tuple(done), unchanged=unchanged
    )
