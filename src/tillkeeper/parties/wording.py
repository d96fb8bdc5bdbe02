"""Roles, rights, kinds and recorded actions in words, each written out whole for translation."""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.parties.roles import Right, Role

KIND_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "head_office": _("head office"),
        "branch": _("branch"),
        "agent": _("agent"),
        "merchant": _("merchant"),
        "store": _("store"),
    }
)
ROLE_LABELS: Final[MappingProxyType[Role, str | Promise]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: _("administrator"),
        Role.ESTATE_MANAGER: _("estate manager"),
        Role.WAREHOUSE_KEEPER: _("warehouse keeper"),
        Role.PURCHASER: _("purchaser"),
        Role.KEY_CUSTODIAN: _("key custodian"),
        Role.DISPATCHER: _("dispatcher"),
        Role.TECHNICIAN: _("technician"),
        Role.INSPECTOR: _("inspector"),
        Role.REPAIRER: _("repairer"),
        Role.RISK_OFFICER: _("risk officer"),
        Role.SETTLEMENT_CLERK: _("settlement clerk"),
        Role.SETTLEMENT_APPROVER: _("settlement approver"),
        Role.SUPPORT_AGENT: _("support agent"),
        Role.COMPLIANCE_AUDITOR: _("compliance auditor"),
        Role.MERCHANT_CONTACT: _("merchant contact"),
        Role.VENDOR_CONTACT: _("vendor contact"),
    }
)
RIGHT_LABELS: Final[MappingProxyType[Right, str | Promise]] = MappingProxyType(
    {
        Right.VIEW: _("See terminals"),
        Right.EDIT: _("Change terminals and models"),
        Right.IMPORT: _("Bring in files"),
        Right.EXPORT: _("Export"),
        Right.ORDER: _("Order terminals"),
        Right.STOCK: _("Move stock"),
        Right.KEYS: _("Prepare terminals and record keys"),
        Right.FIELD: _("Install and collect terminals"),
        Right.BIND: _("Bind terminals to merchants"),
        Right.SERVICE: _("Suspend and resume service"),
        Right.FAULT: _("Report and close faults"),
        Right.REPAIR: _("Repair terminals"),
        Right.INSPECT: _("Record inspections"),
        Right.RISK: _("Handle tampering and losses"),
        Right.SCRAP: _("Propose scrapping"),
        Right.APPROVE_SCRAP: _("Approve scrapping"),
        Right.PARTIES_VIEW: _("See organisations and merchants"),
        Right.PARTIES_EDIT: _("Change organisations and merchants"),
        Right.PEOPLE: _("Manage people and roles"),
        Right.AUDIT: _("Read the audit trail"),
        Right.ENROL: _("Let terminals enrol, revoke their keys"),
        Right.ALERTS: _("Work on alerts and logs"),
        Right.ALERT_RULES: _("Set alert rules"),
        Right.ACT: _("Act on terminals from afar"),
        Right.SEIZE: _("Ask for locking, unlocking and wiping from afar"),
        Right.APPROVE_SEIZE: _("Approve locking and wiping from afar"),
        Right.MONEY_VIEW: _("See bills, cases and the money ledger"),
        Right.MONEY_WORK: _("Bring in bills, match, decide about differences"),
        Right.MONEY_APPROVE: _("Confirm what others decided about money"),
        Right.MONEY_RULES: _("Change matching rules and fee plans"),
    }
)
ACTION_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "organisation.create": _("Organisation created"),
        "organisation.update": _("Organisation changed"),
        "organisation.move": _("Organisation moved"),
        "merchant.create": _("Merchant created"),
        "merchant.update": _("Merchant changed"),
        "site.create": _("Site created"),
        "site.update": _("Site changed"),
        "vendor.create": _("Vendor created"),
        "vendor.update": _("Vendor changed"),
        "person.create": _("Person created"),
        "person.update": _("Person changed"),
        "person.set_password": _("Password set"),
        "person.change_own_password": _("Own password changed"),
        "person.deactivate": _("Account closed"),
        "person.reactivate": _("Account opened again"),
        "person.grant_role": _("Role granted"),
        "person.revoke_role": _("Role revoked"),
        "token.issue": _("API token issued"),
        "token.revoke": _("API token revoked"),
        "view.save": _("View saved"),
        "view.delete": _("View deleted"),
    }
)
