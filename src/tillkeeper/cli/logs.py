"""`tillkeeper log list | show | save | read-again | patterns | judge`: what terminals wrote, and what of it matters."""

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from django.template.defaultfilters import filesizeformat
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.exports import writable
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.formats.voice.faults import FAULTS
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.log_words import (
    PATTERN_LABELS,
    UPLOAD_LABELS,
    fault_label,
    problem_label,
)
from tillkeeper.telemetry.queries import logs as queries
from tillkeeper.telemetry.services.logs import judge_pattern
from tillkeeper.telemetry.services.logs import read_again as have_read_again

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import LogPattern, LogUpload

app = typer.Typer(no_args_is_help=True, help="Logs of terminals, and the kinds of lines in them.")
NOT_READ: Final = 1
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Number = Annotated[int, typer.Argument(help="Number of the log.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000)]
Fault = Annotated[str, typer.Option(help="Code of the fault table, e.g. H-PRT-PAPER.")]


@app.command("list")
def listed(
    *,
    serial: Annotated[str, typer.Option(help="Serial number, whole.")] = "",
    state: Annotated[str, typer.Option(help=f"One of: {', '.join(UploadState)}.")] = "",
    fault: Fault = "",
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """List logs, the newest first. Exit codes: 0; 2 wrong usage."""
    if state and state not in set(UploadState):
        raise FieldInvalid(field="--state", value=state, expected=", ".join(UploadState))
    asked = queries.LogFilters(serial=serial, state=state, fault=_fault("--fault", fault))
    rows = list(queries.logs(operator(), asked)[:limit])
    told = queries.summaries(rows)
    if json:
        as_json([_facts(row, told[row.pk]) for row in rows])
        return
    titles = (
        _("Number"), _("Terminal"), _("Log"), _("State"), _("What was found"), _("Lines"), _("Size"),
        _("Began to come"),
    )  # fmt: skip
    table("", titles, ((
        row.pk, row.terminal.serial, row.name or row.key, UPLOAD_LABELS[row.state],
        _found(row, told[row.pk]), row.lines, filesizeformat(row.size), _moment(row.at),
    ) for row in rows))  # fmt: skip


@app.command()
def show(
    number: Number,
    *,
    findings: Annotated[
        int, typer.Option(min=1, max=queries.EXCERPTS_MAX, help="So many findings at most.")
    ] = 20,
    json: AsJson = False,
) -> None:
    """Show a log: what was found, each with the lines around its first occurrence.

    Exit codes: 0 it is read; 1 not yet, or it cannot be; 2 wrong usage.
    """
    row = queries.log(operator(), number)
    told = queries.summaries([row])[row.pk]
    excerpts = queries.excerpts(row, limit=findings)
    if json:
        as_json({**_facts(row, told), "findings": list(map(_finding, excerpts))})
    else:
        say(f"{row.terminal.serial}  {row.name or row.key}  {UPLOAD_LABELS[row.state]}")
        if row.problem:
            say(problem_label(row.problem))
        for one in excerpts:
            _tell(one)
        if told.findings > len(excerpts):
            words = {"shown": len(excerpts), "of": told.findings}
            say(_("%(shown)s of %(of)s findings are shown.") % words)
    raise typer.Exit(0 if row.state == UploadState.READ else NOT_READ)


@app.command()
def save(
    number: Number,
    file: Annotated[Path, typer.Argument(help="Text file to write.", dir_okay=False)],
) -> None:
    """Write the whole log into a file, without card numbers. Exit codes: 0; 1 it is not here; 2 wrong usage."""
    who = operator()
    kept = queries.file_for(who, queries.log(who, number))
    shutil.copyfile(kept.path, writable(file))
    say(_("%(size)s written to %(file)s") % {"size": filesizeformat(kept.size), "file": file})


@app.command("read-again")
def read_again(number: Number) -> None:
    """Have a log read again, with what was said of its lines meanwhile; the worker does it.

    Exit codes: 0; 1 it is not here as a whole; 2 wrong usage.
    """
    have_read_again(log_id=number, by=operator(), at=now())
    say(_("Log %(number)s is being read again.") % {"number": number})


@app.command()
def patterns(  # noqa: PLR0913  each option narrows by something else
    *,
    state: Annotated[str, typer.Option(help=f"One of: {', '.join(PatternState)}.")] = "",
    family: Annotated[str, typer.Option(help="Code of the maker.")] = "",
    fault: Fault = "",
    text: Annotated[str, typer.Option("--text", help="Any part of the line.")] = "",
    serious: Annotated[
        bool, typer.Option("--serious", help="Only what speaks of trouble.")
    ] = False,
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """List kinds of lines, those seen last first. Exit codes: 0; 2 wrong usage."""
    asked = queries.PatternFilters(
        state=_pattern_state("--state", state) if state else "", family=family,
        fault=_fault("--fault", fault), q=text, serious=serious or None,
    )  # fmt: skip
    rows = list(queries.patterns(asked)[:limit])
    if json:
        as_json([_pattern(row) for row in rows])
        return
    titles = (
        _("Number"), _("Line"), _("State"), _("Fault"), _("Maker"), _("Lines"), _("Logs"), _("Last seen"),
    )  # fmt: skip
    table("", titles, ((
        row.pk, row.template, PATTERN_LABELS[row.state], fault_label(row.fault), row.family, row.times,
        row.logs, _moment(row.last_at),
    ) for row in rows))  # fmt: skip


@app.command()
def judge(
    number: Annotated[int, typer.Argument(help="Number of the kind of line.")],
    state: Annotated[str, typer.Argument(help=f"One of: {', '.join(PatternState)}.")],
    *,
    fault: Fault = "",
    json: AsJson = False,
) -> None:
    """Say what a kind of line means, for every log that is read from now on; `known` wants a fault.

    Exit codes: 0; 1 there is none; 2 wrong usage.
    """
    made = judge_pattern(
        pattern=number,
        state=_pattern_state("STATE", state),
        fault=fault,
        by=operator(),
        at=now(),
    )
    if json:
        as_json(_pattern(made))
        return
    meant = f"  {fault_label(made.fault)}" if made.fault else ""
    say(f"{made.pk}  {PATTERN_LABELS[made.state]}{meant}")


def _facts(row: "LogUpload", told: queries.Summary) -> dict[str, Any]:
    names = (
        "key", "name", "state", "pieces", "size", "lines", "cards", "problem", "at", "complete_at", "read_at",
    )  # fmt: skip
    return {
        "number": row.pk,
        "serial": row.terminal.serial,
        "order": row.action.order.number if row.action else None,
        "here": len(row.here),
        "faults": told.faults,
        "new": told.new,
        **{name: getattr(row, name) for name in names},
    }


def _finding(one: queries.Excerpt) -> dict[str, Any]:
    names = ("fault", "new", "times", "first_line", "last_line")
    return {
        "pattern": one.finding.pattern_id,
        "template": one.finding.pattern.template,
        **{name: getattr(one.finding, name) for name in names},
        "lines": [{"number": line.number, "text": line.text} for line in one.lines],
    }


def _pattern(row: "LogPattern") -> dict[str, Any]:
    names = (
        "family", "template", "example", "state", "fault", "serious", "times", "logs", "first_at", "last_at",
        "judged_by", "judged_at",
    )  # fmt: skip
    return {"number": row.pk, **{name: getattr(row, name) for name in names}}


def _tell(one: queries.Excerpt) -> None:
    finding = one.finding
    kind = fault_label(finding.fault) or (
        _("new kind of line") if finding.new else _("speaks of trouble")
    )
    words = {"times": f"{finding.times:,}", "line": f"{finding.first_line:,}"}
    say()
    say(
        f"{kind}  {finding.fault}".rstrip()
        + "  "
        + _("%(times)s times, first in line %(line)s") % words
    )
    for line in _lines(one):
        say(line)


def _lines(one: queries.Excerpt) -> Iterable[str]:
    if not one.lines:
        yield f"    {one.finding.pattern.template}"
    for line in one.lines:
        yield f"{'  > ' if line.matters else '    '}{line.number:>7}  {line.text}"


def _found(row: "LogUpload", told: queries.Summary) -> str:
    said = [fault_label(code) for code in told.faults]
    said += [_("%(n)s new kinds of lines") % {"n": told.new}] if told.new else []
    return "; ".join([str(problem_label(row.problem))] if row.problem else said)


def _fault(option: str, code: str) -> str:
    if code and code not in FAULTS:
        raise FieldInvalid(field=option, value=code, expected=", ".join(FAULTS))
    return code


def _pattern_state(option: str, state: str) -> PatternState:
    if state not in set(PatternState):
        raise FieldInvalid(field=option, value=state, expected=", ".join(PatternState))
    return PatternState(state)


def _moment(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
