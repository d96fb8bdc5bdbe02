"""What was brought in: files, layouts declared for them, and the places they are fetched from."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.settlement.lifecycle import DropKind, FileState
from tillkeeper.settlement.models.defaults import PATH, none_yet, nothing


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
