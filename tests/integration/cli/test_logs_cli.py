"""`tillkeeper log`: listed, shown with the lines around, saved, read again; kinds of lines judged."""

import json

import pytest
from tests.factories import TerminalFactory
from tests.integration.telemetry.paper import sent_log

from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.models import LogPattern

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(tillkeeper, branch):
    return sent_log(TerminalFactory(home=branch, serial="P800000001"))


@pytest.fixture
def strange(ours):
    return LogPattern.objects.get(template__contains="frobnicator")


def test_logs_are_listed_and_narrowed(tillkeeper, ours):
    told = tillkeeper("log", "list")
    assert told.exit_code == 0
    assert "no or wrong paper" in told.stdout
    rows = json.loads(tillkeeper("log", "list", "--fault", "H-PRT-PAPER", "--json").stdout)
    assert [(row["number"], row["faults"]) for row in rows] == [(ours.pk, ["H-PRT-PAPER"])]
    assert json.loads(tillkeeper("log", "list", "--state", "coming", "--json").stdout) == []
    for wrong in (("--state", "odd"), ("--fault", "H-NONE")):
        assert tillkeeper("log", "list", *wrong).exit_code == 2


def test_a_log_is_shown_with_the_lines_around(tillkeeper, ours):
    told = tillkeeper("log", "show", ours.pk)
    assert told.exit_code == 0
    assert "  >      21  2026-11-22 10:00:20 printer: paper out" in told.stdout
    assert "4111111111111111" not in told.stdout
    found = json.loads(tillkeeper("log", "show", ours.pk, "--json").stdout)["findings"]
    assert (found[0]["fault"], found[0]["times"]) == ("H-PRT-PAPER", 2)
    assert tillkeeper("log", "show", "999999").exit_code == 1


def test_a_log_that_is_not_read_yet_ends_with_1(tillkeeper, branch):
    coming = sent_log(TerminalFactory(home=branch), pieces=2, key="half")
    assert tillkeeper("log", "show", coming.pk).exit_code == 1
    assert tillkeeper("log", "read-again", coming.pk).exit_code == 1


def test_the_whole_is_saved(tillkeeper, ours, tmp_path):
    assert tillkeeper("log", "save", ours.pk, tmp_path / "out.log").exit_code == 0
    kept = (tmp_path / "out.log").read_text(encoding="utf-8")
    assert (kept.count("\n"), "411111******1111" in kept) == (24, True)
    assert tillkeeper("log", "save", ours.pk, tmp_path / "none" / "out.log").exit_code == 2


def test_kinds_are_listed_and_judged_and_the_log_read_again(tillkeeper, ours, strange):
    rows = json.loads(tillkeeper("log", "patterns", "--state", "new", "--serious", "--json").stdout)
    assert strange.pk in [row["number"] for row in rows]
    assert tillkeeper("log", "patterns", "--text", "frobnicator").stdout.count("frobnicator") == 1
    told = tillkeeper("log", "judge", strange.pk, "known", "--fault", "H-KEY")
    assert (told.exit_code, "keypad" in told.stdout) == (0, True)
    strange.refresh_from_db()
    assert (strange.state, strange.fault) == (PatternState.KNOWN, "H-KEY")
    assert tillkeeper("log", "read-again", ours.pk).exit_code == 0
    ours.refresh_from_db()
    assert ours.state == UploadState.COMPLETE


@pytest.mark.parametrize("wrong", [("known",), ("known", "--fault", "H-NONE"), ("lovely",)])
def test_a_judgement_that_makes_no_sense_is_wrong_usage(tillkeeper, strange, wrong):
    assert tillkeeper("log", "judge", strange.pk, *wrong).exit_code == 2
    strange.refresh_from_db()
    assert strange.state == PatternState.NEW


def test_a_kind_that_is_not_there_is_refused(tillkeeper, branch):
    assert tillkeeper("log", "judge", "999999", "harmless").exit_code == 1
