"""Batches that cannot settle, over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.factories import MerchantFactory
from tests.integration.api.conftest import problem
from tests.money_days import MID, TID, billed, paid, written

from tillkeeper.parties.roles import Role

pytestmark = pytest.mark.django_db
BATCH = {"mid": MID, "tid": TID, "batch": "1", "day": "2026-03-02", "symptom": "totals_differ"}


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
def trouble(lin, branch):
    MerchantFactory(number=MID, parent=branch)
    made = lin.post("/money/troubles", BATCH)
    assert made.status_code == 201, made.content
    return made.json()


def test_it_is_opened_listed_and_shown(lin, trouble):
    assert (trouble["organisation"], trouble["state"], trouble["rounds"]) == ("SH", "open", 1)
    checks = {one["check"]: one for one in trouble["checks"]}
    assert len(checks) == 16
    assert (checks["journal"]["verdict"], checks["journal"]["answer"]) == ("unknown", "missing")
    assert checks["journal"]["do"].startswith("Export the journal")
    assert lin.get(f"/money/troubles/{trouble['number']}").json() == trouble
    for asked, there in (("state=open", 1), ("state=settled", 0), (f"mid={MID}&tid={TID}", 1)):
        assert len(lin.walk(f"/money/troubles?{asked}")) == there
    stands = problem(lin.post("/money/troubles", BATCH), 409, "settlement.trouble_stands")
    assert stands["facts"]["number"] == trouble["number"]


def test_it_is_looked_at_again_with_a_word(lin, trouble):
    sales = [paid(1), paid(2)]
    for form, rows in (("journal", sales), ("acquirer46", [billed(sales[0])])):
        file = SimpleUploadedFile(f"{form}.csv", written(form, rows).getvalue())
        assert lin.upload("/money/files", file=file, organisation="SH").status_code == 201
    told = lin.post(f"/money/troubles/{trouble['number']}/look", {"word": "brought in"}).json()
    assert (told["rounds"], told["version"]) == (2, trouble["version"] + 2)
    answers = {one["check"]: one["answer"] for one in told["checks"]}
    assert (answers["journal"], answers["bill"], answers["totals"]) == ("sound", "sound", "differ")
    assert [one["text"] for one in told["story"] if not one["check"]] == ["brought in"]


def test_it_is_handed_over_to_a_case_that_no_run_found(lin, trouble):
    told = lin.post(f"/money/troubles/{trouble['number']}/hand-over", {"why": "no answer"}).json()
    assert told["state"] == "handed_over"
    case = lin.get(f"/money/cases/{told['case']}").json()
    assert (case["difference"], case["run"], case["at_stake_minor"]) == ("ambiguous", None, 0)
    assert case["evidence"]["trouble"] == trouble["number"]
    assert [row["run"] for row in lin.walk("/money/cases")] == [None]
    again = lin.post(f"/money/troubles/{trouble['number']}/look", {})
    problem(again, 409, "settlement.trouble_ended")


def test_who_may(zhao, signed_in, neighbour, branch, trouble):
    path = f"/money/troubles/{trouble['number']}"
    assert zhao.get(path).status_code == 200
    for act in ("look", "hand-over"):
        problem(zhao.post(f"{path}/{act}", {}), 403, "kernel.not_allowed")
    problem(zhao.post("/money/troubles", BATCH), 403, "kernel.not_allowed")
    other = signed_in(Role.SETTLEMENT_CLERK, neighbour, username="wu")
    problem(other.get(path), 404, "kernel.not_found")
    assert other.walk("/money/troubles") == []
    for act in ("look", "hand-over"):
        problem(other.post(f"{path}/{act}", {}), 404, "kernel.not_found")
    outside = signed_in(Role.TECHNICIAN, branch, username="ke")
    problem(outside.get("/money/troubles"), 403, "kernel.not_allowed")


def test_what_makes_no_sense_is_refused(lin, branch):
    problem(lin.post("/money/troubles", BATCH | {"batch": "x"}), 422, "kernel.field_invalid")
    assert lin.post("/money/troubles", BATCH | {"symptom": "angry"}).status_code == 422
    problem(lin.get("/money/troubles/TB-1"), 404, "kernel.not_found")
