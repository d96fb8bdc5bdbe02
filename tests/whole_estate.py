"""One of everything that an address can name, so that a test can walk all addresses of a door."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from tests.factories import (
    NOON,
    CaseFactory,
    MatchingRunFactory,
    ModelApprovalFactory,
    MoneyFileFactory,
    PersonFactory,
    RuleBookFactory,
    TerminalFactory,
)
from tests.integration.telemetry.asked import ordered, speaking
from tests.integration.telemetry.paper import sent_log

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.models import ApiToken, Organisation, SavedView
from tillkeeper.parties.roles import Role
from tillkeeper.settlement.lifecycle import TroubleState
from tillkeeper.settlement.models import Drop, HandMatch, Layout, Posting, Trouble
from tillkeeper.telemetry.lifecycle import ActionKind, AlertState, Severity
from tillkeeper.telemetry.models import Alert, AlertRule, Doubt, Enrolment, LogPattern
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Accessory, Import, TerminalFile
from tillkeeper.terminals.services.imports import start_import

SHA = "ab" * 32
LEDGER = "序列号,型号,厂商\nP820000001,Model X,Maker X\n".encode()
SPEC = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15, "clear": 25}


def whole_estate(branch: Organisation, by: Actor) -> dict[str, Any]:
    """Make one of everything at a branch; return what names each of them, by the words of addresses and bodies."""
    placed = {"organisation": branch, "path": branch.path, "by": "person:ada", "at": NOON}
    return (
        _terminals(branch)
        | _people(branch)
        | _voice(branch, placed, by)
        | _imports(branch, by)
        | _money(branch, placed)
        | _cases(branch, placed)
        | {"organisation": branch.code, "parent": branch.code, "spec": SPEC}
    )


def _terminals(branch: Organisation) -> dict[str, Any]:
    unit = speaking(home=branch, model=ModelApprovalFactory().model)[0]
    spare = TerminalFactory(home=branch, state=State.ISSUED, model=unit.model)
    Enrolment.objects.filter(terminal=unit).update(public_key="A" * 43)
    accessory = Accessory.objects.create(terminal=unit, kind="base")
    TerminalFile.objects.create(
        terminal=unit, sha256=SHA, name="a.pdf", media_type="x", size=1, title="Paper", by="x", at=NOON
    )  # fmt: skip
    doubt = Doubt.objects.create(
        terminal=unit, code="second_key", facts={}, first_at=NOON, last_at=NOON
    )
    return {
        "terminal": unit,
        "serial": unit.serial,
        "serials": [unit.serial],
        "new": spare.serial,
        "accessory": accessory.pk,
        "doubt": doubt.pk,
        "model": unit.model.code,
        "vendor": unit.model.vendor.code,
        "supplier": unit.model.vendor.code,
        "merchant": unit.site.merchant.number,
        "site": unit.site.code,
        "sha256": SHA,
        "step": "suspend",
    }


def _people(branch: Organisation) -> dict[str, Any]:
    person = PersonFactory(username="mei", role=Role.ESTATE_MANAGER, role__at=branch)
    day = timedelta(days=1)
    token = ApiToken.objects.create(
        person=person, name="hers", prefix="0123456789", digest="0" * 64, scopes=["estate.view"],
        created_at=NOON, expires_at=NOON + 9_999 * day,
    )  # fmt: skip
    view = SavedView.objects.create(person=person, page="terminals", name="hers", shared_at=branch)
    return {
        "username": person.username,
        "role": Role.ESTATE_MANAGER.value,
        "prefix": token.prefix,
        "view_id": view.pk,
        "password": "another 8 long words",
    }


def _voice(branch: Organisation, placed: dict[str, Any], by: Actor) -> dict[str, Any]:
    rule = AlertRule.objects.create(
        code="own_battery", name="Battery", spec=SPEC, severity=Severity.WARNING, **placed
    )
    unit = speaking(home=branch)[0]
    alert = Alert.objects.create(
        rule=rule, terminal=unit, state=AlertState.OPEN, severity=rule.severity,
        said={"kind": "threshold", "signal": "battery_level", "value": 9.0, "limit": 15.0},
        began_at=NOON, at=NOON,
    )  # fmt: skip
    log = sent_log(unit)
    order = ordered(unit, by=by, kind=ActionKind.LOCK)
    return {
        "alert": alert.pk,
        "alert-rule": rule.pk,
        "log": log.pk,
        "log-pattern": LogPattern.objects.filter(findings__upload=log).latest("pk").pk,
        "action": order.number,
    }


def _imports(branch: Organisation, by: Actor) -> dict[str, Any]:
    drafts = [
        start_import(
            stream=BytesIO(LEDGER), name="ledger.csv", kind="terminals", organisation=branch.code, by=by, at=NOON
        )
        for _ in range(2)
    ]  # fmt: skip
    Import.objects.filter(pk=drafts[1].pk).update(status="done", finished_at=NOON)
    return {"import": drafts[0].number, "import-done": drafts[1].number}


def _money(branch: Organisation, placed: dict[str, Any]) -> dict[str, Any]:
    run = MatchingRunFactory(organisation=branch)
    layout = Layout.objects.create(
        name="acme", version=1, text='name = "acme"', sha256=SHA, why="letter", **placed
    )
    drop = Drop.objects.create(name="bills", kind="folder", address="bills", **placed)
    posting = Posting.objects.create(
        number="PO-20260302-0001", kind="decision", why="w", day=run.day, **placed
    )
    RuleBookFactory(organisation=branch)
    return {
        "file": MoneyFileFactory(organisation=branch).number,
        "run": run.number,
        "layout": layout.name,
        "drop": drop.pk,
        "posting": posting.number,
    }


def _cases(branch: Organisation, placed: dict[str, Any]) -> dict[str, Any]:
    case = CaseFactory(organisation=branch)
    trouble = Trouble.objects.create(
        number="TB-20260302-0001", mid=case.mid, tid=case.tid, batch="1", day=NOON.date(),
        state=TroubleState.OPEN, **placed,
    )  # fmt: skip
    match = HandMatch.objects.create(
        number="HM-20260302-0001", organisation=branch, path=branch.path, currency="CNY", left_minor=0,
        why="same paper", state="proposed", proposed_by="person:lin", proposed_at=NOON,
    )  # fmt: skip
    return {
        "case": case.pk,
        "cases": [case.pk, CaseFactory(organisation=branch).pk],
        "trouble": trouble.number,
        "match": match.number,
        "key": "nothing",
    }
