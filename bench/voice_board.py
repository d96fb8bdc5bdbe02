"""The live board at 100,000 terminals: how soon it opens, and what 50 people who watch it cost.

Both with the server as `tillkeeper up` runs it. While it is watched, 1,000 terminals a minute change their state.
"""

import asyncio
import http.client
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from ground.estates import bring_in, head_office, settle
from ground.homes import on_each_home
from ground.ledgers import write_csv
from ground.lines import line

TERMINALS, WATCHERS, OPENINGS = 100_000, 50, 20
OPEN_MS, SHARE_OF_A_CORE = 300, 5.0
SETTLED_S, WATCHED_S, CHANGES_A_ROUND, ROUND_S = 10, 60, 33, 2
STATES = ("online", "degraded", "late", "offline")


def measure(home: str) -> None:
    _estate()
    cookie = _sign_in()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = _server(port)
    try:
        _wait(port)
        server = psutil.Process(running.pid)
        cold = _open(port, cookie)
        times = [_open(port, cookie, pause_s=2.1) for _ in range(OPENINGS)]
        line(f"live_board_first_opening_{home}", cold, "ms", runs=1, goal="shown beside the next")
        line(
            f"live_board_opens_{home}",
            statistics.median(times),
            "ms",
            limit=OPEN_MS,
            goal="under 300 ms with 100,000 terminals; live numbers anew, the ledger's at most 30 s old",
            runs=OPENINGS,
        )
        events, share = asyncio.run(_watch(port, cookie, server))
        pace = events / WATCHERS / WATCHED_S * ROUND_S
        _hold(port, cookie)
        line(
            f"live_board_watched_by_{WATCHERS}_{home}",
            share,
            "% of a core",
            limit=SHARE_OF_A_CORE,
            goal=f"under 5 % of a core; {pace:.2f} events a reader every 2 s",
        )
        stopped = _stop(running)
        line(f"live_board_stops_{home}", stopped, "s", limit=5, goal="in seconds, 50 streams open")
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def _estate() -> None:
    """Bring in a ledger and let all of it have been heard, with a day of changes behind it."""
    from tillkeeper.telemetry.models import Live, StateChange
    from tillkeeper.terminals.queries import terminals

    by = head_office()
    if not terminals(by.scope("estate.view")).exists():
        with tempfile.TemporaryDirectory() as folder:
            bring_in(write_csv(Path(folder) / "ledger.csv", TERMINALS), by)
    if Live.objects.exists():
        return
    now = datetime.now(UTC)
    keys = list(terminals(by.scope("estate.view")).order_by("pk").values_list("pk", flat=True))
    signals = {"battery_level": [80, now.timestamp()], "rsrp": [-90, now.timestamp()]}
    Live.objects.bulk_create(
        (
            Live(
                terminal_id=key, state=STATES[0] if n % 20 else STATES[n // 20 % 4], since=now, heard_at=now,
                interval_s=300, read_at=now, signals=signals, app_version="3.2.1",
            )
            for n, key in enumerate(keys)
        ),
        batch_size=2_000,
    )  # fmt: skip
    changes = [
        StateChange(terminal_id=key, from_state=old, to_state=new, at=now - timedelta(seconds=n % 86_400 + later))
        for n, key in enumerate(keys)
        for old, new, later in (("online", "offline", 900), ("offline", "online", 0))
    ]  # fmt: skip
    StateChange.objects.bulk_create(changes, batch_size=2_000)
    settle()


def _sign_in() -> str:
    from django.test import Client

    from tillkeeper.kernel.actor import Actor
    from tillkeeper.parties.models import Person
    from tillkeeper.parties.services.people import create_person, grant_role

    by, at = Actor.system("bench"), datetime.now(UTC)
    if not Person.objects.filter(username="bench").exists():
        create_person(username="bench", display_name="", password=secrets.token_urlsafe(16), by=by, at=at)  # fmt: skip
        grant_role(username="bench", role="administrator", organisation_code="HQ", by=by, at=at)
    client = Client()
    client.force_login(Person.objects.get(username="bench"), "django.contrib.auth.backends.ModelBackend")  # fmt: skip
    return f"sessionid={client.cookies['sessionid'].value}"


def _server(port: int) -> subprocess.Popen[bytes]:
    from django.core.management import call_command

    from tillkeeper.cli.serving import processes

    call_command("collectstatic", interactive=False, verbosity=0)
    command = processes(host="127.0.0.1", port=port, workers=1)["web"]
    return subprocess.Popen(
        ["/bin/sh", "-c", command],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(port: int) -> None:
    for _ in range(3_000):  # a busy machine takes minutes to load all modules
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/account/login/", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the console did not answer within five minutes")


def _open(port: int, cookie: str, pause_s: float = 0) -> float:
    """Return how long the page takes; after a pause the numbers of the last opening are too old to be shown."""
    time.sleep(pause_s)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    begin = time.perf_counter()
    headers = {"Host": "localhost", "Cookie": cookie, "Accept-Encoding": "gzip"}
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - begin) * 1000
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"the board answered {answer.status}")
    return took


class Watchers:
    """Fifty people who watch, and how many events came to them."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._open = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []
        self.events = 0

    async def come(self) -> None:
        """Open all streams."""
        self._tasks = [asyncio.create_task(self._read()) for _ in range(WATCHERS)]
        for _ in range(WATCHERS):
            await self._open.acquire()

    async def go(self) -> None:
        """Close them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        stream, out = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        out.write(_request(self._cookie))
        if b" 200 " not in (status := await stream.readline()):
            raise SystemExit(f"a stream answered {status!r}")
        self._open.release()
        try:
            while told := await stream.readline():
                self.events += told.startswith(b"event: numbers")
        finally:
            out.close()


async def _watch(port: int, cookie: str, server: psutil.Process) -> tuple[int, float]:
    """Return how many events came to all watchers in a minute, and what part of a core the server took."""
    watchers, over = Watchers(port, cookie), threading.Event()
    await watchers.come()
    stirrer = threading.Thread(target=_stir, args=(over,))
    stirrer.start()
    await asyncio.sleep(SETTLED_S)  # the slow parts have come by then
    watchers.events, begin, before = 0, time.perf_counter(), _cpu(server)
    await asyncio.sleep(WATCHED_S)
    events, share = watchers.events, 100 * (_cpu(server) - before) / (time.perf_counter() - begin)
    over.set()
    await asyncio.to_thread(stirrer.join)
    await watchers.go()
    return events, share


def _request(cookie: str) -> bytes:
    return f"GET /live/board HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()


held: list[socket.socket] = []


def _hold(port: int, cookie: str) -> None:
    """Keep streams open for the stop."""
    for _ in range(WATCHERS):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(_request(cookie))
        one.recv(64)
        held.append(one)


def _stir(stop: threading.Event) -> None:
    """Let terminals change their state as a writer would, in a process' own connection."""
    from django.db import connection

    from tillkeeper.telemetry.models import Live, StateChange

    keys = list(Live.objects.values_list("pk", flat=True)[:10_000])
    turn = 0
    while not stop.wait(ROUND_S):
        turn += 1
        chosen = keys[turn * CHANGES_A_ROUND % 9_000 :][:CHANGES_A_ROUND]
        now = datetime.now(UTC)
        Live.objects.filter(pk__in=chosen).update(state="late", since=now)
        StateChange.objects.bulk_create(
            StateChange(terminal_id=key, from_state="online", to_state="late", at=now) for key in chosen
        )  # fmt: skip
    connection.close()


def _cpu(server: psutil.Process) -> float:
    family = [server, *server.children(recursive=True)]
    return sum(one.user + one.system for one in (process.cpu_times() for process in family))


def _stop(running: subprocess.Popen[bytes]) -> float:
    begin = time.perf_counter()
    running.terminate()
    running.wait(timeout=30)
    for one in held:
        one.close()
    return time.perf_counter() - begin


if __name__ == "__main__":
    on_each_home(__file__, measure, keep=os.environ.get("BENCH_KEEP", ""))
    sys.exit(0)
