"""The list of terminals and one of them in a real browser: filters and Back, drawer and step, many at once."""

import re

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect
from tests.factories import TerminalFactory, TerminalModelFactory

from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Terminal

pytestmark = pytest.mark.browser


@pytest.fixture
def stock(here, branch):
    model = TerminalModelFactory(code="A9", name="Model A9")
    made = [
        TerminalFactory(serial=f"SN{n:05d}", state=State.READY, home=branch, model=model)
        for n in range(30)
    ]
    return [*made, TerminalFactory(serial="FAULT001", state=State.FAULTY, home=branch, model=model)]


@pytest.fixture
def inside(page: Page, here, administrator, sign_in, stock) -> Page:
    sign_in(page, "ada")
    return page


def test_a_filter_stands_in_the_url_and_back_takes_it_away(inside: Page, here, accessible):
    inside.goto(f"{here}/terminals/")
    expect(inside.locator("tbody tr")).to_have_count(25)
    expect(inside.locator("#tabs .cnt").first).to_have_text("31")
    accessible(inside)
    inside.get_by_role("link", name=re.compile("^faulty")).click()
    expect(inside.locator("tbody tr")).to_have_count(1)
    expect(inside).to_have_url(f"{here}/terminals/?state=faulty")
    inside.get_by_role("searchbox", name="Serial number").last.fill("SN0")
    expect(inside.get_by_text("No terminal matches these filters")).to_be_visible()
    inside.go_back()
    expect(inside.locator("tbody tr")).to_have_count(1)
    inside.reload()
    expect(inside.locator("tbody tr")).to_have_count(1)


def test_a_step_is_taken_from_the_drawer_and_the_list_follows(
    inside: Page, here, accessible, tolerate
):
    tolerate.append("422")
    inside.goto(f"{here}/terminals/?q=SN00001")
    inside.get_by_role("link", name="SN00001").click()
    drawer = inside.locator("#drawer")
    expect(drawer.get_by_text("What may be done next")).to_be_visible()
    accessible(inside)
    drawer.get_by_role("link", name="Issue", exact=True).click()
    dialog = inside.locator("#dialog")
    dialog.get_by_role("button", name="Issue").click()
    expect(dialog.get_by_text("This field is required.")).to_be_visible()
    accessible(inside)
    dialog.get_by_label("Issued to (person)").fill("Wang")
    dialog.get_by_role("button", name="Issue").click()
    expect(dialog).not_to_be_visible()
    expect(drawer.locator(".state").first).to_have_text("issued")
    expect(inside.locator("tbody .state")).to_have_text("issued")


def test_many_are_moved_after_a_dry_run(inside: Page, here, accessible):
    inside.goto(f"{here}/terminals/")
    inside.get_by_label("Choose all of this page").check()
    inside.get_by_role("button", name="Choose all 31 that match").click()
    inside.locator("[data-bulk]").get_by_role("button", name="Issue").click()
    dialog = inside.locator("#dialog")
    expect(dialog.get_by_text("30 may")).to_be_visible()
    accessible(inside)
    dialog.get_by_label("Issued to (person)").fill("Wang")
    dialog.get_by_role("button", name="Issue").click()
    expect(inside).to_have_url(re.compile("/terminals/-/results/"))
    expect(inside.get_by_text("FAULT001").first).to_be_visible()
    expect(inside.get_by_text("are “faulty”: not possible from there")).to_be_visible()
    accessible(inside)
    inside.locator("#table").get_by_role("link", name=re.compile("^Done")).click()
    expect(inside.locator("tbody tr")).to_have_count(30)
    accessible(inside)


def test_columns_are_put_in_order_by_keyboard(inside: Page, here):
    inside.goto(f"{here}/terminals/")
    inside.get_by_role("link", name="Columns").click()
    inside.get_by_role("button", name="Model further left").focus()
    for _ in range(3):  # past the live state, the state and the serial number's neighbour
        inside.keyboard.press("Enter")
    inside.get_by_role("button", name="Save").click()
    expect(inside.locator("thead th").nth(1)).to_have_text("Model")


def test_a_row_is_a_card_on_a_phone(inside: Page, here, accessible):
    inside.set_viewport_size({"width": 390, "height": 844})
    inside.goto(f"{here}/terminals/")
    expect(inside.get_by_role("link", name="SN00001")).to_be_visible()
    accessible(inside)
    inside.goto(f"{here}/terminals/SN00001")
    accessible(inside)


def test_facts_are_saved_twice_and_a_real_conflict_stays_in_the_page(
    inside: Page, here, accessible, tolerate
):
    tolerate.append("422")
    edit = f"{here}/terminals/SN00001/edit"
    for owner in ("First", "Second"):
        inside.goto(edit)
        inside.get_by_label("Owner").fill(owner)
        inside.get_by_role("button", name="Save").click()
        expect(inside).to_have_url(f"{here}/terminals/SN00001")
        expect(inside.locator("#toasts")).to_contain_text("Saved")
    inside.goto(edit)
    Terminal.objects.filter(serial="SN00001").update(owner="Theirs", version=F("version") + 1)
    inside.get_by_label("Owner").fill("Mine")
    inside.get_by_role("button", name="Save").click()
    expect(inside.locator("main").get_by_text("Somebody else saved first")).to_be_visible()
    expect(inside.locator("dialog[open]")).to_have_count(0)
    accessible(inside)
    inside.get_by_role("button", name="Save").click()
    expect(inside).to_have_url(f"{here}/terminals/SN00001")
