"""The worker delivers, shows that it is alive, waits for a database that is gone, and stops when told."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import OperationalError

from tillkeeper.cli import worker
from tillkeeper.cli.heartbeat import last_beat
from tillkeeper.cli.serving import address, is_free, processes


@pytest.fixture
def loop(monkeypatch):
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    return worker.DeliveryLoop()


@pytest.mark.django_db
def test_a_round_delivers_and_shows_that_the_worker_is_alive(loop, monkeypatch):
    rounds = []
    monkeypatch.setattr(worker, "deliver_due", lambda *, at: rounds.append(at))
    loop.go_round()
    assert len(rounds) == 1
    assert last_beat() is not None


def test_a_database_that_is_gone_is_waited_for_longer_and_longer(loop, monkeypatch):
    def gone(*, at):
        raise OperationalError("gone")

    monkeypatch.setattr(worker, "deliver_due", gone)
    waits = []
    for _ in range(8):
        loop.go_round()
        waits.append(loop.wait_s)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    monkeypatch.setattr(worker, "deliver_due", lambda *, at: 0)
    loop.go_round()
    assert loop.wait_s == worker.EVERY_S


def test_the_worker_stops_within_seconds_of_a_signal(tmp_path):
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("TILLKEEPER_", "DJANGO_"))}
    environment = {**ours, "TILLKEEPER_VAR": str(tmp_path)}
    command = [sys.executable, "-m", "tillkeeper.cli.main"]
    subprocess.run(  # noqa: S603  our own command
        [*command, "migrate"], env=environment, check=True, timeout=180, capture_output=True
    )
    running = subprocess.Popen([*command, "worker"], env=environment, stderr=subprocess.PIPE)  # noqa: S603
    try:
        _wait_for(lambda: any((tmp_path / "cache").glob("*")))  # its first sign of life
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 0
        assert time.monotonic() - began < 10
    finally:
        running.kill()
        running.communicate()


def test_console_gateway_worker_and_writer_are_what_runs():
    commands = processes(host="0.0.0.0", port=8000, workers=2)  # noqa: S104
    assert set(commands) == {"web", "gateway", "worker", "writer"}
    assert "--port 8001 --workers 1" in commands["gateway"]
    assert "--port 8000 --workers 2" in commands["web"]


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("0.0.0.0", "http://localhost:8000"),  # noqa: S104
        ("10.0.0.7", "http://10.0.0.7:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_the_address_is_one_that_a_browser_takes(host, shown):
    assert address(host, 8000) == shown


def test_a_port_in_use_is_not_free():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not is_free("127.0.0.1", taken.getsockname()[1])


def _wait_for(condition, timeout_s=60):
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)
