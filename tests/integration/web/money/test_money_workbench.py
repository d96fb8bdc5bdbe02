"""The workbench: what is found, by whom it is taken, and what came of each case."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.factories import CaseFactory, MatchingRunFactory

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Case


@pytest.fixture
def queue(branch, run):
    """Three cases: a small old one, a large one of somebody's, and one of another class."""
    old = timezone.now() - timedelta(days=20)
    new = timezone.now()
    of = {"organisation": branch, "run": run}
    return [
        CaseFactory(**of, trace="000101", amount_minor=500, opened_at=old),
        CaseFactory(**of, trace="000102", amount_minor=90_000, opened_at=new, owner="wang"),
        CaseFactory(
            **of, trace="000103", difference="reversal_lost", cause="chip_refused", channel="wechat",
            amount_minor=7_000, opened_at=new - timedelta(days=2), owner="lin",
        ),
    ]  # fmt: skip


def found(desk, query=""):
    """Return the traces that the queue lists, in its order."""
    page = desk.get(f"/money/cases/?{query}").context["lines"]
    return [line.case.trace for line in page]


@pytest.mark.parametrize(
    ("query", "traces"),
    [
        ("", ["000102", "000103", "000101"]),
        ("sort=size_minor", ["000101", "000103", "000102"]),
        ("sort=opened_at", ["000101", "000103", "000102"]),
        ("sort=-opened_at", ["000102", "000103", "000101"]),
        ("sort=trace", ["000102", "000103", "000101"]),
        ("difference=reversal_lost", ["000103"]),
        ("difference=nonsense", ["000102", "000103", "000101"]),
        ("cause=chip_refused", ["000103"]),
        ("channel=wechat", ["000103"]),
        ("owner=me", ["000103"]),
        ("owner=wang", ["000102"]),
        ("owner=-", ["000101"]),
        ("amount=70", ["000102", "000103"]),
        ("amount=70.01", ["000102"]),
        ("amount=much", ["000102", "000103", "000101"]),
        ("older=7", ["000101"]),
        ("older=1", ["000103", "000101"]),
        ("q=000102", ["000102"]),
        ("q=00010", []),
        ("state=closed", []),
        ("state=any", ["000102", "000103", "000101"]),
        ("run=MR-20260302-9001", ["000102", "000103", "000101"]),
        ("run=MR-20260302-8999", []),
    ],
)
def test_the_queue_is_narrowed_and_sorted_by_its_address(counter_desk, queue, query, traces):
    assert found(counter_desk, query) == traces


def test_the_piles_count_each_class_and_lead_to_it(counter_desk, queue):
    shown = counter_desk.get("/money/cases/?owner=me").content.decode()
    assert "?owner=me&amp;difference=charged_without_slip" in shown
    piles = counter_desk.get("/money/cases/").context["piles"]
    assert [(pile["difference"], pile["number"], pile["sums"]) for pile in piles] == [
        ("charged_without_slip", 2, [("CNY", 90_500)]),
        ("reversal_lost", 1, [("CNY", 7_000)]),
    ]


def test_nothing_open_and_nothing_found_say_different_things(counter_desk, run):
    assert "No open case" in counter_desk.get("/money/cases/").content.decode()
    assert "No case matches" in counter_desk.get("/money/cases/?q=1").content.decode()


def test_whoever_only_looks_has_no_boxes_to_choose(visit, hire, branch, queue):
    looking = visit(hire(Role.COMPLIANCE_AUDITOR, branch))
    shown = looking.get("/money/cases/").content.decode()
    assert "000102" in shown
    assert "data-choose" not in shown


def test_several_cases_are_taken_at_once_and_the_list_asks_again(counter_desk, queue, htmx):
    chosen = {"case": [case.pk for case in queue]}
    answer = counter_desk.post(reverse("web:cases-take"), chosen, headers=htmx)
    assert answer.status_code == 204
    assert "changed" in answer["HX-Trigger"]
    assert set(Case.objects.values_list("owner", flat=True)) == {"lin"}


def test_a_neighbours_case_among_the_chosen_is_refused_in_a_line_of_its_own(
    counter_desk, queue, beyond, htmx
):
    chosen = {"case": [queue[0].pk, beyond.pk], "query": "owner=-"}
    shown = counter_desk.post(reverse("web:cases-take"), chosen, headers=htmx).content.decode()
    assert shown.count('data-taken="yes"') == 1
    assert shown.count('data-taken="no"') == 1
    assert beyond.trace not in shown
    assert 'href="/money/cases/?owner=-"' in shown
    beyond.refresh_from_db()
    assert beyond.owner == ""


def test_holding_asks_until_when_and_says_for_each_case_what_came_of_it(counter_desk, queue, htmx):
    closed = CaseFactory(organisation=queue[0].organisation, run=queue[0].run, state="closed")
    chosen = {"case": [queue[0].pk, closed.pk]}
    asked = counter_desk.post(reverse("web:cases-hold"), chosen, headers=htmx)
    assert "Hold: 2 cases" in asked.content.decode()
    assert "<strong>1</strong> stay as they are" in asked.content.decode()
    late = {**chosen, "confirmed": "1", "until": "yesterday", "why": ""}
    assert counter_desk.post(reverse("web:cases-hold"), late, headers=htmx).status_code == 422
    day = timezone.localdate() + timedelta(days=3)
    given = {**chosen, "confirmed": "1", "until": str(day), "why": "the bill comes on Thursday"}
    shown = counter_desk.post(reverse("web:cases-hold"), given, headers=htmx).content.decode()
    assert "1 case is on hold" in shown
    assert f"Case {closed.pk} is closed: Put on hold is not possible now." in shown
    queue[0].refresh_from_db()
    assert (queue[0].state, queue[0].held_until) == ("held", day)


def test_bulk_verbs_need_the_right_and_a_post(counter_desk, second_desk, queue):
    chosen = {"case": [queue[0].pk]}
    assert second_desk.post(reverse("web:cases-take"), chosen).status_code == 403
    assert second_desk.post(reverse("web:cases-hold"), chosen).status_code == 403
    for path in (reverse("web:cases-take"), reverse("web:cases-hold")):
        assert counter_desk.get(path)["Location"] == reverse("web:cases")
    nothing = counter_desk.post(reverse("web:cases-take"), {})
    assert "No case was chosen" in nothing.content.decode()


def test_a_page_of_the_queue_stays_the_same_when_more_runs_exist(counter_desk, queue, branch):
    MatchingRunFactory(organisation=branch)
    assert found(counter_desk, "size=25&page=9") == ["000102", "000103", "000101"]
