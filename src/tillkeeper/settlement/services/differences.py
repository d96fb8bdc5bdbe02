"""From the differences of a run to cases: new ones opened, known ones brought up to date, settled ones let vanish."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.kernel.bulk import chunks
from tillkeeper.settlement.lifecycle import CaseState, CaseStep, origins
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile
from tillkeeper.settlement.stakes import at_stake_minor

IDENTITY: Final = ("mid", "tid", "batch", "trace", "rrn", "order_no", "channel", "currency")
COPIED: Final = (
    "cause", "mid", "tid", "batch", "trace", "rrn", "order_no", "channel", "currency", "amount_minor",
    "other_minor", "fee_minor", "expected_fee_minor", "at", "due_on", "source_line", "other_line", "sentence",
)  # fmt: skip
REFRESHED: Final = (
    *COPIED, "difference", "confidence", "at_stake_minor", "size_minor", "source_file", "other_file", "evidence",
    "others", "state", "run", "version",
)  # fmt: skip
WRITTEN_AT_ONCE: Final = 2_000
FIXED: Final = (
    CaseState.PROPOSED,
    CaseState.DISPUTED,
    CaseState.CLOSED,
)  # people's hands are on it


def take_over(
    run: MatchingRun,
    differences: pl.DataFrame,
    files: Mapping[str, MoneyFile],
    *,
    at: datetime,
) -> tuple[int, int]:
    """Write the differences of a run as cases, in the caller's transaction.

    Returns:
        How many cases were opened, and how many vanished since the day was last matched.
    """
    opened, seen = 0, set[str]()
    for rows in chunks(differences.iter_rows(named=True), WRITTEN_AT_ONCE):
        told = {key_of(row): row for row in rows}
        seen |= told.keys()
        known = {
            case.key: case
            for case in Case.objects.select_for_update().filter(
                organisation_id=run.organisation_id, key__in=list(told)
            )
        }
        fresh = [_opened(run, key, row, files, at) for key, row in told.items() if key not in known]
        Case.objects.bulk_create(fresh)
        again = [_refreshed(case, run, told[key], files) for key, case in known.items()]
        Case.objects.bulk_update(again, REFRESHED)
        opened += len(fresh)
    return opened, _vanished(run, seen, at)


def key_of(row: Mapping[str, Any]) -> str:
    """Return what a later run knows a payment by: its business key, or the line where there is none."""
    parts = [str(row[name] or "") for name in IDENTITY]
    if not any(parts[2:6]):  # no batch, trace, reference or order number: a line of a statement
        parts += [str(row["source_file"]), str(row["source_line"]), str(row["other_line"])]
    return sha256("\x1f".join(parts).encode()).hexdigest()


def _opened(
    run: MatchingRun, key: str, row: Mapping[str, Any], files: Mapping[str, MoneyFile], at: datetime
) -> Case:
    case = Case(
        organisation_id=run.organisation_id, path=run.path, key=key, first_run=run, opened_at=at
    )
    return _told(case, run, row, files)


def _refreshed(
    case: Case, run: MatchingRun, row: Mapping[str, Any], files: Mapping[str, MoneyFile]
) -> Case:
    if case.state in FIXED:  # known and in hand: only note that it is still there
        case.run = run
        return case
    case.version += 1
    return _told(case, run, row, files)


def _told(
    case: Case, run: MatchingRun, row: Mapping[str, Any], files: Mapping[str, MoneyFile]
) -> Case:
    for name in COPIED:
        value = row[name]
        setattr(case, name, value if value is not None or name.endswith(NUMBERS) else "")
    case.at, case.due_on = row["at"], row["due_on"]
    case.run, case.difference = run, row["class"]
    case.confidence = round(100 * row["confidence"])
    case.at_stake_minor = at_stake_minor(row)
    case.size_minor = abs(case.at_stake_minor)
    case.source_file = files.get(row["source_file"])
    case.other_file = files.get(row["other_file"])
    case.evidence = json.loads(row["evidence"] or "{}")
    case.others = json.loads(row["others"] or "[]")
    if case.held_until is None:
        held = row["class"] == DifferenceClass.HELD
        case.state = CaseState.HELD if held else CaseState.OPEN
    return case


NUMBERS: Final = ("_minor", "_line", "at", "due_on")


def _vanished(run: MatchingRun, seen: set[str], at: datetime) -> int:
    """Let go what an earlier run of this day found and this one does not: the other side came."""
    before = Case.objects.filter(
        organisation_id=run.organisation_id,
        run__day=run.day,
        run__organisation_id=run.organisation_id,
        state__in=origins(CaseStep.VANISH),
    ).exclude(run=run)
    gone = [number for number, key in before.values_list("pk", "key") if key not in seen]
    for some in chunks(gone, WRITTEN_AT_ONCE):
        Case.objects.filter(pk__in=some).update(state=CaseState.VANISHED, closed_at=at)
    return len(gone)
