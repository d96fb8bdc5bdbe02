"""`tillkeeper audit`: verify the chain, read the trail."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.kernel.audit import Broken, Verdict, verify_chains
from tillkeeper.kernel.trail import Entry
from tillkeeper.kernel.trail import trail as read_trail
from tillkeeper.parties.roles import Right

app = typer.Typer(no_args_is_help=True, help="Read the audit trail; verify its hash chain.")

REASONS = {
    "missing": gettext_lazy("it is missing"),
    "altered": gettext_lazy("it was altered"),
    "headless": gettext_lazy("the head of the chain is gone"),
    "cut_off": gettext_lazy("the chain was cut off here"),
}


@app.command()
def verify(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Walk the hash chain of every organisation and name the first broken entry.

    Write the digests down elsewhere: whoever rewrote the whole chain could not rewrite those. Exit codes: 0 all
    chains hold; 1 one is broken.
    """
    verdicts = verify_chains()
    if json:
        as_json([asdict(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            _tell(verdict)
        if not verdicts:
            say(_("There are no entries yet."))
    raise typer.Exit(int(any(verdict.broken for verdict in verdicts)))


@app.command()
def trail(  # noqa: PLR0913  each is one way to narrow the search
    *,
    subject: Annotated[str, typer.Option(help="Such as terminal:P82003059 or person:olga.")] = "",
    actor: Annotated[str, typer.Option(help="Who, by the end of the name.")] = "",
    action: Annotated[
        str, typer.Option(help="What, by its beginning, such as terminal.suspend.")
    ] = "",
    since: Annotated[datetime | None, typer.Option(help="From this day or moment on.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this day or moment.")] = None,
    limit: Annotated[
        int, typer.Option(help="At most so many, newest first.", min=1, max=100_000)
    ] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what was changed, newest first: who, what, before, after, when, from where."""
    entries = read_trail(
        scope=operator().scope(Right.AUDIT),
        subject=subject,
        actor=actor,
        action=action,
        since=_aware(since),
        until=_aware(until),
        limit=limit,
    )
    if json:
        as_json([asdict(entry) for entry in entries])
        return
    columns = (
        _("No."),
        _("When"),
        _("Who"),
        _("From where"),
        _("Action"),
        _("Subject"),
        _("Change"),
    )
    table("", columns, map(_row, entries))


def _tell(verdict: Verdict) -> None:
    facts: dict[str, object] = {
        "root": verdict.root or "-",
        "entries": f"{verdict.entries:,}",
        "digest": verdict.digest,
    }
    if verdict.broken is None:
        say(_("Chain %(root)s holds: %(entries)s entries, digest %(digest)s") % facts)
        return
    broken: Broken = verdict.broken
    facts |= {
        "sequence": str(broken.sequence),
        "subject": broken.subject or "-",
        "reason": REASONS[broken.reason],
    }
    complain(_("Chain %(root)s is broken at entry %(sequence)s (%(subject)s): %(reason)s.") % facts)


def _row(entry: Entry) -> tuple[object, ...]:
    changes = "; ".join(
        f"{name}: {_shown(before)} → {_shown(after)}" for name, before, after in entry.changes
    )
    when = localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S")
    return (
        str(entry.sequence),
        when,
        entry.actor,
        entry.source,
        entry.action,
        entry.subject,
        changes,
    )


def _shown(value: object) -> str:
    return "–" if value in (None, "") else str(value)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=get_current_timezone()) if moment else None
