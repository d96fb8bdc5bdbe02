"""Tables of the estate. Nobody outside this room imports them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tillkeeper.terminals.lifecycle import AT_A_SITE, BOUND, Holder, State
from tillkeeper.terminals.wording import HOLDER_LABELS, STATE_LABELS


def known(values: type) -> list[str]:
    """Return the stored forms of an enumeration, for a constraint."""
    return [str(value) for value in values]  # type: ignore[attr-defined]


class TerminalModel(models.Model):
    """A model of terminal (机型) with the dates that end its usefulness (UPG-02)."""

    vendor = models.ForeignKey("parties.Vendor", models.PROTECT, related_name="terminal_models")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    form = models.CharField(max_length=16, default="countertop")
    pts_version = models.CharField(max_length=8, blank=True)
    end_of_sale_on = models.DateField(null=True, blank=True)
    end_of_support_on = models.DateField(null=True, blank=True)
    origin = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class ModelApproval(models.Model):
    """A certificate of a model: PCI PTS, UnionPay or national. `waiver` names who allowed buying after expiry."""

    model = models.ForeignKey(TerminalModel, models.CASCADE, related_name="approvals")
    scheme = models.CharField(max_length=24)
    number = models.CharField(max_length=40)
    hardware_version = models.CharField(max_length=40, blank=True)
    firmware_version = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField()
    use_until = models.DateField(
        null=True, blank=True
    )  # brand policy: may be used until, None: no end known
    waiver = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["model", "scheme", "number"], name="approval_once_per_model")
        ]


class Binding(models.Model):
    """One stay of a terminal with a merchant: the five elements (五要素) from a moment to a moment.

    The five: acquirer code, merchant number, unified credit code (or the responsible person's id number),
    settlement account, deployment address. Bindings of one terminal never overlap: an exclusion constraint on
    PostgreSQL and a trigger on SQLite see to it.
    """

    terminal = models.ForeignKey("Terminal", models.CASCADE, related_name="bindings")
    merchant = models.ForeignKey("parties.Merchant", models.PROTECT, related_name="bindings")
    site = models.ForeignKey("parties.Site", models.PROTECT, related_name="bindings")
    acquirer_code = models.CharField(max_length=11)
    tid = models.CharField(max_length=15)  # terminal id 终端号
    holder_code = models.CharField(
        max_length=20
    )  # unified credit code, or masked id number for 小微
    settlement_account_masked = models.CharField(max_length=40)
    settlement_account_hash = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=200)
    network_reference = models.CharField(max_length=40, blank=True)  # 入网回执
    refiling_reference = models.CharField(max_length=40, blank=True)
    document = models.CharField(max_length=40)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="binding_ends_after_it_begins",
            ),
            UniqueConstraint(
                fields=["terminal"],
                condition=Q(valid_to=None),
                name="binding_one_open_per_terminal",
            ),
            UniqueConstraint(
                fields=["acquirer_code", "tid"],
                condition=Q(valid_to=None),
                name="binding_one_open_per_tid",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["merchant"], condition=Q(valid_to=None), name="binding_open_by_merchant"
            ),
            models.Index(fields=["tid"], name="binding_by_tid"),
        ]


class Terminal(models.Model):
    """One payment terminal. It is bound exactly while it is in service at a site, and has a site while it is at one.

    `organisation` is where it is now in the tree (its branch, or the store), `path` that node's path, kept here so
    that a scope is one range of an index; `home` is the branch that answers for it.
    """

    serial = models.CharField(max_length=32, unique=True)
    tusn = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001  unique, so that blank is none
    model = models.ForeignKey(
        TerminalModel, models.PROTECT, related_name="terminals", db_index=False
    )
    state = models.CharField(
        max_length=16, choices=list(STATE_LABELS.items()), default=State.ORDERED
    )
    state_since = models.DateTimeField()
    organisation = models.ForeignKey(
        "parties.Organisation", models.PROTECT, related_name="terminals"
    )
    # Branches are never deleted. A constraint without an index would read the estate for each node that an undone
    # import takes away; an index would be written anew by every step.
    home = models.ForeignKey(
        "parties.Organisation",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    path = models.CharField(max_length=96)
    site = models.ForeignKey(
        "parties.Site", models.PROTECT, null=True, blank=True, related_name="terminals"
    )
    binding = models.ForeignKey(Binding, models.PROTECT, null=True, blank=True, related_name="+")
    holder = models.CharField(max_length=12, choices=list(HOLDER_LABELS.items()))
    holder_name = models.CharField(max_length=120, blank=True)
    held_since = models.DateTimeField()
    due_back_on = models.DateField(null=True, blank=True)
    owner = models.CharField(max_length=120, blank=True)
    supplier = models.ForeignKey(
        "parties.Vendor", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    price_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    purchased_on = models.DateField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True)
    installed_on = models.DateField(null=True, blank=True)
    warranty_until = models.DateField(null=True, blank=True)
    asset_tag = models.CharField(max_length=40, blank=True)
    seal_number = models.CharField(max_length=40, blank=True)
    hardware_version = models.CharField(max_length=40, blank=True)
    firmware_version = models.CharField(max_length=40, blank=True)
    app_version = models.CharField(max_length=40, blank=True)
    sim_iccid = models.CharField(max_length=22, blank=True)
    remark = models.CharField(max_length=200, blank=True)
    tampered = models.BooleanField(default=False)
    keyed = models.BooleanField(default=False)
    wiped = models.BooleanField(default=False)
    tamper_cleared = models.BooleanField(default=False)
    accepted = models.BooleanField(default=False)
    refiled = models.BooleanField(default=False)
    case_closed = models.BooleanField(default=False)
    on_loan = models.BooleanField(default=False)
    last_actor = models.CharField(
        max_length=120, blank=True
    )  # of the last step, for the four-eyes guard
    origin = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["tusn"], name="terminal_tusn_unique"),
            CheckConstraint(condition=Q(state__in=known(State)), name="terminal_state_known"),
            CheckConstraint(condition=Q(holder__in=known(Holder)), name="terminal_holder_known"),
            CheckConstraint(
                condition=Q(state__in=sorted(AT_A_SITE), site__isnull=False)
                | (~Q(state__in=sorted(AT_A_SITE)) & Q(site__isnull=True)),
                name="terminal_has_site_iff_at_a_site",
            ),
            CheckConstraint(
                condition=Q(state__in=sorted(BOUND), binding__isnull=False)
                | (~Q(state__in=sorted(BOUND)) & Q(binding__isnull=True)),
                name="terminal_bound_iff_in_service",
            ),
            CheckConstraint(
                condition=~Q(state=State.ACTIVE.value, tampered=True),
                name="terminal_tampered_never_active",
            ),
        ]
        # Each begins with what a list is narrowed to or sorted by and ends with what it is narrowed to besides, so that
        # a page far down is reached inside the index.
        indexes: ClassVar = [
            models.Index(
                fields=["state", "serial", "model", "path", "site", "id"], name="terminal_by_state"
            ),
            models.Index(
                fields=["model", "state", "serial", "path", "received_on", "id"],
                name="terminal_by_model",
            ),
            models.Index(
                fields=["path", "state", "model", "serial", "id"], name="terminal_by_place"
            ),
            models.Index(
                fields=["state_since", "id", "state", "model", "path", "site", "received_on"],
                name="terminal_by_change",
            ),
            models.Index(
                fields=["received_on", "id", "state", "model", "path", "site"],
                name="terminal_by_receipt",
            ),
            models.Index(fields=["origin"], condition=~Q(origin=""), name="terminal_by_origin"),
        ]

    def __str__(self) -> str:
        return self.serial


class Accessory(models.Model):
    """Something that belongs to a terminal: power supply, base, paper cover, PIN pad."""

    terminal = models.ForeignKey(Terminal, models.CASCADE, related_name="accessories")
    kind = models.CharField(max_length=60)
    serial = models.CharField(max_length=40, blank=True)
    quantity = models.PositiveSmallIntegerField(default=1)


class Batch(models.Model):
    """A step asked for many terminals at once."""

    step = models.CharField(max_length=16)
    document = models.CharField(max_length=40)
    why = models.CharField(max_length=200)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    asked = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)


class BatchRefusal(models.Model):
    """A terminal that stayed where it was, with the refusal the verb for one would have given."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="refusals")
    serial = models.CharField(max_length=32)
    code = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)


class StepTaken(models.Model):
    """One transition: the history of a terminal. Written once; a database trigger refuses every update."""

    terminal = models.ForeignKey(Terminal, models.CASCADE, related_name="history")
    step = models.CharField(max_length=16)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    document = models.CharField(max_length=40)
    why = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=120)
    approver = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    holder = models.CharField(max_length=12, blank=True)
    holder_name = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=120, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, db_index=False, db_constraint=False
    )


class Evidence(models.Model):
    """Proof that a guard asks for: key injection (metadata only), wiping, tamper check, sign-off, re-filing."""

    terminal = models.ForeignKey(Terminal, models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=24)
    reference = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    file_sha256 = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()


class TerminalFile(models.Model):
    """A file that belongs to a terminal: photo, form, certificate."""

    terminal = models.ForeignKey(Terminal, models.CASCADE, related_name="files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    title = models.CharField(max_length=120)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()


def no_mapping() -> dict[str, Any]:
    """Nothing mapped yet."""
    return {}


class Import(models.Model):
    """One file brought in: what it was, how its columns were read, and what came of it."""

    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=16)  # terminals | models | merchants | sites | bindings
    organisation = models.ForeignKey("parties.Organisation", models.PROTECT, related_name="+")
    path = models.CharField(max_length=96)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    layout = models.JSONField(default=no_mapping)  # kind, sheet, encoding, titles, fingerprint
    mapping = models.JSONField(default=no_mapping)  # column index -> field name
    all_or_nothing = models.BooleanField(default=False)
    status = models.CharField(max_length=12, default="draft")
    dry_run = models.JSONField(default=no_mapping)  # counts of the last dry run
    result = models.JSONField(default=no_mapping)  # counts: new, changed, same, refused, made
    refused_sha256 = models.CharField(max_length=64, blank=True)
    problem = models.TextField(blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "checking",
                        "checked",
                        "queued",
                        "running",
                        "done",
                        "failed",
                        "cancelled",
                        "undone",
                    ]
                ),
                name="import_status_known",
            )
        ]


class ImportRefusal(models.Model):
    """A cell or a whole row that was refused: the first of a file; all are in its file of refused rows."""

    run = models.ForeignKey(Import, models.CASCADE, related_name="refusals")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)


class ImportChange(models.Model):
    """A row that was there before and that the import changed: what it was, so that it can be put back."""

    run = models.ForeignKey(Import, models.CASCADE, related_name="changes")
    subject = models.CharField(max_length=16)  # terminal | model | merchant | site | vendor
    subject_id = models.BigIntegerField()
    before = models.JSONField()
    version = models.PositiveIntegerField()  # the subject's version after the change


class ImportLayout(models.Model):
    """A column mapping that somebody confirmed, remembered for the next file with the same titles."""

    fingerprint = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    root = models.CharField(max_length=64)
    mapping = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["fingerprint", "kind", "root"], name="import_layout_once")
        ]
