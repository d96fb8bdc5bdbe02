"""Tables of the parties. Nobody outside this room imports them."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import path_step
from tillkeeper.parties.roles import Role


class Organisation(models.Model):
    """A node of the tree: head office, branch, agent, merchant or store.

    `path` is made of the ids from the root down, six base-36 digits each, so that a node and all below it are one
    range of an index.
    """

    class Kind(models.TextChoices):
        HEAD_OFFICE = "head_office", _("head office")
        BRANCH = "branch", _("branch")
        AGENT = "agent", _("agent")
        MERCHANT = "merchant", _("merchant")
        STORE = "store", _("store")

    kind = models.CharField(max_length=16, choices=Kind)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=96, unique=True)
    origin = models.CharField(
        max_length=40, blank=True
    )  # number of the document that brought it in
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(kind__in=["head_office", "branch", "agent", "merchant", "store"]),
                name="organisation_kind_known",
            ),
            CheckConstraint(condition=~Q(parent=F("id")), name="organisation_not_its_own_parent"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "name"], name="organisation_by_kind")]

    def __str__(self) -> str:
        return self.name

    def place(self) -> None:
        """Set `path` from the parent's and the own id."""
        self.path = (self.parent.path if self.parent else "") + path_step(self.pk)


class Vendor(models.Model):
    """A maker or supplier of terminals."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120, unique=True)
    contact = models.CharField(max_length=120, blank=True)
    origin = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Merchant(models.Model):
    """Who sells: the holder of a merchant id (商户). Personal and account data are kept masked, with a keyed hash."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="merchant")
    number = models.CharField(max_length=20, unique=True)  # MID 商户号
    name = models.CharField(max_length=120)
    uscc = models.CharField(max_length=18, blank=True)  # unified social credit code
    id_number_masked = models.CharField(
        max_length=20, blank=True
    )  # of the responsible person, for 小微
    id_number_hash = models.CharField(max_length=64, blank=True)
    settlement_account_masked = models.CharField(max_length=40, blank=True)
    settlement_account_hash = models.CharField(max_length=64, blank=True)
    mcc = models.CharField(max_length=4, blank=True)
    contact = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    origin = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name"], name="merchant_by_name")]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """Where a merchant sells: a store with an address (布放地址)."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="site")
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="sites")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    province = models.CharField(max_length=40, blank=True)
    city = models.CharField(max_length=40, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    contact = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    origin = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(latitude=None) | Q(latitude__gte=-90, latitude__lte=90),
                name="site_latitude_in_range",
            ),
            CheckConstraint(
                condition=Q(longitude=None) | Q(longitude__gte=-180, longitude__lte=180),
                name="site_longitude_in_range",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["province", "city"], name="site_by_place")]

    def __str__(self) -> str:
        return self.name


def no_preferences() -> dict[str, Any]:
    """Nothing chosen yet."""
    return {}


class Person(AbstractUser):
    """Somebody who signs in. `preferences`: theme, density, language, columns by page."""

    display_name = models.CharField(max_length=60, blank=True)
    preferences = models.JSONField(default=no_preferences, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.display_name or self.username


class RoleGrant(models.Model):
    """A role held by a person at a node: it counts there and below."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="grants")
    vendor = models.ForeignKey(Vendor, models.PROTECT, null=True, blank=True)
    granted_by = models.CharField(max_length=120)
    granted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["person", "role", "organisation"], name="grant_once"),
            CheckConstraint(
                condition=Q(role__in=[str(role) for role in Role]), name="grant_role_known"
            ),
            CheckConstraint(
                condition=Q(role=str(Role.VENDOR_CONTACT), vendor__isnull=False)
                | (~Q(role=str(Role.VENDOR_CONTACT)) & Q(vendor__isnull=True)),
                name="grant_vendor_iff_vendor_contact",
            ),
        ]


class ApiToken(models.Model):
    """A key for programs. Only its hash is kept; the key itself is shown once."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class SavedView(models.Model):
    """A named set of filters, sort and columns of one page; a shared one is seen at its place and below."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="views")
    page = models.CharField(max_length=32)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    columns = models.JSONField(default=list)
    shared_at = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["person", "page", "name"], name="view_name_once")
        ]
