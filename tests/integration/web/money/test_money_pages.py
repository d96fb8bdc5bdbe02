"""What holds for every page of the money areas."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from tests.factories import CaseFactory, MatchingRunFactory, MoneyFileFactory, RuleBookFactory

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.services.cases import Proposal, decide
from tillkeeper.settlement.services.rulebooks import write_rules

PLANS = 'version = "2026"\n[[fees]]\nname = "debit"\npercent = 0.38\ncap_minor = 1300\n'
LISTS = ("/money/cases/", "/money/files/", "/money/runs/", "/money/ledger/")
ONE = (
    "/money/", "/money/files/new", "/money/files/MF-20260302-9001", "/money/runs/new", "/money/runs/MR-20260302-9001",
    "/money/ledger/proof", "/money/ledger/merchants/898310154110001", "/money/rules/", "/money/rules/?organisation=SH",
    "/money/rules/SH/1", "/money/rules/SH/edit", "/money/files/MF-20260302-9001/withdraw",
)  # fmt: skip
VERBS = ("", "/decide", "/hold", "/dispute", "/note", "/assign")


@pytest.fixture
def books(branch, case, administrator, noon):
    """Something on each page."""
    write_rules(organisation="SH", text=PLANS, why="contract 7", by=administrator, at=noon)
    decide(
        case=CaseFactory(organisation=branch, run=case.run).pk,
        proposal=Proposal(remedy="refund", why="slip was found", amount_minor=100),
        by=administrator,
        at=noon,
    )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", [*LISTS, *ONE])
def test_each_page_opens_in_both_languages_and_keeps_to_the_policy(desk, books, path, language):
    answer = desk.get(path, headers={"accept-language": language})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<main" in text
    assert ' style="' not in text
    assert "hx-on" not in text
    assert "{#" not in text


@pytest.mark.parametrize("verb", VERBS)
def test_each_dialog_of_a_case_opens_as_a_page_and_as_a_part(desk, case, htmx, verb):
    path = f"/money/cases/{case.pk}{verb}"
    page = desk.get(path).content.decode()
    assert "<main" in page
    form = page.partition('<form class="dialog-form"')[2].partition(">")[0]
    assert "#dialog" not in form
    part = desk.get(path, headers=htmx)
    assert part.status_code == 200
    if verb:
        assert "<html" not in part.content.decode()


@pytest.mark.parametrize("path", LISTS)
def test_htmx_gets_the_part_and_everybody_else_the_page(desk, books, htmx, path):
    part = desk.get(path, headers=htmx)
    assert (part.status_code, "<html" in part.content.decode()) == (200, False)
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize("path", [*LISTS, "/money/", "/money/rules/", "/money/ledger/proof"])
def test_money_is_shown_to_nobody_without_the_right(visit, hire, branch, path):
    assert visit(hire(Role.TECHNICIAN, branch)).get(path).status_code == 403


def test_the_sidebar_leads_to_the_money_only_with_the_right(visit, hire, branch, counter_desk):
    assert 'href="/money/cases/"' in counter_desk.get("/merchants/").content.decode()
    other = visit(hire(Role.TECHNICIAN, branch)).get("/merchants/").content.decode()
    assert "/money/" not in other


def test_what_is_a_neighbours_is_not_there(counter_desk, beyond, neighbour):
    file = MoneyFileFactory(organisation=neighbour)
    run = MatchingRunFactory(organisation=neighbour)
    RuleBookFactory(organisation=neighbour)
    for path in (
        f"/money/cases/{beyond.pk}",
        *(f"/money/cases/{beyond.pk}{verb}" for verb in VERBS[1:]),
        f"/money/files/{file.number}",
        f"/money/files/{file.number}/original",
        f"/money/files/{file.number}/withdraw",
        f"/money/runs/{run.number}",
        f"/money/runs/{run.number}/progress",
        f"/money/runs/{run.number}/differences.csv",
        "/money/rules/?organisation=BJ",
        "/money/rules/BJ/1",
        "/money/rules/BJ/edit",
        "/money/ledger/ML-20260302-0001",
        "/money/ledger/merchants/000000000000000",
    ):
        assert counter_desk.get(path).status_code == 404, path
    for path, found in (
        ("/money/cases/", beyond.trace),
        ("/money/files/", file.number),
        ("/money/runs/", run.number),
    ):
        assert found not in counter_desk.get(path).content.decode(), path


def count(client, path):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize("path", [*LISTS, "/money/", "/money/runs/MR-20260302-9001"])
def test_as_many_questions_are_asked_for_one_row_as_for_many(
    counter_desk, books, branch, run, path
):
    before = count(counter_desk, path)
    before = count(counter_desk, path)  # what is asked once for a session has been asked
    files = MoneyFileFactory.create_batch(3, organisation=branch)
    run.files.add(*files)
    for file in files:
        MatchingRunFactory(organisation=branch, files=[file])
        CaseFactory(organisation=branch, run=run, source_file=file, owner="somebody")
    assert count(counter_desk, path) == before


def test_before_the_first_file_the_overview_says_what_to_bring_in(counter_desk):
    shown = counter_desk.get("/money/").content.decode()
    assert "Bank statement" in shown
    assert "/money/files/new" in shown


def test_the_overview_counts_by_class_age_and_owner_and_says_what_is_next(counter_desk, case):
    CaseFactory(organisation=case.organisation, run=case.run, owner="lin", difference="held")
    shown = counter_desk.get("/money/").content.decode()
    assert "charged without slip" in shown
    assert "more than a month" in shown
    assert "?owner=me" in shown
    assert "Open cases that are nobody&#x27;s" in shown


def test_every_class_cause_state_and_remedy_has_a_word():
    from tillkeeper.engines.matching.classes import DifferenceClass
    from tillkeeper.engines.matching.hypotheses.causes import CAUSES, NAMED_BY_LEGS
    from tillkeeper.settlement import lifecycle, wording

    assert set(wording.CLASS_LABELS) == set(DifferenceClass)
    assert {cause.code for cause in CAUSES} | set(NAMED_BY_LEGS) <= set(wording.CAUSE_LABELS)
    assert set(wording.CASE_LABELS) == set(lifecycle.CaseState)
    assert set(wording.STEP_LABELS) == set(lifecycle.CaseStep)
    assert set(wording.REMEDY_LABELS) == set(lifecycle.Remedy)
    assert set(wording.ACCOUNT_LABELS) == set(lifecycle.Account)
    with translation.override("en"):
        assert all(map(str, wording.CLASS_LABELS.values()))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/money/cases/99999999999999999999999", 404),
        ("/money/rules/SH/99999999999999999999999", 404),
        ("/money/cases/?amount=99999999999999999&older=x&state=x&page=x&mid=%00&sort=x", 200),
        ("/money/files/?day=2026-02-30&role=x&format=x&q=%00", 200),
        ("/money/runs/?day=yesterday&state=x", 200),
        ("/money/ledger/?day=x&until=x&kind=x", 200),
        ("/money/runs/new?day=x&organisation=x", 200),
        ("/money/files/?organisation=nowhere", 404),
        ("/money/ledger/merchants/%00", 404),
    ],
)
def test_an_address_that_no_page_of_ours_makes_breaks_nothing(counter_desk, case, path, status):
    assert counter_desk.get(path).status_code == status
