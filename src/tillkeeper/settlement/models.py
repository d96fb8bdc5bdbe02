"""Tables of settlement. What agrees has no row here."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from tillkeeper.settlement.errors import CaseStepRefused
from tillkeeper.settlement.lifecycle import (
    MOVES,
    UNSETTLED,
    Account,
    CaseState,
    CaseStep,
    DropKind,
    FileState,
    Remedy,
    RunState,
    TroubleState,
    Verdict,
    What,
)

PATH = 96  # characters of a place, as in every room


def nothing() -> dict[str, Any]:
    """Nothing yet."""
    return {}


def none_yet() -> list[Any]:
    """None yet."""
    return []


class MoneyFile(models.Model):
    """A journal, bill or statement that was brought in: taken whole, or refused with the reason."""

    number = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    role = models.CharField(max_length=12, blank=True)
    format = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    content = models.CharField(
        max_length=80, blank=True
    )  # the same for the same rows under any name
    size = models.BigIntegerField()
    rows = models.BigIntegerField(default=0)
    sums = models.JSONField(default=nothing)  # by currency, minor units
    checks = models.JSONField(default=none_yet)
    set_aside = models.JSONField(default=none_yet)  # the first of them
    set_aside_count = models.IntegerField(default=0)
    facts = models.JSONField(default=nothing)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12)
    problem = models.JSONField(default=nothing)  # code, sentence, facts of the refusal
    origin = models.CharField(max_length=120, blank=True)  # person, folder or SFTP drop
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(FileState)), name="moneyfile_state_known"),
            UniqueConstraint(
                fields=["organisation", "sha256"],
                condition=Q(state="taken"),
                name="moneyfile_taken_once",
            ),
            UniqueConstraint(
                fields=["organisation", "role", "content"],
                condition=Q(state="taken") & ~Q(content=""),
                name="moneyfile_content_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["path", "at"], name="moneyfile_by_place")]

    def __str__(self) -> str:
        return self.number


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


class Layout(models.Model):
    """One version of a layout that an organisation declared for a bill of its own. Written once; the newest counts."""

    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    name = models.CharField(max_length=60)  # the format's name, as in `formats show`
    version = models.PositiveIntegerField()
    text = models.TextField()  # TOML; blank: the layout is taken out of use
    sha256 = models.CharField(max_length=64)
    proof = models.JSONField(default=nothing)  # what the check of a real file said of it
    why = models.CharField(max_length=200)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["organisation", "name", "version"], name="layout_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


class Drop(models.Model):
    """A place from which files are fetched by themselves: a folder of the server, or one on somebody's SFTP."""

    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=PATH)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8)
    address = models.CharField(
        max_length=400
    )  # a folder below the root of drops, or sftp://user@host:port/folder
    host_key = models.CharField(
        max_length=800, blank=True
    )  # of the other server, as OpenSSH writes it; never trusted at sight
    enabled = models.BooleanField(default=True)
    looked_at = models.DateTimeField(null=True)
    seen = models.JSONField(default=nothing)  # how each unfinished file looked at the last round
    problem = models.JSONField(default=nothing)  # of the last round
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(kind__in=list(DropKind)), name="drop_kind_known"),
            UniqueConstraint(fields=["organisation", "name"], name="drop_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


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


class CaseNote(models.Model):
    """One line of a case's story: a step, a word, a file. Written once."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    step = models.CharField(max_length=12, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()


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
