"""Alert rules are written: data, with a version, audited. A rule counts at its place and below, from the next round."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tillkeeper.engines.alerting.joining import BY
from tillkeeper.engines.alerting.quiet import read_quiet
from tillkeeper.engines.alerting.specs import Rule, read_rule
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotFound, Stale
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.models import AlertRule

CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
NAME_MAX: Final = 80
SPEC_MAX: Final = 4_000  # characters of JSON
KIND: Final = "alert rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule as somebody wrote it."""

    code: str
    name: str
    spec: Mapping[str, Any]
    severity: str = Severity.WARNING
    join: Sequence[str] = ()  # of site, carrier, host, version, model
    quiet: Mapping[str, str] = field(default_factory=dict)  # {"from": "22:00", "to": "07:00"}
    incident: bool = False
    enabled: bool = True


def checked(draft: RuleDraft) -> Rule:
    """Return a draft as it would be judged.

    Raises:
        FieldInvalid: a field of the draft cannot be used.
        BadSpec: a field of the spec, or of the quiet hours, cannot be used.
    """
    if not CODE.fullmatch(draft.code):
        raise _invalid("code", draft.code, "small letters, digits and _, at most 40")
    name = draft.name.strip()
    if not 0 < len(name) <= NAME_MAX or "\x00" in name:
        raise _invalid("name", draft.name[:NAME_MAX], "a name of at most 80 characters")
    if draft.severity not in set(Severity):
        raise _invalid("severity", draft.severity, "info, warning or critical")
    if unknown := [by for by in draft.join if by not in BY]:
        raise _invalid("join", unknown[0], "site, carrier, host, version or model")
    read_quiet(draft.quiet)
    # not orjson: TOML knows whole numbers past 64 bits, and it is for the reader to name the field
    if len(json.dumps(draft.spec, default=str, ensure_ascii=False).encode()) > SPEC_MAX:
        raise _invalid("spec", str(draft.spec)[:40], "at most 4000 characters")
    return read_rule(draft.code, draft.spec)


@verb
def save_rule(
    *, organisation: str, draft: RuleDraft, version: int | None, by: Actor, at: datetime
) -> AlertRule:
    """Write a rule at a place, or change the one of its code there; it counts from the next round on.

    Its open alerts are cleared by the next round, and raised anew if they still hold.

    Args:
        organisation: code of the node.
        draft: the rule. Disabled, it is as if it were not there: the one above counts. Kind `off`: none counts.
        version: of the row that was read; None: there is none of this code at this place yet.
        by: who.
        at: when.

    Raises:
        NotFound: no such place within the actor's view, or no rule to change.
        NotAllowed: the actor may not write rules there.
        FieldInvalid, BadSpec: the draft cannot be used; says which field and what is expected.
        AlreadyExists: there is one of this code at this place: read it first.
        Stale: somebody else changed it meanwhile.
    """
    node = organisation_named(by.scope(Right.VIEW), organisation)
    by.require(Right.ALERT_RULES, node.path)
    checked(draft)
    rows = AlertRule.objects.select_for_update().filter(organisation=node, code=draft.code)
    row = _row(rows.first(), draft.code, version)
    before = _facts(row) if row else None
    written = row or AlertRule(organisation_id=node.pk, path=node.path, code=draft.code, version=0)
    written.name, written.severity = draft.name.strip(), draft.severity
    written.spec, written.quiet = dict(draft.spec), dict(draft.quiet)
    written.join = list(dict.fromkeys(draft.join))
    written.incident, written.enabled = draft.incident, draft.enabled
    written.by, written.at, written.version = by.name, at, written.version + 1
    written.save()
    record_change(
        action="alert_rule.write",
        subject=f"alert_rule:{node.code}/{draft.code}",
        place=node.path,
        by=by,
        at=at,
        before=before,
        after=_facts(written),
    )
    return written


@verb
def enable_rule(*, number: int, enabled: bool, version: int, by: Actor, at: datetime) -> AlertRule:
    """Switch a rule on or off at its place; off, the one of its code above counts again.

    Raises:
        NotFound: no such rule where the actor may write rules; a default is nobody's: write one of its code instead.
        Stale: somebody else changed it meanwhile.
    """
    rows = AlertRule.objects.select_for_update(of=("self",)).select_related("organisation")
    row = rows.filter(pk=number).exclude(organisation=None).first()
    if row is None or row.organisation is None or not by.may(Right.ALERT_RULES, row.path):
        raise NotFound(kind=KIND, key=str(number))
    if row.version != version:
        raise Stale(kind=KIND, key=row.code, current=row.version, given=version)
    if row.enabled == enabled:
        return row
    before = row.enabled
    row.enabled, row.by, row.at, row.version = enabled, by.name, at, row.version + 1
    row.save()
    record_change(
        action="alert_rule.switch",
        subject=f"alert_rule:{row.organisation.code}/{row.code}",
        place=row.path,
        by=by,
        at=at,
        before={"enabled": before},
        after={"enabled": enabled},
    )
    return row


def _row(row: AlertRule | None, code: str, version: int | None) -> AlertRule | None:
    if row is None:
        if version is not None:
            raise NotFound(kind=KIND, key=code)
        return None
    if version is None:
        raise AlreadyExists(kind=KIND, key=code)
    if row.version != version:
        raise Stale(kind=KIND, key=code, current=row.version, given=version)
    return row


def _facts(row: AlertRule) -> dict[str, Any]:
    names = ("name", "spec", "severity", "join", "quiet", "incident", "enabled", "version")
    return {name: getattr(row, name) for name in names}


def _invalid(field_name: str, value: str, expected: str) -> FieldInvalid:
    return FieldInvalid(field=field_name, value=value, expected=Phrase(expected))
