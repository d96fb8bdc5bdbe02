"""A case that somebody opened for a whole batch, beside the cases of its payments: no money is in doubt twice.

What a run finds of single payments is the better word. So the batch's case keeps what they leave unexplained, and
vanishes when they leave nothing. Where people have decided about the whole already, it is the other way round: a
payment's case carries only what their decision leaves.
"""

from collections import Counter
from collections.abc import Sequence
from copy import copy
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.money import Money
from tillkeeper.settlement.lifecycle import CaseState, CaseStep
from tillkeeper.settlement.models import Case, CaseNote, MatchingRun, Trouble
from tillkeeper.settlement.services.doubt import Doubt
from tillkeeper.settlement.stakes import WITH_THE_CHANNEL, at_stake_minor

DECIDED: Final = (CaseState.PROPOSED, CaseState.CLOSED)
IN_HAND: Final = (*DECIDED, CaseState.DISPUTED)
OUTSIDE: Final = (DifferenceClass.FEE_DIFFERS, *WITH_THE_CHANNEL)  # no part of a batch's totals
DAY: Final = timedelta(days=1)  # a batch may begin before midnight, or end after it
NAMED: Final = 20  # cases named in a story


def whole_batches(organisation_id: int) -> QuerySet[Case]:
    """Return the cases that were opened by hand for a batch or a day of a terminal."""
    by_hand = Case.objects.filter(organisation_id=organisation_id, run=None, first_run=None)
    return by_hand.exclude(tid="").exclude(difference__in=OUTSIDE)


def payments_of(whole: Case) -> list[Case]:
    """Return the cases of a batch's payments, and others that were opened for the same batch; none that vanished."""
    beside = Case.objects.filter(
        organisation_id=whole.organisation_id,
        currency=whole.currency,
        mid=whole.mid,
        tid=whole.tid,
        day__range=_around(whole.day),
    ).exclude(Q(pk=whole.pk) | Q(state=CaseState.VANISHED) | Q(difference__in=OUTSIDE))
    return [case for case in beside.order_by("pk") if _within(case, whole)]


def standing_whole(of: Trouble) -> Case | None:
    """Return the unsettled case that was opened by hand for the same batch before, locked; None if there is none."""
    same = whole_batches(of.organisation_id).filter(
        mid=of.mid, tid=of.tid, batch=of.batch, day=of.day, closed_at=None
    )
    return same.select_for_update().order_by("pk").first()


def explained(whole: Case) -> int:
    """Return what other cases already say of a batch's stake, in minor units, signed as a stake."""
    return sum(case.at_stake_minor for case in payments_of(whole))


def left_of(stake: int, explained: int) -> int:
    """Return what of a batch's stake its payments do not explain: of its own sign, or nothing."""
    left = stake - explained
    return left if left * stake > 0 else 0


def make_way(run: MatchingRun, doubt: Doubt, *, by: Actor, at: datetime) -> int:
    """Let the cases of whole batches keep only what the cases of their payments leave; return how many vanished."""
    unsettled = whole_batches(run.organisation_id).filter(closed_at=None).exclude(at_stake_minor=0)
    vanished = 0
    for whole in unsettled.exclude(state=CaseState.PROPOSED).select_for_update().order_by("pk"):
        beside = [case for case in payments_of(whole) if case.at_stake_minor]
        left = left_of(_own_stake(whole), explained(whole))
        if abs(left) < whole.size_minor:
            vanished += _keep(whole, left, beside, doubt, by=by, at=at)
    return vanished


class AlreadyDecided:
    """What people decided about whole batches, to be taken off the stakes of their payments' cases."""

    def __init__(self, organisation_id: int) -> None:
        """Look up what was decided, less what payments' cases in people's hands have already yielded to it."""
        decided = whole_batches(organisation_id).filter(state__in=DECIDED)
        self._left: Counter[int] = Counter()
        self._wholes: list[Case] = []
        for whole in decided.exclude(at_stake_minor=0).order_by("pk"):
            fixed = [case for case in payments_of(whole) if case.state in IN_HAND and case.run_id]
            yielded = sum(_own_stake(case) - case.at_stake_minor for case in fixed)
            self._left[whole.pk] = whole.at_stake_minor - yielded
            self._wholes.append(whole)

    def take_off(self, case: Case) -> None:
        """Reduce what is at stake in a payment's case by what was decided about its batch."""
        for whole in self._wholes:
            left = self._left[whole.pk]
            if left * case.at_stake_minor > 0 and _same_place(case, whole):
                part = min(abs(left), case.size_minor) * (1 if left > 0 else -1)
                self._left[whole.pk] -= part
                case.at_stake_minor -= part
                case.size_minor = abs(case.at_stake_minor)


def _keep(
    whole: Case, left: int, beside: Sequence[Case], doubt: Doubt, *, by: Actor, at: datetime
) -> bool:
    """Write what a batch's case keeps; say whether it vanished."""
    before, was = copy(whole), whole.at_stake_minor
    whole.at_stake_minor, whole.size_minor = left, abs(left)
    doubt.take_back(before)
    gone = not left and whole.state != CaseState.DISPUTED
    if gone:
        whole.take(CaseStep.VANISH)
        whole.held_until, whole.closed_at = None, at
    else:
        doubt.put(whole)
        whole.version += 1
    whole.save(
        update_fields=[
            "at_stake_minor",
            "size_minor",
            "state",
            "held_until",
            "closed_at",
            "version",
        ]
    )
    numbers = ", ".join(f"#{case.pk}" for case in beside[:NAMED])
    told = f"{Money(was, whole.currency)} → {Money(left, whole.currency)}: {numbers}"
    step = CaseStep.VANISH if gone else ""
    CaseNote.objects.create(case=whole, step=step, text=told, by=by.name, at=at)
    return gone


def _own_stake(case: Case) -> int:
    """Return what a case's own amounts put at stake, whatever of it other cases carry."""
    return at_stake_minor(
        {
            "class": DifferenceClass(case.difference),
            "amount_minor": case.amount_minor,
            "other_minor": case.other_minor,
            "fee_minor": case.fee_minor,
            "expected_fee_minor": case.expected_fee_minor,
        }
    )


def _same_place(case: Case, whole: Case) -> bool:
    here = (case.currency, case.mid, case.tid) == (whole.currency, whole.mid, whole.tid)
    first, last = _around(whole.day)
    return (
        here
        and case.day is not None
        and first <= case.day <= last
        and case.difference not in OUTSIDE
        and _within(case, whole)
    )


def _around(day: date | None) -> tuple[date, date]:
    """Return the days on which payments of a batch may lie."""
    if day is None:
        raise ValueError("a case of a whole batch has a day")
    return day - DAY, day + DAY


def _within(case: Case, whole: Case) -> bool:
    """Say whether a case of the same terminal is of the batch: by its number, else by its trace among the batch's."""
    if not whole.batch:
        return bool(case.day == whole.day)
    if case.batch:
        return case.batch.lstrip("0") == whole.batch.lstrip("0")
    facts = whole.evidence.get("found", {}).get("batch", {}).get("facts", {})
    first, last = facts.get("first", ""), facts.get("last", "")
    if not (case.trace.isdigit() and first.isdigit() and last.isdigit()):
        return bool(case.day == whole.day)
    return int(first) <= int(case.trace) <= int(last)
