"""Words for what comes as a code: kinds of things, fields and actions of the audit trail.

A code that has no words here is shown as it is: a new verb is never hidden for lack of a label.
"""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Labels = MappingProxyType[str, str | Promise]

KIND_LABELS: Final[Labels] = MappingProxyType(
    {
        "terminal": _("terminal"),
        "terminal model": _("terminal model"),
        "model": _("terminal model"),
        "merchant": _("merchant"),
        "site": _("site"),
        "organisation": _("organisation"),
        "vendor": _("vendor"),
        "person": _("person"),
        "role": _("role"),
        "token": _("API token"),
        "import": _("import"),
        "file": _("file"),
        "policy": _("policy"),
        "view": _("saved view"),
        "saved view": _("saved view"),
    }
)
FIELD_LABELS: Final[Labels] = MappingProxyType(
    {
        "name": _("Name"),
        "number": _("Merchant number"),
        "code": _("Code"),
        "kind": _("Kind"),
        "parent": _("Belongs to"),
        "parent_code": _("Belongs to"),
        "path": _("Place in the tree"),
        "uscc": _("Unified social credit code"),
        "id_number": _("Id number of the responsible person"),
        "id_number_masked": _("Id number of the responsible person"),
        "settlement_account": _("Settlement account"),
        "settlement_account_masked": _("Settlement account"),
        "mcc": _("Merchant category (MCC)"),
        "contact": _("Contact"),
        "phone": _("Telephone"),
        "address": _("Address"),
        "province": _("Province"),
        "city": _("City"),
        "latitude": _("Latitude"),
        "longitude": _("Longitude"),
        "merchant": _("Merchant"),
        "merchant_number": _("Merchant"),
        "organisation": _("Organisation"),
        "username": _("User name"),
        "display_name": _("Name"),
        "password": _("Password"),
        "is_active": _("Active"),
        "active": _("Active"),
        "role": _("Role"),
        "vendor": _("Vendor"),
        "scopes": _("Rights"),
        "expires_at": _("Expires"),
        "days": _("Days until it expires"),
        "state": _("State"),
        "model": _("Model"),
        "serial": _("Serial number"),
        "site": _("Site"),
        "holder": _("Holder"),
        "custodian": _("Custodian"),
        "language": _("Language"),
        "theme": _("Theme"),
        "density": _("Density"),
    }
)
ACTION_LABELS: Final[Labels] = MappingProxyType(
    {
        "merchant.create": _("Merchant added"),
        "merchant.update": _("Merchant changed"),
        "site.create": _("Site added"),
        "site.update": _("Site changed"),
        "organisation.create": _("Organisation added"),
        "organisation.update": _("Organisation changed"),
        "organisation.move": _("Organisation moved"),
        "vendor.create": _("Vendor added"),
        "vendor.update": _("Vendor changed"),
        "person.create": _("Person added"),
        "person.update": _("Person changed"),
        "person.deactivate": _("Person shut out"),
        "person.set_password": _("Password set"),
        "role.grant": _("Role granted"),
        "role.revoke": _("Role taken away"),
        "token.issue": _("API token issued"),
        "token.revoke": _("API token revoked"),
    }
)


def field_label(name: str) -> str | Promise:
    """Return a field's name as forms show it."""
    return FIELD_LABELS.get(name, name)


def action_label(action: str) -> str | Promise:
    """Return what was done in words."""
    return ACTION_LABELS.get(action, action)


def kind_label(kind: str) -> str | Promise:
    """Return a kind of thing in words."""
    return KIND_LABELS.get(kind, kind)
