"""`tillkeeper live show | list | history | states`: how terminals are heard."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.formats.voice.signals import MEASURED, SIGNALS
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.live_words import LIVE_LABELS
from tillkeeper.telemetry.queries import history as histories
from tillkeeper.telemetry.queries import live as lives
from tillkeeper.telemetry.queries import states as changes
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.wording import STATE_LABELS

app = typer.Typer(no_args_is_help=True, help="How terminals are heard, now and before.")
NONE: Final = 1
KINDS: Final = (LiveState.OFFLINE, LiveState.LATE, LiveState.DEGRADED, "tamper_risk", "away")
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Serial = Annotated[str, typer.Argument(help="Serial number.")]
Last = Annotated[str, typer.Option(help="How far back: 90m, 24h, 7d.")]


@app.command()
def counts(*, json: AsJson = False) -> None:
    """Count terminals in use by live state, and those that want a look. Exit codes: 0; 2 wrong usage."""
    who = operator()
    found, idle, wanting = lives.live_counts(who), lives.not_in_use(who), lives.attention(who)
    if json:
        as_json({**found, "not_in_use": idle, "attention": wanting})
        return
    rows: list[tuple[object, int]] = [
        (LIVE_LABELS[LiveState(state)], number) for state, number in found.items()
    ]
    rows += [
        (_("Not in use: %(state)s") % {"state": STATE_LABELS[State(state)]}, number)
        for state, number in idle.items()
    ]
    rows += [(_("Tamper risk"), wanting["tamper_risk"]), (_("Away from its site"), wanting["away"])]
    table("", (_("State"), _("Terminals")), rows)


@app.command()
def show(serial: Serial, *, json: AsJson = False) -> None:
    """Show how a terminal is heard, and the newest value of each signal.

    Exit codes: 0 heard in time; 1 late, offline or never heard; 2 wrong usage.
    """
    found = lives.live_of(operator(), serial)
    if json:
        as_json({"serial": serial, "state": None} if found is None else asdict(found))
    elif found is None:
        complain(_("%(serial)s was never heard.") % {"serial": serial})
    else:
        _tell(found)
    heard = found is not None and found.state in {LiveState.ONLINE, LiveState.DEGRADED}
    raise typer.Exit(0 if heard else NONE)


@app.command("list")
def list_watched(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    json: AsJson = False,
) -> None:
    """List terminals that want a look, the longest first. Exit codes: 0 some; 1 none; 2 wrong usage."""
    if kind not in KINDS:
        raise FieldInvalid(field="KIND", value=kind, expected=", ".join(KINDS))
    found = lives.watched(operator(), kind, limit)
    if json:
        as_json([asdict(row) for row in found])
    elif found:
        titles = (_("Serial number"), _("State"), _("Since"), _("Last heard"), _("Site"), _("Why"))
        table("", titles, ((
            row.serial, _heard(row.state), _moment(row.since), _moment(row.heard_at), row.site,
            ", ".join(row.why),
        ) for row in found))  # fmt: skip
    else:
        say(_("None."))
    raise typer.Exit(0 if found else NONE)


@app.command()
def history(
    serial: Serial,
    signal: Annotated[list[str], typer.Argument(help="Names of signals, e.g. battery_level.")],
    *,
    last: Last = "24h",
    points: Annotated[int, typer.Option(min=2, max=2_000, help="Steps at most.")] = 48,
    json: AsJson = False,
) -> None:
    """Show what signals did; of long spans low, mean and high of each step. Exit codes: 0; 1 nothing; 2 wrong usage."""
    for name in signal:
        if name not in MEASURED:
            raise FieldInvalid(field="SIGNAL", value=name, expected=", ".join(MEASURED))
    ends = now()
    series = histories.history(
        operator(), serial, signal, begins=ends - span(last), ends=ends, points=points
    )
    if json:
        as_json([asdict(one) for one in series])
    for one in () if json else series:
        title = f"{one.signal} {SIGNALS[one.signal].unit}".strip()
        table(title, (_("At"), _("Low"), _("Mean"), _("High"), _("Readings")), ((
            _moment(point.at), f"{point.low:g}", f"{point.mean:g}", f"{point.high:g}", point.count,
        ) for point in one.points))  # fmt: skip
    raise typer.Exit(0 if any(one.points for one in series) else NONE)


@app.command()
def states(serial: Serial, *, last: Last = "30d", json: AsJson = False) -> None:
    """List when a terminal came, went, or changed how it is. Exit codes: 0; 1 nothing; 2 wrong usage."""
    ends = now()
    begins = ends - span(last)
    found = changes.state_changes(operator(), serial, begins=begins, ends=ends)
    share = changes.uptime(operator(), serial, begins=begins, ends=ends).share
    if json:
        as_json({"uptime": share, "changes": [asdict(change) for change in found]})
    else:
        table("", (_("At"), _("From"), _("To"), _("Why")), _changes(found))
        if share is not None:
            say(_("Heard %(share)s of the time.") % {"share": f"{share:.1%}"})
    raise typer.Exit(0 if found else NONE)


def span(text: str) -> timedelta:
    """Return a span like 90m, 24h or 7d.

    Raises:
        FieldInvalid: it is none, or longer than 800 days.
    """
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and number.isascii() and unit in UNITS and len(number) < 7:
        found = timedelta(**{UNITS[unit]: int(number)})
        if timedelta() < found <= timedelta(days=800):
            return found
    raise FieldInvalid(field="--last", value=text, expected="90m, 24h, 7d; at most 800d")


def _changes(found: Iterable[changes.Change]) -> Iterable[tuple[object, ...]]:
    for change in found:
        before = LIVE_LABELS[LiveState(change.from_state)] if change.from_state else ""
        yield _moment(change.at), before, LIVE_LABELS[change.to_state], ", ".join(change.why)


def _heard(state: LiveState | None) -> object:
    return _("never heard") if state is None else LIVE_LABELS[state]


def _tell(row: lives.LiveRow) -> None:
    said = [
        (_("State"), LIVE_LABELS[row.state]),
        (_("Since"), _moment(row.since)),
        (_("Why"), ", ".join(row.why)),
        (_("Last heard"), _moment(row.heard_at)),
        (_("Told to come every"), f"{row.interval_s} s"),
        (_("Its clock less ours"), f"{row.skew_s:.1f} s"),
        (_("From its site"), "" if row.away_m is None else f"{row.away_m:,.0f} m"),
        (_("Tamper risk"), _("yes") if row.tamper_risk else _("no")),
    ]
    table(row.serial, (_("Fact"), _("Value")), said)
    readings = (
        (
            name,
            f"{latest.value} {SIGNALS[name].unit if name in SIGNALS else ''}".strip(),
            _epoch(latest.at),
        )
        for name, latest in sorted(row.signals.items())
    )
    table("", (_("Signal"), _("Value"), _("At")), readings)


def _moment(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""


def _epoch(at: float) -> str:
    return _moment(datetime.fromtimestamp(at, tz=now().tzinfo))
