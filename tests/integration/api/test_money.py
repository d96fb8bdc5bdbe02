"""Money over the API: files in, a day matched, cases decided by two, the ledger and statements looked at."""

import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.factories import CaseFactory, MerchantFactory
from tests.integration.api.conftest import problem
from tests.money_days import MID, billed, paid, written

from tillkeeper.api import money
from tillkeeper.parties.roles import Right, Role
from tillkeeper.settlement.models import MoneyFile

pytestmark = pytest.mark.django_db
SALES = [paid(1), paid(2, 60_000, slip="failed")]


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def lin(signed_in, branch):
    return signed_in(Role.SETTLEMENT_CLERK, branch, username="lin")


@pytest.fixture
def zhao(signed_in, branch):
    return signed_in(Role.SETTLEMENT_APPROVER, branch, username="zhao")


@pytest.fixture
def bring(lin):
    def bring(layout, rows, caller=None, **fields):
        file = SimpleUploadedFile(f"{layout}.csv", written(layout, rows).getvalue())
        return (caller or lin).upload("/money/files", file=file, organisation="SH", **fields)

    return bring


@pytest.fixture
def run(bring, lin, django_capture_on_commit_callbacks):
    """A matched day, asked for over the API; the worker does it at once."""
    bring("journal", SALES)
    bring("acquirer46", [billed(row) for row in SALES])
    with django_capture_on_commit_callbacks(execute=True):
        begun = lin.post("/money/runs", {"organisation": "SH", "day": "2026-03-02"})
    assert begun.status_code == 202, begun.content
    return lin.get(f"/money/runs/{begun.json()['number']}").json()


def the_case(caller):
    return caller.get("/money/cases").json()["items"][0]


def test_a_file_is_brought_in_listed_shown_and_downloaded(bring, lin):
    made = bring("journal", SALES)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["format"], told["rows"]) == ("taken", "journal", 2)
    assert (told["organisation"], told["first_day"], told["sums"]) == (
        "SH",
        "2026-03-02",
        {"CNY": 70_000},
    )
    assert [row["number"] for row in lin.walk("/money/files")] == [told["number"]]
    assert lin.get(f"/money/files/{told['number']}").json() == told
    assert (
        lin.download(f"/money/files/{told['number']}/original")
        == written("journal", SALES).getvalue()
    )
    line = lin.get(f"/money/files/{told['number']}/lines/2").json()
    assert line["text"] == written("journal", SALES).getvalue().decode().splitlines()[1]
    problem(lin.get(f"/money/files/{told['number']}/lines/99"), 404, "kernel.not_found")


def test_a_file_that_cannot_be_used_is_kept_as_refused(lin, branch):
    file = SimpleUploadedFile("x.bin", b"what is this")
    made = lin.upload("/money/files", file=file, organisation="SH")
    assert made.status_code == 201
    assert made.json()["problem"]["code"] == "formats.unrecognised"


def test_a_bill_of_another_merchant_is_refused_where_the_merchant_is_named(bring, lin):
    other = bring("acquirer46", [billed(paid(1))], mid="898310154110999").json()
    assert (other["state"], other["problem"]["code"]) == ("refused", "formats.wrong_merchant")
    assert bring("acquirer46", [billed(paid(1))], mid=f" {MID} ").json()["state"] == "taken"


def test_a_full_disk_is_told_with_a_sentence(lin, branch, monkeypatch):
    def full(**_asked):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(money, "bring_in", full)
    file = SimpleUploadedFile("journal.csv", b"mid,tid")
    answered = lin.upload("/money/files", file=file, organisation="SH")
    told = problem(answered, 507, "kernel.no_room")
    assert "No space left" in told["title"]


def test_the_same_file_again_is_a_conflict_and_withdrawing_frees_it(bring, lin):
    number = bring("journal", SALES).json()["number"]
    told = problem(bring("journal", SALES), 409, "settlement.taken_already")
    assert told["facts"]["other"] == number
    problem(lin.post(f"/money/files/{number}/withdraw", {"why": ""}), 422, "kernel.field_invalid")
    gone = lin.post(f"/money/files/{number}/withdraw", {"why": "wrong"})
    assert gone.json()["state"] == "withdrawn"
    assert bring("journal", SALES).status_code == 201


def test_a_format_that_is_named_must_be_one(bring, branch):
    problem(bring("journal", SALES, form="papyrus"), 422, "kernel.field_invalid")
    assert bring("journal", SALES, form="journal").status_code == 201


def test_the_same_upload_with_one_key_is_done_once(lin, branch):
    def send():
        file = SimpleUploadedFile("j.csv", written("journal", SALES).getvalue())
        return lin.client.post(
            "/api/v1/money/files",
            {"file": file, "organisation": "SH"},
            headers={"Idempotency-Key": "f-1"},
        )

    first, again = send(), send()
    assert (first.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert MoneyFile.objects.count() == 1


def test_a_run_says_what_it_found_and_rested_on(run, lin):
    assert (run["state"], run["cases_opened"], run["rules"]) == ("done", 1, None)
    assert len(run["files"]) == 2
    assert run["summary"]["classes"]["charged_without_slip"]["count"] == 1
    assert [one["number"] for one in lin.walk("/money/runs")] == [run["number"]]
    lines = lin.download(f"/money/runs/{run['number']}/differences").decode().splitlines()
    assert (len(lines), lines[0].startswith("class,cause,confidence,mid")) == (2, True)


def test_a_day_without_files_is_refused(lin, branch):
    told = lin.post("/money/runs", {"organisation": "SH", "day": "2026-03-02"})
    problem(told, 422, "settlement.nothing_to_match")


def test_a_case_above_the_limit_goes_through_two_hands(run, lin, zhao):
    case = the_case(lin)
    assert (case["difference"], case["at_stake_minor"], case["state"]) == (
        "charged_without_slip",
        60_000,
        "open",
    )
    path = f"/money/cases/{case['id']}"
    decided = lin.post(f"{path}/decide", {"remedy": "refund", "why": "no slip"})
    assert decided.status_code == 200, decided.content
    assert (decided.json()["state"], decided.json()["decisions"][0]["state"]) == (
        "proposed",
        "proposed",
    )
    problem(lin.post(f"{path}/confirm", {"why": "me"}), 403, "kernel.not_allowed")
    confirmed = zhao.post(f"{path}/confirm", {"why": "agreed"}).json()
    assert (confirmed["state"], confirmed["decisions"][0]["settled_by"]) == ("closed", "zhao")
    assert [note["step"] for note in confirmed["notes"]] == ["propose", "confirm"]
    balances = {one["account"]: one["minor"] for one in lin.get("/money/balances").json()}
    assert (balances["suspense"], balances["channel_receivable"]) == (0, 10_000)
    reopened = zhao.post(f"{path}/reopen", {"why": "the slip was found"}).json()
    assert (reopened["state"], reopened["decisions"][0]["state"]) == ("open", "reversed")


def test_nobody_confirms_their_own(run, signed_in, head_office):
    boss = signed_in(Role.ADMINISTRATOR, head_office, username="boss")
    path = f"/money/cases/{the_case(boss)['id']}"
    boss.post(f"{path}/decide", {"remedy": "refund", "why": "no slip"})
    problem(boss.post(f"{path}/confirm", {"why": "me"}), 403, "settlement.own_proposal")


def test_the_verbs_of_a_case(lin, zhao, branch):
    path = f"/money/cases/{CaseFactory(organisation=branch).pk}"
    ahead = "2099-01-01"
    assert lin.post(f"{path}/assign", {"owner": "lin"}).json()["owner"] == "lin"
    assert lin.post(f"{path}/hold", {"why": "wait", "until": ahead}).json()["held_until"] == ahead
    assert lin.post(f"{path}/resume", {"why": ""}).json()["state"] == "open"
    assert (
        lin.post(f"{path}/dispute", {"why": "bank", "deadline": ahead}).json()["state"]
        == "disputed"
    )
    assert lin.post(f"{path}/notes", {"text": "called"}).status_code == 201
    problem(lin.post(f"{path}/hold", {"why": "x", "until": ahead}), 409, "settlement.step_refused")
    problem(lin.post(f"{path}/resume", {"because": "x"}), 422, "api.body_invalid")
    problem(zhao.post(f"{path}/refuse", {"why": "x"}), 409, "settlement.step_refused")


def test_if_match_keeps_two_editors_apart(lin, branch):
    path = f"/money/cases/{CaseFactory(organisation=branch).pk}"
    tag = lin.get(path)["ETag"]
    assert lin.post(f"{path}/assign", {"owner": "a"}, If_Match=tag)["ETag"] != tag
    problem(
        lin.post(f"{path}/assign", {"owner": "b"}, If_Match=tag), 412, "settlement.case_changed"
    )
    assert lin.get(path).json()["owner"] == "a"


def test_the_same_decision_with_one_key_is_made_once(lin, branch):
    path = f"/money/cases/{CaseFactory(organisation=branch).pk}"
    said = {"remedy": "accept", "why": "seen"}
    first = lin.post(f"{path}/decide", said, Idempotency_Key="d-1")
    again = lin.post(f"{path}/decide", said, Idempotency_Key="d-1")
    assert (first.status_code, again.content) == (200, first.content)
    assert len(lin.get("/money/postings").json()["items"]) == 1


def test_queues_are_narrowed_and_paged(lin, branch):
    for minor in (300, 100, 200, 400):
        CaseFactory(organisation=branch, amount_minor=minor, mid=MID if minor < 300 else "other")
    sizes = [case["at_stake_minor"] for case in lin.walk("/money/cases?limit=3")]
    assert sizes == [400, 300, 200, 100]
    assert len(lin.walk(f"/money/cases?mid={MID}")) == 2
    assert len(lin.walk("/money/cases?at_least_minor=250&state=open&state=held")) == 2
    assert lin.walk("/money/cases?state=closed") == []
    problem(lin.get("/money/cases?state=lost"), 422, "api.body_invalid")


def test_postings_are_shown_and_reversed_once(run, lin, zhao):
    kinds = {one["kind"]: one["number"] for one in lin.walk("/money/postings")}
    assert set(kinds) == {"settled_day", "doubt"}
    told = lin.get(f"/money/postings/{kinds['settled_day']}").json()
    assert (told["run"], sum(entry["amount_minor"] for entry in told["entries"])) == (
        run["number"],
        0,
    )
    path = f"/money/postings/{kinds['settled_day']}/reverse"
    problem(lin.post(path, {"why": "x"}), 404, "kernel.not_found")
    assert zhao.post(path, {"why": "wrong day"}).json()["reverses"] == kinds["settled_day"]
    problem(zhao.post(path, {"why": "again"}), 409, "settlement.reversed_already")


def test_rules_are_versions(zhao, lin, branch):
    text = 'version = "2026-03"\n'
    made = zhao.post("/money/rules", {"organisation": "SH", "text": text, "why": "contract"})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    same = zhao.post("/money/rules", {"organisation": "SH", "text": text, "why": "again"})
    assert same.json()["version"] == 1
    assert zhao.get(f"/money/rules/{made.json()['id']}").json()["text"] == text
    assert len(zhao.walk("/money/rules")) == 1
    bad = zhao.post("/money/rules", {"organisation": "SH", "text": "x = ", "why": "x"})
    assert bad.status_code == 422
    refused = lin.post("/money/rules", {"organisation": "SH", "text": text, "why": "x"})
    assert refused.status_code in (403, 404)


def test_a_statement_is_issued_shown_and_downloaded(run, lin, branch):
    MerchantFactory(number=MID, parent=branch)
    said = {"merchant": MID, "period": "2026-03"}
    made = lin.post("/money/statements", said)
    assert made.status_code == 201, made.content
    told = made.json()
    assert told["totals"]["movements"]["sales"] == 70_000
    assert lin.post("/money/statements", said).json()["number"] == told["number"]
    assert [one["number"] for one in lin.walk("/money/statements")] == [told["number"]]
    path = f"/money/statements/{told['number']}"
    assert lin.get(path).json() == told
    assert lin.download(f"{path}/file").startswith(b"%PDF")
    assert lin.download(f"{path}/file?form=xlsx").startswith(b"PK")
    problem(
        lin.post("/money/statements", {"merchant": MID, "period": "May"}),
        422,
        "kernel.field_invalid",
    )


def test_a_neighbour_sees_nothing_of_it(run, lin, signed_in, neighbour, branch):
    case = the_case(lin)["id"]
    other = signed_in(Role.SETTLEMENT_CLERK, neighbour, username="bao")
    for path in ("files", "runs", "cases", "postings", "rules", "statements"):
        assert other.walk(f"/money/{path}") == []
    assert other.get("/money/balances").json() == []
    for path in (
        f"/money/files/{run['files'][0]}",
        f"/money/files/{run['files'][0]}/original",
        f"/money/runs/{run['number']}",
        f"/money/cases/{case}",
    ):
        problem(other.get(path), 404, "kernel.not_found")
    problem(other.post(f"/money/cases/{case}/assign", {"owner": "bao"}), 404, "kernel.not_found")


def test_who_has_no_right_to_money_is_told_so(mei, signed_in, with_token, branch):
    technician = signed_in(Role.TECHNICIAN, branch)
    problem(technician.get("/money/cases"), 403, "kernel.not_allowed")
    case = CaseFactory(organisation=branch).pk
    problem(mei.post(f"/money/cases/{case}/assign", {"owner": "mei"}), 403, "kernel.not_allowed")
    program = with_token(Role.SETTLEMENT_CLERK, branch, scopes=[Right.MONEY_VIEW], username="bot")
    assert program.get("/money/cases").status_code == 200
    problem(program.post(f"/money/cases/{case}/assign", {"owner": "x"}), 403, "kernel.not_allowed")
