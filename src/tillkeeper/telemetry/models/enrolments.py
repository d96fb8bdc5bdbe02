"""Who may speak."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, UniqueConstraint


class ActivationCode(models.Model):
    """A code that lets a terminal enrol once. Only its digest is kept; the code is shown when it is made."""

    terminal = models.ForeignKey(
        "terminals.Terminal", models.CASCADE, related_name="activation_codes"
    )
    digest = models.CharField(max_length=64, unique=True)
    # The key the terminal has ends when the new one enrols.
    replaces = models.BooleanField(default=False)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["terminal"],
                condition=Q(used_at=None, withdrawn_at=None),
                name="activationcode_one_waiting",
            )
        ]


class Enrolment(models.Model):
    """A terminal's key, from when it enrolled until it is revoked. A terminal has one at a time."""

    terminal = models.ForeignKey("terminals.Terminal", models.CASCADE, related_name="enrolments")
    public_key = models.CharField(max_length=64)  # Ed25519, base64url
    agent = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    source = models.CharField(max_length=64, blank=True)  # the address it came from
    token_until = models.DateTimeField(null=True)  # when the last token given out ends
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=120, blank=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["terminal"], condition=Q(revoked_at=None), name="enrolment_one_open"
            ),
            UniqueConstraint(fields=["public_key"], name="enrolment_key_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["revoked_at"], condition=~Q(revoked_at=None), name="enrolment_by_revocation"
            )
        ]


class UsedNonce(models.Model):
    """A nonce that was taken: the same proof is not good twice. Forgotten when its moment is too old to be taken."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["enrolment", "nonce"], name="usednonce_once")
        ]


class Doubt(models.Model):
    """A sign that a terminal exists twice: two keys, two counters, two places at once. It raises tamper risk."""

    terminal = models.ForeignKey("terminals.Terminal", models.CASCADE, related_name="doubts")
    code = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=120, blank=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["terminal", "code"], condition=Q(dismissed_at=None), name="doubt_open_once"
            )
        ]
