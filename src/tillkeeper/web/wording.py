"""Words for what comes as a code: kinds of things, fields and actions of the audit trail.

A code that has no words here is shown as it is: a new verb is never hidden for lack of a label.
"""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from tillkeeper.parties.wording import ACTION_LABELS
from tillkeeper.parties.wording import KIND_LABELS as NODE_LABELS
from tillkeeper.terminals.lifecycle import Step
from tillkeeper.terminals.wording import STEP_LABELS

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
# What a field may be, as refusals say it; marked here because they travel inside errors as plain text.
EXPECTATIONS: Final = (
    gettext_noop("4 digits"),
    gettext_noop("digits"),
    gettext_noop("a mail address"),
    gettext_noop("no card number"),
    gettext_noop("one of its choices"),
    gettext_noop("6 to 34 digits or letters"),
    gettext_noop("1 to 20 letters, digits, . - _"),
    gettext_noop("1 to 39 letters, digits, . - _"),
    gettext_noop("1 to 60 letters, digits, . @ + - _"),
    gettext_noop("18 characters with a right check character"),
    gettext_noop("a vendor for a vendor's contact, none for any other role"),
)


def field_label(name: str) -> str | Promise:
    """Return a field's name as forms show it."""
    return FIELD_LABELS.get(name, name)


def action_label(action: str) -> str | Promise:
    """Return what was done in words: a verb of the parties, or a step of a terminal."""
    kind, _dot, step = action.partition(".")
    if kind == "terminal" and step in STEP_LABELS:
        return STEP_LABELS[Step(step)]
    return ACTION_LABELS.get(action, action)


def kind_label(kind: str) -> str | Promise:
    """Return a kind of thing in words."""
    return KIND_LABELS.get(kind) or NODE_LABELS.get(kind, kind)
