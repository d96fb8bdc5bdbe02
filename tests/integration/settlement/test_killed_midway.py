"""A process killed while it brings a file in, or while it posts a matched day: nothing half done, the same again."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, sys, time
from datetime import UTC, datetime, timedelta, date
os.environ["DJANGO_SETTINGS_MODULE"] = "tillkeeper.config.settings"
import django
django.setup()
from django.core.management import call_command
from django.db.models import Sum
from tests.money_days import DAY, billed, paid, written
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import organisations
from tillkeeper.settlement.models import Case, Entry, MoneyFile
from tillkeeper.settlement.services import files, runs
by, at = Actor.system("test"), datetime(2026, 3, 3, 4, tzinfo=UTC)
word = sys.argv[1]

def stop_in(module, name):
    inner = getattr(module, name)
    def stopping(*arguments, **more):
        told = inner(*arguments, **more)
        print("stopped", flush=True)
        time.sleep(60)
        return told
    setattr(module, name, stopping)

def bring(form, rows):
    try:
        files.bring_in(stream=written(form, rows), name=f"{form}.csv", organisation="HQ", by=by, at=at)
    except files.TakenAlready:
        print("taken already", form, flush=True)

if not MoneyFile._meta.db_table in __import__("django.db").db.connection.introspection.table_names():
    call_command("migrate", verbosity=0)
    node = organisations().create(kind="head_office", code="HQ", name="HQ", path="x")
    node.place()
    node.save()
sales = [paid(n, 10_000 + n) for n in range(1, 200)]
if word == "file":
    stop_in(files, "_settle_store")
if word == "run":
    stop_in(runs, "post_day")
bring("journal", sales)
bring("acquirer46", [billed(row) for row in sales[5:]])
print("marked", runs.mark_interrupted(at + timedelta(hours=1)), flush=True)
begun = runs.start_run(organisation="HQ", day=DAY, by=by, at=at, as_of=date(2026, 3, 5))
run = runs.run_matching(number=begun.number, by=by, at=at)
print("run", run.state, run.differences_sha256, flush=True)
print("files", MoneyFile.objects.filter(state="taken").count(), flush=True)
print("cases", Case.objects.count(), Case.objects.aggregate(s=Sum("at_stake_minor"))["s"], flush=True)
sums = Entry.objects.values("account").annotate(minor=Sum("amount_minor")).order_by("account")
print("ledger", sorted((one["account"], one["minor"]) for one in sums), flush=True)
"""


def surroundings(folder: Path):
    return {
        **os.environ,
        "TILLKEEPER_VAR": str(folder),
        "TILLKEEPER_SECRET_KEY": "only for tests",
        "TILLKEEPER_DATABASE_URL": f"sqlite://{folder}/t.sqlite3",
        "PYTHONPATH": os.pathsep.join(["src", ".", *sys.path]),
    }


def run(folder, word):
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", SCRIPT, word], env=surroundings(folder), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {line.split()[0]: line for line in done.stdout.splitlines()}


def killed(folder, word):
    process = subprocess.Popen(  # noqa: S603  our own interpreter
        [sys.executable, "-c", SCRIPT, word], env=surroundings(folder), stdout=subprocess.PIPE, text=True, bufsize=1
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("stopped"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def counted(folder, *tables):
    ask = "SELECT count(*) FROM "
    with sqlite3.connect(folder / "t.sqlite3") as database:
        found = [database.execute(ask + table).fetchone()[0] for table in tables]
    database.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return run(tmp_path_factory.mktemp("undisturbed"), "whole")


SAME = ("files", "cases", "ledger", "run")


def test_killed_while_posting_a_day_nothing_of_it_stands_and_the_next_run_is_the_same(
    tmp_path, undisturbed
):
    killed(tmp_path, "run")
    tables = ("settlement_case", "settlement_posting", "settlement_entry")
    assert counted(tmp_path, *tables) == [0, 0, 0]
    for kept in (tmp_path / "cache").glob("*.djcache"):  # as a restart of the machine forgets it
        kept.unlink()
    again = run(tmp_path, "whole")
    assert again["marked"] == "marked 1"
    assert [again[name] for name in SAME] == [undisturbed[name] for name in SAME]
    assert again["taken"]  # the files that came before the end are not taken twice


def test_killed_while_bringing_a_file_in_it_does_not_count_and_may_come_again(
    tmp_path, undisturbed
):
    killed(tmp_path, "file")
    assert counted(tmp_path, "settlement_moneyfile") == [0]
    again = run(tmp_path, "whole")
    assert [again[name] for name in SAME] == [undisturbed[name] for name in SAME]
