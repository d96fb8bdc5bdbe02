"""Rules, and the matching runs that used them."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.settlement.lifecycle import RunState
from tillkeeper.settlement.models.defaults import PATH, nothing
from tillkeeper.settlement.models.files import MoneyFile


class RuleBook(models.Model):
    """One version of an organisation's rules: calendars, cut-offs, tolerances, fee plans. Written once."""

    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    version = models.PositiveIntegerField()
    text = models.TextField()  # TOML
    sha256 = models.CharField(max_length=64)
    why = models.CharField(max_length=200)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["organisation", "version"], name="rulebook_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}/{self.version}"


class MatchingRun(models.Model):
    """One matching of files, with the versions and hashes of all that it used. Kept also when it went badly."""

    number = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    day = models.DateField()  # the business day that is matched
    as_of = models.DateField()  # decides what is held and what is missing
    rules = models.ForeignKey(RuleBook, models.PROTECT, null=True, blank=True, related_name="+")
    files = models.ManyToManyField(MoneyFile, related_name="runs")
    named = models.BooleanField(default=False)  # somebody chose the files, not the day
    state = models.CharField(max_length=12)
    summary = models.JSONField(default=nothing)
    versions = models.JSONField(default=nothing)
    differences_sha256 = models.CharField(max_length=64, blank=True)
    cases_opened = models.IntegerField(default=0)
    cases_vanished = models.IntegerField(default=0)
    problem = models.JSONField(default=nothing)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(RunState)), name="run_state_known")
        ]
        indexes: ClassVar = [models.Index(fields=["path", "day"], name="run_by_place")]

    def __str__(self) -> str:
        return self.number
