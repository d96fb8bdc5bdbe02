"""The gateway as a process on its own server. Its database is not even there: check-ins need none."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.integration.gateway.test_check_ins import check_in, kept

from tillkeeper.cli.serving import device_server
from tillkeeper.telemetry.bearers import Bearer, Mint
from tillkeeper.telemetry.spool.sqlite import SqliteSpool

SECRET = "only for this test"


class Gateway:
    """A gateway that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if "TILLKEEPER_" not in name}
        self.environment = kept | {
            "TILLKEEPER_VAR": str(folder),
            "TILLKEEPER_SECRET_KEY": SECRET,
            "DJANGO_SETTINGS_MODULE": "tillkeeper.config.settings",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = device_server(host="127.0.0.1", port=self.port, workers=1)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own command
                command, env=self.environment, stdout=log, stderr=log
            )
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the gateway does not listen")

    def kill(self) -> None:
        family = psutil.Process(self.process.pid)
        for one in [*family.children(recursive=True), family]:
            one.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)


@pytest.fixture
def gateway(tmp_path) -> Iterator[Gateway]:
    made = Gateway(tmp_path)
    made.start()
    yield made
    if made.process.poll() is None:
        made.kill()


def _token(terminal: int) -> str:
    bearer = Bearer(terminal, f"SN{terminal}", terminal, int(time.time()) + 3600)
    return Mint(SECRET).token(bearer)


def _say(port: int, token: str, message) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        head = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        line.request("POST", "/device/v1/check-in", json.dumps(message), head)
        return line.getresponse().status
    finally:
        line.close()


def test_what_was_answered_survives_kill_9(gateway, tmp_path):
    told: list[tuple[int, int]] = []
    over = threading.Event()

    def call(terminal: int) -> None:
        token, counter = _token(terminal), 1
        while not over.is_set():
            try:
                status = _say(gateway.port, token, check_in(counter))
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status == 200:
                told.append((terminal, counter))
                counter += 1
            time.sleep(0.02)

    callers = [threading.Thread(target=call, args=(terminal,)) for terminal in (1, 2, 3, 4)]
    for caller in callers:
        caller.start()
    for _ in range(2):
        time.sleep(1.0)
        gateway.kill()
        gateway.start()
    time.sleep(1.0)
    gateway.kill()
    over.set()
    for caller in callers:
        caller.join()
    spool = SqliteSpool(tmp_path / "spool.sqlite3")
    there = {(item.terminal, item.said.counter) for item in kept(spool)}
    spool.close()
    assert len(told) > 8
    assert set(told) <= there


def test_it_ends_in_order_when_asked_to(gateway):
    assert _say(gateway.port, _token(9), check_in(1)) == 200
    began = time.monotonic()
    assert gateway.stop() in {0, -signal.SIGTERM}
    assert time.monotonic() - began < 30
    assert "refused to gracefully stop" not in (gateway.folder / "log").read_text()


def test_slow_lorises_harm_nobody(gateway):
    """Two hundred that send a head or a body drop by drop; everybody else is answered as before."""
    slow = []
    for number in range(200):
        line = socket.create_connection(("127.0.0.1", gateway.port), 5)
        head = b"POST /device/v1/check-in HTTP/1.1\r\nhost: x\r\n"
        if number % 2:
            token = _token(1000 + number).encode()
            head += b"authorization: Bearer " + token + b"\r\ncontent-length: 500\r\n\r\n{"
        line.sendall(head)
        slow.append(line)
    began = time.monotonic()
    statuses = [_say(gateway.port, _token(7), check_in(number)) for number in range(1, 11)]
    assert (set(statuses), time.monotonic() - began < 10) == ({200}, True)
    slow[0].settimeout(40)
    slow[1].settimeout(40)
    heads = [slow[0].recv(4096), slow[1].recv(4096)]
    for line in slow:
        line.close()
    assert heads[0] == b"" or b" 408 " in heads[0].split(b"\r\n")[0]
    assert b" 408 " in heads[1].split(b"\r\n")[0]
