"""Questions about hand matches, and about which cases are likely to belong together."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db.models import Case as When
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value
from django.db.models import When as If

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.lifecycle import CaseState
from tillkeeper.settlement.models import Case, Decision, HandMatch

PARTNERS_SHOWN: Final = 8
NEAR: Final = timedelta(days=7)
FREE: Final = (CaseState.OPEN, CaseState.HELD, CaseState.DISPUTED)  # a person may still match them


def hand_matches(scope: Scope) -> QuerySet[HandMatch]:
    """Return hand matches within a scope, the newest first."""
    return HandMatch.objects.filter(within(scope)).order_by("-proposed_at", "-pk")


def counted(rows: QuerySet[HandMatch]) -> QuerySet[HandMatch]:
    """Return matches with how many cases each has (`case_count`)."""
    return rows.annotate(case_count=Count("decisions"))


def posted_for(match: HandMatch) -> Q:
    """Return what finds the postings of a match and those that reversed them."""
    return Q(decision__hand_match=match) | Q(reverses__decision__hand_match=match)


def hand_match(scope: Scope, number: str) -> HandMatch:
    """Return one hand match.

    Raises:
        NotFound: no such match within the scope.
    """
    rows = hand_matches(scope).select_related("organisation")
    # PostgreSQL takes no NUL, and no number has one.
    if "\x00" in number or (found := rows.filter(number=number).first()) is None:
        raise NotFound(kind="hand match", key=number.replace("\x00", ""))
    return found


def hand_match_locked(scope: Scope, number: str) -> HandMatch:
    """Return one hand match and keep others from settling it until the transaction ends.

    Raises:
        NotFound: no such match within the scope.
    """
    rows = hand_matches(scope).filter(number=number).select_for_update(of=("self",))
    if (found := rows.first()) is None:
        raise NotFound(kind="hand match", key=number)
    return found


def decisions_of(match: HandMatch) -> QuerySet[Decision]:
    """Return what a match decided, with each case and its files; in the order they were matched in."""
    joins = ("case__run", "case__source_file", "case__other_file")
    return match.decisions.select_related(*joins).order_by("pk")


def standing_match(case: Case) -> HandMatch | None:
    """Return the match that a case belongs to now: proposed, or confirmed and not undone."""
    told = case.decisions.filter(hand_match__isnull=False, state__in=("proposed", "confirmed"))
    decision = told.select_related("hand_match").order_by("-pk").first()
    return decision.hand_match if decision else None


def partners(scope: Scope, case: Case) -> Sequence[Case]:
    """Return the cases that a case most likely belongs together with, the likeliest first; one statement.

    They are free, of its organisation and currency, and their stakes have the other sign: the same amount first, then
    the same merchant, then the nearer in time. Another amount counts with the same merchant within a week.
    """
    same_merchant = Q(mid=case.mid) & ~Q(mid="")
    if case.at_stake_minor:
        equal = Q(at_stake_minor=-case.at_stake_minor)
        other_side = Q(at_stake_minor__lt=0) if case.at_stake_minor > 0 else Q(at_stake_minor__gt=0)
    else:
        equal = Q(at_stake_minor=0, amount_minor=case.amount_minor) if case.amount_minor else Q()
        equal &= Q(at_stake_minor=0)
        other_side = Q(at_stake_minor=0)
    near = Q()
    if case.day is not None:
        near = Q(day__range=(case.day - NEAR, case.day + NEAR)) | Q(day=None)
    rows = Case.objects.filter(
        within(scope),
        equal | (same_merchant & other_side & near),
        organisation_id=case.organisation_id,
        currency=case.currency,
        closed_at=None,
        state__in=FREE,
    ).exclude(pk=case.pk)
    rows = rows.select_related("run", "source_file", "other_file")
    likely = rows.annotate(unlike=_points(~equal, 2) + _points(~same_merchant, 1))
    found = likely.order_by("unlike", F("day").desc(nulls_last=True), "pk")[: 4 * PARTNERS_SHOWN]
    nearest = sorted(found, key=lambda row: (row.unlike, _apart(row, case), row.pk))
    return nearest[:PARTNERS_SHOWN]


def _points(condition: Q, points: int) -> When:
    return When(If(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def _apart(row: Case, case: Case) -> int:
    if row.day is None or case.day is None:
        return 1_000
    return abs((row.day - case.day).days)
