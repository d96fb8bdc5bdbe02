"""Cases matched by hand and many cases moved, in a real browser and by the keyboard."""

import pytest
from playwright.sync_api import Page, expect
from tests.factories import CaseFactory, MatchingRunFactory

from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.models import Case, HandMatch

pytestmark = pytest.mark.browser


@pytest.fixture
def queue(here, hire, branch):
    """A clerk, and 30 charges of one amount with one slip that explains one of them."""
    hire(Job.SETTLEMENT_CLERK, branch, username="lin")
    of = {"organisation": branch, "run": MatchingRunFactory(organisation=branch)}
    cases = [CaseFactory(**of, amount_minor=20_000, trace="000900")]
    missing = {"difference": "slip_without_charge", "cause": "request_lost"}
    cases.append(
        CaseFactory(**of, **missing, trace="000901", amount_minor=20_000, at_stake_minor=-20_000)
    )
    cases += [CaseFactory(**of, amount_minor=100 + n) for n in range(30)]
    return cases


def test_two_cases_are_matched_by_the_keyboard(page: Page, here, queue, sign_in, accessible):
    sign_in(page, "lin")
    page.goto(f"{here}/money/cases/")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    page.keyboard.press("m")
    expect(page.locator(".pair-left")).to_contain_text("nothing is left")
    accessible(page)
    page.get_by_label("Reason").fill("one payment on two tills")
    page.get_by_role("button", name="Match").click()
    expect(page.locator("[data-object]")).to_contain_text("one payment on two tills")
    accessible(page)
    assert HandMatch.objects.get().decisions.count() == 2
    assert {Case.objects.get(pk=case.pk).state for case in queue[:2]} == {"closed"}


def test_all_that_the_queue_finds_is_held(page: Page, here, queue, sign_in):
    sign_in(page, "lin")
    page.goto(f"{here}/money/cases/?difference=charged_without_slip")
    page.get_by_label("Choose all of this page").check()
    page.get_by_role("button", name="Choose all 31 that match").click()
    page.get_by_role("button", name="Hold h").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Hold: 31 cases")
    dialog.get_by_label("Until").fill("2999-01-01")
    dialog.get_by_label("Reason").fill("the bill comes on Thursday")
    dialog.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("31 cases are on hold")).to_be_visible()
    assert Case.objects.filter(state="held").count() == 31
