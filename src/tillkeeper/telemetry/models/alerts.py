"""What somebody should look at, and by which rule."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.models.defaults import none_yet, nothing


class AlertRule(models.Model):
    """A rule as data; it counts at its place in the tree and below. `spec` is what engines.alerting reads.

    Without an organisation it is a default that counts everywhere; one of the same code further down goes before it.
    """

    organisation = models.ForeignKey(
        "parties.Organisation", models.PROTECT, null=True, related_name="+"
    )
    path = models.CharField(max_length=96, blank=True)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    spec = models.JSONField(default=nothing)
    severity = models.CharField(max_length=8)
    join = models.JSONField(
        default=none_yet
    )  # of site, carrier, host, version, model: what it is joined by
    quiet = models.JSONField(
        default=nothing
    )  # {"from": "22:00", "to": "07:00"} at the site; empty: never
    incident = models.BooleanField(default=False)  # becomes an incident
    enabled = models.BooleanField(default=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["organisation", "code"], name="alertrule_code_once"),
            UniqueConstraint(
                fields=["code"],
                condition=Q(organisation=None),
                name="alertrule_default_once",
            ),
            CheckConstraint(
                condition=Q(severity__in=list(Severity)), name="alertrule_severity_known"
            ),
        ]


class AlertGroup(models.Model):
    """Alerts that have one cause: “one shop lost power”, not twelve alerts."""

    rule = models.ForeignKey(AlertRule, models.PROTECT, related_name="groups")
    joined_by = models.CharField(max_length=16)  # site | carrier | host | version | model
    key = models.CharField(max_length=80)
    title = models.CharField(max_length=120)
    facts = models.JSONField(default=nothing)  # how many, of how many, how many were to be expected
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=96)  # the place that covers all of them
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["rule", "joined_by", "key"],
                condition=Q(closed_at=None),
                name="alertgroup_open_once",
            )
        ]


class Alert(models.Model):
    """A rule holds for a terminal. `said` is what was seen: value, limit, since when, the peers' figures."""

    rule = models.ForeignKey(AlertRule, models.PROTECT, related_name="alerts")
    terminal = models.ForeignKey("terminals.Terminal", models.CASCADE, related_name="alerts")
    group = models.ForeignKey(AlertGroup, models.SET_NULL, null=True, related_name="alerts")
    state = models.CharField(max_length=12)
    severity = models.CharField(max_length=8)
    said = models.JSONField(default=nothing)
    began_at = models.DateTimeField()  # when what was seen began
    at = models.DateTimeField()  # when it was raised
    quiet_until = models.DateTimeField(null=True)  # told then, not before
    told_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(AlertState)), name="alert_state_known"),
            CheckConstraint(condition=Q(severity__in=list(Severity)), name="alert_severity_known"),
            UniqueConstraint(
                fields=["rule", "terminal"],
                condition=Q(cleared_at=None),
                name="alert_open_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["terminal", "at"], name="alert_by_terminal"),
            models.Index(
                fields=["state", "severity", "at"],
                condition=Q(cleared_at=None),
                name="alert_waiting",
            ),
            models.Index(fields=["at"], name="alert_by_time"),
            models.Index(
                fields=["at"], condition=Q(told_at=None, cleared_at=None), name="alert_untold"
            ),
        ]
