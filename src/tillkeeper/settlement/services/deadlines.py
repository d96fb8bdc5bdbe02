"""Deadlines of disputes: which are near or have passed, and a line in the case's story that says so, once each."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.policy import policy
from tillkeeper.settlement.lifecycle import CaseState
from tillkeeper.settlement.models import Case, CaseNote

NOTICE: Final = "settlement.dispute_notice_days"
NEAR: Final = "due_soon"  # steps of a story that move nothing
PASSED: Final = "overdue"
Line = tuple[int, str, str]  # case, step, the deadline


def notice_until(today: date) -> date:
    """Return the last day whose deadlines are near, by the policy in force."""
    return today + timedelta(days=int(policy(NOTICE, on=today)))


def remind(*, by: Actor, at: datetime) -> int:
    """Write into disputed cases that their deadline is near, and once more when it has passed; for the clock.

    Returns:
        how many lines were written; called again, none.
    """
    today = timezone.localdate(at)
    if not (due := _untold(today)):
        return 0
    with transaction.atomic():  # whoever comes at the same moment waits, and then finds them told
        numbers = sorted({case for case, _step, _text in due})
        list(Case.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))
        lines = _untold(today)
        CaseNote.objects.bulk_create(
            CaseNote(case_id=case, step=step, text=text, by=by.name, at=at)
            for case, step, text in lines
        )
    return len(lines)


def _untold(today: date) -> list[Line]:
    due = Case.objects.filter(state=CaseState.DISPUTED, deadline__lte=notice_until(today))
    told: set[Line] = set(
        CaseNote.objects.filter(case__in=due, step__in=[NEAR, PASSED]).values_list(
            "case_id", "step", "text"
        )
    )
    lines = (
        (case, PASSED if deadline < today else NEAR, f"{deadline:%Y-%m-%d}")
        for case, deadline in due.order_by("pk").values_list("pk", "deadline")
        if deadline
    )
    return [line for line in lines if line not in told]
