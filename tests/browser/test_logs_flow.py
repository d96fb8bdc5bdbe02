"""A terminal's log in the browser: found, read, its lines judged; in the dark, on a phone, with the keyboard alone."""

import pytest
from playwright.sync_api import expect
from tests.factories import OrganisationFactory, PersonFactory, TerminalFactory
from tests.integration.telemetry.paper import sent_log

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import PatternState
from tillkeeper.telemetry.models import LogPattern

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def log(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    office = OrganisationFactory(code="SH", name="Shanghai")
    PersonFactory(username="kim", role=Role.SUPPORT_AGENT, role__at=office)
    terminal = TerminalFactory(home=office, serial="P800000001")
    sent_log(terminal, pieces=3, key="half", name="second.log")
    return sent_log(terminal)


def test_a_line_is_judged_where_it_is_read(page, here, sign_in, accessible, log):
    sign_in(page, "kim")
    page.goto(f"{here}/logs/")
    accessible(page)
    page.get_by_role("combobox", name="Fault").select_option("H-PRT-PAPER")
    expect(page.locator("#table tbody tr")).to_have_count(1)
    page.get_by_role("link", name="pos.log").click()
    expect(page.get_by_text("no or wrong paper")).to_be_visible()
    accessible(page)
    kind = LogPattern.objects.get(template__contains="frobnicator")
    judge = f"a[href='/logs/patterns/{kind.pk}/judge/']"
    page.locator(judge).first.click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("frobnicator")).to_be_visible()
    accessible(page)
    dialog.get_by_label("It is harmless").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    kind.refresh_from_db()
    assert kind.state == PatternState.HARMLESS
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(judge)).to_have_count(0)  # what is harmless is no finding any more


def test_an_answer_is_heard_though_its_button_is_gone(page, here, sign_in, log):
    sign_in(page, "kim")
    page.goto(f"{here}/logs/{log.pk}/")

    def late(route):
        answer = route.fetch()
        with page.expect_response(f"{here}/logs/{log.pk}/"):  # the page asks for itself meanwhile
            page.evaluate("document.body.dispatchEvent(new Event('changed'))")
        page.wait_for_timeout(200)
        route.fulfill(response=answer)

    page.route("**/read-again/", late)
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("It is being read again")).to_be_visible()


@pytest.mark.parametrize(
    "look", [(390, "en", "light"), (390, "zh-hans", "dark"), (1440, "zh-hans", "dark")]
)  # fmt: skip
def test_the_pages_fit_a_phone_and_the_dark(page, here, sign_in, accessible, log, look):
    width, language, theme = look
    kind = LogPattern.objects.get(template__contains="frobnicator")
    sign_in(page, "kim")
    page.set_viewport_size({"width": width, "height": 844})
    for name, value in (("theme", theme), ("django_language", language)):
        page.context.add_cookies([{"name": name, "value": value, "url": here}])
    for address in ("", f"{log.pk}/", "patterns/", f"patterns/{kind.pk}/"):
        page.goto(f"{here}/logs/{address}")
        expect(page.locator("h1")).to_be_visible()
        accessible(page)
