"""Logs that terminals sent, and what stands in them."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.models.actions import Action
from tillkeeper.telemetry.models.defaults import none_yet


class LogUpload(models.Model):
    """A log on its way here, in pieces, or here."""

    terminal = models.ForeignKey("terminals.Terminal", models.CASCADE, related_name="logs")
    key = models.CharField(max_length=40)  # the terminal's own name of the upload
    action = models.ForeignKey(Action, models.SET_NULL, null=True, related_name="logs")
    name = models.CharField(max_length=64, blank=True)
    pieces = models.PositiveSmallIntegerField()
    here = models.JSONField(default=none_yet)  # index, SHA-256 and size of each piece
    state = models.CharField(max_length=12)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # in the file store
    lines = models.PositiveIntegerField(default=0)
    family = models.CharField(max_length=40, blank=True)  # whose patterns it was read by
    cards = models.PositiveIntegerField(default=0)  # card numbers that were cut
    problem = models.CharField(max_length=200, blank=True)  # code of why it could not be read
    at = models.DateTimeField()
    complete_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["terminal", "key"], name="logupload_once"),
            CheckConstraint(condition=Q(state__in=list(UploadState)), name="logupload_state_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["terminal", "at"], name="logupload_by_terminal")]


class LogPattern(models.Model):
    """A kind of line: what stays of it when numbers and names are masked; or words or a code that mean a fault."""

    family = models.CharField(max_length=40)  # the maker whose logs these are; blank: any
    key = models.CharField(max_length=60)  # kind:12 of the miner, phrase:…, code:…, name:…, host:…
    template = models.CharField(max_length=500)
    example = models.CharField(max_length=300, blank=True)  # a line of it, masked
    state = models.CharField(max_length=8)
    fault = models.CharField(max_length=24, blank=True)  # code of the fault table
    serious = models.BooleanField(default=False)  # speaks of something going wrong
    times = models.BigIntegerField(default=0)
    logs = models.BigIntegerField(default=0)  # in how many it was found
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    judged_by = models.CharField(max_length=120, blank=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["family", "key"], name="logpattern_once"),
            CheckConstraint(
                condition=Q(state__in=list(PatternState)), name="logpattern_state_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-last_at"], name="logpattern_by_state"),
        ]


class LogFinding(models.Model):
    """Lines of one kind in one log that matter: how many, and where the first stands with its neighbours."""

    upload = models.ForeignKey(LogUpload, models.CASCADE, related_name="findings")
    pattern = models.ForeignKey(LogPattern, models.PROTECT, related_name="findings")
    fault = models.CharField(max_length=24, blank=True)
    new = models.BooleanField(default=False)  # nobody had seen such a line before
    first_line = models.PositiveIntegerField()
    offset = models.BigIntegerField()  # byte at which the first one's neighbours begin
    times = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()


class PatternMemory(models.Model):
    """The snapshot of the miner of patterns for one maker's logs."""

    family = models.CharField(max_length=40, unique=True)
    body = models.BinaryField()
    version = models.PositiveIntegerField(
        default=0
    )  # counts up with every log that was learnt from
    at = models.DateTimeField()
