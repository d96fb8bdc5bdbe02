"""A bill of a new kind, with a real browser: sample, draft, mending, preview, written, and a file read by it."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000  # the first page of a process loads all readers of formats

SAMPLE = (
    "交易时间,金额,类型,终端号,卡号\n2026-03-02 10:11:12,100.00,消费,10000001,6222800000000000\n"
    "2026-03-02 10:12:12,20.00,加倍,10000001,622280******0000\n合计,120.00,,,\n"
)

CHOSEN = """() => {
  const area = document.querySelector('textarea');
  return area.value.slice(area.selectionStart, area.selectionEnd);
}"""


def given(name: str, text: str = SAMPLE) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


@pytest.mark.django_db(transaction=True)
def test_a_new_bill_is_taught_from_a_sample(  # noqa: PLR0915, PLR0917  one flow, from the list to the file
    page: Page, here, administrator, sign_in, accessible, tolerate, settings, tmp_path
):
    settings.TILLKEEPER_VAR = tmp_path
    tolerate.append("422")
    sign_in(page, "ada")
    page.goto(f"{here}/money/layouts/", timeout=PATIENCE_MS)
    accessible(page)
    page.get_by_role("link", name="Teach a layout").first.click()
    accessible(page)
    page.locator("input[type=file]").set_input_files(given("acme_20260302.csv"))
    page.get_by_role("button", name="Propose a draft").click()
    text = page.get_by_label("Layout (TOML)")
    expect(text).to_have_value(re.compile('name = "acme"'))
    expect(page.get_by_text("Lines that cannot be used")).to_be_visible()
    expect(page.locator(".raw-lines")).to_contain_text("622280******0000")
    expect(page.locator(".raw-lines")).not_to_contain_text("6222800000000000")
    accessible(page)

    wrong = text.input_value().replace('"消费" = "sale"', '"消费" = "sail"')
    text.fill(wrong)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("link", name="Go to line").click()
    chosen = page.evaluate(CHOSEN)
    assert chosen.startswith('"消费" = "sail"')

    text.fill(wrong.replace('"消费" = "sail"', '"消费" = "sale", "加倍" = "sale"'))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("read whole and agrees with its own figures")).to_be_visible()
    expect(page.locator(".beside .dense")).to_contain_text("¥100.00")
    accessible(page)

    page.get_by_label("Reason").fill("their letter")
    page.get_by_role("button", name="Write").click()
    expect(page.get_by_text("The sample acme_20260302.csv was read whole: 2 rows")).to_be_visible()
    accessible(page)

    page.goto(f"{here}/money/files/new")
    another = SAMPLE.replace("03-02", "03-03").replace("加倍", "消费")
    page.locator("input[type=file]").set_input_files(given("acme_20260303.csv", another))
    page.get_by_role("button", name="Bring in").click()
    page.locator("#verdicts").get_by_role("link").first.click()
    expect(page.get_by_text("HQ/acme/1")).to_be_visible()
