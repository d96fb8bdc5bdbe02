"""An estate of terminals that speak: made in PostgreSQL set-wise, and what its processes cost."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from ground.callers import SIGNALS
from ground.homes import ROOT, _environment, _make, _postgres

SITES_OF = 10  # terminals at a site


def home(label: str, folder: Path) -> dict[str, str]:
    """Make an empty database of this version; return the environment of processes that use it."""
    base = _postgres()
    if not base:
        sys.exit("bench: no PostgreSQL answers")
    url = base.rsplit("/", 1)[0] + f"/tillkeeper_bench_{label}"
    environment = _environment("postgresql", url, folder)
    environment["TILLKEEPER_SPOOL_SHARDS"] = "1"
    _make("postgresql", url, environment)
    return environment


def fill(terminals: int, *, at: float) -> None:
    """Make sites, enrolled terminals and their live rows as of `at`."""
    import json

    from django.db import connection

    signals = json.dumps({name: [value, round(at - 300, 3)] for name, value in SIGNALS.items()})
    _terminals(terminals)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_enrolment (terminal_id, public_key, agent, at, source, revoked_by, why) "
            "SELECT id, substr(md5(id::text), 1, 43), 'bench', to_timestamp(%s), '', '', '' FROM terminals_terminal",
            [at],
        )
        cursor.execute(
            "INSERT INTO telemetry_live (terminal_id, state, since, why, enrolment_id, heard_at, interval_s, "
            "read_at, seq, seen, counter, skew_s, signals, refused, memory, away, app_version, firmware_version, "
            "carrier, tamper_risk) SELECT e.terminal_id, 'online', to_timestamp(%s), '[]', e.id, to_timestamp(%s), "
            "300, to_timestamp(%s), 0, 0, 0, 0, %s, '{}', '', false, '', '', '', false FROM telemetry_enrolment e",
            [at, at, at, signals],
        )
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_stat_reset()")


def bearers(file: Path, count: int, *, signed: bool) -> None:
    """Write a line a terminal, in any order but the same each time: its key, and a token of its enrolment.

    Args:
        file: where to.
        count: how many.
        signed: if not, the number of the enrolment stands in the token's place.
    """
    from django.conf import settings
    from django.db import connection

    from tillkeeper.telemetry.bearers import Bearer, Mint

    mint, until = Mint(settings.SECRET_KEY), int(time.time()) + 7200
    with connection.cursor() as cursor, file.open("w") as out:
        cursor.execute(
            "SELECT t.id, t.serial, e.id FROM telemetry_enrolment e JOIN terminals_terminal t "
            "ON t.id = e.terminal_id ORDER BY md5(t.serial) LIMIT %s",
            [count],
        )
        for terminal, serial, enrolment in cursor.fetchall():
            told = mint.token(Bearer(terminal, serial, enrolment, until)) if signed else enrolment
            out.write(f"{terminal} {told}\n")


def _terminals(count: int) -> None:
    from django.db import connection
    from tests.factories import MerchantFactory, OrganisationFactory, SiteFactory, TerminalFactory

    root = OrganisationFactory.create(code="HQ", name="Head office")
    merchant = MerchantFactory.create(parent=root)
    site = SiteFactory.create(merchant=merchant)
    model = TerminalFactory.create(home=root, state="installed", site=site)
    for table, key, many in (
        ("parties_organisation", site.organisation_id, count // SITES_OF),
        ("parties_site", site.pk, count // SITES_OF),
        ("terminals_terminal", model.pk, count),
    ):
        _copies(connection, table, key, many, site)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM terminals_terminal WHERE id = %s", [model.pk])


def _copies(connection: Any, table: str, key: int, count: int, site: Any) -> None:
    """Copy one row many times; what must be unique is numbered."""
    numbered = {
        "parties_organisation": {"code": "'N' || g", "path": "path || lpad(g::text, 6, '0')"},
        "parties_site": {
            "code": "'P' || g",
            "organisation_id": f"{site.organisation_id} + g",
            "latitude": "30 + (g %% 1000) / 100.0",
            "longitude": "110 + (g %% 1300) / 100.0",
        },
        "terminals_terminal": {
            "serial": "'B' || lpad(g::text, 9, '0')",
            "site_id": f"{site.pk} + 1 + g %% {max(1, count // SITES_OF)}",
        },
    }[table]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
        told = ", ".join(numbered.get(name, f'"{name}"') for name in columns)
        listed = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(  # names of tables and columns are ours
            f"INSERT INTO {table} (id, {listed}) SELECT {key} + g, {told} FROM {table} t, "  # noqa: S608
            f"generate_series(1, {count}) g WHERE t.id = %s",
            [key],
        )
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
        )


class Meter:
    """CPU seconds of processes, those that ended meanwhile included; look at it every second."""

    def __init__(self, **roots: int) -> None:
        """Name processes by their ids; `postgres` is found by its name."""
        self._roots = roots
        self._spent: dict[str, dict[int, float]] = {}
        self._begun = self._sums()

    def look(self) -> None:
        """Note what was spent by now."""
        self._sums()

    def spent(self) -> dict[str, float]:
        """Return CPU seconds since the beginning, by name."""
        now = self._sums()
        return {name: now[name] - self._begun.get(name, 0.0) for name in now}

    def _sums(self) -> dict[str, float]:
        for name, pid in self._roots.items():
            for process in _family(pid):
                self._note(name, process)
        for process in psutil.process_iter(["name"]):
            if process.info["name"] == "postgres":
                self._note("postgresql", process)
        return {name: sum(spent.values()) for name, spent in self._spent.items()}

    def _note(self, name: str, process: psutil.Process) -> None:
        try:
            times = process.cpu_times()
        except psutil.Error:
            return
        self._spent.setdefault(name, {})[process.pid] = times.user + times.system


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def start_writer(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start `tillkeeper writer`."""
    command = [sys.executable, "-m", "tillkeeper.cli.main", "writer"]
    return subprocess.Popen(command, env=environment, cwd=ROOT)


def start_gateway(environment: dict[str, str], port: int) -> "subprocess.Popen[bytes]":
    """Start what `tillkeeper gateway` starts, without static files to be ready for people."""
    from tillkeeper.cli.serving import device_server

    command = device_server(host="127.0.0.1", port=port, workers=1)
    return subprocess.Popen(command, env=environment, cwd=ROOT)


def stop(process: "subprocess.Popen[bytes]", within_s: float = 90) -> None:
    """End a process in order."""
    process.terminate()
    process.wait(within_s)


def wait_for(condition: Any, within_s: float, every_s: float = 0.5) -> bool:
    """Say whether a condition came true in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(every_s)
    return False


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Say whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
