"""Facts of known rows that a ledger changes: locked, written set-wise, with what they were for an undo."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import update_rows
from tillkeeper.parties.services import intake
from tillkeeper.terminals.models import ImportChange, Terminal, TerminalModel
from tillkeeper.terminals.services.imports.run import RowRefused, Run

Subject = Literal["terminal", "model", "merchant", "site"]
OWN: Final = {"terminal": Terminal, "model": TerminalModel}


@dataclass(slots=True)
class Change:
    """One row's changed columns, before and after, under its stored names; `shown` is what the trail tells of it."""

    id: int
    key: str
    path: str
    version: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    entry: Entry


class Changes:
    """Collects a chunk's changes of one kind of thing."""

    def __init__(self, run: Run, subject: Subject, key_field: str) -> None:
        self._run = run
        self._subject: Subject = subject
        self._key_field = key_field
        self._waiting: list[Change] = []

    def add(self, change: Change) -> None:
        """Keep a change until the chunk is written."""
        self._waiting.append(change)

    def write(self) -> None:
        """Write them; a row that somebody changed meanwhile is refused instead."""
        changes, self._waiting = self._waiting, []
        if self._run.writes and changes:
            changes = list(self._unmoved(changes))
            change_rows(self._subject, [(change.id, change.after) for change in changes])
            ImportChange.objects.bulk_create(
                [self._undo(change) for change in changes], batch_size=2_000
            )
        for change in changes:
            subject = f"{self._subject}:{change.key}"
            before, after = _told(change.before), _told(change.after)
            self._run.record(f"{self._subject}.update", subject, change.path, before, after)
        self._run.counts.changed += len(changes)

    def _unmoved(self, changes: list[Change]) -> Iterator[Change]:
        versions = held(self._subject, sorted(change.id for change in changes))
        for change in changes:
            if versions.get(change.id) == change.version:
                yield change
            else:
                self._run.refuse(
                    change.entry, RowRefused(self._key_field, "ledger.changed_meanwhile")
                )

    def _undo(self, change: Change) -> ImportChange:
        return ImportChange(
            run_id=self._run.run_id,
            subject=self._subject,
            subject_id=change.id,
            before={name: plain(value) for name, value in change.before.items()},
            version=change.version + 1,
        )


def held(subject: str, keys: Iterable[int]) -> dict[int, int]:
    """Lock rows of a kind; return their versions by key."""
    if subject in OWN:
        rows = OWN[subject]._default_manager.filter(pk__in=list(keys)).order_by("pk")  # noqa: SLF001
        return dict(rows.select_for_update(of=("self",)).values_list("pk", "version"))
    return intake.held(subject, keys)  # type: ignore[arg-type]


def change_rows(subject: str, changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Change columns of rows of a kind."""
    if subject in OWN:
        update_rows(OWN[subject], changes)
    else:
        intake.change_rows(subject, changes)  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts without the sealed hashes: the trail tells that a masked value changed, not its hash."""
    return {name: plain(value) for name, value in facts.items() if not name.endswith("_hash")}
