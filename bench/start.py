"""Start: `tillkeeper up` without set-up, from the command to the first answered page."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from ground.homes import ROOT
from ground.lines import line

RUNS, LIMIT_S = 5, 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("TILLKEEPER_")
        }
        environment |= {"TILLKEEPER_VAR": folder, "TILLKEEPER_SECRET_KEY": "only for measuring"}
        command = [str(Path(sys.executable).parent / "tillkeeper")]
        subprocess.run(
            [*command, "migrate"],
            check=True,
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        times = [_start(command, environment) for _ in range(RUNS)]
    line(
        "start_to_first_page",
        statistics.median(times),
        "s",
        limit=LIMIT_S,
        goal="under 5 s",
        runs=RUNS,
    )


def _start(command: list[str], environment: dict[str, str]) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.perf_counter()
    running = subprocess.Popen(
        [*command, "up", "--port", str(port)],
        start_new_session=True,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - begin < 60:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/account/login/", timeout=5
                ) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - begin
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the console did not answer within a minute")
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(timeout=20)


if __name__ == "__main__":
    main()
