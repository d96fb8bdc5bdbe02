"""Deadlines of disputes, as the queue narrows by them and shows them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.settlement.services.deadlines import notice_until

NEAR, PASSED = "near", "passed"
DEADLINES: Final[Mapping[str, str | Promise]] = {
    NEAR: _("deadline near"),
    PASSED: _("deadline passed"),
}


class Days(TypedDict, total=False):
    """Between which days a deadline is to lie, both inclusive."""

    deadline_from: date
    deadline_until: date


def deadlines_of(asked: str, today: date) -> Days:
    """Return what a choice narrows the queue to; nothing is any."""
    if asked == NEAR:
        return {"deadline_from": today, "deadline_until": notice_until(today)}
    return {"deadline_until": today - timedelta(days=1)} if asked == PASSED else {}
