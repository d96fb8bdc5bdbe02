"""A second case for a payout whose first was closed: what was decided is not in doubt again.

A decision, whatever its remedy, answers for the stake of its case: written off, it is a loss; refunded or presented
again, the channel's debt has its own entry. So a case that is opened later for the same payout carries only the rest.
"""

from django.db.models import QuerySet, Sum

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.settlement.lifecycle import CaseState
from tillkeeper.settlement.models import Case
from tillkeeper.settlement.stakes import WITH_THE_CHANNEL


def standing_again(closed: Case) -> Case | None:
    """Return the unsettled case that was opened after the first of a payout was closed, locked; None if none was."""
    unsettled = _beside(closed).filter(closed_at=None)
    return unsettled.select_for_update().order_by("pk").first()


def already_decided(again: Case) -> int:
    """Return what other cases of a payout have or had at stake, in minor units, signed as a stake."""
    known = _beside(again).exclude(state=CaseState.VANISHED)
    return known.aggregate(sum=Sum("at_stake_minor"))["sum"] or 0


def _beside(case: Case) -> QuerySet[Case]:
    """Return the other cases of a payout: its merchant, channel, number and settlement day tell it."""
    same = Case.objects.filter(
        organisation_id=case.organisation_id,
        difference__in=WITH_THE_CHANNEL,
        currency=case.currency,
        mid=case.mid,
        channel=case.channel,
        batch=case.batch,
        day=case.day,
        at=None,
    )
    return same.exclude(pk=case.pk).exclude(difference=DifferenceClass.UNKNOWN_CREDIT)
