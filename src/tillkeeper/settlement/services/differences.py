"""From the differences of a run to cases: new ones opened, known ones brought up to date, settled ones let vanish."""

import json
from collections import Counter
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl
from django.db.models import CharField, Q, QuerySet

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.bulk import chunks
from tillkeeper.settlement.lifecycle import CaseState, CaseStep, origins
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile
from tillkeeper.settlement.services.doubt import Doubt
from tillkeeper.settlement.services.span import JUDGED_BEFORE, PAYOUT_DAYS, days_judged
from tillkeeper.settlement.services.whole_batches import AlreadyDecided
from tillkeeper.settlement.stakes import at_stake_minor

NUMBERS: Final = (
    "amount_minor", "other_minor", "fee_minor", "expected_fee_minor", "at", "day", "due_on", "source_line",
    "other_line",
)  # fmt: skip
TEXTS: Final = (
    "cause", "mid", "tid", "batch", "trace", "rrn", "order_no", "channel", "currency", "sentence",
)  # fmt: skip
REFRESHED: Final = (
    *NUMBERS, *TEXTS, "difference", "confidence", "at_stake_minor", "size_minor", "source_file", "other_file",
    "evidence", "others", "state", "held_until", "closed_at", "run", "version",
)  # fmt: skip
LONGEST: Final = {
    field.name: field.max_length
    for field in Case._meta.get_fields()
    if isinstance(field, CharField) and field.max_length
}
WRITTEN_AT_ONCE: Final = 2_000
FIXED: Final = (
    CaseState.PROPOSED,
    CaseState.DISPUTED,
    CaseState.CLOSED,
)  # people's hands are on it


@dataclass(slots=True)
class Change:
    """What a run changed in the cases, and what people had decided before it."""

    decided: AlreadyDecided
    opened: int = 0
    vanished: int = 0
    doubt: Doubt = field(default_factory=Doubt)


def take_over(
    run: MatchingRun,
    differences: pl.DataFrame,
    files: Mapping[str, MoneyFile],
    *,
    at: datetime,
) -> Change:
    """Write the differences of a run as cases, in the caller's transaction.

    Args:
        run: that found them.
        differences: the engine's table, and `day`.
        files: those of the run, by number.
        at: when.
    """
    change, seen = Change(AlreadyDecided(run.organisation_id)), Counter[str]()
    for rows in chunks(differences.iter_rows(named=True), WRITTEN_AT_ONCE):
        told = {_nth(key_of(row), seen): row for row in rows}
        known = {case.key: case for case in _known(run, told)}
        fresh = [_opened(run, key, row, files, at) for key, row in told.items() if key not in known]
        for case in fresh:
            change.decided.take_off(case)
            change.doubt.put(case)
        Case.objects.bulk_create(fresh)
        again = [_refreshed(case, run, told[key], files, change) for key, case in known.items()]
        Case.objects.bulk_update(again, REFRESHED)
        change.opened += len(fresh)
    _let_vanish(
        run, {_numbered(key, n) for key, count in seen.items() for n in range(count)}, change, at
    )
    return change


def key_of(row: Mapping[str, Any]) -> str:
    """Return what a later run knows a payment by.

    The terminal's own number and the day, because the other side's words (batch, reference number) come and go with its
    files; without a trace what the channel knows it by; of a payout its day; else the line it stands in.
    """
    return sha256("\x1f".join(str(part or "") for part in _identity(row)).encode()).hexdigest()


def _identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    who = (row["mid"], row["currency"])
    if row["trace"]:
        return ("terminal", *who, row["tid"], row["trace"].lstrip("0"), row["day"])
    if row["order_no"] or row["rrn"]:
        return ("channel", *who, row["channel"], row["order_no"] or row["rrn"])
    if row["at"] is None and row["day"] and row["class"] != DifferenceClass.UNKNOWN_CREDIT:
        return ("payout", *who, row["channel"], row["batch"], row["day"])
    return ("line", row["source_file"], row["source_line"], row["other_file"], row["other_line"])


def _nth(key: str, seen: Counter[str]) -> str:
    """Tell rows of one key apart by their order: what a channel charges twice under one number are two cases."""
    seen[key] += 1
    return _numbered(key, seen[key] - 1)


def _numbered(key: str, number: int) -> str:
    return key if number == 0 else sha256(f"{key}\x1f{number}".encode()).hexdigest()


def _known(run: MatchingRun, told: Mapping[str, Any]) -> QuerySet[Case]:
    return (
        Case.objects.select_for_update()
        .filter(organisation_id=run.organisation_id, key__in=list(told))
        .order_by("pk")
    )


def _opened(
    run: MatchingRun, key: str, row: Mapping[str, Any], files: Mapping[str, MoneyFile], at: datetime
) -> Case:
    case = Case(
        organisation_id=run.organisation_id, path=run.path, key=key, first_run=run, opened_at=at
    )
    return _told(case, run, row, files)


def _refreshed(
    case: Case,
    run: MatchingRun,
    row: Mapping[str, Any],
    files: Mapping[str, MoneyFile],
    change: Change,
) -> Case:
    case.run = run
    if case.state in FIXED:  # known and in hand: only note that it is still there
        return case
    before, stood = copy(case), case.state
    case.version += 1
    if stood == CaseState.VANISHED:  # it was settled, and no longer is
        case.held_until = case.closed_at = None
    else:
        change.doubt.take_back(before)
    change.decided.take_off(_told(case, run, row, files))
    change.doubt.put(case)
    return case


def _told(
    case: Case, run: MatchingRun, row: Mapping[str, Any], files: Mapping[str, MoneyFile]
) -> Case:
    for name in NUMBERS:
        setattr(case, name, row[name])
    for name in TEXTS:
        setattr(case, name, (row[name] or "")[: LONGEST.get(name)])
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


def _let_vanish(run: MatchingRun, seen: set[str], change: Change, at: datetime) -> None:
    """Let go what an earlier run found and this one, which looked at the same rows, does not: the other side came."""
    looked_at = Case.objects.filter(
        _judged_by(run),
        organisation_id=run.organisation_id,
        state__in=origins(CaseStep.VANISH),
        source_file__in=run.files.all(),
    ).exclude(run=run)
    gone = [number for number, key in looked_at.values_list("pk", "key") if key not in seen]
    for some in chunks(gone, WRITTEN_AT_ONCE):
        # Asked again under the lock: somebody may have decided meanwhile.
        cases = list(
            Case.objects.select_for_update()
            .filter(pk__in=some, state__in=origins(CaseStep.VANISH))
            .order_by("pk")
        )
        for case in cases:
            change.doubt.take_back(case)
            case.take(CaseStep.VANISH)
            case.held_until, case.closed_at = None, at
        Case.objects.bulk_update(cases, ("state", "version", "held_until", "closed_at"))
        change.vanished += len(cases)


def _judged_by(run: MatchingRun) -> Q:
    """Return the cases that a run would have found again if they were still there; a leg needs both its sides."""
    roles = set(run.files.values_list("role", flat=True))
    payout = Q(at=None, day__isnull=False)
    found = Q(pk=None)
    if {Role.JOURNAL, Role.BILL} <= roles:
        found |= ~payout & _of_days(run, JUDGED_BEFORE)
    if {Role.BILL, Role.STATEMENT} <= roles:
        credit = Q(difference=DifferenceClass.UNKNOWN_CREDIT)
        found |= payout & credit & _of_days(run, JUDGED_BEFORE)
        found |= payout & ~credit & _of_days(run, PAYOUT_DAYS)
    return found


def _of_days(run: MatchingRun, before: int) -> Q:
    if run.named:
        return Q()
    return Q(day__range=days_judged(run.day, before)) | Q(day=None, run__day=run.day)
