"""What is asked of terminals from afar."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState
from tillkeeper.telemetry.models.defaults import nothing


class ActionOrder(models.Model):
    """A deed asked for one or for a hundred thousand terminals.

    Its version counts up with every change that those who hand actions out must hear of; terminals are handed only
    what belongs to a running order, so one row changed stops a hundred thousand.
    """

    number = models.CharField(max_length=40, unique=True)
    key = models.CharField(
        max_length=64, blank=True
    )  # of whoever asks, so that asking twice is asking once
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=96)  # the place that covers all its terminals
    kind = models.CharField(max_length=16)
    arguments = models.JSONField(default=nothing)
    state = models.CharField(max_length=12)
    why = models.CharField(max_length=200)
    selection = models.JSONField(default=nothing)  # what was chosen: serials, or the filter
    window = models.JSONField(
        default=nothing
    )  # {"from": "22:00", "to": "06:00"} at the site; empty: any time
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    shuts_at = models.DateTimeField(null=True)  # when the next of its windows shuts
    asked = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    planned_to = models.BigIntegerField(default=0)  # the last terminal that was planned or refused
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    approver = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=120, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # nothing of it waits any more
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(kind__in=list(ActionKind)), name="actionorder_kind_known"),
            CheckConstraint(
                condition=Q(state__in=list(OrderState)), name="actionorder_state_known"
            ),
            UniqueConstraint(
                fields=["by", "key"], condition=~Q(key=""), name="actionorder_asked_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["path", "at"], name="actionorder_by_place"),
            models.Index(fields=["at"], name="actionorder_by_time"),
            models.Index(fields=["state"], condition=Q(ended_at=None), name="actionorder_going_on"),
        ]

    def __str__(self) -> str:
        return self.number


class Action(models.Model):
    """One terminal's part of an order."""

    # The indexes below begin with both, so that neither needs one of its own.
    order = models.ForeignKey(ActionOrder, models.PROTECT, related_name="actions", db_index=False)
    terminal = models.ForeignKey(
        "terminals.Terminal", models.CASCADE, related_name="actions", db_index=False
    )
    state = models.CharField(max_length=12)
    not_before = models.DateTimeField()  # the order's, or when the site's window opens
    not_after = models.DateTimeField()  # when the window shuts; the order's end
    sent_at = models.DateTimeField(null=True)
    times_sent = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)  # when the terminal's word came in
    ended_at = models.DateTimeField(null=True)  # when it was written down that it waits no more
    code = models.CharField(max_length=64, blank=True)
    said = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=nothing)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=list(ActionState)), name="action_state_known"),
            UniqueConstraint(fields=["order", "terminal"], name="action_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["terminal", "id"], name="action_by_terminal"),
            models.Index(fields=["order", "state", "id"], name="action_by_state"),
            models.Index(
                fields=["order", "ended_at"],
                condition=Q(ended_at__isnull=False),
                name="action_by_end",
            ),
        ]


class ActionRefusal(models.Model):
    """A terminal that an order leaves out, and why."""

    order = models.ForeignKey(ActionOrder, models.CASCADE, related_name="refusals", db_index=False)
    serial = models.CharField(max_length=32)
    code = models.CharField(max_length=60)
    facts = models.JSONField(default=nothing)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["order", "id"], name="actionrefusal_by_order")]
