"""`tillkeeper enrolment code | withdraw | show | revoke | doubts | dismiss`: who may speak as which terminal."""

from datetime import datetime
from typing import Annotated, Final

import typer
from django.forms.models import model_to_dict
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.telemetry.queries import doubts as doubting
from tillkeeper.telemetry.queries import enrolments as queries
from tillkeeper.telemetry.services import doubts as judging
from tillkeeper.telemetry.services import enrolments as verbs

app = typer.Typer(no_args_is_help=True, help="Let terminals enrol, revoke their keys.")
NONE: Final = 1
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Serial = Annotated[str, typer.Argument(help="Serial number.")]
Why = Annotated[str, typer.Option(help="The reason, as it goes into the audit trail.")]


@app.command()
def code(
    serial: Serial,
    *,
    replaces: Annotated[
        bool, typer.Option("--replaces", help="Its present key ends when the new one enrols.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Make an activation code, shown this once; one that waited is withdrawn.

    Exit codes: 0; 1 refused; 2 wrong usage.
    """
    made = verbs.make_code(serial=serial, replaces=replaces, by=operator(), at=now())
    if json:
        as_json(
            {
                "serial": made.serial,
                "code": made.code,
                "qr": made.qr(),
                "expires_at": made.expires_at,
            }
        )
        return
    say(made.code)
    say(
        _("Good once, until %(until)s. QR: %(qr)s")
        % {"until": _moment(made.expires_at), "qr": made.qr()}
    )


@app.command()
def withdraw(serial: Serial) -> None:
    """Let the code that waits open nothing any more. Exit codes: 0 withdrawn; 1 none waited, or refused."""
    if not verbs.withdraw_code(serial=serial, by=operator(), at=now()):
        complain(_("No code waits for %(serial)s.") % {"serial": serial})
        raise typer.Exit(NONE)
    say(_("The code opens nothing any more."))


@app.command()
def show(serial: Serial, *, json: AsJson = False) -> None:
    """Show the key a terminal speaks with, and those it had. Exit codes: 0 enrolled; 1 not; 2 wrong usage."""
    rows = list(queries.enrolments_of(operator(), serial))
    waiting = queries.waiting_code(operator(), serial, at=now())
    if json:
        keys = [model_to_dict(row, exclude=["terminal", "token_until"]) for row in rows]
        as_json(
            {
                "serial": serial,
                "code_until": waiting.expires_at if waiting else None,
                "enrolments": keys,
            }
        )
    else:
        titles = (_("Enrolled"), _("Public key"), _("Software"), _("From"), _("Revoked"), _("Why"))
        table(serial, titles, (
            (_moment(row.at), row.public_key, row.agent, row.source, _moment(row.revoked_at), row.why)
            for row in rows
        ))  # fmt: skip
        if waiting:
            say(_("A code waits, good until %(until)s.") % {"until": _moment(waiting.expires_at)})
    raise typer.Exit(0 if any(row.revoked_at is None for row in rows) else NONE)


@app.command()
def revoke(serial: Serial, *, why: Why) -> None:
    """End a terminal's enrolment: its tokens are refused within a second. Exit codes: 0; 1 refused; 2 wrong usage."""
    row = verbs.revoke(serial=serial, why=why, by=operator(), at=now())
    say(_("%(serial)s may not speak any more: enrolment %(number)s is revoked.") % {
        "serial": serial, "number": row.pk,
    })  # fmt: skip


@app.command()
def doubts(
    serial: Annotated[str, typer.Argument(help="Serial number; all open ones without.")] = "",
    *,
    json: AsJson = False,
) -> None:
    """List signs that a terminal exists twice. Exit codes: 0 none; 1 some are open; 2 wrong usage."""
    who = operator()
    rows = list(doubting.doubts_of(who, serial) if serial else doubting.open_doubts(who)[:1_000])
    if json:
        as_json([{**model_to_dict(row), "serial": serial or row.terminal.serial} for row in rows])
    else:
        titles = (
            _("Number"),
            _("Serial number"),
            _("Sign"),
            _("Since"),
            _("Last"),
            _("Times"),
            _("Dismissed"),
        )
        table("", titles, ((
            row.pk, serial or row.terminal.serial, row.code, _moment(row.first_at), _moment(row.last_at),
            row.times, _moment(row.dismissed_at),
        ) for row in rows))  # fmt: skip
    raise typer.Exit(NONE if any(row.dismissed_at is None for row in rows) else 0)


@app.command()
def dismiss(
    serial: Serial, doubt: Annotated[int, typer.Argument(help="Number.")], *, why: Why
) -> None:
    """Say that a doubt was looked into and there is one terminal only. Exit codes: 0; 1 refused; 2 wrong usage."""
    judging.dismiss_doubt(serial=serial, doubt=doubt, why=why, by=operator(), at=now())
    say(_("Doubt %(number)s about %(serial)s is settled.") % {"number": doubt, "serial": serial})


def _moment(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
