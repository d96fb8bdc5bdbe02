"""Settlement terms of a rules file."""

import re
from typing import Final
from zoneinfo import available_timezones

from tillkeeper.engines.matching.rules.calendars import known_calendar
from tillkeeper.engines.matching.rules.keys import Keys
from tillkeeper.engines.matching.rules.terms import EVERY_DAY, Terms

TERM_KEYS: Final = (
    "zone", "cutoff", "cycle", "calendar", "extra_holidays", "extra_workdays", "hold_days",
)  # fmt: skip
CYCLE: Final = re.compile(r"^[TD]\+(\d{1,2})$")
MOST_HOLD_DAYS: Final = 60


def read_terms(keys: Keys, usual: Terms) -> Terms:
    """Return the terms of one table; what it leaves open is as `usual`.

    Raises:
        BadRule: a value cannot be used.
    """
    cycle = keys.checked("cycle", f"T+{usual.cycle_days}", _is_cycle, ("cycle", 'cycle = "T+1"'))
    calendar = keys.checked(
        "calendar", usual.calendar, known_calendar, ("calendar", 'calendar = "cn"')
    )
    return Terms(
        zone=keys.checked("zone", usual.zone, _is_zone, ("zone", 'zone = "Asia/Shanghai"')),
        cutoff_minutes=keys.clock("cutoff", usual.cutoff_minutes),
        cycle_days=int(cycle[2:]),
        calendar=EVERY_DAY if cycle.startswith("D") else calendar.lower(),
        extra_holidays=keys.days("extra_holidays", usual.extra_holidays),
        extra_workdays=keys.days("extra_workdays", usual.extra_workdays),
        hold_days=keys.count("hold_days", usual.hold_days, most=MOST_HOLD_DAYS),
    )


def _is_cycle(value: str) -> bool:
    return bool(CYCLE.match(value))


def _is_zone(value: str) -> bool:
    return value in available_timezones()
