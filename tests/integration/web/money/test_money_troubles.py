"""The path of a batch that cannot settle, as clerks and technicians see it in the console."""

import pytest
from django.utils.timezone import now
from tests.factories import CaseFactory, MerchantFactory, SiteFactory, TerminalFactory
from tests.money_days import DAY, MID, TID

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Case, Trouble, TroubleCheck
from tillkeeper.settlement.services.troubles import open_trouble
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
BATCH = {"mid": MID, "tid": TID, "batch": "123", "day": str(DAY), "symptom": "no_money"}


@pytest.fixture
def place(branch):
    """The merchant and its terminal."""
    shop = MerchantFactory(number=MID, name="南山便利店", parent=branch)
    return TerminalFactory(
        home=branch, site=SiteFactory(merchant=shop), state=State.ACTIVE, elements={"tid": TID}
    )


@pytest.fixture
def trouble(place, clerk):
    """A batch under way."""
    return open_trouble(**{**BATCH, "day": DAY}, by=clerk, at=now())


def test_a_batch_is_noted_and_its_path_shown(counter_desk, place):
    form = counter_desk.get(f"/money/troubles/new?mid={MID}&tid={TID}").content.decode()
    assert f'value="{MID}"' in form
    assert 'name="organisation"' not in form  # one office: nothing to choose
    answer = counter_desk.post("/money/troubles/new", BATCH, follow=True)
    trouble = Trouble.objects.get()
    assert answer.redirect_chain == [(f"/money/troubles/{trouble.number}", 302)]
    text = answer.content.decode()
    assert "Batch 000123" in text
    assert "No journal of 2026-03-02 was brought in." in text
    assert 'aria-current="step"' in text
    again = counter_desk.post("/money/troubles/new", BATCH, follow=True)
    assert again.redirect_chain == answer.redirect_chain
    assert trouble.number in counter_desk.get("/money/troubles/").content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_day_is_filled_in_as_browsers_want_it(counter_desk, place, language):
    form = counter_desk.get(
        "/money/troubles/new?day=2026-03-02", headers={"accept-language": language}
    )
    assert 'value="2026-03-02"' in form.content.decode()


def test_a_wrong_form_says_where(counter_desk, place):
    answer = counter_desk.post("/money/troubles/new", BATCH | {"batch": "12a", "tid": ""})
    assert answer.status_code == 422
    answer = counter_desk.post("/money/troubles/new", BATCH | {"batch": "12a"})
    assert "digits of a batch number" in answer.content.decode()
    assert not Trouble.objects.exists()


def test_names_are_offered_while_somebody_types(counter_desk, place, neighbour):
    MerchantFactory(number="898310159999999", name="Beyond", parent=neighbour)
    asked = "/money/troubles/-/names?mid="
    by_number = counter_desk.get(asked + "8983101").content.decode()
    assert MID in by_number
    assert "898310159999999" not in by_number
    assert f'value="{TID}"' in counter_desk.get(asked + MID).content.decode()


def test_looking_again_writes_what_was_done_down(counter_desk, trouble, htmx):
    page = f"/money/troubles/{trouble.number}"
    answer = counter_desk.post(f"{page}/look", {"word": "换了卷纸"}, headers=htmx)
    assert answer.status_code == 204
    assert "changed" in answer["HX-Trigger"]
    assert TroubleCheck.objects.filter(check_code="").get().text == "换了卷纸"
    assert "换了卷纸" in counter_desk.get(page).content.decode()
    assert counter_desk.get(f"{page}/look").status_code == 405


def test_it_is_handed_over_and_both_pages_lead_to_each_other(counter_desk, trouble, htmx):
    page = f"/money/troubles/{trouble.number}"
    assert "dialog-form" in counter_desk.get(f"{page}/hand-over", headers=htmx).content.decode()
    answer = counter_desk.post(f"{page}/hand-over", {"why": "ask the bank"})
    assert answer.status_code == 302
    case = Case.objects.get()
    shown = counter_desk.get(f"/money/cases/{case.pk}").content.decode()
    assert trouble.number in shown
    assert "opened by hand" in shown
    assert "Terminal journal of the day: No journal of 2026-03-02 was brought in." in shown
    assert "&#x27;verdict&#x27;" not in shown
    text = counter_desk.get(page).content.decode()
    assert f'href="/money/cases/{case.pk}"' in text
    assert "Look again" not in text
    refused = counter_desk.post(f"{page}/look", {})
    assert refused.status_code == 409


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_open_in_both_languages(counter_desk, trouble, language):
    for path in ("", "new", trouble.number, f"{trouble.number}/hand-over"):
        answer = counter_desk.get(f"/money/troubles/{path}", headers={"accept-language": language})
        assert answer.status_code == 200
        text = answer.content.decode()
        assert ' style="' not in text
        assert "{#" not in text
        assert ("查看" in text or "结算" in text) == (language == "zh-hans")


def test_an_open_step_leads_only_where_one_may_go(second_desk, counter_desk, trouble):
    page = f"/money/troubles/{trouble.number}"
    upload = 'href="/money/files/new?organisation=SH"'
    assert upload in counter_desk.get(page).content.decode()
    seen = second_desk.get(page).content.decode()
    assert upload not in seen
    assert "Look again" not in seen
    assert second_desk.post(f"{page}/look", {}).status_code == 403
    assert second_desk.get("/money/troubles/new").status_code == 403


def test_a_neighbours_trouble_is_in_no_list_and_opens_nowhere(
    counter_desk, administrator, neighbour
):
    theirs = open_trouble(**{**BATCH, "day": DAY}, organisation="BJ", by=administrator, at=now())
    assert theirs.number not in counter_desk.get("/money/troubles/").content.decode()
    for path in ("", "/hand-over"):
        assert counter_desk.get(f"/money/troubles/{theirs.number}{path}").status_code == 404
    assert counter_desk.post(f"/money/troubles/{theirs.number}/look").status_code == 404


def test_a_technician_without_rights_over_money_is_refused(visit, hire, branch):
    desk = visit(hire(Role.TECHNICIAN, branch))
    assert desk.get("/money/troubles/").status_code == 403
    assert desk.get("/money/troubles/new").status_code == 403


def test_terminals_and_cases_lead_to_it(desk, counter_desk, place, branch):
    page = desk.get(f"/terminals/{place.serial}").content.decode()
    assert f"/money/troubles/new?mid={MID}&amp;tid={TID}" in page
    case = CaseFactory(organisation=branch, day=DAY)
    shown = counter_desk.get(f"/money/cases/{case.pk}").content.decode()
    assert f"tid={TID}&amp;batch=000001&amp;day=2026-03-02" in shown


def test_the_list_is_narrowed(counter_desk, trouble, htmx):
    for asked, there in (
        ("q=000123", True), ("q=999", False), ("state=open", True), ("state=settled", False),
        (f"day={DAY}", True), ("day=2026-03-03", False), (f"q={TID}", True),
    ):  # fmt: skip
        text = counter_desk.get(f"/money/troubles/?{asked}", headers=htmx).content.decode()
        assert (trouble.number in text) == there, asked
