"""Quiet hours: from an hour to an hour of the site's day, over midnight if it must be. Pure."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tillkeeper.engines.alerting.errors import BadSpec
from tillkeeper.kernel.phrases import Phrase

CLOCK: Final = "an hour and minute such as 22:00"


def read_quiet(told: Any) -> dict[str, str]:
    """Return quiet hours as they are kept; nothing: never quiet.

    Raises:
        BadSpec: they are not `from` and `to`, each an hour and minute.
    """
    if not told:
        return {}
    if not isinstance(told, Mapping) or set(told) != {"from", "to"}:
        expected = Phrase("an object with from and to, or nothing")
        raise BadSpec(field="quiet", value=str(told)[:80], expected=expected)
    for name, value in told.items():
        if _clock(value) is None:
            raise BadSpec(field=f"quiet.{name}", value=str(value)[:80], expected=Phrase(CLOCK))
    return {"from": told["from"], "to": told["to"]}


def quiet_until(at: datetime, quiet: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    """Return when the quiet that a moment falls into ends; None: it is not quiet then.

    Equal hours mean the whole day: then it is told at that hour.
    """
    begins, ends = _clock(quiet.get("from")), _clock(quiet.get("to"))
    if begins is None or ends is None:
        return None
    local = at.astimezone(zone)
    now = local.time()
    inside = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not inside:
        return None
    end = datetime.combine(local.date(), ends, zone)
    if end <= local:
        end = datetime.combine(local.date() + timedelta(days=1), ends, zone)
    return end.astimezone(at.tzinfo)


def _clock(value: Any) -> time | None:
    if not isinstance(value, str) or len(value) != len("00:00") or value[2] != ":":
        return None
    try:
        return time.fromisoformat(value)
    except ValueError:
        return None
