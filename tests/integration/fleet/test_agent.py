"""The reference agent against the real gateway: enrol, check in, act, keep what cannot be sent, send logs."""

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.fleet.counting import heard

from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.models import Action, Enrolment, Live
from tillkeeper.telemetry.queries.logs import excerpts
from tillkeeper.telemetry.services.actions import Wanted, order_actions, run_plan
from tillkeeper.telemetry.services.enrolments import make_code, revoke
from tillkeeper.terminals.selection import Selection

pytestmark = pytest.mark.django_db(transaction=True)
AGENT = Path(__file__).parents[3] / "examples" / "agent"


@pytest.fixture
def agent(tmp_path):
    """Return a function that runs a copy of the agent, as a vendor would have it, and returns what it did."""
    shutil.copytree(AGENT, tmp_path / "agent", ignore=shutil.ignore_patterns("__pycache__"))

    def go(*told):
        command = [sys.executable, tmp_path / "agent" / "agent.py", "--home", tmp_path / "home"]
        return subprocess.run(  # noqa: S603  our own command
            [*command, *told],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        )

    return go


@pytest.fixture
def enrolled(agent, gateway, serving):
    """Enrol it, and return its serial number."""
    (serial,) = serving(1)
    code = make_code(serial=serial, by=Actor.system("test"), at=datetime.now(UTC)).code
    done = agent("enrol", code, "--serial", serial, "--to", gateway.address)
    assert done.returncode == 0, done.stderr
    return serial


@pytest.fixture
def order():
    """Return a function that orders something of a terminal."""

    def go(serial, kind, **arguments):
        at = datetime.now(UTC)
        wanted = Wanted(
            kind=kind, why="test", arguments=arguments, window={}, expires_at=at + timedelta(days=1)
        )
        made = order_actions(
            wanted=wanted, selection=Selection(serials=(serial,)), by=Actor.system("test"), at=at
        )
        run_plan(number=made.number, at=at)

    return go


def test_it_enrols_and_checks_in_and_is_seen(agent, enrolled, write, tmp_path):
    done = agent("check-in")
    assert done.returncode == 0, done.stderr
    write()
    live = Live.objects.get(terminal__serial=enrolled)
    assert {"storage_free", "uptime", "app_version"} <= set(live.signals)
    assert (tmp_path / "home" / "key.pem").stat().st_mode & 0o077 == 0


def test_it_keeps_what_nobody_hears_and_sends_it_later(agent, enrolled, gateway, write, tmp_path):
    gateway.refuse = (503, b'{"code": "not_kept", "sentence": "", "after_s": 5}')
    assert agent("check-in").returncode == 1
    assert agent("check-in").returncode == 1
    gateway.refuse = None
    assert agent("check-in").returncode == 0
    write()
    assert heard(Live.objects.get()) == 3


def test_a_lost_answer_makes_it_say_the_same_again(agent, enrolled, gateway, write):
    gateway.drop_answers = 1
    assert agent("check-in").returncode == 1
    assert agent("check-in").returncode == 0
    write()
    assert heard(Live.objects.get()) == 2


def test_a_counter_that_was_put_back_goes_on_from_the_clock(agent, enrolled, write, tmp_path):
    assert agent("check-in").returncode == 0
    assert agent("check-in").returncode == 0
    with sqlite3.connect(tmp_path / "home" / "memory.sqlite3") as memory:
        memory.execute("UPDATE fact SET value = '0' WHERE name = 'counter'")
    refused = agent("check-in")
    assert refused.stderr.startswith("counter_backwards")
    done = agent("check-in")
    assert "heard 2 readings" in done.stdout, done.stderr


def test_it_does_what_it_is_asked_once_and_says_so(agent, enrolled, write, order):
    order(enrolled, "message", zh="你好", en="Hello")
    order(enrolled, "reboot")
    said, states = "", {}
    for _ in range(8):  # the gateway hears of orders within half a second, not at once
        said += agent("check-in").stdout
        write()
        states = dict(Action.objects.values_list("order__kind", "state"))
        if not {"queued", "sent"}.intersection(states.values()):
            break
    assert "你好" in said
    assert states == {"message": "confirmed", "reboot": "failed"}


def test_its_log_is_fetched_in_pieces_and_read(agent, enrolled, write, order, tmp_path):
    lines = [f"2026-11-22 10:{n // 60 % 60:02d}:{n % 60:02d} batch {n} sent" for n in range(4_000)]
    lines[3_500] = "2026-11-22 10:58:20 printer: paper out"
    (tmp_path / "home" / "agent.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    now = datetime.now(UTC)
    order(enrolled, "fetch_log", **{"from": now - timedelta(days=1), "to": now, "size": 140_000})
    action = Action.objects.get()
    for _ in range(8):
        assert agent("check-in").returncode == 0
        write()
        action.refresh_from_db()
        if action.state == "confirmed":
            break
    assert (action.state, action.facts) == ("confirmed", {"pieces": 3})
    (log,) = action.logs.all()
    assert (log.state, log.pieces, log.terminal.serial) == ("read", 3, enrolled)
    excerpt = excerpts(log)[0]
    assert (excerpt.finding.fault, excerpt.finding.times) == ("H-PRT-PAPER", 1)
    assert [line.text for line in excerpt.lines if line.matters] == [lines[3_500]]


def test_a_revoked_key_ends_it(agent, enrolled):
    revoke(serial=enrolled, why="test", by=Actor.system("test"), at=datetime.now(UTC))
    done = agent("run")
    assert done.returncode == 1
    assert "enrolment_revoked" in done.stderr


def test_a_wrong_code_leaves_the_present_key_alone(agent, enrolled, gateway):
    done = agent("enrol", "AAAAA-AAAAA", "--serial", enrolled, "--to", gateway.address)
    assert done.returncode == 1
    assert "code_refused" in done.stderr
    assert agent("check-in").returncode == 0
    assert Enrolment.objects.count() == 1


def test_its_memory_survives(agent, enrolled, tmp_path):
    agent("check-in")
    with sqlite3.connect(tmp_path / "home" / "memory.sqlite3") as base:
        (counter,) = base.execute("SELECT value FROM fact WHERE name = 'counter'").fetchone()
    base.close()
    assert int(counter) >= 1
