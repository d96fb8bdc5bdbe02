"""The default rules are written into the table: after every migration those that are missing."""

from typing import Any

from django.utils import timezone

from tillkeeper.telemetry.models import AlertRule
from tillkeeper.telemetry.rule_defaults import BY, DEFAULTS


def seed_rules(**_signal: Any) -> None:
    """Write the defaults that are missing, so that a new one reaches old estates; those that are there stay."""
    present = set(AlertRule.objects.filter(organisation=None).values_list("code", flat=True))
    AlertRule.objects.bulk_create(
        AlertRule(
            code=seed.code,
            name=seed.name,
            spec=seed.spec,
            severity=seed.severity,
            join=list(seed.join),
            quiet=seed.quiet,
            incident=seed.incident,
            by=BY,
            at=timezone.now(),
        )
        for seed in DEFAULTS
        if seed.code not in present
    )
