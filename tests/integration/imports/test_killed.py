"""A process killed in the middle of an import leaves the ledger as it was; the import can be started again."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, sys, time, io
from datetime import UTC, datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "tillkeeper.config.settings"
import django
django.setup()
from django.core.management import call_command
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import organisations
from tillkeeper.terminals.services import imports
by, at = Actor.system("test"), datetime.now(UTC)
def told(share, rows):
    print("rows", rows, flush=True)
    if sys.argv[1] == "first":
        time.sleep(60)
if sys.argv[1] == "first":
    call_command("migrate", verbosity=0)
    node = organisations().create(kind="head_office", code="HQ", name="HQ", path="x")
    node.place()
    node.save()
    lines = ["SN,型号,商户号,终端号,地址"] + [f"SN{i:06d},M1,89844{i:010d},T{i:07d},A{i}" for i in range(6000)]
    record = imports.start_import(stream=io.BytesIO("\\n".join(lines).encode()), name="a.csv", kind="terminals",
                                  organisation="HQ", by=by, at=at)
    number = record.number
else:
    number = sys.argv[2]
    print("marked", imports.mark_interrupted(at), flush=True)
imports.apply_import(number=number, by=by, at=at)
print("number", number, flush=True)
print("done", imports.run_apply(number=number, by=by, at=at, tell=told).result["new"], flush=True)
"""


def test_a_process_killed_midway_leaves_nothing_and_the_import_can_be_started_again(tmp_path: Path):
    environment = {
        **os.environ,
        "TILLKEEPER_VAR": str(tmp_path),
        "TILLKEEPER_SECRET_KEY": "only for tests",
        "TILLKEEPER_DATABASE_URL": f"sqlite://{tmp_path}/t.sqlite3",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    first = subprocess.Popen(  # noqa: S603  our own interpreter
        [sys.executable, "-c", SCRIPT, "first"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert first.stdout is not None
    said: list[str] = []
    for line in first.stdout:
        said.append(line.strip())
        if line.startswith("rows"):
            break
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    number = next(line.split()[1] for line in said if line.startswith("number"))
    with sqlite3.connect(tmp_path / "t.sqlite3") as database:
        tables = (
            "terminals_terminal",
            "terminals_binding",
            "parties_merchant",
            "terminals_steptaken",
        )
        ask = "SELECT count(*) FROM "
        assert [database.execute(ask + t).fetchone()[0] for t in tables] == [
            0,
            0,
            0,
            0,
        ]
        assert database.execute("SELECT status FROM terminals_import").fetchone() == ("running",)
    database.close()
    _grow_old(tmp_path)
    again = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", SCRIPT, "again", number],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "marked 1" in again.stdout, again.stderr
    assert "done 6000" in again.stdout, again.stderr


def _grow_old(folder: Path) -> None:
    """Make what the killed process said last older than a minute: forget it, as a restart of the machine does."""
    for kept in (folder / "cache").glob("*.djcache"):
        kept.unlink()
