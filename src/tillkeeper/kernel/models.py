"""Tables of the kernel. Nobody outside this room imports them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q, UniqueConstraint


class AuditChain(models.Model):
    """The head of one organisation's chain: its row is locked while entries are added."""

    root = models.CharField(max_length=64, unique=True)
    sequence = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)


class AuditEntry(models.Model):
    """One change or sensitive read. Written once; a database trigger refuses every update."""

    # Written only with the chain's row locked: a check a row and an index of its own would buy nothing.
    chain = models.ForeignKey(
        AuditChain, models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    sequence = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=120)
    source = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=120)
    place = models.CharField(max_length=96)
    before = models.TextField()
    after = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["chain", "sequence"], name="audit_sequence_unique")
        ]
        indexes: ClassVar = [models.Index(fields=["subject"], name="audit_by_subject")]


class Delivery(models.Model):
    """One event owed to one handler."""

    event_id = models.UUIDField()
    handler = models.CharField(max_length=200)
    body = models.JSONField()
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["event_id", "handler"], name="delivery_once_per_handler")
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(done_at=None), name="delivery_owed")
        ]


class DocumentCounter(models.Model):
    """The last number given out, per organisation, kind and day."""

    root = models.CharField(max_length=64)
    prefix = models.CharField(max_length=8)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["root", "prefix", "day"], name="document_counter_unique")
        ]


class Document(models.Model):
    """A business document: the paper behind a change, with its human number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    root = models.CharField(max_length=64)
    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=32, db_index=True)
    place = models.CharField(max_length=96)
    title = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["root", "number"], name="document_number_unique")
        ]


class StoredFile(models.Model):
    """A file kept by content: its name in the store is its SHA-256."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120)
    name = models.CharField(max_length=255)
    retention_class = models.CharField(max_length=32)
    stored_at = models.DateTimeField()
    stored_by = models.CharField(max_length=120)


class PolicyRule(models.Model):
    """A number that people decide, with its source and the day from which it counts."""

    rule = models.CharField(max_length=64)
    jurisdiction = models.CharField(max_length=8, default="*")
    value = models.JSONField()
    effective_from = models.DateField()
    source = models.CharField(max_length=300)
    verified = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["rule", "jurisdiction", "effective_from"], name="policy_rule_unique"
            )
        ]


class IdempotencyKey(models.Model):
    """The answer that was given to a post, kept so that the same post again gets the same answer."""

    key = models.CharField(max_length=80)
    actor = models.CharField(max_length=120)
    request = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["actor", "key"], name="idempotency_key_unique")
        ]
