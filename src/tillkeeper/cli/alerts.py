"""`tillkeeper alert list | show | acknowledge | groups | rules | rule | rehearse`: what somebody should look at."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import as_object, sentence
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.rule_files import RuleFile, read_rule_file
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.queries import alerts as queries
from tillkeeper.telemetry.queries import rules as rule_queries
from tillkeeper.telemetry.services.acknowledging import AT_ONCE_MAX
from tillkeeper.telemetry.services.acknowledging import acknowledge as acknowledge_alerts
from tillkeeper.telemetry.services.rehearsing import rehearse_rule
from tillkeeper.telemetry.services.rules import save_rule
from tillkeeper.telemetry.wording import (
    ALERT_LABELS,
    SEVERITY_LABELS,
    alert_sentence,
    group_sentence,
    rule_name,
    said_sentence,
)

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import Alert, AlertRule

app = typer.Typer(no_args_is_help=True, help="Alerts, and the rules they come from.")
IN_PART: Final = 1
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Limit = Annotated[int, typer.Option(min=1, max=AT_ONCE_MAX)]
Severities = Annotated[
    list[str] | None, typer.Option("--severity", help=f"Repeatable: {', '.join(Severity)}.")
]
Rule = Annotated[str, typer.Option("--rule", help="Code of the rule.")]
Group = Annotated[int | None, typer.Option(help="Number of a group: `alert groups` shows them.")]
Place = Annotated[str, typer.Option("--organisation", help="Code of a node: there and below.")]
RulePath = Annotated[Path, typer.Argument(help="The rule, TOML; - for stdin.")]


@app.command("list")
def listed(  # noqa: PLR0913  each option narrows by something else
    *,
    state: Annotated[
        list[str] | None,
        typer.Option(help=f"Repeatable: {', '.join(AlertState)}; what waits if not given."),
    ] = None,
    severity: Severities = None,
    rule: Rule = "",
    organisation: Place = "",
    serial: Annotated[str, typer.Option(help="Serial number, whole.")] = "",
    group: Group = None,
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """List alerts, the newest first. Exit codes: 0; 2 wrong usage."""
    asked = queries.AlertFilters(
        state=_among("--state", state, AlertState), severity=_among("--severity", severity, Severity),
        rule=rule, place=node("--organisation", organisation), serial=serial, group=group,
    )  # fmt: skip
    rows = list(queries.alerts(operator(), asked)[:limit])
    if json:
        as_json([_facts(row) for row in rows])
        return
    titles = (
        _("Number"), _("Alert"), _("What was seen"), _("Severity"), _("Terminal"), _("Since"), _("State"),
    )  # fmt: skip
    table("", titles, ((
        row.pk, rule_name(row.rule), alert_sentence(row), SEVERITY_LABELS[row.severity], row.terminal.serial,
        _moment(row.began_at), ALERT_LABELS[row.state],
    ) for row in rows))  # fmt: skip


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="Number of the alert.")], *, json: AsJson = False
) -> None:
    """Show one alert with what was seen. Exit codes: 0 it is over; 1 it waits; 2 wrong usage."""
    row = queries.alert(operator(), number)
    if json:
        as_json(_facts(row))
    else:
        say(alert_sentence(row))
        told = [
            (_("Alert"), rule_name(row.rule)),
            (_("Severity"), SEVERITY_LABELS[row.severity]),
            (_("Terminal"), row.terminal.serial),
            (_("State"), ALERT_LABELS[row.state]),
            (_("Began"), _moment(row.began_at)),
            (_("Raised"), _moment(row.at)),
            (_("Joined"), group_sentence(row.group) if row.group else ""),
            (_("Acknowledged"), f"{row.acknowledged_by} {_moment(row.acknowledged_at)}".strip()),
            (_("Note"), row.note),
            (_("Cleared"), _moment(row.cleared_at)),
        ]
        table("", (_("Fact"), _("Value")), told)
    raise typer.Exit(0 if row.cleared_at else IN_PART)


@app.command()
def acknowledge(  # noqa: PLR0913  each option narrows by something else
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers of alerts.")] = None,
    *,
    note: Annotated[str, typer.Option(help="What is known.")] = "",
    severity: Severities = None,
    rule: Rule = "",
    organisation: Place = "",
    group: Group = None,
    json: AsJson = False,
) -> None:
    """Acknowledge alerts: these, or all open ones that the filters find.

    Exit codes: 0 all of them; 1 some were refused; 2 wrong usage.
    """
    wanted = list(numbers or ())
    if not wanted:
        if not (severity or rule or organisation or group is not None):
            raise FieldInvalid(
                field="NUMBERS", value="", expected=gettext_noop("numbers of alerts, or a filter")
            )
        asked = queries.AlertFilters(
            state=(AlertState.OPEN,), severity=_among("--severity", severity, Severity), rule=rule,
            place=node("--organisation", organisation), group=group,
        )  # fmt: skip
        found = queries.alerts(operator(), asked).values_list("pk", flat=True)
        wanted = list(found[:AT_ONCE_MAX])
    done = acknowledge_alerts(ids=wanted, note=note, by=operator(), at=now())
    if json:
        refused = [{"number": number, **as_object(error)} for number, error in done.refused]
        as_json({"acknowledged": done.moved, "refused": refused})
    else:
        say(_("%(n)s acknowledged.") % {"n": f"{len(done.moved):,}"})
        for number, error in done.refused:
            complain(f"{number}: {sentence(error)}")
    raise typer.Exit(IN_PART if done.refused else 0)


@app.command()
def groups(
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Also those that are over.")] = False,
    rule: Rule = "",
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """List alerts that were joined since they have one cause, the newest first. Exit codes: 0; 2 wrong usage."""
    rows: list[Any] = list(queries.groups(operator(), closed=closed, rule=rule)[:limit])
    if json:
        as_json([
            {
                "number": row.pk, "rule": row.rule.code, "joined_by": row.joined_by, "key": row.key,
                "title": row.title, "facts": row.facts, "organisation": row.organisation.code,
                "waiting": row.waiting, "opened_at": row.opened_at, "closed_at": row.closed_at,
            }
            for row in rows
        ])  # fmt: skip
        return
    titles = (
        _("Number"), _("What it is"), _("Waiting"), _("Organisation"), _("Opened"), _("Closed"),
    )  # fmt: skip
    table("", titles, ((
        row.pk, group_sentence(row), row.waiting, row.organisation.name, _moment(row.opened_at),
        _moment(row.closed_at),
    ) for row in rows))  # fmt: skip


@app.command()
def rules(
    *,
    code: Annotated[str, typer.Option(help="Only rules of this code.")] = "",
    json: AsJson = False,
) -> None:
    """List alert rules by code, the defaults first. Exit codes: 0; 2 wrong usage."""
    rows = rule_queries.alert_rules(operator())
    found: list[Any] = list(rows.filter(code=code) if code else rows)
    if json:
        as_json([_rule_facts(row) for row in found])
        return
    titles = (
        _("Code"), _("Name"), _("Severity"), _("Counts at and below"), _("Waiting"), _("State"), _("Version"),
    )  # fmt: skip
    table("", titles, ((
        row.code, rule_name(row), SEVERITY_LABELS[row.severity],
        row.organisation.code if row.organisation else _("everywhere (default)"), row.waiting,
        _on(row), row.version,
    ) for row in found))  # fmt: skip


@app.command()
def rule(file: RulePath, *, organisation: Place = "", json: AsJson = False) -> None:
    """Write a rule at a place, or change the one of its code there.

    Exit codes: 0 written; 1 refused; 2 wrong usage, or the file cannot be used.
    """
    told = read_rule_file(file)
    place = _place(told, organisation)
    rows = rule_queries.alert_rules(operator())
    before = rows.filter(code=told.draft.code, organisation__code=place).first()
    made = save_rule(
        organisation=place,
        draft=told.draft,
        version=before.version if before else None,
        by=operator(),
        at=now(),
    )
    row = rule_queries.alert_rule(operator(), made.pk)
    if json:
        as_json(_rule_facts(row))
        return
    words = {"code": row.code, "place": place, "version": row.version}
    say(_("Rule %(code)s at %(place)s: version %(version)s, from the next round on.") % words)


@app.command()
def rehearse(
    file: RulePath,
    *,
    organisation: Place = "",
    hours: Annotated[int, typer.Option(min=1, max=168, help="How far back.")] = 24,
    json: AsJson = False,
) -> None:
    """Say what a rule would have raised over the last hours; nothing is written.

    Exit codes: 0; 1 refused; 2 wrong usage, or the file cannot be used.
    """
    told = read_rule_file(file)
    done = rehearse_rule(
        organisation_code=_place(told, organisation),
        draft=told.draft,
        hours=hours,
        by=operator(),
        at=now(),
    )
    if json:
        as_json(asdict(done))
        return
    say(
        _("%(alerts)s alerts on %(struck)s of %(terminals)s terminals, by %(readings)s readings.")
        % {
            "alerts": f"{done.alerts:,}",
            "struck": f"{done.struck:,}",
            "terminals": f"{done.terminals:,}",
            "readings": f"{done.readings:,}",
        }
    )
    if done.of > done.terminals:
        counts = {"of": f"{done.of:,}", "terminals": f"{done.terminals:,}"}
        say(_("It would count for %(of)s; the first %(terminals)s were looked at.") % counts)
    if done.examples:
        table("", (_("Terminal"), _("At"), _("What was seen")), ((
            one["serial"], _moment(one["at"]), said_sentence(one["said"]),
        ) for one in done.examples))  # fmt: skip


def _facts(row: "Alert") -> dict[str, Any]:
    names = (
        "state", "severity", "said", "began_at", "at", "quiet_until", "told_at", "acknowledged_at",
        "acknowledged_by", "note", "cleared_at",
    )  # fmt: skip
    return {
        "number": row.pk,
        "rule": row.rule.code,
        "name": row.rule.name,
        "serial": row.terminal.serial,
        "site": row.terminal.site.code if row.terminal.site else None,
        "group": row.group_id,
        "sentence": alert_sentence(row),
        **{name: getattr(row, name) for name in names},
    }


def _rule_facts(row: "AlertRule") -> dict[str, Any]:
    names = (
        "code", "name", "spec", "severity", "join", "quiet", "incident", "enabled", "waiting", "by", "at",
        "version",
    )  # fmt: skip
    place = row.organisation.code if row.organisation else None
    return {
        "number": row.pk,
        "organisation": place,
        **{name: getattr(row, name) for name in names},
    }


def _among(
    option: str, told: Sequence[str] | None, choices: type[AlertState | Severity]
) -> tuple[str, ...]:
    for one in told or ():
        if one not in set(choices):
            raise FieldInvalid(field=option, value=one, expected=", ".join(choices))
    return tuple(told or ())


def _place(told: RuleFile, organisation: str) -> str:
    """Return where a rule is to count: as the command says, else as its file does."""
    code = node("--organisation", organisation) or node("organisation", told.organisation)
    if code:
        return code
    raise FieldInvalid(
        field="--organisation", value="", expected=gettext_noop("where the rule is to count")
    )


def _on(row: "AlertRule") -> str:
    return pgettext("of a switch", "on") if row.enabled else pgettext("of a switch", "off")


def _moment(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
