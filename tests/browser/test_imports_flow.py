"""A ledger brought in with a real browser, from the file to taking it back."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

LEDGER = "机身号,型号,厂商,入库日期\nQ10000001,N9,Maker,2025-03-01\nQ10000002,N9,Maker,昨天\n"


def test_a_ledger_comes_in_and_is_taken_back(page: Page, here, administrator, sign_in, accessible):
    sign_in(page, "ada")
    page.goto(f"{here}/imports/new")
    accessible(page)
    page.locator("input[type=file]").set_input_files(
        {"name": "ledger.csv", "mimeType": "text/csv", "buffer": LEDGER.encode()}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("4 of 4 columns are used")).to_be_visible()
    page.get_by_label("厂商 holds").select_option("model")
    expect(page.locator("tr.is-twice")).to_have_count(2)
    page.get_by_label("厂商 holds").select_option("vendor")
    accessible(page)
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_text("昨天 is not a date").first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Bring in 1 row").click()
    expect(page.get_by_role("link", name="The terminals it brought")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Take back").click()
    number = page.url.rpartition("/")[2]
    page.locator("#dialog").get_by_label("Type the import's number").fill(number)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back: this is what it had brought")).to_be_visible()
