"""`tillkeeper up`."""

import os
from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import gettext as _

from tillkeeper.cli.screen import complain, say
from tillkeeper.cli.serving import address, is_free, processes, serve
from tillkeeper.cli.upkeep import pending_migrations, static_is_stale

app = typer.Typer()

Host = Annotated[
    str, typer.Option(help="Address to listen at; 0.0.0.0 for all.", envvar="TILLKEEPER_HOST")
]
Port = Annotated[
    int, typer.Option(help="Port to listen at.", min=1, max=65535, envvar="TILLKEEPER_PORT")
]
Workers = Annotated[
    int, typer.Option(help="Processes that answer the console and the API.", min=1, max=64)
]


@app.command()
def up(
    host: Host = settings.TILLKEEPER_HOST,
    port: Port = settings.TILLKEEPER_PORT,
    workers: Workers = 1,
) -> None:
    """Run the console and the worker until stopped.

    Exit codes: 0 stopped on purpose; 1 a process ended by itself; 2 not ready to run, and the reason is printed.
    """
    require_ready(host, port)
    require_door()
    say(_("The console: %(address)s  (stop with Ctrl+C)") % {"address": address(host, port)})
    raise typer.Exit(serve(processes(host=host, port=port, workers=workers), environment()))


def require_ready(host: str, port: int) -> None:
    """Refuse to start what could not work."""
    if pending_migrations() or static_is_stale():
        complain(
            _(
                "The database or the static files are not of this version. Run `tillkeeper migrate` first."
            )
        )
        raise typer.Exit(2)
    if not is_free(host, port):
        complain(
            _("Port %(port)s is taken by another program. Stop it, or choose another with --port.")
            % {"port": port}
        )
        raise typer.Exit(2)


def require_door() -> None:
    """Refuse to start where another program listens at the address that terminals call."""
    host, port = settings.TILLKEEPER_DEVICE_HOST, settings.TILLKEEPER_DEVICE_PORT
    if not is_free(host, port):
        complain(
            _(
                "Port %(port)s, which terminals call, is taken by another program. Stop it, or choose another with "
                "TILLKEEPER_DEVICE_PORT."
            )
            % {"port": port}
        )
        raise typer.Exit(2)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of the processes."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "tillkeeper.config.settings",
        **more,
    }
