"""Terminals that call: a load generator that costs little, in a process of its own.

Raw asyncio protocols over kept connections; bodies are prepared but for their numbers. Each connection speaks for
terminals of its own, one message after the other; what was not answered is sent again, as a terminal does. `Callers`
starts it and gives what it saw; every answered (terminal, sequence number) can be kept for a later comparison.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from array import array
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
FIRST = 1_000_000_000  # numbers all have ten digits, so that every body has one length
SIGNALS: dict[str, float | bool | str] = {
    "battery_level": 81.5,
    "battery_temperature": 31.25,
    "charging": True,
    "rsrp": -97,
    "latency": 182,
    "paper_out": False,
    "head_temperature": 41.5,
    "storage_free": 37.75,
    "sales": 18_220,
    "app_version": "5.12.3",
}


@dataclass
class Plan:
    """How to call."""

    port: int
    seconds: float
    tokens: str = ""  # file: a line a terminal, the ledger's key, a space, its token
    connections: int = 64
    readings: int = 1
    path: str = "/device/v1/check-in"
    method: str = "POST"
    answered: str = ""  # file for pairs of 64-bit numbers: terminal, counter
    first: int = FIRST
    pause_ms: float = 0  # of each connection, after each answer
    patient: bool = False  # go on after refusals and lost connections


@dataclass
class Seen:
    """What became of it."""

    answered: int
    refused: int
    lost: int
    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    most_ms: float
    cpu_s: float
    codes: dict[str, int]


class Callers:
    """The process, started; `seen` waits for its end."""

    def __init__(self, plan: Plan) -> None:
        """Start it."""
        command = [sys.executable, str(HERE), json.dumps(asdict(plan))]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def stop(self) -> Seen:
        """Have them call no more, and return what they saw."""
        self.process.send_signal(signal.SIGTERM)
        return self.seen()

    def close(self) -> None:
        """End it, whatever it was doing."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def seen(self) -> Seen:
        """Return what it saw."""
        out, _ = self.process.communicate(timeout=300)
        if self.process.returncode:
            raise SystemExit("the callers failed")
        return Seen(**json.loads(out.splitlines()[-1]))


def call(plan: Plan) -> Seen:
    """Call and wait."""
    return Callers(plan).seen()


def body_of(readings: int, first: int) -> bytes:
    """Return a body with slots for the counter and each sequence number."""
    now = int(time.time() * 1000)
    told = [
        {"seq": "SEQ", "at": now - 1000 * place, "values": SIGNALS} for place in range(readings)
    ]
    whole = {"counter": "SEQ", "clock": now, "readings": told}
    text = json.dumps(whole, separators=(",", ":")).replace("%", "%%").replace('"SEQ"', "%010d")
    assert len(str(first)) == 10
    return text.encode()


class Line(asyncio.Protocol):
    """One connection and its terminals."""

    def __init__(self, work: "Work", who: list[tuple[int, bytes]]) -> None:
        self.work, self.who = work, who
        self.place = 0
        self.counters = [work.plan.first] * len(who)
        self.got = b""
        self.out: Any = None
        self.sent = 0.0
        self.closed = False

    def connection_made(self, transport: Any) -> None:
        self.out = transport
        self.got = b""
        self.send()

    def connection_lost(self, _error: object) -> None:
        if self.closed or self.work.over:
            return
        self.work.lost += 1
        if self.work.plan.patient:
            self.work.loop.call_later(0.05, self.work.connect, self)

    def send(self) -> None:
        if self.work.over or self.out.is_closing():
            return
        head = self.who[self.place][1]
        if self.work.body:
            count = self.counters[self.place]
            head += self.work.body % self.work.numbers(count)
        self.sent = time.perf_counter()
        self.out.write(head)

    def data_received(self, data: bytes) -> None:
        if self.got:
            data = self.got + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.got = data
            return
        at = data.find(b"ontent-length: ", 0, end)
        if at < 0:
            at = data.find(b"ontent-Length: ", 0, end)
        length = int(data[at + 15 : data.index(b"\r", at)]) if at >= 0 else 0
        if len(data) < end + 4 + length:
            self.got = data
            return
        self.got = b""
        self.answered(data[9:12], data)

    def answered(self, status: bytes, data: bytes) -> None:
        work = self.work
        work.times.append(time.perf_counter() - self.sent)
        if status == b"200":
            work.kept.append(self.who[self.place][0])
            work.kept.append(self.counters[self.place])
            self.counters[self.place] += 1
            self.place = (self.place + 1) % len(self.who)
            if work.pause_s:
                work.loop.call_later(work.pause_s, self.send)
            else:
                self.send()
            return
        work.refuse(data)
        if not work.plan.patient:
            self.place = (self.place + 1) % len(self.who)
        work.loop.call_later(0.05 if work.plan.patient else 0, self.send)


class Work:
    """All connections of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.loop = asyncio.get_running_loop()
        self.over = False
        self.lost = self.refused = 0
        self.codes: dict[str, int] = {}
        self.times = array("d")
        self.kept = array("q")
        self.pause_s = plan.pause_ms / 1000
        posts = plan.method == "POST"
        self.body = body_of(plan.readings, plan.first) if posts else b""
        self.length = len(self.body % self.numbers(plan.first)) if posts else 0

    def numbers(self, count: int) -> tuple[int, ...]:
        """Return what fills a body's slots: the counter, then the sequence numbers."""
        each = self.plan.readings
        if each == 1:
            return count, count
        first = (count - FIRST) * each + FIRST
        return (count, *range(first, first + each))

    def who(self) -> list[tuple[int, bytes]]:
        plan = self.plan
        length = f"content-type: application/json\r\ncontent-length: {self.length}\r\n"
        head = f"{plan.method} {plan.path} HTTP/1.1\r\nhost: x\r\n" + (length if self.body else "")
        if not plan.tokens:
            return [(n, (head + "\r\n").encode()) for n in range(plan.connections)]
        told = [row.split() for row in Path(plan.tokens).read_text().splitlines()]
        return [
            (int(key), f"{head}authorization: Bearer {token}\r\n\r\n".encode())
            for key, token in told
        ]

    def refuse(self, data: bytes) -> None:
        self.refused += 1
        at = data.find(b'"code":"')
        code = data[at + 8 : data.index(b'"', at + 8)].decode() if at >= 0 else data[9:12].decode()
        self.codes[code] = self.codes.get(code, 0) + 1

    def connect(self, line: Line) -> None:
        self.loop.create_task(self._connect(line))

    async def _connect(self, line: Line) -> None:
        while not self.over:
            try:
                await self.loop.create_connection(lambda: line, "127.0.0.1", self.plan.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return

    async def run(self) -> Seen:
        who = self.who()
        each = self.plan.connections
        lines = [Line(self, who[place::each]) for place in range(each) if who[place::each]]
        began, cpu = time.perf_counter(), time.process_time()
        for one in lines:
            self.connect(one)
        enough = asyncio.Event()
        self.loop.add_signal_handler(signal.SIGTERM, enough.set)
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), self.plan.seconds)
        self.over = True
        took, spent = time.perf_counter() - began, time.process_time() - cpu
        await asyncio.sleep(0.5)  # the last answers
        for one in lines:
            if one.out is not None:
                one.closed = True
                one.out.close()
        if self.plan.answered:
            Path(self.plan.answered).write_bytes(self.kept.tobytes())  # noqa: ASYNC240  at the end
        answered, times = len(self.kept) // 2, sorted(self.times)
        at = lambda part: 1000 * times[int(part * (len(times) - 1))] if times else 0.0  # noqa: E731
        return Seen(
            answered=answered,
            refused=self.refused,
            lost=self.lost,
            seconds=took,
            per_second=answered / took,
            p50_ms=at(0.5),
            p99_ms=at(0.99),
            most_ms=at(1),
            cpu_s=spent,
            codes=self.codes,
        )


async def _main() -> None:
    seen = await Work(Plan(**json.loads(sys.argv[1]))).run()
    print(json.dumps(asdict(seen)))


if __name__ == "__main__":
    asyncio.run(_main())
