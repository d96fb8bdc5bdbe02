"""What happened at the terminals' door, by the hour."""

from datetime import datetime

from django.db.models import Sum

from tillkeeper.telemetry.models import Tally


def tallies(*, since: datetime, until: datetime) -> dict[str, int]:
    """Return how often each thing happened in the hours that begin within a span, the most frequent first."""
    rows = Tally.objects.filter(hour__gte=since, hour__lt=until).values_list("code")
    counted = rows.annotate(times=Sum("count")).order_by("-times", "code")
    return dict(counted.values_list("code", "times"))
