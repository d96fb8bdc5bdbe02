"""What the clock on the wall shows at a site: the zone of its province by policy, else the installation's."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.policy import policy

RULE: Final = "telemetry.zones"  # {"province": "Area/City"}


def zones_by_province(*, at: datetime) -> dict[str, ZoneInfo]:
    """Return the provinces whose sites have a zone of their own. A name that is no zone is passed over."""
    try:
        told = policy(RULE, on=timezone.localdate(at))
    except NotFound:
        return {}
    known = available_timezones() if told else set()
    return {place: ZoneInfo(name) for place, name in told.items() if name in known}


def zone_groups(*, at: datetime, site: str = "site") -> Iterator[tuple[ZoneInfo, Q]]:
    """Yield each zone with the condition that a terminal's site lies in it; together they cover every terminal.

    Args:
        at: decides which policy is in force.
        site: the way from the row to its site.
    """
    provinces: dict[ZoneInfo, list[str]] = {}
    for place, zone in zones_by_province(at=at).items():
        provinces.setdefault(zone, []).append(place)
    field = f"{site}__province__in"
    for zone, places in provinces.items():
        yield zone, Q(**{field: sorted(places)})
    elsewhere = [place for places in provinces.values() for place in places]
    rest = ~Q(**{field: sorted(elsewhere)}) if elsewhere else Q()
    yield ZoneInfo(settings.TIME_ZONE), rest
