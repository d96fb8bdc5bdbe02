"""`tillkeeper demo`: the way in for somebody who has just cloned the repository."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext as _
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tillkeeper.cli.demonstration import (
    fleet_process,
    hear_terminals,
    is_ours,
    load_demonstration,
    summary,
)
from tillkeeper.cli.screen import aside, complain
from tillkeeper.cli.serving import address, is_free, processes, serve
from tillkeeper.cli.summary import Progress as Telling
from tillkeeper.cli.summary import print_invitation, print_summary
from tillkeeper.cli.up import Host, Port, Workers, environment, require_door
from tillkeeper.cli.upkeep import collect_static, migrate
from tillkeeper.parties.queries import organisations

app = typer.Typer()


@app.command()
def demo(
    host: Host = settings.TILLKEEPER_HOST,
    port: Port = settings.TILLKEEPER_PORT,
    workers: Workers = 1,
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,
) -> None:
    """Load the demonstration estate if there is none yet, print what came of it, and run the console until stopped.

    The data is kept: a second run starts at once. Exit codes: 0 stopped on purpose, or --once and all loaded; 1 a
    process ended by itself; 2 the port is taken.
    """
    if not once and not is_free(host, port):
        complain(
            _("Port %(port)s is taken by another program. Stop it, or choose another with --port.")
            % {"port": port}
        )
        raise typer.Exit(2)
    if not once:
        require_door()
    migrate()
    collect_static()
    if not organisations().exists():
        _told(_("Loading the demonstration estate"), load_demonstration)
    if is_ours():
        _told(_("Leading terminals in"), partial(hear_terminals, at=now()))
    made = summary()
    print_summary(made)
    if once:
        return
    print_invitation(made, address(host, port))
    commands = processes(host=host, port=port, workers=workers) | fleet_process(now())
    raise typer.Exit(serve(commands, environment(TILLKEEPER_DEMO="1")))


def _told(title: str, work: Callable[[Telling], object]) -> None:
    """Do what takes a while, and tell how far it is."""
    if not sys.stderr.isatty():
        work(_Stages())
        return
    text, percent = TextColumn("{task.description}"), TextColumn("{task.percentage:3.0f} %")
    with Progress(text, BarColumn(), percent, TimeRemainingColumn(), console=aside()) as bar:
        task = bar.add_task(title, total=1.0)
        work(lambda stage, share: bar.update(task, description=stage, completed=share))


class _Stages:
    """Prints each stage once: a log has no use for a bar."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, stage: str, share: float) -> None:
        if stage != self._stage:
            self._stage = stage
            aside().print(f"{share:4.0%}  {stage}", markup=False)
