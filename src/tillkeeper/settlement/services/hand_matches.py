"""Matching by hand: a person says which cases belong together, one to one, one to many, many to many.

What their stakes leave is zero, or a remedy is named for it. All of it happens or nothing: a decision a case, and one
posting that clears them all off suspense. Undone, the posting is reversed and every case is open again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.kernel.money import Money
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import (
    CaseChanged,
    MatchStepRefused,
    NotAlike,
    OwnProposal,
    SomethingLeft,
)
from tillkeeper.settlement.lifecycle import POSTED, CaseStep, Remedy
from tillkeeper.settlement.models import Case, Decision, HandMatch
from tillkeeper.settlement.queries.cases import cases_locked, organisations_of
from tillkeeper.settlement.queries.hand_matches import decisions_of, hand_match, hand_match_locked
from tillkeeper.settlement.services.cases import take_back
from tillkeeper.settlement.services.changes import REASON_MAX, Changes
from tillkeeper.settlement.services.deeds import (
    cleared,
    limits_on,
    occasion_of,
    reason,
    within_limit,
)
from tillkeeper.settlement.services.ledger import keep_others_out, post

PREFIX: Final = "HM"
LEAST: Final = 2
MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Cases of which somebody says that they belong together."""

    cases: Sequence[int]
    why: str
    remedy: Remedy | None = None  # of what is left; none when nothing is
    versions: Mapping[int, int] = field(default_factory=dict)  # as they were looked at, if told


@verb
def match_by_hand(*, pairing: Pairing, by: Actor, at: datetime) -> HandMatch:
    """Match cases with each other; posted at once within the limit of the policy, else proposed to a second person.

    Raises:
        NotFound: one of the cases is not within the actor's view.
        CaseChanged: one is another version than the one that was looked at.
        CaseStepRefused: one is closed, or somebody's proposal for it is waiting.
        NotAlike: they are of two organisations or currencies.
        SomethingLeft: their stakes do not come to zero and no remedy is named.
        FieldInvalid: fewer than 2 cases or more than 200, no reason, or a remedy where there is nothing to remedy.
    """
    why, numbers = reason(pairing.why), list(dict.fromkeys(pairing.cases))
    if not LEAST <= len(numbers) <= MOST:
        raise FieldInvalid(field="cases", value=str(len(numbers)), expected="2 to 200 cases")
    rows = _locked(numbers, pairing.versions, by)
    alone = _alone(rows, at)
    for row in rows:
        row.require(CaseStep.CLOSE if alone else CaseStep.PROPOSE)
    left = left_of(rows)
    remedy = _remedy(pairing, left, rows[0].currency)
    match = _written(rows, left, remedy, why, alone=alone, by=by, at=at)
    decisions = _decided(match, rows, remedy)
    if alone:
        _post(match, decisions, by=by, at=at)
    _move(match, rows, CaseStep.CLOSE if alone else CaseStep.PROPOSE, why, by=by, at=at)
    return match


@verb
def confirm_match(*, number: str, by: Actor, at: datetime, why: str = "") -> HandMatch:
    """Confirm all of a match that another person proposed; it is posted.

    Raises:
        NotFound: no such match within the actor's view.
        MatchStepRefused: it is not proposed.
        OwnProposal: the actor proposed it.
    """
    match, decisions = _proposed(number, by)
    _settle(match, "confirmed", why, by=by, at=at)
    _post(match, decisions, by=by, at=at)
    _move(match, [one.case for one in decisions], CaseStep.CONFIRM, why, by=by, at=at)
    return match


@verb
def refuse_match(*, number: str, why: str, by: Actor, at: datetime) -> HandMatch:
    """Refuse all of a match that another person proposed; its cases are open again.

    Raises:
        NotFound, MatchStepRefused, OwnProposal: as `confirm_match`.
        FieldInvalid: no reason is given.
    """
    reason(why)
    match, decisions = _proposed(number, by)
    _settle(match, "refused", why, by=by, at=at)
    _move(match, [one.case for one in decisions], CaseStep.REFUSE, why, by=by, at=at)
    return match


@verb
def unmatch(*, number: str, why: str, by: Actor, at: datetime) -> HandMatch:
    """Undo a match: what it posted is reversed and every case is open again, its money in doubt as before.

    Raises:
        NotFound: no such match within the actor's view.
        MatchStepRefused: it is not posted, or was undone.
        FieldInvalid: no reason is given.
    """
    reason(why)
    match, decisions = _standing(number, "confirmed", by)
    match.state = "reversed"
    match.save(update_fields=["state"])
    rows = [one.case for one in decisions]
    for row in rows:
        row.held_until = row.deadline = None
    take_back(decisions, why=why, by=by, at=at)
    _move(match, rows, CaseStep.REOPEN, why, by=by, at=at)
    _record("hand_match.undo", match, why, by=by, at=at)
    return match


def left_of(rows: Sequence[Case]) -> int:
    """Return what cases do not explain of each other, in minor units, signed as a stake."""
    return sum(row.at_stake_minor for row in rows)


def shares(rows: Sequence[Case], left: int) -> Counter[int]:
    """Return how much of what is left each case carries, by number: the largest of its sign first."""
    carried: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: (-row.size_minor, row.pk)):
        if left and row.at_stake_minor * left > 0:
            part = min(abs(left), row.size_minor) * (1 if left > 0 else -1)
            carried[row.pk] = part
            left -= part
    return carried


def _locked(numbers: Sequence[int], versions: Mapping[int, int], by: Actor) -> list[Case]:
    # A run locks cases in the order in which it finds them: it and we go one after the other.
    for organisation in organisations_of(numbers):
        keep_others_out(organisation)
    rows = cases_locked(by.scope(Right.MONEY_WORK), numbers)
    found = {row.pk for row in rows}
    for number in numbers:
        if number not in found:
            raise NotFound(kind="case", key=str(number))
    first = rows[0]
    for row in rows:
        if versions.get(row.pk, row.version) != row.version:
            raise CaseChanged(case=row.pk)
        if (row.organisation_id, row.currency) != (first.organisation_id, first.currency):
            raise NotAlike(case=first.pk, other=row.pk)
    return rows


def _alone(rows: Sequence[Case], at: datetime) -> bool:
    """Say whether one person may match: by the sum of all sizes, so that a large sum is not cut into small cases."""
    total = sum(row.size_minor for row in rows)
    return within_limit(total, rows[0].currency, limits_on(at))


def _remedy(pairing: Pairing, left: int, currency: str) -> Remedy | None:
    if not left and pairing.remedy is not None:
        raise FieldInvalid(
            field="remedy", value=pairing.remedy, expected="none: nothing is left to remedy"
        )
    if left and pairing.remedy is None:
        raise SomethingLeft(left=str(Money(left, currency)), remedies=", ".join(POSTED))
    if pairing.remedy is not None and pairing.remedy not in POSTED:
        raise FieldInvalid(field="remedy", value=pairing.remedy, expected=", ".join(POSTED))
    return pairing.remedy


def _written(  # noqa: PLR0913  what a match is made of
    rows: Sequence[Case],
    left: int,
    remedy: Remedy | None,
    why: str,
    *,
    alone: bool,
    by: Actor,
    at: datetime,
) -> HandMatch:
    first = rows[0]
    number = issue_document(
        prefix=PREFIX, kind="hand_match", place=first.path, by=by, at=at, title=why[:80]
    )
    match = HandMatch.objects.create(
        number=number,
        organisation_id=first.organisation_id,
        path=first.path,
        currency=first.currency,
        left_minor=left,
        remedy=remedy or "",
        why=why[:REASON_MAX],
        state="confirmed" if alone else "proposed",
        proposed_by=by.name,
        proposed_at=at,
        settled_at=at if alone else None,
    )
    _record("hand_match.post" if alone else "hand_match.propose", match, why, by=by, at=at)
    return match


def _decided(match: HandMatch, rows: Sequence[Case], remedy: Remedy | None) -> list[Decision]:
    """Write a decision a case; their numbers are the match's own, counted on."""
    carried = shares(rows, match.left_minor) if remedy else Counter()
    return Decision.objects.bulk_create(
        Decision(
            number=f"{match.number}-{nth}",
            case=row,
            hand_match=match,
            remedy=Remedy.MATCH,
            amount_minor=carried[row.pk],
            currency=row.currency,
            why=match.why,
            state=match.state,
            proposed_by=match.proposed_by,
            proposed_at=match.proposed_at,
            settled_at=match.settled_at,
        )
        for nth, row in enumerate(rows, start=1)
    )


def _standing(number: str, state: str, by: Actor) -> tuple[HandMatch, list[Decision]]:
    """Lock a match that stands in a state, and its cases."""
    scope = by.scope(Right.MONEY_APPROVE)
    keep_others_out(hand_match(scope, number).organisation_id)
    match = hand_match_locked(scope, number)
    if match.state != state:
        raise MatchStepRefused(match=number, match_state=match.state)
    decisions = list(decisions_of(match))
    # Of the match's own place, where the actor's right was asked for: no case of it is left out.
    rows = Case.objects.select_for_update().filter(pk__in=[one.case_id for one in decisions])
    locked = {row.pk: row for row in rows.order_by("pk")}
    for one in decisions:
        one.case = locked[one.case_id]
    return match, decisions


def _proposed(number: str, by: Actor) -> tuple[HandMatch, list[Decision]]:
    match, decisions = _standing(number, "proposed", by)
    if match.proposed_by == by.name:
        raise OwnProposal(decision=match.number)
    return match, decisions


def _settle(match: HandMatch, state: str, why: str, *, by: Actor, at: datetime) -> None:
    match.state, match.settled_by, match.settled_at = state, by.name, at
    match.settled_why = why[:REASON_MAX]
    match.save(update_fields=["state", "settled_by", "settled_at", "settled_why"])
    match.decisions.update(
        state=state, settled_by=by.name, settled_at=at, settled_why=match.settled_why
    )
    action = "hand_match.confirm" if state == "confirmed" else "hand_match.refuse"
    _record(action, match, why, by=by, at=at)


def _post(match: HandMatch, decisions: Sequence[Decision], *, by: Actor, at: datetime) -> None:
    """Clear every case off suspense in one posting: what is left goes where its remedy says, all else back home."""
    remedy = Remedy(match.remedy) if match.remedy else Remedy.MATCH
    lines = [line for one in decisions for line in cleared(one.case, one.amount_minor, remedy)]
    if not lines:
        return
    first = decisions[0]
    occasion = occasion_of(first.case, first, f"{match.number} {match.why}", at)
    post(lines=lines, occasion=occasion, by=by, at=at)


def _move(
    match: HandMatch, rows: Sequence[Case], step: CaseStep, why: str, *, by: Actor, at: datetime
) -> None:
    changes = Changes(by, at)
    for row in rows:
        changes.move(row, step, f"{match.number} {why}".strip())
    changes.write()


def _record(action: str, match: HandMatch, why: str, *, by: Actor, at: datetime) -> None:
    record_change(
        action=action,
        subject=f"hand_match:{match.number}",
        place=match.path,
        by=by,
        at=at,
        after={"state": match.state, "left_minor": match.left_minor, "why": why},
    )
