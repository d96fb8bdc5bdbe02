"""Batches that cannot settle, and the checks of their way."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.settlement.lifecycle import TroubleState, Verdict
from tillkeeper.settlement.models.cases import Case
from tillkeeper.settlement.models.defaults import PATH, nothing


class Trouble(models.Model):
    """A terminal's batch that cannot settle, on its way to a settled batch or to a case with all that was found."""

    number = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    mid = models.CharField(max_length=40)
    tid = models.CharField(max_length=20)
    batch = models.CharField(max_length=12, blank=True)  # blank: all of the day
    day = models.DateField()  # business day of the batch
    symptom = models.CharField(max_length=24, blank=True)  # what the merchant or technician saw
    state = models.CharField(max_length=12)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="troubles")
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(TroubleState)), name="trouble_state_known"),
            UniqueConstraint(
                fields=["organisation", "mid", "tid", "batch", "day"],
                condition=Q(ended_at=None),
                name="trouble_open_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["path", "at"], name="trouble_by_place")]

    def __str__(self) -> str:
        return self.number


class TroubleCheck(models.Model):
    """One check of a trouble, as it came out in one round, or what a person did. Written once."""

    trouble = models.ForeignKey(Trouble, models.PROTECT, related_name="checks")
    round = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    check_code = models.CharField(max_length=40)  # blank: a person's word
    verdict = models.CharField(max_length=12)
    facts = models.JSONField(default=nothing)
    text = models.CharField(max_length=1000, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(verdict__in=["", *Verdict]), name="troublecheck_verdict_known"
            ),
            UniqueConstraint(
                fields=["trouble", "round", "position"], name="troublecheck_position_once"
            ),
        ]
