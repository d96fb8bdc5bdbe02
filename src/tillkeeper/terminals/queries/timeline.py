"""Everything that ever happened to a terminal, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.trail import trail
from tillkeeper.terminals.models import Terminal

# Audit actions that say what a history row, a binding or a proof says already.
TOLD_ELSEWHERE: Final = ("terminal.evidence", "terminal.file", "terminal.order", "terminal.open")


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    `kind` is step, bound, unbound, evidence, file or change; `name` the step, the kind of proof or the audit action.
    """

    at: datetime
    kind: str
    name: str
    by: str
    document: str = ""
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def timeline(subject: Terminal, *, scope: Scope, limit: int = 200) -> list[Happening]:
    """Return steps, bindings, proofs, files and changes of facts, newest first, at most `limit`. Five statements."""
    happenings = [
        *_steps(subject, limit),
        *_bindings(subject),
        *_proofs(subject, limit),
        *_files(subject),
        *_changes(subject, scope, limit),
    ]
    happenings.sort(key=lambda happening: happening.at, reverse=True)
    return list(islice(happenings, limit))


def _steps(subject: Terminal, limit: int) -> Iterator[Happening]:
    for row in subject.history.order_by("-at", "-pk")[:limit]:
        facts = {
            "from": row.from_state,
            "to": row.to_state,
            "holder": row.holder,
            "holder_name": row.holder_name,
        }
        facts |= {"place": row.place, "approver": row.approver, "file": row.evidence_sha256}
        yield Happening(row.at, "step", row.step, row.by, row.document, row.why, facts)


def _bindings(subject: Terminal) -> Iterator[Happening]:
    for row in subject.bindings.select_related("merchant", "site"):
        facts = {
            "merchant": row.merchant.name,
            "number": row.merchant.number,
            "tid": row.tid,
            "site": row.site.name,
            "address": row.address,
            "acquirer": row.acquirer_code,
            "network_reference": row.network_reference,
        }
        yield Happening(row.valid_from, "bound", "bound", "", row.document, "", facts)
        if row.valid_to:
            yield Happening(row.valid_to, "unbound", "unbound", "", "", "", facts)


def _proofs(subject: Terminal, limit: int) -> Iterator[Happening]:
    for row in subject.evidence.order_by("-at")[:limit]:
        yield Happening(
            row.at,
            "evidence",
            row.kind,
            row.by,
            row.reference,
            "",
            {**row.facts, "file": row.file_sha256},
        )


def _files(subject: Terminal) -> Iterator[Happening]:
    for row in subject.files.all():
        yield Happening(
            row.at, "file", row.title, row.by, "", "", {"sha256": row.sha256, "name": row.name}
        )


def _changes(subject: Terminal, scope: Scope, limit: int) -> Iterator[Happening]:
    steps = {f"terminal.{step}" for step in subject.history.values_list("step", flat=True)}
    for entry in trail(scope=scope, subject=f"terminal:{subject.serial}", limit=limit):
        if entry.action not in TOLD_ELSEWHERE and entry.action not in steps:
            facts = {"changes": entry.changes}
            yield Happening(entry.at, "change", entry.action, entry.actor, "", "", facts)
