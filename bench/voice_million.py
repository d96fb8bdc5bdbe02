"""A million enrolled terminals that check in every five minutes, on PostgreSQL: sustained, and nothing lost?

`python bench/voice_million.py [--seconds 600] [--terminals 1000000] [--direct]`: each check-in carries ten signals and
a signed token, and is answered by the gateway after the commit; writer, PostgreSQL and load generator share the
machine. With `--direct` the segments are put into the spool without a gateway, to measure writer and database alone.

For comparison: ThingsBoard's published figure on one server of 4 cores with PostgreSQL is 1,111 messages with 3,333
data points a second, from 100,000 devices.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ground.callers import SIGNALS, Line, Plan, Work
from ground.lines import line
from ground.voices import (
    Meter,
    bearers,
    fill,
    free_port,
    home,
    listening,
    start_gateway,
    start_writer,
    stop,
    wait_for,
)

EVERY_S = int(
    os.environ.get("VOICE_EVERY_S", "300")
)  # sooner, with fewer terminals, is the same pace
CONNECTIONS = 256
COMMITS_A_SECOND = 40  # of the gateway's group commits, where it is left out
THINGSBOARD_A_CORE = 1_111 / 4
POINTS_A_CORE = 3_333 / 4
DRAIN_S = 600


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=int, default=600)
    asked.add_argument("--terminals", type=int, default=1_000_000)
    asked.add_argument("--direct", action="store_true")
    asked.add_argument("--role", default="")
    asked.add_argument("--port", type=int, default=0)
    told = asked.parse_args()
    roles = {"feed": feed, "call": call, "measure": measure}
    if told.role:
        roles[told.role](told)
        return
    folder = Path(tempfile.mkdtemp(prefix="tillkeeper-bench-"))
    try:
        environment = home("voice_million", folder)
        environment["PYTHONPATH"] += f":{Path(__file__).resolve().parents[1]}"
        command = [sys.executable, __file__, *sys.argv[1:], "--role", "measure"]
        subprocess.run(command, env=environment, check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def place(name: str) -> Path:
    """Return a file that the processes of this measurement share."""
    return Path(os.environ["TILLKEEPER_VAR"]) / name


def measure(told: Any) -> None:
    import django

    django.setup()
    began = time.time()
    fill(told.terminals, at=began)
    pace = told.terminals / EVERY_S
    calling = min(told.terminals, int(pace * told.seconds) + CONNECTIONS)
    bearers(place("tokens"), calling, signed=not told.direct)
    print(f"bench: {told.terminals} terminals made in {time.time() - began:.0f} s", file=sys.stderr)
    port = free_port()
    environment = dict(os.environ)
    servers = {"writer": start_writer(environment)}
    if not told.direct:
        servers["gateway"] = start_gateway(environment, port)
        wait_for(lambda: listening(port), 60)
        time.sleep(told.terminals / 100_000)  # it reads the counters of all terminals
    time.sleep(5)
    command = [sys.executable, __file__, "--role", "feed" if told.direct else "call"]
    command += [
        "--port",
        str(port),
        "--seconds",
        str(told.seconds),
        "--terminals",
        str(told.terminals),
    ]
    load = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    meter = Meter(load=load.pid, **{name: process.pid for name, process in servers.items()})
    worst = _watch(load, meter)
    out, _ = load.communicate()
    seen = json.loads(out.splitlines()[-1])
    ended = time.monotonic()
    wait_for(lambda: _behind() <= 0, DRAIN_S, 0.2)
    drained = time.monotonic() - ended
    spent = meter.spent()
    for process in reversed(servers.values()):
        stop(process)
    _report(told, seen, (worst, drained), spent)


def _watch(load: Any, meter: Meter) -> float:
    """Look every second until the load is over; return how many seconds the writer was behind at worst."""
    worst = 0.0
    while load.poll() is None:
        time.sleep(1)
        meter.look()
        worst = max(worst, _behind())
    return worst


def _behind() -> float:
    """Return how many seconds' segments wait for the writer."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM telemetry_segment WHERE position > coalesce("
            "(SELECT position FROM telemetry_cursor WHERE name = 'state' AND shard = 0), 0)"
        )
        waiting = int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT extract(epoch FROM now() - max(at)) FROM telemetry_cursor WHERE name = 'state'"
        )
        since = cursor.fetchone()[0]
    return float(since or 0) if waiting else 0.0


def _report(
    told: Any, seen: dict[str, Any], backlog: tuple[float, float], spent: dict[str, float]
) -> None:
    worst, drained = backlog
    answered, pace = seen["answered"], told.terminals / EVERY_S
    rate = answered / told.seconds
    name = "voice_million_direct" if told.direct else "voice_million"
    line(f"{name}_rate", rate, "check-ins/s", goal=f"{pace:.0f} a second", met=rate >= pace * 0.99)
    line(f"{name}_refused", seen["refused"], "check-ins", limit=0, goal=json.dumps(seen["codes"]))
    if not told.direct:
        line(f"{name}_p99", seen["p99_ms"], "ms", limit=250, goal="answered after the commit")
    line(f"{name}_behind", worst, "s", limit=5, goal="the writer keeps up: no backlog")
    line(f"{name}_drained", drained, "s", limit=5, goal="nothing left over at the end")
    lost, kept = _lost()
    line(
        f"{name}_lost",
        lost,
        "readings",
        limit=0,
        goal=f"each answered reading is among {kept} in the lake",
    )
    for process, cost in sorted(spent.items()):
        line(
            f"{name}_cpu_{process}",
            cost / answered * 1e6,
            "us/check-in",
            goal=f"{cost / told.seconds:.2f} cores",
        )
    a_core = answered / sum(cost for process, cost in spent.items() if process != "load")
    line(
        f"{name}_per_core",
        a_core,
        "check-ins/s/core",
        peer=THINGSBOARD_A_CORE,
        goal="10 times ThingsBoard",
        met=a_core >= 10 * THINGSBOARD_A_CORE,
    )
    points = a_core * len(SIGNALS)
    line(
        f"{name}_points_per_core",
        points,
        "points/s/core",
        peer=POINTS_A_CORE,
        goal="10 times ThingsBoard",
        met=points >= 10 * POINTS_A_CORE,
    )
    _hot(name)


def _hot(name: str) -> None:
    from django.db import connection

    time.sleep(1.5)  # the counters are told a second late
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'telemetry_live'"
        )
        updated, hot = cursor.fetchone()
    line(
        f"{name}_hot",
        hot / max(1, updated),
        "of updates",
        goal="rows stay on their page",
        met=hot >= 0.95 * updated,
    )


def _lost() -> tuple[int, int]:
    """Return how many answered (terminal, sequence number) are not in the lake, and how many are."""
    import numpy as np
    import polars as pl

    from tillkeeper.telemetry.queries.parts import parts, voice_lake

    paths = [
        str(voice_lake() / path) for path in parts("minute", "hour").values_list("path", flat=True)
    ]
    there = [pl.read_parquet(path, columns=["terminal", "seq"]) for path in paths]
    kept = (
        pl.concat(there).unique()
        if there
        else pl.DataFrame(schema={"terminal": pl.Int64, "seq": pl.Int64})
    )
    pairs = np.fromfile(place("answered"), np.int64).reshape(-1, 2)
    answered = pl.DataFrame({"terminal": pairs[:, 0], "seq": pairs[:, 1]})
    return answered.join(kept, on=["terminal", "seq"], how="anti").height, kept.height


def call(told: Any) -> None:
    """Call the gateway at the pace of the estate, each terminal in its turn."""
    plan = Plan(
        told.port, told.seconds, str(place("tokens")), CONNECTIONS, answered=str(place("answered"))
    )
    print(json.dumps(asyncio.run(_paced(plan, told.terminals / EVERY_S))))


class Paced(Line):
    """A connection that keeps to its times: late answers are made good, so that the pace holds."""

    due = 0.0
    every_s = 0.0

    def send(self) -> None:
        now = time.perf_counter()
        self.due = self.due or now
        if now < self.due:
            self.work.loop.call_later(self.due - now, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self.due += self.every_s
        super().send()


async def _paced(plan: Plan, pace: float) -> dict[str, Any]:
    work = Work(plan)
    who = work.who()
    began = time.perf_counter() + 1
    lines = [Paced(work, who[number :: plan.connections]) for number in range(plan.connections)]
    for number, one in enumerate(lines):
        one.every_s = plan.connections / pace
        one.due = began + number / pace
        work.connect(one)
    await asyncio.sleep(plan.seconds + 1)
    work.over = True
    await asyncio.sleep(2)
    for one in lines:
        if one.out is not None:
            one.closed = True
            one.out.close()
    times = sorted(work.times)
    work.kept.tofile(place("answered").open("wb"))
    told = {"answered": len(work.kept) // 2, "refused": work.refused, "codes": work.codes}
    return told | {"p99_ms": 1000 * times[int(0.99 * (len(times) - 1))] if times else 0.0}


def feed(told: Any) -> None:
    """Put check-ins into the spool at the pace of the estate."""
    import django

    django.setup()
    import numpy as np

    from tillkeeper.formats.voice.messages import CheckIn, Reading, Value
    from tillkeeper.formats.voice.spooled import SpooledCheckIn, pack
    from tillkeeper.telemetry.spool.opening import open_spool

    draw, spool = random.Random(7), open_spool()  # noqa: S311
    who = [tuple(map(int, row.split()[:2])) for row in place("tokens").read_text().splitlines()]
    pairs: list[int] = []
    pace = told.terminals / EVERY_S
    sent, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < told.seconds:
        due, now = int(passed * pace) + 1, time.time_ns() // 1_000_000
        items = []
        for number in range(sent, due):
            (terminal, enrolment), seq = who[number % len(who)], number // len(who) + 1
            values: dict[str, Value] = {**SIGNALS, "rsrp": -90 - draw.randrange(20), "sales": seq}
            said = CheckIn(seq, now, [Reading(seq, now - draw.randrange(2000), values)])
            items.append(SpooledCheckIn(terminal, enrolment, now, EVERY_S, said))
            pairs += (terminal, seq)
        spool.append([(0, pack(items))])
        sent = due
        time.sleep(max(0.0, 1 / COMMITS_A_SECOND - (time.monotonic() - began - passed)))
    spool.close()
    np.array(pairs, np.int64).tofile(place("answered"))
    print(json.dumps({"answered": sent, "refused": 0, "codes": {}}))


if __name__ == "__main__":
    main()
