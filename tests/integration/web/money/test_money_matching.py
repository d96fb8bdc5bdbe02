"""Matching by hand in the console: the page of both sides, the match itself, and what a second person does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.factories import CaseFactory

from tillkeeper.settlement.models import Case, HandMatch


@pytest.fixture
def pair(branch, run):
    """A charge of 100.00 without a slip, and a slip of 100.00 without a charge."""
    of = {"organisation": branch, "run": run}
    missing = {"difference": "slip_without_charge", "cause": "request_lost"}
    return [
        CaseFactory(**of, trace="000201"),
        CaseFactory(**of, **missing, trace="000202", at_stake_minor=-10_000),
    ]


def sent(cases, **more):
    return {"case": [case.pk for case in cases], **more}


def match(desk, cases, **more):
    said = {"confirmed": "1", "why": "one payment", **more}
    return desk.post(reverse("web:cases-pair"), sent(cases, **said))


def test_the_queues_form_leads_to_a_page_that_can_be_loaded_again(counter_desk, pair, htmx):
    form = sent(pair, query="owner=-")
    answer = counter_desk.post(reverse("web:cases-pair"), form)
    place = f"/money/cases/-/pair?case={pair[0].pk}&case={pair[1].pk}&query=owner%3D-"
    assert (answer.status_code, answer["Location"]) == (302, place)
    assert counter_desk.post(reverse("web:cases-pair"), form, headers=htmx)["HX-Redirect"] == place
    shown = counter_desk.get(place)
    told = shown.context
    assert [(len(side.lines), side.minor) for side in told["sides"]] == [(1, 10_000), (1, -10_000)]
    assert told["left"] == 0
    page = shown.content.decode()
    assert "nothing is left" in page
    assert 'name="remedy"' not in page
    assert 'href="/money/cases/?owner=-"' in page


def test_a_match_is_made_shown_and_told_on_both_cases(counter_desk, pair):
    made = match(counter_desk, pair)
    match_row = HandMatch.objects.get()
    assert made["Location"] == reverse("web:hand_match", args=[match_row.number])
    assert set(Case.objects.values_list("state", flat=True)) == {"closed"}
    page = counter_desk.get(made["Location"]).content.decode()
    assert "one payment" in page
    assert "000201" in page
    assert "000202" in page
    for case in pair:
        of_case = counter_desk.get(reverse("web:case", args=[case.pk])).content.decode()
        assert match_row.number in of_case
    assert match_row.number in counter_desk.get(reverse("web:hand_matches")).content.decode()
    none = counter_desk.get(reverse("web:hand_matches") + "?state=refused").content.decode()
    assert match_row.number not in none


def test_what_is_left_asks_what_becomes_of_it(counter_desk, pair, branch, run):
    more = CaseFactory(organisation=branch, run=run, amount_minor=500)
    cases = [*pair, more]
    page = counter_desk.get(reverse("web:cases-pair"), sent(cases)).content.decode()
    assert 'value="write_off"' in page
    assert 'value="match"' not in page
    assert match(counter_desk, cases).status_code == 422
    assert HandMatch.objects.count() == 0
    assert match(counter_desk, cases, remedy="write_off").status_code == 302
    assert HandMatch.objects.get().left_minor == 500


def test_what_changed_meanwhile_and_one_too_few_are_said(counter_desk, pair):
    stale = match(counter_desk, pair, versions=f"{pair[0].pk}:9")
    assert stale.status_code == 422
    assert "was changed by somebody else" in stale.content.decode()
    one = counter_desk.get(reverse("web:cases-pair"), sent(pair[:1])).content.decode()
    assert "Choose at least two cases" in one


def test_a_second_person_confirms_refuses_and_undoes_all_of_it(
    counter_desk, second_desk, branch, run, htmx
):
    of = {"organisation": branch, "run": run}
    cases = [CaseFactory(**of, amount_minor=60_000), CaseFactory(**of, amount_minor=60_000)]
    Case.objects.filter(pk=cases[1].pk).update(at_stake_minor=-60_000)
    match(counter_desk, cases)
    number = HandMatch.objects.get().number
    place = {
        verb: reverse(f"web:hand_match-{verb}", args=[number])
        for verb in ("confirm", "refuse", "undo")
    }
    own = counter_desk.get(reverse("web:hand_match", args=[number])).content.decode()
    assert "You proposed it yourself" in own
    assert counter_desk.post(place["confirm"], {"why": ""}).status_code == 403
    of_case = second_desk.get(reverse("web:case", args=[cases[0].pk])).content.decode()
    assert "Look at the whole match" in of_case
    assert reverse("web:case-confirm", args=[cases[0].pk]) not in of_case
    assert second_desk.post(place["refuse"], {"why": ""}).status_code == 422
    assert second_desk.post(place["confirm"], {"why": "yes"}, headers=htmx).status_code == 204
    assert set(Case.objects.values_list("state", flat=True)) == {"closed"}
    asked = second_desk.get(place["undo"]).content.decode()
    assert "taken back by these entries" in asked
    of_case = second_desk.get(reverse("web:case", args=[cases[0].pk])).content.decode()
    assert reverse("web:case-reopen", args=[cases[0].pk]) not in of_case
    assert place["undo"] in of_case
    assert second_desk.post(place["undo"], {"why": "no"}).status_code == 302
    assert set(Case.objects.values_list("state", flat=True)) == {"open"}
    assert second_desk.post(place["undo"], {"why": "no"}).status_code == 409


def test_nobody_matches_or_sees_what_is_none_of_theirs(counter_desk, second_desk, pair, beyond):
    assert second_desk.get(reverse("web:cases-pair"), sent(pair)).status_code == 403
    page = counter_desk.get(reverse("web:cases-pair"), sent([pair[0], beyond])).content.decode()
    assert beyond.trace not in page
    strange = match(counter_desk, [pair[0], pair[1], beyond], remedy="write_off")
    assert strange.status_code in (404, 422)
    assert HandMatch.objects.count() == 0
    assert counter_desk.get(reverse("web:hand_match", args=["HM-20260302-0001"])).status_code == 404
    assert counter_desk.get("/money/cases/-/matches/a%00b").status_code == 404


def test_a_case_names_its_likely_partners_in_as_many_statements_for_one_as_for_many(
    counter_desk, pair, branch, run
):
    place = reverse("web:case", args=[pair[0].pk])

    def statements():
        with CaptureQueriesContext(connection) as caught:
            page = counter_desk.get(place).content.decode()
        return len(caught), page

    statements()
    few, page = statements()
    assert "Likely partners" in page
    assert f'name="case" value="{pair[1].pk}" checked' in page
    for nth in range(12):
        CaseFactory(
            organisation=branch, run=run, difference="slip_without_charge",
            at_stake_minor=-10_000 - nth,
        )  # fmt: skip
    many, page = statements()
    assert many == few
    assert page.count('name="case"') == 9  # itself and eight


def test_whoever_may_not_decide_is_offered_no_partners(second_desk, pair):
    page = second_desk.get(reverse("web:case", args=[pair[0].pk])).content.decode()
    assert "Likely partners" not in page
