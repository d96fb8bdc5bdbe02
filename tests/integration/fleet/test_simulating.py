"""A simulated fleet leads itself in, speaks to the real gateway, and what it said is in the ledger afterwards."""

import csv
import json
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.fleet.counting import heard

from tillkeeper.cli.simulation.keyring import Keyring
from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.lifecycle import ActionKind
from tillkeeper.telemetry.models import Action, Doubt, Enrolment, Live, LogUpload
from tillkeeper.telemetry.services.actions import Wanted, order_actions
from tillkeeper.telemetry.services.enrolments import revoke
from tillkeeper.terminals.selection import Selection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(tillkeeper, gateway, tmp_path):
    """Return a function that runs a fleet for some seconds and returns its counts."""

    def go(*more, terminals=3, seconds=2, code=0, faults=""):
        told = ["simulate", "fleet", "-n", terminals, "--seconds", seconds, "--to", gateway.address]
        if faults:
            (tmp_path / "F.toml").write_text(faults)
            more = (*more, "--faults", tmp_path / "F.toml")
        result = tillkeeper(*told, "--interval", 1, "--connections", 8, "--json", *more)
        assert result.exit_code == code, result.stdout + result.stderr
        return json.loads(result.stdout) if result.stdout.startswith("{") else result

    return go


def only(kind, **settings):
    told = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return f"[fleet]\nonly = true\nwithin_s = 1\n[{kind}]\nfirst = 1\nrate = 0\n{told}"


def test_what_was_answered_is_in_the_ledger_when_the_writer_has_been(run, serving, write):
    serials = serving(3)
    counts = run(seconds=3)
    assert (counts["terminals"], counts["lost"], counts["kept"]) == (3, 0, 0)
    assert counts["check_ins"] >= 6
    write()
    rows = Live.objects.select_related("terminal")
    assert sorted(row.terminal.serial for row in rows) == sorted(serials)
    assert sum(map(heard, rows)) == counts["answered"]
    assert {"uptime", "storage_free", "app_version"} <= set(rows[0].signals)


def test_a_second_run_speaks_with_the_same_keys(run, serving):
    serving(2)
    run(terminals=2, seconds=1)
    enrolments = set(Enrolment.objects.values_list("pk", flat=True))
    counts = run(terminals=2, seconds=1)
    assert set(Enrolment.objects.values_list("pk", flat=True)) == enrolments
    assert counts["check_ins"] >= 2
    assert counts["refused"] == {}


def test_whose_key_was_revoked_meanwhile_enrols_anew(run, serving, noon):
    serial, _ = serving(2)
    run(terminals=2, seconds=1)
    revoke(serial=serial, why="test", by=Actor.system("test"), at=noon)
    counts = run(terminals=2, seconds=1)
    assert counts["terminals"] == 2
    assert Enrolment.objects.filter(terminal__serial=serial, revoked_at=None).exists()


def test_keys_are_for_their_owner_only(run, serving, tmp_path):
    serving(1)
    run(terminals=1, seconds=1)
    (ring,) = (tmp_path / "fleet").glob("keys-*")
    assert ring.stat().st_mode & 0o077 == 0
    assert len(Keyring(ring).read()) == 1


def test_messagepack_serves_as_well(run, serving, write):
    serving(1)
    assert run("--messagepack", terminals=1)["check_ins"] >= 1
    write()
    assert Live.objects.count() == 1


def test_the_truth_is_written_in_our_own_time(run, serving, tmp_path):
    serving(2)
    began = time.time()
    fault = only("paper_out", lasts_h=1)
    run("--truth", tmp_path / "t.csv", "--speed", 60, terminals=2, seconds=4, faults=fault)
    with (tmp_path / "t.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["kind"] == "paper_out"
    assert began - 1 <= float(row["begins"]) <= float(row["seen_at"]) <= time.time()


def test_who_is_off_the_network_keeps_its_readings(run, serving):
    serving(1)
    counts = run("--speed", 60, terminals=1, seconds=5, faults=only("offline", lasts_h=5))
    assert counts["kept"] > 0
    assert counts["lost"] == 0


def test_a_cloned_terminal_is_doubted(run, serving, write):
    serving(1)
    counts = run("--speed", 60, terminals=1, seconds=5, faults=only("cloned", lasts_h=5))
    assert counts["refused"]["counter_backwards"] >= 1
    write()
    assert Doubt.objects.filter(code="counter_backwards").exists()


def test_a_fleet_that_is_turned_away_keeps_everything_and_comes_later(run, serving, gateway):
    serving(1)
    run(terminals=1, seconds=1)
    no = json.dumps({"code": "not_kept", "sentence": "", "after_s": 1}).encode()
    threading.Timer(1.5, lambda: setattr(gateway, "refuse", (503, no))).start()
    threading.Timer(3.0, lambda: setattr(gateway, "refuse", None)).start()
    counts = run(terminals=1, seconds=7)
    assert counts["refused"]["not_kept"] >= 1
    assert counts["lost"] == counts["dropped"] == 0
    assert counts["answered"] + counts["kept"] == counts["readings"]
    assert counts["check_ins"] >= 3


def test_an_answer_that_is_lost_is_no_reading_lost_nor_told_twice(run, serving, gateway, write):
    serving(1)
    gateway.drop_answers = 2
    counts = run(terminals=1, seconds=8)
    assert counts["lost"] == 0
    write()
    assert heard(Live.objects.get()) == counts["answered"]


def test_a_terminal_of_the_fleet_sends_its_log_in_pieces_when_it_is_asked(run, serving, write):
    (serial,) = serving(1)
    run(terminals=1, seconds=1)
    at, by = datetime.now(UTC), Actor.system("test")
    span = {"from": at - timedelta(days=1), "to": at}
    wanted = Wanted(kind=ActionKind.FETCH_LOG, why="it jams", arguments=span)
    order_actions(wanted=wanted, selection=Selection(serials=(serial,)), by=by, at=at)
    counts = run(terminals=1, seconds=4)
    assert (counts["logs"], counts["actions"]) == (1, {"confirmed": 1})
    write()
    assert Action.objects.get().state == "confirmed"
    log = LogUpload.objects.get(terminal__serial=serial)
    assert (log.state, log.pieces, log.lines) == ("read", len(log.here), 1_500)
    assert log.pieces > 1
    assert log.findings.filter(new=True).exists()  # kinds of lines that nobody had seen before


def test_it_stops_in_order_when_it_is_interrupted(run, serving):
    serving(1)
    threading.Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    counts = run(terminals=1, seconds=60)
    assert time.monotonic() - began < 20
    assert counts["lost"] == 0


def test_it_says_when_the_ledger_has_too_few(run, serving):
    serving(1)
    counts = run(terminals=5, seconds=1, code=1)
    assert counts["terminals"] == 1


def test_it_says_when_the_ledger_has_none(run, head_office):
    assert run(code=2).exit_code == 2


@pytest.mark.parametrize(
    "told", [("--to", "ftp://x"), ("--api", "x")], ids=["no gateway", "no api"]
)
def test_an_address_that_is_none_is_refused(tillkeeper, transactional_db, told):
    assert tillkeeper("simulate", "fleet", *told).exit_code == 2


def test_a_truth_that_could_not_be_written_is_refused_at_once(
    tillkeeper, transactional_db, tmp_path
):
    told = ("--truth", tmp_path / "nowhere" / "truth.csv")
    refused = tillkeeper("simulate", "fleet", *told, "--json")
    assert (refused.exit_code, "--truth" in refused.stdout + refused.stderr) == (2, True)


def test_a_file_of_faults_that_says_nonsense_is_refused(run, serving):
    serving(1)
    assert run(faults="[fleet]\nhurry = 'much'", code=2)["code"] == "kernel.field_invalid"
