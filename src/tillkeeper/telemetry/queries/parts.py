"""Which files of the lake hold what was heard when."""

from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from tillkeeper.kernel.lake import LakePath, lake_path
from tillkeeper.telemetry.annals import FOLDER
from tillkeeper.telemetry.models import HistoryPart

MINUTE: Final = "minute"
HOUR: Final = "hour"
DAY: Final = "day"
MEAN: Final = "mean"


def voice_lake() -> LakePath:
    """Return the place of terminals' history: a folder, or in a bucket."""
    return lake_path(settings.TILLKEEPER_LAKE or Path(settings.TILLKEEPER_VAR) / "lake") / FOLDER


def parts(*tiers: str) -> QuerySet[HistoryPart]:
    """Return the files that count, oldest first."""
    rows = HistoryPart.objects.filter(tier__in=tiers, replaced_at=None)
    return rows.order_by("begins_at", "pk")


def paths_of(
    first: int, last: int, *, tiers: tuple[str, ...], begins: datetime, ends: datetime
) -> list[tuple[str, str]]:
    """Return (tier, path) of the files that may hold readings of terminals `first` to `last` taken in a span.

    A reading is never younger than the moment it was received.
    """
    rows = parts(*tiers).filter(
        first_terminal__lte=last, last_terminal__gte=first, ends_at__gte=begins, oldest_at__lt=ends
    )
    return list(rows.values_list("tier", "path"))
