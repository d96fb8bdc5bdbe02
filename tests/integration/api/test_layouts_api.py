"""Declared layouts through the API: listed, shown, checked, drafted, written, out of use; rights and scope."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.integration.api.conftest import problem

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Layout, MoneyFile

pytestmark = pytest.mark.django_db
TEXT = """name = "acme"
role = "bill"
title = "Bill of Acme"
source = "letter"
field = [{ title = "交易时间" }, { title = "金额" }, { title = "类型" }]
[file]
shape = "delimited"
[canonical]
at = { from = "交易时间", patterns = "%Y-%m-%d %H:%M:%S" }
amount_minor = { from = "金额", type = "yuan" }
kind = { from = "类型", map = { "消费" = "sale" } }
"""
SAMPLE = "交易时间,金额,类型\n2026-03-02 10:11:12,100.00,消费\n"


@pytest.fixture(autouse=True)
def _own_var(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def zhao(signed_in, branch):
    """Writes the branch's rules and layouts."""
    return signed_in(Role.SETTLEMENT_APPROVER, branch, username="zhao")


@pytest.fixture
def lin(signed_in, branch):
    """The branch's clerk."""
    return signed_in(Role.SETTLEMENT_CLERK, branch, username="lin")


def sample(text=SAMPLE):
    return SimpleUploadedFile("acme.csv", text.encode())


def test_a_layout_is_drafted_checked_written_and_reads_files(zhao, lin):
    drafted = zhao.upload("/money/layouts/draft", sample=sample()).json()["text"]
    assert 'name = "acme"' in drafted
    checked = zhao.upload("/money/layouts/check", text=drafted, sample=sample()).json()
    assert (checked["sound"], checked["rows"], checked["sums"]) == (True, 1, {"CNY": 10_000})
    assert checked["lines"][0] == "交易时间,金额,类型"
    assert checked["read"][0]["at"] == "2026-03-02T02:11:12+00:00"
    assert not Layout.objects.exists()
    made = zhao.upload(
        "/money/layouts", organisation="SH", text=TEXT, why="letter", sample=sample()
    )
    assert made.status_code == 201
    assert (made.json()["version"], made.json()["proven"], made.json()["proof"]["rows"]) == (
        1,
        True,
        1,
    )
    taken = lin.upload("/money/files", organisation="SH", file=sample(), form="acme")
    assert (taken.json()["format"], taken.json()["facts"]["layout"]) == ("acme", "SH/acme/1")
    assert MoneyFile.objects.count() == 1


def test_versions_are_listed_and_shown_and_taken_out_of_use(zhao, lin):
    zhao.upload("/money/layouts", organisation="SH", text=TEXT, why="one")
    zhao.upload(
        "/money/layouts", organisation="SH", text=TEXT.replace("Bill of", "Bills of"), why="two"
    )
    (one,) = lin.walk("/money/layouts")
    assert (one["organisation"], one["name"], one["version"], one["proven"]) == (
        "SH",
        "acme",
        2,
        False,
    )
    assert [row["why"] for row in lin.walk("/money/layouts/SH/acme/versions")] == ["two", "one"]
    assert "Bills of" in lin.get("/money/layouts/SH/acme").json()["text"]
    assert lin.get("/money/layouts/SH/acme?version=1").json()["text"] == TEXT
    gone = zhao.post("/money/layouts/SH/acme/out", {"why": "ceased"})
    assert (gone.json()["version"], gone.json()["in_use"]) == (3, False)
    problem(zhao.post("/money/layouts/SH/acme/out", {"why": "again"}), 404, "kernel.not_found")


def test_what_is_wrong_is_told_with_line_and_column(zhao):
    bad = TEXT.replace('"sale"', '"sail"')
    told = problem(
        zhao.upload("/money/layouts", organisation="SH", text=bad, why="x"),
        422,
        "formats.bad_layout",
    )
    assert (told["facts"]["line"], told["facts"]["place"]) == (11, "canonical.kind.map.消费")
    wrong = zhao.upload(
        "/money/layouts/check", text=TEXT, sample=sample(SAMPLE.replace("消费", "送"))
    ).json()
    assert (wrong["sound"], wrong["problem"]["facts"]["line"]) == (False, 2)
    assert [one["line"] for one in wrong["set_aside"]] == [2]
    refused = zhao.upload(
        "/money/layouts", organisation="SH", text=TEXT, why="x", sample=sample("x\n")
    )
    problem(refused, 422, "formats.missing_columns")
    problem(
        zhao.upload("/money/layouts/draft", sample=sample("x\n")), 422, "formats.nothing_to_propose"
    )
    named = TEXT.replace('"acme"', '"zm"')
    problem(
        zhao.upload("/money/layouts", organisation="SH", text=named, why="x"),
        409,
        "settlement.layout_name_taken",
    )


def test_a_format_that_an_organisation_does_not_know_is_refused(lin, branch):
    answer = lin.upload("/money/files", organisation="SH", file=sample(), form="acme")
    problem(answer, 422, "kernel.field_invalid")


def test_rights_and_scope(zhao, lin, signed_in, neighbour):
    zhao.upload("/money/layouts", organisation="SH", text=TEXT, why="one")
    assert lin.upload("/money/layouts/check", text=TEXT, sample=sample()).status_code == 403
    assert lin.upload("/money/layouts/draft", sample=sample()).status_code == 403
    assert lin.upload("/money/layouts", organisation="SH", text=TEXT, why="x").status_code in (
        403,
        404,
    )
    beyond = signed_in(Role.SETTLEMENT_APPROVER, neighbour, username="beyond")
    assert beyond.walk("/money/layouts") == []
    for path in ("/money/layouts/SH/acme", "/money/layouts/SH/acme/versions"):
        assert beyond.get(path).status_code == 404
    assert beyond.post("/money/layouts/SH/acme/out", {"why": "x"}).status_code == 404
    assert beyond.upload("/money/layouts", organisation="SH", text=TEXT, why="x").status_code == 404
    nobody = signed_in(Role.TECHNICIAN, neighbour, username="nobody")
    assert nobody.get("/money/layouts").status_code == 403
