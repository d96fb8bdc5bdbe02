"""What was heard: now, and since when."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models.defaults import none_yet, nothing


class Live(models.Model):
    """What is known of a terminal now: one row, written by the writer and the sweep only.

    No column that each check-in changes is indexed, so that PostgreSQL rewrites the row in place (HOT).
    """

    terminal = models.OneToOneField(
        "terminals.Terminal", models.CASCADE, primary_key=True, related_name="live"
    )
    state = models.CharField(max_length=8)
    since = models.DateTimeField()
    why = models.JSONField(default=none_yet)  # codes: rules that hold, `silent`
    enrolment_id = models.BigIntegerField(null=True)
    heard_at = models.DateTimeField()  # when the server last received a check-in
    interval_s = models.PositiveIntegerField()  # what it was told
    read_at = models.DateTimeField(null=True)  # of the newest reading, by the server's clock
    seq = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)  # bit i: reading `seq` - 1 - i was heard too
    counter = models.BigIntegerField(default=0)
    skew_s = models.FloatField(default=0)  # its clock less ours
    signals = models.JSONField(default=nothing)  # name -> [latest value, epoch seconds]
    refused = models.JSONField(default=nothing)  # name -> how often its value could not be
    memory = models.BinaryField(default=bytes)  # what the rules remember of it
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    placed_at = models.DateTimeField(null=True)
    away_m = models.FloatField(null=True)  # from its site
    away = models.BooleanField(default=False)  # further than the policy allows
    app_version = models.CharField(max_length=64, blank=True)
    firmware_version = models.CharField(max_length=64, blank=True)
    carrier = models.CharField(max_length=64, blank=True)
    tamper_risk = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(LiveState)), name="live_state_known")
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "terminal"], name="live_by_state"),
            models.Index(fields=["terminal"], condition=Q(tamper_risk=True), name="live_tampered"),
            models.Index(fields=["terminal"], condition=Q(away=True), name="live_away"),
        ]


class StateChange(models.Model):
    """A terminal came, went, or changed how it is. Written once."""

    terminal = models.ForeignKey("terminals.Terminal", models.CASCADE, related_name="live_history")
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    why = models.JSONField(default=none_yet)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["terminal", "at"], name="statechange_by_terminal"),
            models.Index(fields=["at"], name="statechange_by_time"),
        ]


class HistoryPart(models.Model):
    """A file of readings in the lake. Readers see it once this row is there; a replaced one is gone after a while."""

    tier = models.CharField(
        max_length=8
    )  # minute, hour, day: how much one file holds; mean: hourly figures
    path = models.CharField(max_length=255, unique=True)  # below the lake
    begins_at = models.DateTimeField()  # of receiving
    ends_at = models.DateTimeField()
    # Of the oldest reading in it: a terminal may have kept it for days.
    oldest_at = models.DateTimeField()
    rows = models.BigIntegerField()
    terminals = models.PositiveIntegerField()
    first_terminal = models.BigIntegerField()
    last_terminal = models.BigIntegerField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tier", "begins_at"], name="historypart_by_time")]


class Cursor(models.Model):
    """How far the writer of a shard is: committed with what it did."""

    name = models.CharField(max_length=16)  # state | history
    shard = models.PositiveSmallIntegerField()
    position = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["name", "shard"], name="cursor_once")]


class Tally(models.Model):
    """How often something happened at the terminals' door in an hour: check-ins, and refusals by code."""

    code = models.CharField(max_length=40)
    hour = models.DateTimeField()
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["code", "hour"], name="tally_once")]
