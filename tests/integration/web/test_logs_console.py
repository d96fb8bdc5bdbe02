"""Logs in the console: listed, narrowed, read with their neighbours, fetched; kinds of lines judged."""

import pytest
from tests.factories import TerminalFactory
from tests.integration.telemetry.paper import sent_log

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.models import LogPattern, LogUpload
from tillkeeper.telemetry.services.logs import read_log

pytestmark = pytest.mark.django_db
EN = {"accept-language": "en"}
ZH = {"accept-language": "zh-hans"}


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def ours(branch):
    return sent_log(TerminalFactory(home=branch, serial="P800000001"))


@pytest.fixture
def theirs(neighbour, ours):
    terminal = TerminalFactory(home=neighbour, serial="N900000001", model=ours.terminal.model)
    return sent_log(terminal)


@pytest.fixture
def strange(ours):
    """The kind of line that nobody had seen."""
    return LogPattern.objects.get(template__contains="frobnicator", findings__upload=ours)


def text(answer):
    return answer.content.decode()


def test_the_list_says_what_was_found_in_the_readers_language(desk, ours):
    english = text(desk.get("/logs/", headers=EN))
    assert "no or wrong paper" in english
    assert "P800000001" in english
    chinese = text(desk.get("/logs/", headers=ZH))
    assert "缺纸" in chinese
    assert "no or wrong paper" not in chinese


@pytest.mark.parametrize(
    ("asked", "there"),
    [("", True), ("?q=P800000001", True), ("?q=P8", False), ("?state=read", True), ("?state=coming", False),
     ("?fault=H-PRT-PAPER", True), ("?fault=H-TAMPER", False), ("?state=nonsense&fault=nonsense", True)],
)  # fmt: skip
def test_the_list_is_narrowed(desk, ours, htmx, asked, there):
    assert ("P800000001" in text(desk.get(f"/logs/{asked}", headers=htmx))) is there


def test_a_finding_stands_among_its_neighbours_and_no_card_number_is_shown(desk, ours):
    page = text(desk.get(f"/logs/{ours.pk}/", headers=EN))
    assert "<mark>21  2026-11-22 10:00:20 printer: paper out</mark>" in page
    assert "16  2026-11-22 10:00:15 settlement" in page
    assert "10:00:14 settlement" not in page
    assert "2 times" in page
    assert "411111******1111" in page
    assert "4111111111111111" not in page


def test_a_line_of_a_log_is_never_read_as_markup(desk, branch):
    evil = sent_log(
        TerminalFactory(home=branch), "<script>alert(1)</script> fatal error\n", name="<b>x</b>"
    )
    page = text(desk.get(f"/logs/{evil.pk}/"))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_a_neighbours_log_is_not_there(visit, hire, branch, ours, theirs):
    client = visit(hire(Role.SUPPORT_AGENT, branch))
    assert "N900000001" not in text(client.get("/logs/"))
    for page in ("", "file/"):
        assert client.get(f"/logs/{theirs.pk}/{page}").status_code == 404
    assert client.post(f"/logs/{theirs.pk}/read-again/").status_code == 404
    assert client.get(f"/logs/{ours.pk}/").status_code == 200


def test_where_a_kind_stands_is_told_of_ones_own_terminals_only(
    visit, hire, branch, ours, theirs, strange
):
    page = text(visit(hire(Role.SUPPORT_AGENT, branch)).get(f"/logs/patterns/{strange.pk}/"))
    assert "P800000001" in page
    assert "N900000001" not in page


def test_the_whole_is_fetched_by_whoever_works_with_it(visit, hire, branch, ours):
    answer = visit(hire(Role.SUPPORT_AGENT, branch)).get(f"/logs/{ours.pk}/file/")
    assert answer["Content-Disposition"].startswith("attachment")
    body = b"".join(answer).decode()
    assert body.count("\n") == 24
    assert "4111111111111111" not in body


def test_whoever_only_looks_sees_what_was_found_and_no_more(visit, hire, branch, ours, strange):
    client = visit(hire(Role.COMPLIANCE_AUDITOR, branch))
    page = client.get(f"/logs/{ours.pk}/", headers=EN)
    assert "no or wrong paper" in text(page)
    assert "/file/" not in text(page)
    assert "judge" not in text(page)
    assert client.get(f"/logs/{ours.pk}/file/").status_code == 403
    assert client.get("/logs/patterns/").status_code == 403
    judged = client.post(f"/logs/patterns/{strange.pk}/judge/", {"state": "harmless"})
    assert judged.status_code == 403
    assert client.post(f"/logs/{ours.pk}/read-again/").status_code == 403
    strange.refresh_from_db()
    assert strange.state == PatternState.NEW


def test_a_kind_is_judged_and_goes_to_its_tab(desk, strange, htmx, administrator):
    assert "frobnicator" in text(desk.get("/logs/patterns/", headers=htmx))
    told = {"state": "known", "fault": "H-KEY"}
    answer = desk.post(f"/logs/patterns/{strange.pk}/judge/", told, headers=htmx)
    assert answer.status_code == 204
    assert "changed" in answer["HX-Trigger"]
    strange.refresh_from_db()
    assert (strange.state, strange.fault) == (PatternState.KNOWN, "H-KEY")
    assert strange.judged_by.endswith(administrator.name)
    assert "frobnicator" not in text(desk.get("/logs/patterns/", headers=htmx))
    assert "frobnicator" in text(desk.get("/logs/patterns/?state=known", headers=htmx))


def test_a_judgement_counts_when_a_log_is_read_again(desk, ours, strange):
    desk.post(f"/logs/patterns/{strange.pk}/judge/", {"state": "harmless", "fault": ""})
    assert "frobnicator" in text(desk.get(f"/logs/{ours.pk}/"))
    assert desk.post(f"/logs/{ours.pk}/read-again/").status_code == 302
    ours.refresh_from_db()
    assert ours.state == UploadState.COMPLETE
    read_log(upload=ours.pk, at=ours.at)
    assert "<mark>22  " not in text(desk.get(f"/logs/{ours.pk}/"))
    assert "<mark>21  " in text(desk.get(f"/logs/{ours.pk}/"))


@pytest.mark.parametrize(
    "told",
    [{}, {"state": "known"}, {"state": "known", "fault": "H-NONE"}, {"state": "nonsense", "fault": "H-KEY"}],
)  # fmt: skip
def test_a_judgement_that_makes_no_sense_is_refused_where_it_stands(desk, strange, told):
    answer = desk.post(f"/logs/patterns/{strange.pk}/judge/", {**told, "x": "1"}, headers=EN)
    assert answer.status_code == 422
    strange.refresh_from_db()
    assert strange.state == PatternState.NEW


def test_what_is_not_here_as_a_whole_is_told_and_not_read_again(desk, branch):
    coming = sent_log(TerminalFactory(home=branch), pieces=4, key="half")
    page = text(desk.get(f"/logs/{coming.pk}/", headers=EN))
    assert "1 of 4 pieces are here" in page
    assert desk.get(f"/logs/{coming.pk}/file/").status_code == 404
    assert desk.post(f"/logs/{coming.pk}/read-again/").status_code == 409


def test_a_log_that_cannot_be_read_says_why(desk, ours):
    LogUpload.objects.filter(pk=ours.pk).update(
        state=UploadState.UNREADABLE, problem="broken_inside"
    )
    assert "cannot be unpacked" in text(desk.get(f"/logs/{ours.pk}/", headers=EN))
    assert "cannot be unpacked" in text(desk.get("/logs/", headers=EN))


def test_many_findings_are_shown_in_pages(desk, branch, htmx):
    names = [chr(97 + one // 26) + chr(97 + one % 26) for one in range(45)]
    body = "".join(f"{name * 4} {name * 5} fatal {name * 6} error {name * 3}\n" for name in names)
    row = sent_log(TerminalFactory(home=branch), body)
    first = text(desk.get(f"/logs/{row.pk}/", headers=EN))
    assert first.count("<figure") == 20
    assert "first=20" in first
    last = text(desk.get(f"/logs/{row.pk}/?first=40", headers={**htmx, **EN}))
    assert 0 < last.count("<figure") < 20
    assert "<html" not in last
    assert text(desk.get(f"/logs/{row.pk}/?first=99999999999", headers=EN)).count("<figure") == 20


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_in_both_languages_and_forbids_what_is_not_its_own(
    desk, ours, strange, language
):
    kind = f"/logs/patterns/{strange.pk}/"
    lists = ["/logs/", "/logs/patterns/", "/logs/patterns/?state=harmless"]
    for page in [*lists, f"/logs/{ours.pk}/", kind, f"{kind}judge/"]:
        answer = desk.get(page, headers={"accept-language": language})
        assert answer.status_code == 200, page
        assert "unsafe" not in answer["Content-Security-Policy"]
        told = text(answer)
        assert ' style="' not in told
        assert "{#" not in told


def test_a_log_costs_the_list_no_statement_of_its_own(
    desk, branch, django_assert_max_num_queries, htmx
):
    for one in range(6):
        sent_log(TerminalFactory(home=branch, serial=f"P83000000{one}"))
    with django_assert_max_num_queries(12):
        desk.get("/logs/", headers=htmx)
