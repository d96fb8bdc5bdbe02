"""Roles and the rights they carry: the specification, reviewed in a diff. Pure.

Segregation of duties is enforced on the person, not the role (requester and approver differ); see the guards of the
terminals' lifecycle.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Right(StrEnum):
    """What a role may carry."""

    VIEW = "estate.view"
    EDIT = "estate.edit"  # facts of terminals and the catalogue of models
    IMPORT = "estate.import"
    EXPORT = "estate.export"
    ORDER = "estate.order"
    STOCK = "estate.stock"  # receive, accept, transfer, issue, put back, clear
    KEYS = "estate.keys"  # stage, prepare; evidence of key injection and of wiping
    FIELD = "estate.field"  # install, take down, collect
    BIND = "estate.bind"  # activate, relocate, swap: the five elements
    SERVICE = "estate.service"  # suspend and resume
    FAULT = "estate.fault"  # report and restore
    REPAIR = "estate.repair"
    INSPECT = "estate.inspect"  # evidence of inspections, tamper checks
    RISK = "estate.risk"  # tampering, sealing, losses
    SCRAP = "estate.scrap"
    APPROVE_SCRAP = "estate.approve_scrap"
    PARTIES_VIEW = "parties.view"
    PARTIES_EDIT = "parties.edit"
    PEOPLE = "people.manage"
    AUDIT = "audit.view"
    ENROL = "telemetry.enrol"  # activation codes, revoking a terminal's key
    ALERTS = "telemetry.alerts"  # acknowledge alerts, judge patterns of logs
    ALERT_RULES = "telemetry.rules"
    ACT = "telemetry.act"  # self test, reboot, logs, messages, configuration
    SEIZE = "telemetry.seize"  # ask for lock, unlock, wipe
    APPROVE_SEIZE = "telemetry.approve_seize"
    MONEY_VIEW = "money.view"
    MONEY_WORK = "money.work"  # bring files in, match, decide up to the limit
    MONEY_APPROVE = "money.approve"  # confirm what another decided; reverse postings
    MONEY_RULES = "money.rules"  # calendars, tolerances, fee plans


class Role(StrEnum):
    """The jobs people do."""

    ADMINISTRATOR = "administrator"
    ESTATE_MANAGER = "estate_manager"
    WAREHOUSE_KEEPER = "warehouse_keeper"
    PURCHASER = "purchaser"
    KEY_CUSTODIAN = "key_custodian"
    DISPATCHER = "dispatcher"
    TECHNICIAN = "technician"
    INSPECTOR = "inspector"
    REPAIRER = "repairer"
    RISK_OFFICER = "risk_officer"
    SETTLEMENT_CLERK = "settlement_clerk"
    SETTLEMENT_APPROVER = "settlement_approver"
    SUPPORT_AGENT = "support_agent"
    COMPLIANCE_AUDITOR = "compliance_auditor"
    MERCHANT_CONTACT = "merchant_contact"
    VENDOR_CONTACT = "vendor_contact"


_LOOK: Final = frozenset({Right.VIEW, Right.PARTIES_VIEW})
_MONEY_CHANGES: Final = frozenset({Right.MONEY_WORK, Right.MONEY_APPROVE, Right.MONEY_RULES})
RIGHTS: Final = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Right),
        Role.ESTATE_MANAGER: frozenset(Right)
        - {Right.PEOPLE, Right.AUDIT, Right.KEYS}
        - _MONEY_CHANGES,
        Role.WAREHOUSE_KEEPER: _LOOK | {Right.STOCK, Right.IMPORT, Right.EXPORT, Right.SCRAP},
        Role.PURCHASER: _LOOK | {Right.ORDER, Right.EDIT, Right.IMPORT, Right.EXPORT},
        Role.KEY_CUSTODIAN: _LOOK | {Right.KEYS, Right.ENROL},
        Role.DISPATCHER: _LOOK
        | {Right.FIELD, Right.BIND, Right.SERVICE, Right.FAULT, Right.EXPORT}
        | {Right.ALERTS, Right.ACT},
        Role.TECHNICIAN: _LOOK | {Right.FIELD, Right.BIND, Right.FAULT, Right.ENROL, Right.ACT},
        Role.INSPECTOR: _LOOK | {Right.INSPECT, Right.FAULT},
        Role.REPAIRER: _LOOK | {Right.REPAIR, Right.INSPECT, Right.ACT},
        Role.RISK_OFFICER: _LOOK
        | {Right.RISK, Right.SERVICE, Right.INSPECT, Right.EXPORT, Right.AUDIT, Right.MONEY_VIEW}
        | {Right.ALERTS, Right.SEIZE, Right.APPROVE_SEIZE, Right.ENROL},
        Role.SETTLEMENT_CLERK: _LOOK | {Right.EXPORT, Right.MONEY_VIEW, Right.MONEY_WORK},
        Role.SETTLEMENT_APPROVER: _LOOK
        | {Right.EXPORT, Right.MONEY_VIEW, Right.MONEY_APPROVE, Right.MONEY_RULES},
        Role.SUPPORT_AGENT: _LOOK | {Right.FAULT, Right.ALERTS, Right.ACT},
        Role.COMPLIANCE_AUDITOR: _LOOK | {Right.AUDIT, Right.EXPORT, Right.MONEY_VIEW},
        Role.MERCHANT_CONTACT: frozenset({Right.VIEW, Right.PARTIES_VIEW, Right.FAULT}),
        Role.VENDOR_CONTACT: frozenset({Right.VIEW}),
    }
)
