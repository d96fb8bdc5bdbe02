"""`tillkeeper simulate`: a fleet of terminals that lives, against any installation."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from rich.live import Live
from rich.text import Text

from tillkeeper.cli.screen import as_json, aside, complain, table
from tillkeeper.cli.simulation.herd import Herd, Pace
from tillkeeper.cli.simulation.keyring import Keyring
from tillkeeper.cli.simulation.running import Order, lead_in, live, outcome
from tillkeeper.cli.simulation.sources import Api, Ledger, Source
from tillkeeper.cli.simulation.voices import JSON, MESSAGEPACK
from tillkeeper.engines.rehearsal.fleet import Faults, FaultsUnreadable
from tillkeeper.kernel.errors import FieldInvalid

app = typer.Typer(no_args_is_help=True)
SOME_REFUSED: Final = 1
UNUSABLE: Final = 2
ADDRESSES: Final = ("http://", "https://")
LINE_EVERY: Final = 10  # of the seconds, where nobody watches a screen


@app.callback()
def simulate() -> None:
    """Play what real terminals would do, to try an installation and to measure it."""


Terminals = Annotated[
    int,
    typer.Option(
        "--terminals", "-n", help="How many, of those that serve at a site.", min=1, max=100_000
    ),
]
Seconds = Annotated[float, typer.Option(help="How long; 0: until stopped.", min=0)]
FaultsFile = Annotated[
    Path | None,
    typer.Option(help="TOML: what goes wrong, and how often.", exists=True, dir_okay=False),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same fleet.", min=0)]
To = Annotated[
    str,
    typer.Option(
        help="Address of the gateway; this machine's, unless given.",
        envvar="TILLKEEPER_DEVICE_ADDRESS",
    ),
]
ApiAddress = Annotated[
    str,
    typer.Option(
        help="Address of an installation's REST API; without it the ledger of this machine is used."
    ),
]
Token = Annotated[str, typer.Option(help="Token for the REST API.", envvar="TILLKEEPER_API_TOKEN")]
Interval = Annotated[
    int,
    typer.Option(help="Seconds between check-ins; 0: as the server tells.", min=0, max=86_400),
]
Speed = Annotated[
    float, typer.Option(help="Seconds of the fleet's life in one of ours.", min=0.1, max=3600)
]
Connections = Annotated[int, typer.Option(help="Kept open, at most.", min=1, max=512)]
TruthFile = Annotated[
    Path | None,
    typer.Option(help="Write every fault there: CSV, or lines of JSON.", dir_okay=False),
]
MessagePack = Annotated[bool, typer.Option("--messagepack", help="Speak MessagePack.")]
Patience = Annotated[float, typer.Option(help="Seconds to wait for the gateway.", min=0)]
Since = Annotated[
    float, typer.Option(help="When the fleet's life began, in seconds since 1970; 0: now.", min=0)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")]


@app.command()
def fleet(  # noqa: PLR0913  each option is a size of its own
    *,
    terminals: Terminals = 500,
    seconds: Seconds = 600,
    faults: FaultsFile = None,
    seed: Seed = 1,
    to: To = "",
    api: ApiAddress = "",
    token: Token = "",
    interval: Interval = 0,
    speed: Speed = 1.0,
    connections: Connections = 128,
    truth: TruthFile = None,
    messagepack: MessagePack = False,
    patience: Patience = 20,
    since: Since = 0,
    json: AsJson = False,
) -> None:
    """Lead terminals in and let them live: they sell, wear, break, check in, keep what they cannot send, and act.

    Exit codes: 0 done; 1 terminals were missing or refused, or readings lost; 2 wrong usage or a nonsensical file.
    """
    address = _gateway_at(to, api)
    order = Order(
        to=address,
        pace=Pace(seconds or float("inf"), speed, interval, MESSAGEPACK if messagepack else JSON),
        faults=_faults(faults),
        seed=seed,
        most=connections,
        truth=_truth(truth),
        patience_s=patience,
        since=since,
    )
    source: Source = Api(api, token) if api else Ledger()
    counts = run(source, order, terminals, quiet=json)
    if json:
        as_json(counts)
    else:
        _tell(counts)
    if counts["terminals"] < terminals or counts["lost"] or counts["enrolments_refused"]:
        raise typer.Exit(SOME_REFUSED)


def run(source: Source, order: Order, count: int, *, quiet: bool = False) -> dict[str, Any]:
    """Run a fleet and return its counts."""
    chosen = source.terminals(count)
    if not chosen:
        complain(
            _(
                "There is no terminal in service at a site. Load a ledger or the demonstration first."
            )
        )
        raise typer.Exit(UNUSABLE)
    if len(chosen) < count:
        complain(_("Only %(n)s terminals serve at a site.") % {"n": f"{len(chosen):,}"})
    ring = Keyring.of(Path(settings.TILLKEEPER_VAR) / "fleet", order.to)
    voices, refused = lead_in(source, ring, chosen, order, _stage(quiet=quiet))
    if quiet or not sys.stderr.isatty():
        rounds = iter(range(sys.maxsize))
        herd = live(chosen, voices, order, lambda herd: _line(herd, next(rounds), quiet=quiet))
    else:
        with Live(console=aside(), refresh_per_second=2) as shown:
            herd = live(chosen, voices, order, lambda herd: shown.update(Text(_state(herd))))
    return outcome(herd, refused)


def _gateway_at(to: str, api: str) -> str:
    """Return where the gateway is.

    Raises:
        FieldInvalid: that, or the address of the REST API, is none.
    """
    address = to or f"http://{settings.TILLKEEPER_DEVICE_HOST}:{settings.TILLKEEPER_DEVICE_PORT}"
    for option, value in (("--to", address), ("--api", api or address)):
        if not value.startswith(ADDRESSES):
            raise FieldInvalid(field=option, value=value, expected="http://host:port")
    return address


def _faults(path: Path | None) -> Faults:
    if path is None:
        return Faults.default()
    try:
        return Faults.read(path.read_text(encoding="utf-8"))
    except (FaultsUnreadable, UnicodeDecodeError) as error:
        raise FieldInvalid(field="--faults", value=str(path), expected=str(error)) from None


def _truth(path: Path | None) -> Path | None:
    """Return where the truth goes: refused before terminals are led in, not when the first fault is written.

    Raises:
        FieldInvalid: its folder is not there.
    """
    if path is not None and not path.parent.is_dir():
        expected = "a file in a folder that is there"
        raise FieldInvalid(field="--truth", value=str(path), expected=expected)
    return path


def _stage(*, quiet: bool) -> Any:
    labels = {"codes": _("Activation codes"), "enrolled": _("Enrolled")}

    def told(stage: str, done: int, of: int) -> None:
        if not quiet:
            aside().print(f"{labels[stage]}: {done:,} / {of:,}", markup=False)

    return told


def _line(herd: Herd, number: int, *, quiet: bool) -> None:
    if not quiet and number % LINE_EVERY == LINE_EVERY - 1:
        aside().print(_state(herd), markup=False, soft_wrap=True)


def _state(herd: Herd) -> str:
    tally = herd.tally
    return _(
        "%(n)s terminals · %(check_ins)s check-ins · %(kept)s readings kept · %(refused)s refused · "
        "%(actions)s actions · %(faults)s faults"
    ) % {
        "n": f"{len(herd.voices):,}",
        "check_ins": f"{tally.check_ins:,}",
        "kept": f"{sum(voice.waiting() for voice in herd.voices):,}",
        "refused": f"{sum(tally.refused.values()):,}",
        "actions": f"{sum(tally.actions.values()):,}",
        "faults": f"{len({one.cause for one in herd.fleet.truths()}):,}",
    }


def _tell(counts: dict[str, Any]) -> None:
    labels = {
        "terminals": _("Terminals that speak"),
        "check_ins": _("Check-ins answered"),
        "readings": _("Readings measured"),
        "answered": _("of these answered"),
        "kept": _("still kept by terminals"),
        "dropped": _("dropped: no room in the terminal"),
        "lost": _("lost"),
        "unreachable": _("Calls without an answer"),
        "logs": _("Logs sent"),
        "faults": _("Faults that happened"),
        "faults_shown": _("of these to be seen in readings"),
    }
    rows = [(label, counts[name]) for name, label in labels.items()]
    rows += [
        (_("Actions: %(outcome)s") % {"outcome": one}, n) for one, n in counts["actions"].items()
    ]
    refused = {**counts["enrolments_refused"], **counts["refused"]}
    rows += [(_("Refused: %(code)s") % {"code": code}, n) for code, n in refused.items()]
    table("", (_("What"), _("How many")), rows)
