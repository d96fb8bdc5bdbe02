"""kill -9 of the gateway, the writer, the database and the broker, in turn and together, while terminals check in.

Afterwards every answered check-in must be there: in the lake, or in the spool on its way there. Compared by count and
by a checksum over (terminal, sequence number). The database is a cluster of its own in a temporary folder, the broker
a process of its own; nobody else's is touched. `voice_kills.py postgresql` or `nats` runs one of the two alone.
"""

import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ground.callers import Callers, Plan, Seen
from ground.lines import line

ROOT = Path(__file__).resolve().parents[1]
BENCH = str(Path(__file__).resolve().parent)
SECRET = "only for measuring"
TERMINALS, CONNECTIONS, PAUSE_MS = 600, 16, 30
GAP_S = 4.0
DRAIN_S = 90.0


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, patience_s: float = 60) -> None:
    """Wait until somebody listens there."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nobody listens at {port}")


@dataclass
class Part:
    """A process that can be killed and started again; its whole group is."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
                cwd=self.log.parent,
            )

    def kill(self) -> None:
        """As the machine's power switch would, for this part."""
        assert self.process is not None
        for pid in self._pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return  # it was stopped before
        self.process.send_signal(signal.SIGINT if self.name == "database" else signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()

    def _pids(self) -> list[int]:
        """Return our process and its descendants, as they are now."""
        assert self.process is not None
        parents: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                told = path.read_text()
            except OSError:
                continue
            parent = int(told[told.rindex(")") + 2 :].split()[1])
            parents.setdefault(parent, []).append(int(path.parent.name))
        found = [self.process.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found


class Site:
    """An installation of its own in a folder."""

    def __init__(self, broker: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tillkeeper-kills-"))
        self.folder.chmod(0o755)
        self.database_port, self.broker_port, self.door = free_port(), free_port(), free_port()
        self.environment = self._environment(broker)
        os.environ.update(self.environment)
        self.parts = {"database": self._database()}
        if broker:
            self.parts["broker"] = self._broker()
        python = sys.executable
        for name, command in (
            ("gateway", ["gateway", "--port", str(self.door)]),
            ("writer", ["writer"]),
        ):
            self.parts[name] = Part(
                name,
                [python, "-m", "tillkeeper.cli.main", *command],
                self.environment,
                self.folder / f"{name}.log",
            )

    def _environment(self, broker: bool) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("TILLKEEPER_")
        }
        return kept | {
            "TILLKEEPER_VAR": str(self.folder / "var"),
            "TILLKEEPER_SECRET_KEY": SECRET,
            "TILLKEEPER_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.database_port}/postgres",
            "TILLKEEPER_SPOOL": f"nats://127.0.0.1:{self.broker_port}" if broker else "",
            "TILLKEEPER_TASKS_AT_ONCE": "1",
            "DJANGO_SETTINGS_MODULE": "tillkeeper.config.settings",
            "PYTHONPATH": f"{ROOT / 'src'}:{BENCH}",
        }

    def _database(self) -> Part:
        folder = self.folder / "postgresql"
        folder.mkdir()
        user = None
        if os.geteuid() == 0:  # it refuses to run as root
            user = "postgres"
            owner = pwd.getpwnam(user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        tools = subprocess.run(
            ["pg_config", "--bindir"], check=True, capture_output=True, text=True
        )
        tool = Path(tools.stdout.strip())
        make = [
            str(tool / "initdb"),
            "-D",
            str(folder),
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
        ]
        subprocess.run(make, check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)
        command = [str(tool / "postgres"), "-D", str(folder), "-p", str(self.database_port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        log = self.folder / "database.log"
        return Part("database", command, dict(os.environ), log, user=user)

    def _broker(self) -> Part:
        server = shutil.which("nats-server") or "/usr/sbin/nats-server"
        command = [server, "-js", "-a", "127.0.0.1", "-p", str(self.broker_port)]
        command += ["-sd", str(self.folder / "jetstream")]
        return Part("broker", command, dict(os.environ), self.folder / "broker.log")

    def open(self) -> None:
        self.parts["database"].start()
        wait_for(self.database_port)
        if "broker" in self.parts:
            self.parts["broker"].start()
            wait_for(self.broker_port)
        for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "-v", "0"]):
            subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *command],
                env=self.environment | {"PGOPTIONS": "-c synchronous_commit=off"},
                check=True,
            )

    def close(self) -> None:
        for part in reversed(self.parts.values()):
            part.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def estate(site: Site) -> Path:
    """Make terminals in the ledger, and a token for each; return the file of tokens."""
    import django

    django.setup()
    from ground.estates import bring_in, head_office
    from ground.ledgers import write_csv
    from tillkeeper.telemetry.bearers import Bearer, Mint
    from tillkeeper.terminals.queries import terminals

    by = head_office()
    bring_in(write_csv(site.folder / "ledger.csv", TERMINALS), by)
    mint, until = Mint(SECRET), int(time.time()) + 86_400
    rows = terminals(by.scope("estate.view")).values_list("pk", "serial")
    tokens = site.folder / "tokens"
    tokens.write_text("".join(f"{pk} {mint.token(Bearer(pk, sn, pk, until))}\n" for pk, sn in rows))
    return tokens


def fell(site: Site, *names: str) -> None:
    """Kill parts, and start them again in the order they need each other."""
    for name in names:
        site.parts[name].kill()
    for name in ("database", "broker", "gateway", "writer"):
        if name not in names:
            continue
        _again(site, name)


def _again(site: Site, name: str) -> None:
    """Start a part again; a database killed a moment ago has to see its last processes gone first."""
    for _ in range(40):
        site.parts[name].start()
        port = {"database": site.database_port, "broker": site.broker_port}.get(name)
        time.sleep(0.5)
        process = site.parts[name].process
        assert process is not None
        if process.poll() is None:
            if port:
                wait_for(port)
            return
    raise SystemExit(f"{name} does not start again; see {site.folder}")


def answered(path: Path) -> set[tuple[int, int]]:
    """Return what terminals were told is kept: (terminal, sequence number)."""
    pairs = np.fromfile(path, np.int64).reshape(-1, 2)
    return {(terminal, number) for terminal, number in pairs.tolist()}


def kept() -> tuple[set[tuple[int, int]], int]:
    """Return what is in the lake and what is in the spool, and how many readings are in the lake twice."""
    import polars as pl
    from django.db import connection

    from tillkeeper.formats.voice.spooled import SpooledCheckIn, unpack
    from tillkeeper.telemetry.models import HistoryPart
    from tillkeeper.telemetry.queries.parts import voice_lake
    from tillkeeper.telemetry.spool.opening import open_spool

    connection.close()
    lake = voice_lake()
    parts = HistoryPart.objects.filter(replaced_at=None).exclude(tier="mean")
    rows: list[tuple[int, int]] = []
    for path in parts.values_list("path", flat=True):
        frame = pl.read_parquet(str(lake / path), columns=["terminal", "seq"])
        rows += frame.rows()
    found, after = set(rows), 0
    twice = len(rows) - len(found)
    spool = open_spool()
    while segments := spool.read(0, after=after, limit=100, wait_s=0.2):
        after = segments[-1].position
        for segment in segments:
            for item in unpack(segment.body):
                if isinstance(item, SpooledCheckIn):
                    found |= {(item.terminal, reading.seq) for reading in item.said.readings}
    spool.close()
    return found, twice


def checksum(pairs: set[tuple[int, int]]) -> str:
    """Return one number for a set of pairs, whatever their order."""
    return hashlib.sha256(np.array(sorted(pairs), np.int64).tobytes()).hexdigest()[:16]


def drained(site: Site) -> None:
    """Wait until the writer has taken everything in, then let it end in order: it writes its history."""
    from django.db import connection

    from tillkeeper.telemetry.models import Cursor
    from tillkeeper.telemetry.spool.opening import open_spool

    spool, until = open_spool(), time.monotonic() + DRAIN_S
    while time.monotonic() < until:
        connection.close()
        newest = spool.waiting(0)[1]
        if Cursor.objects.filter(name="state", shard=0, position__gte=newest).exists():
            break
        time.sleep(1)
    spool.close()
    site.parts["writer"].stop()


def measure(kind: str) -> int:
    """Kill one after the other and all together under load; return how many answered check-ins are missing."""
    site = Site(kind == "nats")
    try:
        site.open()
        tokens = estate(site)
        site.parts["gateway"].start()
        site.parts["writer"].start()
        wait_for(site.door)
        names = [name for name in ("gateway", "writer", "database", "broker") if name in site.parts]
        file = site.folder / "answered"
        plan = Plan(
            port=site.door,
            seconds=280,
            tokens=str(tokens),
            connections=CONNECTIONS,
            pause_ms=PAUSE_MS,
            patient=True,
            answered=str(file),
        )
        with closing(Callers(plan)) as callers:
            for fallen in (*((name,) for name in names), tuple(names)):
                time.sleep(GAP_S)
                fell(site, *fallen)
                wait_for(site.door)
            time.sleep(GAP_S)
            seen = callers.stop()
        drained(site)
        told = answered(file)
        found, twice = kept()
        lost = len(told - found)
        _print(kind, told, seen, lost=lost, twice=twice)
        if not told or checksum(told & found) != checksum(told):
            raise SystemExit("the checksums differ, or nothing was answered")
        return lost
    finally:
        if os.environ.get("BENCH_KEEP"):
            print(site.folder, datetime.now(UTC), file=sys.stderr)
        else:
            site.close()


def _print(kind: str, told: set[tuple[int, int]], seen: Seen, *, lost: int, twice: int) -> None:
    label = f"voice_kills_{kind}"
    line(f"{label}_answered", len(told), "check-ins")
    line(f"{label}_connections_lost", seen.lost, "connections")
    line(f"{label}_refused", seen.refused, f"answers {seen.codes}")
    line(f"{label}_twice_in_history", twice, "readings", limit=0, goal="none twice")
    line(f"{label}_lost", lost, f"check-ins, checksum {checksum(told)}", limit=0, goal="lost = 0")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        raise SystemExit(1 if measure(sys.argv[1]) else 0)
    for kind in ("postgresql", "nats"):
        subprocess.run([sys.executable, __file__, kind], check=True)
