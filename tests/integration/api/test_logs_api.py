"""/logs and /log-patterns: lists, one log with its lines, the file, judging; scope and rights."""

import pytest
from tests.factories import TerminalFactory
from tests.integration.api.conftest import problem
from tests.integration.telemetry.paper import sent_log

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.models import LogPattern

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def ours(branch):
    return sent_log(TerminalFactory(home=branch, serial="P8/0000001"))


@pytest.fixture
def theirs(neighbour):
    return sent_log(TerminalFactory(home=neighbour, serial="N900000001"))


@pytest.fixture
def strange(ours):
    return LogPattern.objects.get(template__contains="frobnicator", findings__upload=ours)


@pytest.fixture
def kim(signed_in, branch):
    return signed_in(Role.SUPPORT_AGENT, branch, username="kim")


def test_a_log_tells_what_was_found_in_it(kim, ours):
    told = kim.get(f"/logs/{ours.pk}").json()
    assert (told["serial"], told["state"], told["pieces"], told["here"]) == (
        "P8/0000001",
        "read",
        1,
        1,
    )
    assert (told["lines"], told["cards"], told["faults"]) == (24, 1, ["H-PRT-PAPER"])
    first = told["findings"][0]
    assert (first["fault"], first["times"], first["first_line"], first["last_line"]) == (
        "H-PRT-PAPER",
        2,
        21,
        24,
    )


def test_lines_come_with_five_neighbours_before_and_after(kim, ours):
    told = kim.get(f"/logs/{ours.pk}/lines?limit=1").json()
    assert [line["number"] for line in told[0]["lines"]] == [16, 17, 18, 19, 20, 21, 22, 23, 24]
    assert [line["number"] for line in told[0]["lines"] if line["matters"]] == [21]
    second = kim.get(f"/logs/{ours.pk}/lines?first=1&limit=1").json()
    assert second[0]["finding"]["pattern"] != told[0]["finding"]["pattern"]


@pytest.mark.parametrize("asked", ["limit=0", "limit=51", "first=-1", "page=2"])
def test_what_cannot_be_asked_of_lines_is_refused(kim, ours, asked):
    assert kim.get(f"/logs/{ours.pk}/lines?{asked}").status_code == 422


def test_lists_are_narrowed_and_a_terminal_has_its_own(kim, ours, branch):
    sent_log(TerminalFactory(home=branch, serial="P811"), "all is well\n")
    assert len(kim.walk("/logs?limit=1")) == 2
    assert [row["id"] for row in kim.walk("/logs?fault=H-PRT-PAPER")] == [ours.pk]
    assert [row["serial"] for row in kim.walk("/logs?serial=P811")] == ["P811"]
    assert kim.walk("/logs?state=unreadable") == []
    assert [row["id"] for row in kim.walk("/terminals/P8/0000001/logs")] == [ours.pk]
    assert kim.get("/logs?state=eaten").status_code == 422


def test_a_neighbours_log_is_not_there(kim, ours, theirs):
    assert [row["id"] for row in kim.walk("/logs")] == [ours.pk]
    for rest in ("", "/lines", "/file"):
        problem(kim.get(f"/logs/{theirs.pk}{rest}"), 404, "kernel.not_found")
    problem(kim.post(f"/logs/{theirs.pk}/read-again"), 404, "kernel.not_found")
    problem(kim.get("/terminals/N900000001/logs"), 404, "kernel.not_found")


def test_the_whole_is_downloaded_by_whoever_works_with_it(kim, signed_in, branch, ours):
    assert b"411111******1111" in kim.download(f"/logs/{ours.pk}/file")
    auditor = signed_in(Role.COMPLIANCE_AUDITOR, branch)
    assert auditor.get(f"/logs/{ours.pk}/lines").status_code == 200
    problem(auditor.get(f"/logs/{ours.pk}/file"), 403, "kernel.not_allowed")


def test_a_kind_of_line_is_judged(kim, strange):
    told = kim.post(f"/log-patterns/{strange.pk}/judge", {"state": "known", "fault": "H-KEY"})
    assert (told.json()["state"], told.json()["fault"]) == ("known", "H-KEY")
    kept = [row["id"] for row in kim.walk("/log-patterns?state=known&fault=H-KEY")]
    assert strange.pk in kept
    assert kim.get(f"/log-patterns/{strange.pk}").json()["judged_by"]


def test_a_fault_that_is_none_is_refused_and_changes_nothing(kim, strange):
    sent = {"state": "known", "fault": "H-NONE"}
    problem(kim.post(f"/log-patterns/{strange.pk}/judge", sent), 422, "telemetry.fault_unknown")
    strange.refresh_from_db()
    assert strange.state == PatternState.NEW


def test_whoever_may_not_judge_is_refused(signed_in, branch, ours, strange):
    auditor = signed_in(Role.COMPLIANCE_AUDITOR, branch)
    sent = {"state": "harmless"}
    problem(auditor.post(f"/log-patterns/{strange.pk}/judge", sent), 403, "kernel.not_allowed")
    problem(auditor.get("/log-patterns"), 403, "kernel.not_allowed")
    problem(auditor.post(f"/logs/{ours.pk}/read-again"), 403, "kernel.not_allowed")


def test_a_log_is_read_again_only_if_it_is_here(kim, ours, branch):
    assert kim.post(f"/logs/{ours.pk}/read-again").json()["state"] == UploadState.COMPLETE
    coming = sent_log(TerminalFactory(home=branch), pieces=3, key="half")
    problem(kim.post(f"/logs/{coming.pk}/read-again"), 409, "telemetry.log_not_kept")


@pytest.mark.parametrize("path", ["/logs/0", "/logs/99999999999999999999", "/log-patterns/0"])
def test_what_is_not_there_is_not_found(ada, path):
    assert ada.get(path).status_code == 404
