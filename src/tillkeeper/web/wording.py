"""Words for what comes as a code: kinds of things, fields and actions of the audit trail.

A code that has no words here is shown as it is: a new verb is never hidden for lack of a label.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from tillkeeper.parties.wording import ACTION_LABELS
from tillkeeper.parties.wording import KIND_LABELS as NODE_LABELS
from tillkeeper.settlement import wording as money
from tillkeeper.telemetry import log_words
from tillkeeper.telemetry import wording as alerting
from tillkeeper.terminals.lifecycle import Step
from tillkeeper.terminals.wording import STEP_LABELS
from tillkeeper.web import trail_words

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
# Of these, what the trail tells of under the same word.
SUBJECTS: Final = (
    *("terminal", "model", "merchant", "site", "organisation"),
    *("vendor", "person", "token", "import", "view"),
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
        "email": _("Mail address"),
        "person": _("Person"),
        "query": _("Filter"),
        "columns": _("Columns"),
        "rows": _("Rows"),
        "serials": _("Selected one by one"),
        "filters": _("Filter"),
        "labels": _("Labels"),
        "sheet": _("Sheet"),
        "first": _("The first one"),
        "file": _("File"),
        "title": _("Title"),
        "sha256": _("Fingerprint (SHA-256)"),
        "mapping": _("Column mapping"),
        "all_or_nothing": _("All or nothing"),
        "status": _("State"),
        "new": _("New"),
        "changed": _("Changed"),
        "same": _("Same"),
        "refused": _("Refused"),
        "refused_codes": _("Refused, by reason"),
        "refused_lines": _("Fingerprint of the refused rows"),
        "made": _("Made along with it"),
        "notes": _("Notes"),
        "problem": _("Problem"),
        "document": _("Document"),
        "why": _("Reason"),
        "reference": _("Reference"),
        "evidence": _("Proof"),
        "holder_name": _("Held by"),
        "held_since": _("Held since"),
        "state_since": _("State since"),
        "terminal_id": _("Terminal id"),
        "tid": _("Terminal id"),
        "acquirer": _("Acquirer code"),
        "acquirer_code": _("Acquirer code"),
        "binding_id": _("Binding"),
        "organisation_id": _("Organisation"),
        "home_id": _("Home organisation"),
        "site_id": _("Site"),
        "tampered": _("Tampered"),
        "keyed": _("Keys injected"),
        "wiped": _("Keys and data wiped"),
        "tamper_cleared": _("Tamper check passed"),
        "accepted": _("Accepted by the merchant"),
        "refiled": _("Five elements re-filed"),
        "case_closed": _("Case closed"),
        "on_loan": _("On loan"),
        "tusn": _("TUSN"),
        "owner": _("Owner"),
        "supplier": _("Supplier"),
        "price": _("Price"),
        "price_minor": _("Price in minor units"),
        "currency": _("Currency"),
        "purchased_on": _("Purchase date"),
        "received_on": _("Stock-in date"),
        "installed_on": _("Installation date"),
        "warranty_until": _("Warranty until"),
        "due_back_on": _("Due back on"),
        "asset_tag": _("Asset tag"),
        "seal_number": _("Seal number"),
        "hardware_version": _("Hardware version"),
        "firmware_version": _("Firmware version"),
        "app_version": _("Application version"),
        "sim_iccid": _("SIM ICCID"),
        "remark": _("Remark"),
        "quantity": _("How many"),
        "acceptance": _("Acceptance reference"),
        "form": _("Form"),
        "pts_version": _("PTS version"),
        "end_of_sale_on": _("End of sale"),
        "end_of_support_on": _("End of support"),
        "scheme": _("Scheme"),
        "expires_on": _("Ends on"),
        "use_until": _("Use until"),
        "waiver": _("Waiver"),
        "source": _("Source"),
        "origin": _("Came with"),
        "received_from": _("Received from"),
        "received_to": _("Received until"),
        "overdue_on": _("Overdue on"),
        "slow_on": _("Slow on"),
        "approval_until": _("Approval ends by"),
        "q": _("Search text"),
        "language": _("Language"),
        "until": _("Until"),
        "deadline": _("Deadline"),
        "text": _("Note"),
        "theme": _("Theme"),
        "density": _("Density"),
    }
)
# Where a name means something else in one kind of change than everywhere else.
FACT_LABELS: Final[MappingProxyType[tuple[str, str], str | Promise]] = MappingProxyType(
    {
        ("model.approval", "number"): _("Approval number"),
        ("import.start", "kind"): _("What it lists"),
        ("import.failed", "code"): _("Reason"),
        ("terminals.export", "kind"): _("Format"),
        ("terminal.accessory_added", "kind"): _("What it is"),
        ("terminal.accessory_removed", "kind"): _("What it is"),
    }
)
# What was done to the estate beside the steps of a terminal, which have labels of their own.
ESTATE_ACTIONS: Final[Labels] = MappingProxyType(
    {
        "terminal.update": _("Facts corrected"),
        "terminal.tampered": _("Marked as tampered"),
        "terminal.order": _("Ordered"),
        "terminal.bind": _("Bound by import"),
        "terminal.import": _("Brought in by import"),
        "terminal.undo": _("Import taken back"),
        "terminal.evidence": _("Proof recorded"),
        "terminal.file": _("File added"),
        "terminal.accessory_added": _("Accessory added"),
        "terminal.accessory_removed": _("Accessory removed"),
        "terminals.export": _("Terminals exported"),
        "terminals.labels": _("Labels printed"),
        "model.create": _("Model created"),
        "model.update": _("Model changed"),
        "model.approval": _("Approval recorded"),
        "model.import": _("Brought in by import"),
        "model.undo": _("Import taken back"),
        "merchant.import": _("Brought in by import"),
        "merchant.undo": _("Import taken back"),
        "site.import": _("Brought in by import"),
        "site.undo": _("Import taken back"),
        "vendor.import": _("Brought in by import"),
        "vendor.undo": _("Import taken back"),
        "organisation.import": _("Brought in by import"),
        "organisation.undo": _("Import taken back"),
        "import.start": _("File uploaded for import"),
        "import.map": _("Column mapping chosen"),
        "import.check": _("Import to be checked"),
        "import.apply": _("Import started"),
        "import.done": _("Import done"),
        "import.failed": _("Import failed"),
        "import.cancel": _("Import stopped"),
        "import.undo": _("Import taken back"),
    }
)
# What a field may be, as refusals say it; marked here because they travel inside errors as plain text.
EXPECTATIONS: Final = (
    gettext_noop("4 digits"),
    gettext_noop("digits"),
    gettext_noop("20 digits"),
    gettext_noop("18 to 20 characters that begin with 89, as printed on the SIM card"),
    gettext_noop("a currency's code, as CNY"),
    gettext_noop("1 to %(most)s characters"),
    gettext_noop("%(least)s to %(most)s"),
    gettext_noop("at most %(most)s"),
    gettext_noop("at least 1"),
    gettext_noop("one of %(choices)s"),
    gettext_noop("degrees from -%(most)s to %(most)s"),
    gettext_noop("a date like 2026-03-05"),
    gettext_noop("a whole number of minor units, not negative"),
    gettext_noop("the reference of signature and test transaction"),
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


def fact_label(name: str, action: str = "") -> str | Promise:
    """Return a fact's name as the trail shows it, in a change of the kind `action`."""
    own = FACT_LABELS.get((action, name)) or trail_words.OF_ACTIONS.get((action, name))
    return own or FIELD_LABELS.get(name) or trail_words.FACTS.get(name, name)


def action_label(action: str) -> str | Promise:
    """Return what was done in words: a verb of the parties, or a step of a terminal."""
    kind, _dot, step = action.partition(".")
    if kind == "terminal" and step in STEP_LABELS:
        return STEP_LABELS[Step(step)]
    known = ACTION_LABELS.get(action) or ESTATE_ACTIONS.get(action)
    known = known or alerting.ACTION_LABELS.get(action) or log_words.ACTION_LABELS.get(action)
    known = known or trail_words.ACTIONS.get(action)
    return known or money.ACTION_LABELS.get(action, action)


def action_choices() -> list[tuple[str, str]]:
    """Return what the trail may tell, by code, in the order of the words."""
    steps = {f"terminal.{step}": label for step, label in STEP_LABELS.items()}
    rooms = (ACTION_LABELS, ESTATE_ACTIONS, alerting.ACTION_LABELS, log_words.ACTION_LABELS)
    return _sorted(steps, *rooms, trail_words.ACTIONS, money.ACTION_LABELS)


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds of things that the trail may tell of."""
    ours = {kind: KIND_LABELS[kind] for kind in SUBJECTS}
    others = (alerting.SUBJECT_LABELS, log_words.SUBJECT_LABELS, money.KIND_LABELS)
    return _sorted(ours, trail_words.SUBJECTS, *others)


def _sorted(*tables: Mapping[str, str | Promise]) -> list[tuple[str, str]]:
    merged = {str(code): str(label) for table in tables for code, label in table.items()}
    return sorted(merged.items(), key=lambda pair: pair[1])


def kind_label(kind: str) -> str | Promise:
    """Return a kind of thing in words."""
    known = KIND_LABELS.get(kind) or NODE_LABELS.get(kind) or trail_words.SUBJECTS.get(kind)
    known = known or alerting.SUBJECT_LABELS.get(kind) or log_words.SUBJECT_LABELS.get(kind)
    return known or money.KIND_LABELS.get(kind, kind)
