"""What verbs change in cases, kept until all are judged and then written together: few statements, however many cases.

One case is a set of one, so nothing is judged or written in two ways.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change
from tillkeeper.kernel.bulk import update_rows
from tillkeeper.kernel.documents import issue_documents
from tillkeeper.settlement.lifecycle import CaseStep
from tillkeeper.settlement.models import Case, CaseNote, Decision
from tillkeeper.settlement.services.ledger import Line, Occasion, post_each

PREFIX: Final = "DC"
NOTE_MAX: Final = 1000
REASON_MAX: Final = 400
WRITTEN: Final = ("state", "owner", "held_until", "deadline", "closed_at")


@dataclass(frozen=True, slots=True)
class _Told:
    """One line for the audit trail."""

    action: str
    row: Case
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(slots=True)
class Changes:
    """Rows that were changed in memory, with all that is to be written beside them, in the caller's transaction."""

    by: Actor
    at: datetime
    _rows: dict[int, Case] = field(default_factory=dict)
    _notes: list[CaseNote] = field(default_factory=list)
    _told: list[_Told] = field(default_factory=list)

    def move(self, row: Case, step: CaseStep, text: str = "") -> None:
        """Move a case along the table.

        Raises:
            CaseStepRefused: its state does not allow it; nothing is kept of it.
        """
        before = row.state
        row.take(step)
        row.closed_at = self.at if row.state == "closed" else None
        self.note(row, text=text, step=step)
        after = {"state": row.state, "why": text}
        self.tell(f"case.{step}", row, {"state": before}, after)

    def tell(self, action: str, row: Case, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Keep a change of a case for the audit trail; its row is written."""
        self._rows[row.pk] = row
        self._told.append(_Told(action, row, before, after))

    def note(
        self, row: Case, *, text: str = "", step: str = "", file: tuple[str, str] = ("", "")
    ) -> CaseNote:
        """Keep a line of a case's story."""
        made = CaseNote(
            case=row,
            step=step,
            text=text[:NOTE_MAX],
            file_sha256=file[0],
            file_name=file[1][:255],
            by=self.by.name,
            at=self.at,
        )
        self._notes.append(made)
        return made

    def write(self) -> None:
        """Write what was kept. `version` counts up in the database as it did in memory."""
        changes = (
            (pk, {name: getattr(row, name) for name in WRITTEN}) for pk, row in self._rows.items()
        )
        update_rows(Case, changes)
        CaseNote.objects.bulk_create(self._notes)
        for one in self._told:
            record_change(
                action=one.action,
                subject=f"case:{one.row.pk}",
                place=one.row.path,
                by=self.by,
                at=self.at,
                before=one.before,
                after=one.after,
            )


def number_decisions(decisions: Sequence[Decision], *, by: Actor, at: datetime) -> None:
    """Give fresh decisions their numbers, each from the documents of its case's place."""
    of_place = defaultdict(list)
    for decision in decisions:
        of_place[decision.case.path].append(decision)
    for place in sorted(of_place):
        some = of_place[place]
        titles = [decision.why[:80] for decision in some]
        numbers = issue_documents(
            prefix=PREFIX, kind="decision", place=place, by=by, at=at, titles=titles
        )
        for decision, number in zip(some, numbers, strict=True):
            decision.number = number


def post_by_place(
    postings: Sequence[tuple[list[Line], Occasion]], *, by: Actor, at: datetime
) -> None:
    """Post each, a place at a time in one order for everybody."""
    of_place = defaultdict(list)
    for lines, occasion in postings:
        of_place[occasion.path].append((lines, occasion))
    for place in sorted(of_place):
        post_each(postings=of_place[place], by=by, at=at)
