"""Console and worker as two processes, watched by honcho: when one ends, the other is stopped too."""

import os
import shlex
import signal
import socket
import sys
from typing import Final

from django.conf import settings
from honcho.manager import Manager

WEB: Final = "web"
WORKER: Final = "worker"
WRITER: Final = "writer"
GATEWAY: Final = "gateway"
TRY_AGAIN_S: Final = 0.1


def processes(*, host: str, port: int, workers: int) -> dict[str, str]:
    """Return the command line of each process, by name: what would stand in a Procfile."""
    python = shlex.quote(sys.executable)
    web = (
        f"exec {python} -m granian --interface asginl --host {shlex.quote(host)} --port {port} --workers {workers} "
        "--workers-kill-timeout 5 --respawn-failed-workers --log-level warning tillkeeper.config.asgi:application"
    )
    gateway = device_server(
        host=settings.TILLKEEPER_DEVICE_HOST, port=settings.TILLKEEPER_DEVICE_PORT, workers=1
    )
    return {
        WEB: web,
        GATEWAY: f"exec {shlex.join(gateway)}",
        WORKER: f"exec {python} -m tillkeeper.cli.main worker",
        WRITER: f"exec {python} -m tillkeeper.cli.main writer",
    }


def device_server(*, host: str, port: int, workers: int) -> list[str]:
    """Return the command line of the gateway's server.

    A header or a body that trickles in is cut off: the header by the server after ten seconds, the body by us.
    """
    options = {
        "--interface": "asgi",
        "--host": host,
        "--port": str(port),
        "--workers": str(workers),
        "--loop": "auto",
        "--http": "1",
        "--backlog": "4096",
        "--backpressure": "2048",
        "--http1-header-read-timeout": "10000",
        "--http1-buffer-size": "131072",
        "--workers-kill-timeout": "10",
        "--log-level": "warning",
    }
    told = [part for pair in options.items() for part in pair]
    server = [sys.executable, "-m", "granian", *told, "--respawn-failed-workers"]
    return [*server, "tillkeeper.config.gateway:application"]


def tethered(command: str, keeper: int) -> str:
    """Return a command line that does not outlive the process `keeper`, however that ends; for a shell of its own.

    A watch beside the command looks once a second, for honcho cannot stop anything once it was killed itself. The shell
    and all it starts are one process group (honcho gives each its own), so 0 means these and nobody else.
    """
    watch = f"while kill -0 {keeper} 2>/dev/null; do sleep 1; done; kill -TERM 0"
    # Its output goes nowhere: honcho takes a process for ended when nobody holds its output any more.
    return f"({watch}) </dev/null >/dev/null 2>&1 & {command}"


def is_free(host: str, port: int) -> bool:
    """Say whether nobody listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def address(host: str, port: int) -> str:
    """Return the console's address as a browser takes it."""
    shown = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104  only compared
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


class _Together(Manager):  # type: ignore[misc]  # honcho tells no types
    """honcho's manager, which may also be stopped before it has heard that everything started."""

    def terminate(self) -> None:
        """Stop all; until all are known by number, come back to it."""
        if self._all_started():
            super().terminate()
            return
        signal.signal(signal.SIGALRM, lambda _signal, _frame: self.terminate())
        signal.setitimer(signal.ITIMER_REAL, TRY_AGAIN_S)


def serve(commands: dict[str, str], environment: dict[str, str]) -> int:
    """Run all until one ends or a signal comes; return an exit code, 0 when stopped on purpose."""
    manager = _Together()
    for name, command in commands.items():
        manager.add_process(name, tethered(command, os.getpid()), env=environment)
    manager.loop()
    stopped_on_purpose = {130, 143, 0}
    return 0 if manager.returncode in stopped_on_purpose else 1
