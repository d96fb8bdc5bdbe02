"""`tillkeeper gateway`."""

import os
from typing import Annotated

import typer
from django.conf import settings

from tillkeeper.cli.serving import device_server
from tillkeeper.cli.up import environment, require_ready

app = typer.Typer()

Host = Annotated[
    str,
    typer.Option(help="Address to listen at; 0.0.0.0 for all.", envvar="TILLKEEPER_DEVICE_HOST"),
]
Port = Annotated[
    int,
    typer.Option(help="Port to listen at.", min=1, max=65535, envvar="TILLKEEPER_DEVICE_PORT"),
]
Workers = Annotated[
    int,
    typer.Option(help="Processes that answer terminals; one a processor is enough.", min=1, max=64),
]


@app.command()
def gateway(
    host: Host = settings.TILLKEEPER_DEVICE_HOST,
    port: Port = settings.TILLKEEPER_DEVICE_PORT,
    workers: Workers = 1,
) -> None:
    """Answer terminals under /device/v1 until stopped with SIGTERM or Ctrl+C.

    `tillkeeper up` starts one; run it alone where terminals call another machine than people do. Exit codes: 0 stopped
    on purpose; 2 not ready to run, and the reason is printed.
    """
    require_ready(host, port)
    command = device_server(host=host, port=port, workers=workers)
    os.execve(command[0], command, environment())  # noqa: S606  ours; signals reach the server itself
