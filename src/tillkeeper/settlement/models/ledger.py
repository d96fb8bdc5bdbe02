"""The money ledger, and what merchants were told of it."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q

from tillkeeper.settlement.lifecycle import Account, What
from tillkeeper.settlement.models.cases import Decision
from tillkeeper.settlement.models.defaults import PATH, nothing
from tillkeeper.settlement.models.runs import MatchingRun


class Posting(models.Model):
    """Entries that belong together and sum to zero. Written once; undone only by a posting that reverses it."""

    number = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    kind = models.CharField(max_length=20)  # see lifecycle.PostingKind
    why = models.CharField(max_length=400)
    day = models.DateField()  # the business day it counts for
    run = models.ForeignKey(MatchingRun, models.PROTECT, null=True, related_name="postings")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, related_name="postings")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["path", "day"], name="posting_by_place")]

    def __str__(self) -> str:
        return self.number


class Entry(models.Model):
    """An amount on an account. Written once. A debit is positive, a credit negative."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="entries")
    account = models.CharField(max_length=20)
    mid = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    payments = models.IntegerField(default=0)  # how many payments it sums up
    what = models.CharField(max_length=12, blank=True)  # see lifecycle.What

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(account__in=list(Account)), name="entry_account_known"),
            CheckConstraint(condition=Q(what__in=["", *What]), name="entry_what_known"),
            CheckConstraint(condition=~Q(amount_minor=0), name="entry_is_something"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "mid", "currency"], name="entry_by_account")
        ]


class MerchantStatement(models.Model):
    """What a merchant was told for a period, with the hash of what it said. Written once."""

    number = models.CharField(max_length=40, unique=True)
    merchant = models.ForeignKey("parties.Merchant", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    first_day = models.DateField()
    last_day = models.DateField()
    currency = models.CharField(max_length=3)
    totals = models.JSONField(default=nothing)  # what it said: see services.statements
    sha256 = models.CharField(max_length=64)  # of its canonical text
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["merchant", "first_day"], name="statement_by_merchant")
        ]

    def __str__(self) -> str:
        return self.number
