"""Check-ins a second, each answered after the commit with its token checked, beside the same server answering nothing.

64 kept connections, 20,000 terminals in turn, on the SQLite and on the PostgreSQL spool; one server process. Rounds of
limit and check-ins follow each other, so that a busy machine is busy for both. Peer: goosebit, which speaks hawkBit's
device API, answering its polls in one process too; it is measured in the first home only.
"""

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ground.callers import FIRST, Plan, Seen, call
from ground.homes import on_each_home
from ground.lines import line
from ground.matching import outside
from ground.voices import free_port, wait_for

TERMINALS, CONNECTIONS, ROUNDS, SECONDS = 20_000, 64, 3, 5.0
GOAL, P99_MS, PEER_TIMES = 0.25, 250.0, 5.0
PEER = ("goosebit", "uvicorn[standard]")
# Its tables, made as its own tool makes them.
PEER_TABLES = """
import asyncio, os
import goosebit.db
from aerich import Command
from goosebit.db.config import TORTOISE_CONF
from tortoise import Tortoise

async def make():
    place = os.path.join(os.path.dirname(goosebit.db.__file__), "migrations")
    command = Command(tortoise_config=TORTOISE_CONF, location=place)
    await command.init()
    await command.upgrade(run_in_transaction=False)
    await Tortoise.close_connections()

asyncio.run(make())
"""
OURS, NOTHING = "tillkeeper.config.gateway:application", "ground.empty:application"


def measure(home: str) -> None:
    from django.conf import settings

    from tillkeeper.telemetry.bearers import Bearer, Mint

    mint, until = Mint(settings.SECRET_KEY), int(time.time()) + 86_400
    with tempfile.TemporaryDirectory() as folder:
        tokens = Path(folder) / "tokens"
        tokens.write_text(
            "".join(
                f"{pk} {mint.token(Bearer(pk, f'SN{pk:08}', pk, until))}\n"
                for pk in range(1, TERMINALS + 1)
            )
        )
        seen = _rounds(str(tokens))
    limit = statistics.median(one.per_second for one, _cpu in seen[NOTHING, 1])
    for readings in (1, 10):
        _print(home, readings, seen[OURS, readings], limit, _cpu_us(seen[NOTHING, 1]))
    if home == "sqlite" or len(sys.argv) > 1:
        _beside_peer(statistics.median(one.per_second for one, _cpu in seen[OURS, 1]))


def _rounds(tokens: str) -> dict[tuple[str, int], list[tuple[Seen, float]]]:
    """Return what was seen of both servers, round by round, with the servers' processor seconds."""
    seen: dict[tuple[str, int], list[tuple[Seen, float]]] = {}
    with _server(NOTHING) as (empty, at_empty), _server(OURS) as (ours, at_ours):
        for turn in range(ROUNDS):
            for which, server, port, readings in (
                (NOTHING, empty, at_empty, 1),
                (OURS, ours, at_ours, 1),
                (OURS, ours, at_ours, 10),
            ):
                plan = Plan(
                    port=port,
                    seconds=SECONDS,
                    tokens=tokens,
                    connections=CONNECTIONS,
                    readings=readings,
                    first=FIRST + turn * 1_000_000 + readings * 10_000,
                )
                spent = _processor_s(server)
                one = call(plan)
                seen.setdefault((which, readings), []).append((one, _processor_s(server) - spent))
                if one.refused or one.lost:
                    raise SystemExit(f"{which}: {one.codes}, {one.lost} connections lost")
    return seen


@contextmanager
def _server(application: str) -> Iterator[tuple[psutil.Process, int]]:
    """Run a server as `tillkeeper gateway` runs it."""
    from tillkeeper.cli.serving import device_server

    port = free_port()
    command = device_server(host="127.0.0.1", port=port, workers=1)
    with _running([*command[:-1], application], port) as process:
        yield process, port


@contextmanager
def _running(
    command: list[str], port: int, folder: str = "", **more: str
) -> Iterator[psutil.Process]:
    environment = {**os.environ, **more}
    process = subprocess.Popen(command, env=environment, cwd=folder or None)
    try:
        if not wait_for(lambda: _answers(port), 120):
            raise SystemExit("the server does not answer")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(port: int) -> bool:
    """Say whether there is an answer, whichever: granian listens long before its application is loaded."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/")
        line.getresponse().read()
    except OSError:
        return False
    else:
        return True
    finally:
        line.close()


def _processor_s(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def _cpu_us(seen: list[tuple[Seen, float]]) -> float:
    """Return what one answer costs the server, in microseconds of a core."""
    return statistics.median(1e6 * spent / max(1, one.answered) for one, spent in seen)


def _print(
    home: str, readings: int, seen: list[tuple[Seen, float]], limit: float, empty_us: float
) -> None:
    label = f"voice_gateway_{home}_{readings}"
    rate = statistics.median(one.per_second for one, _spent in seen)
    p99 = statistics.median(one.p99_ms for one, _spent in seen)
    goal = f"at least {GOAL:.0%} of an empty answer" if readings == 1 else ""
    met = rate >= GOAL * limit if readings == 1 else None
    line(label, rate, "check-ins/s", peer=limit, goal=goal, met=met, runs=ROUNDS)
    line(f"{label}_p99", p99, "ms", limit=P99_MS, goal="under 250 ms", runs=ROUNDS)
    line(f"{label}_processor", _cpu_us(seen), "µs/check-in", peer=empty_us, runs=ROUNDS)
    if readings > 1:
        line(f"{label}_readings", rate * readings, "readings/s", runs=ROUNDS)


def _beside_peer(ours: float) -> None:
    """Compare with the polls that goosebit answers: no token to check, nothing to keep but that it was there."""
    try:
        python, folder = outside(*PEER)
    except subprocess.CalledProcessError as error:
        print(f"voice_gateway: no goosebit here: {error.stderr[-300:]}", file=sys.stderr)
        return
    port = free_port()
    with folder, tempfile.TemporaryDirectory() as home:
        options = {"GOOSEBIT_DB_URI": f"sqlite:///{home}/db.sqlite3", "PYTHONPATH": ""}
        made = {**os.environ, **options}
        subprocess.run([python, "-c", PEER_TABLES], cwd=home, env=made, check=True)
        command = [python, "-m", "uvicorn", "--port", str(port), "--no-access-log"]
        command += ["--log-level", "warning", "goosebit:app"]
        with _running(command, port, home, **options):
            path = "/DEFAULT/controller/v1/DEVICE"
            polls = Plan(port=port, seconds=10, method="GET", path=path, connections=CONNECTIONS)
            seen = call(polls)
    if not seen.answered:
        print(f"voice_gateway: goosebit does not answer: {seen.codes}", file=sys.stderr)
        return
    line(
        "voice_gateway_beside_goosebit",
        ours,
        "check-ins/s",
        peer=seen.per_second,
        goal=f"at least {PEER_TIMES:.0f} times its polls",
        met=ours >= PEER_TIMES * seen.per_second,
    )


if __name__ == "__main__":
    on_each_home(__file__, measure)
