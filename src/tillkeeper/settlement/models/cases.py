"""What does not agree, what was decided about it, and its story."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from tillkeeper.settlement.errors import CaseStepRefused
from tillkeeper.settlement.lifecycle import MOVES, UNSETTLED, CaseState, CaseStep, Remedy
from tillkeeper.settlement.models.defaults import PATH, none_yet, nothing
from tillkeeper.settlement.models.files import MoneyFile
from tillkeeper.settlement.models.runs import MatchingRun


class Case(models.Model):
    """A payment or payout that does not agree. The same difference found again by a later run is the same case."""

    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    key = models.CharField(max_length=64)  # of the payment: what a later run knows it by
    first_run = models.ForeignKey(MatchingRun, models.PROTECT, null=True, related_name="+")
    run = models.ForeignKey(
        MatchingRun, models.PROTECT, null=True, related_name="cases"
    )  # the last that found it; none: somebody opened it by hand
    difference = models.CharField(max_length=32)
    cause = models.CharField(max_length=40)
    confidence = models.PositiveSmallIntegerField()  # per cent
    mid = models.CharField(max_length=40, blank=True)
    tid = models.CharField(max_length=20, blank=True)
    batch = models.CharField(max_length=12, blank=True)
    trace = models.CharField(max_length=20, blank=True)
    rrn = models.CharField(max_length=40, blank=True)
    order_no = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(null=True)
    other_minor = models.BigIntegerField(null=True)
    fee_minor = models.BigIntegerField(null=True)
    expected_fee_minor = models.BigIntegerField(null=True)
    at_stake_minor = (
        models.BigIntegerField()
    )  # what is in doubt; positive: we hold it, negative: it is missing
    size_minor = models.BigIntegerField()  # the same without its sign: what queues sort by
    at = models.DateTimeField(null=True)
    day = models.DateField(
        null=True
    )  # business day of the payment; of a payout: the day it settles
    due_on = models.DateField(null=True)
    source_file = models.ForeignKey(MoneyFile, models.PROTECT, null=True, related_name="+")
    source_line = models.BigIntegerField(null=True)
    other_file = models.ForeignKey(MoneyFile, models.PROTECT, null=True, related_name="+")
    other_line = models.BigIntegerField(null=True)
    sentence = models.TextField()
    evidence = models.JSONField(default=nothing)
    others = models.JSONField(default=none_yet)
    state = models.CharField(max_length=12)
    owner = models.CharField(max_length=120, blank=True)  # person's name
    held_until = models.DateField(null=True)
    deadline = models.DateField(null=True)  # of a dispute
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # and nothing else tells that it is settled
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(CaseState)), name="case_state_known"),
            CheckConstraint(
                condition=Q(closed_at=None, state__in=sorted(UNSETTLED))
                | Q(closed_at__isnull=False, state__in=sorted(set(CaseState) - UNSETTLED)),
                name="case_closed_when_settled",
            ),
            UniqueConstraint(fields=["organisation", "key"], name="case_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["state", "-size_minor", "id", "difference", "path", "owner"],
                name="case_by_size",
            ),
            models.Index(
                fields=["state", "opened_at", "id", "difference", "path", "owner"],
                name="case_by_age",
            ),
            models.Index(fields=["state", "difference", "path"], name="case_by_class"),
            # What a queue shows unless it is told otherwise: all that is not settled.
            models.Index(
                fields=["-size_minor", "id", "difference", "path", "owner"],
                condition=Q(closed_at=None),
                name="case_unsettled_by_size",
            ),
            models.Index(
                fields=["opened_at", "id", "difference", "path", "owner"],
                condition=Q(closed_at=None),
                name="case_unsettled_by_age",
            ),
            models.Index(
                fields=[
                    "difference",
                    "currency",
                    "owner",
                    "state",
                    "path",
                    "size_minor",
                    "opened_at",
                ],
                condition=Q(closed_at=None),
                name="case_unsettled_by_class",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.difference} {self.trace or self.order_no}"

    def require(self, step: CaseStep) -> CaseState:
        """Return the state that a step leads to.

        Raises:
            CaseStepRefused: the state does not allow it.
        """
        state = CaseState(self.state)
        if (state, step) not in MOVES:
            raise CaseStepRefused(case=self.pk, step=step, state=state)
        return MOVES[state, step]

    def take(self, step: CaseStep) -> None:
        """Move along the table.

        Raises:
            CaseStepRefused: the state does not allow it.
        """
        self.state = self.require(step)
        self.version += 1


class HandMatch(models.Model):
    """Rows of which a person says that they belong together: one to one, one to many, many to many."""

    number = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    currency = models.CharField(max_length=3)
    left_minor = (
        models.BigIntegerField()
    )  # what the rows do not explain of each other, signed as a stake
    remedy = models.CharField(
        max_length=12, blank=True
    )  # what becomes of it; blank: nothing is left
    why = models.CharField(max_length=400)
    state = models.CharField(max_length=12)  # as a decision's
    proposed_by = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()
    settled_by = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_why = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=~Q(settled_by=F("proposed_by")), name="handmatch_four_eyes"),
            CheckConstraint(
                condition=Q(left_minor=0, remedy="") | (~Q(left_minor=0) & ~Q(remedy="")),
                name="handmatch_explains_all",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Decision(models.Model):
    """What was decided about a case, by whom, and who confirmed it."""

    number = models.CharField(max_length=40, unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    hand_match = models.ForeignKey(
        HandMatch, models.PROTECT, null=True, related_name="decisions"
    )  # of several cases at once
    remedy = models.CharField(max_length=12)
    amount_minor = models.BigIntegerField()  # signed as the case's
    currency = models.CharField(max_length=3)
    why = models.CharField(max_length=400)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12)  # proposed | confirmed | refused | reversed
    proposed_by = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()
    settled_by = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_why = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(remedy__in=list(Remedy)), name="decision_remedy_known"),
            # Whoever proposed never confirms; below the limit nobody needs to, and `settled_by` stays blank.
            CheckConstraint(condition=~Q(settled_by=F("proposed_by")), name="decision_four_eyes"),
            UniqueConstraint(
                fields=["case"], condition=Q(state="proposed"), name="decision_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CaseNote(models.Model):
    """One line of a case's story: a step, a word, a file. Written once."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    step = models.CharField(max_length=12, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
