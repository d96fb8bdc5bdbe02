"""The frame of the console in a real browser: sign-in, looks, drawer, forms, search, second factor, phone."""

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import Page, expect
from tests.factories import PASSWORD, MerchantFactory, OrganisationFactory, SiteFactory

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def shops(here, branch):
    """A few merchants of the branch; the first has a site."""
    made = [MerchantFactory(number=f"8983101541100{n:02d}", parent=branch) for n in range(5)]
    SiteFactory(merchant=made[0], code="ST00001")
    return made


@pytest.fixture
def inside(page: Page, here, administrator, sign_in, shops) -> Page:
    """The page of a signed-in administrator."""
    sign_in(page, "ada")
    return page


def test_signing_in_wrong_and_right(page: Page, here, administrator, accessible):
    page.goto(f"{here}/help/")
    expect(page).to_have_url(re.compile("/account/login/"))
    accessible(page)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{here}/help/")


def test_the_language_is_switched_and_stays(inside: Page, here):
    inside.goto(f"{here}/help/")
    inside.get_by_role("button", name="中文").click()
    expect(inside.locator("html")).to_have_attribute("lang", "zh-hans")
    inside.goto(f"{here}/merchants/")
    expect(inside.locator("html")).to_have_attribute("lang", "zh-hans")
    inside.get_by_role("button", name="English").click()
    expect(inside.locator("html")).to_have_attribute("lang", "en")


def test_the_theme_is_switched_at_once_and_stays(inside: Page, here, accessible):
    inside.goto(f"{here}/merchants/")
    was = inside.locator("html").get_attribute("data-bs-theme")
    with inside.expect_response("**/profile/preferences"):
        inside.locator(".top-end [data-theme-switch] button").click()
    now = "light" if was == "dark" else "dark"
    expect(inside.locator("html")).to_have_attribute("data-bs-theme", now)
    inside.reload()
    expect(inside.locator("html")).to_have_attribute("data-bs-theme", now)
    accessible(inside)


def test_a_row_opens_the_drawer_and_closing_it_gives_the_focus_back(
    inside: Page, here, shops, accessible
):
    inside.goto(f"{here}/merchants/")
    inside.locator("tbody tr").first.locator("td").nth(1).click()
    drawer = inside.locator("#drawer")
    expect(drawer.get_by_text(shops[0].name).first).to_be_visible()
    accessible(inside)
    inside.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    expect(inside.get_by_role("link", name=shops[0].number)).to_be_focused()


def test_a_merchant_is_changed_in_the_drawer_and_the_list_follows(
    inside: Page, here, shops, tolerate
):
    tolerate.append("422")
    inside.goto(f"{here}/merchants/")
    inside.get_by_role("link", name=shops[0].number).click()
    inside.locator("#drawer").get_by_role("link", name="Change").click()
    name = inside.locator("#drawer [name=name]")
    name.fill("")
    inside.get_by_role("button", name="Save").click()
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("晨光书店")
    inside.get_by_role("button", name="Save").click()
    expect(inside.locator("#drawer .object-name")).to_have_text("晨光书店")
    expect(inside.locator("#table")).to_contain_text("晨光书店")
    expect(inside.locator("#toasts")).to_contain_text("Saved")


def test_who_comes_second_sees_both_in_the_drawer_and_decides(inside: Page, here, shops, tolerate):
    tolerate.append("422")
    inside.goto(f"{here}/merchants/")
    inside.get_by_role("link", name=shops[0].number).click()
    inside.locator("#drawer").get_by_role("link", name="Change").click()
    name = inside.locator("#drawer [name=name]")
    name.fill("second")
    type(shops[0]).objects.filter(pk=shops[0].pk).update(version=7, name="first")
    inside.get_by_role("button", name="Save").click()
    expect(inside.locator("#drawer .note")).to_contain_text("Somebody else saved first")
    expect(inside.locator("#drawer .note td")).to_have_text(["Name", "first", "second"])
    expect(name).to_have_value("second")
    inside.get_by_role("button", name="Save").click()
    expect(inside.locator("#drawer .object-name")).to_have_text("second")


def test_filters_are_in_the_address_and_back_takes_one_step_back(inside: Page, here, shops):
    inside.goto(f"{here}/merchants/")
    inside.locator("#id_q").press_sequentially(shops[3].number, delay=5)
    expect(inside.locator("tbody tr")).to_have_count(1)
    expect(inside).to_have_url(f"{here}/merchants/?q={shops[3].number}")
    inside.reload()
    expect(inside.locator("tbody tr")).to_have_count(1)
    inside.go_back()
    expect(inside.locator("tbody tr")).to_have_count(5)


def test_a_session_that_ends_while_a_list_is_open_leads_to_the_sign_in_and_back(
    inside: Page, here, shops
):
    inside.goto(f"{here}/merchants/?q=898")
    inside.context.clear_cookies(name="sessionid")
    inside.get_by_role("link", name=shops[0].number).click()
    expect(inside).to_have_url(re.compile(r"/account/login/\?next="))
    expect(inside.locator("#drawer")).not_to_be_visible()
    inside.get_by_label("Username").fill("ada")
    inside.get_by_label("Password").fill(PASSWORD)
    inside.get_by_role("button", name="Sign in", exact=True).click()
    expect(inside).to_have_url(f"{here}/merchants/?q=898")


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_the_search_is_a_key_away_and_goes_by_keyboard_alone(
    inside: Page, here, shops, accessible, key
):
    inside.goto(f"{here}/help/")
    inside.keyboard.press(key)
    expect(inside.locator("#palette-q")).to_be_focused()
    inside.keyboard.type("89831015411")
    expect(inside.locator("#palette .hit")).to_have_count(5)
    accessible(inside)
    inside.keyboard.press("ArrowDown")
    inside.keyboard.press("Enter")
    expect(inside).to_have_url(f"{here}/merchants/{shops[1].number}")


def test_the_authenticator_app_is_set_up_and_asked_for_at_the_next_sign_in(
    page: Page, here, administrator
):
    page.goto(f"{here}/account/login/?next=/account/2fa/totp/activate/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    confirm(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("main")).to_contain_text("Recovery Codes")
    page.context.clear_cookies()
    page.goto(f"{here}/account/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/account/2fa/authenticate/"))


def confirm(page: Page) -> None:
    """Give the password once more: whoever changes a second factor is asked for it."""
    expect(page).to_have_url(re.compile("/account/reauthenticate/"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def code_of(secret: str) -> str:
    """Return what an authenticator app would show now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_a_passkey_is_added_with_the_policy_in_force(page: Page, here, administrator):
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    page.goto(f"{here}/account/login/?next=/account/2fa/webauthn/add/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    confirm(page)
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.locator("main")).to_contain_text("Recovery Codes")
    page.context.clear_cookies()
    page.goto(f"{here}/account/login/?next=/help/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{here}/help/")


PAGES = ("merchants/", "sites/", "organisations/", "people/", "people/mei", "profile/", "audit/", "settings/", "help/",
         "merchants/new", "profile/tokens/new", "account/2fa/", "account/password/change/", "nowhere")  # fmt: skip


@pytest.fixture(params=["light-desk", "dark-desk", "light-phone", "dark-phone"])
def seen(request, inside: Page, here) -> Page:
    """The administrator's page, in each theme and on each size of screen."""
    theme, size = request.param.split("-")
    inside.context.add_cookies([{"name": "theme", "value": theme, "url": here}])
    if size == "phone":
        inside.set_viewport_size(PHONE)
    return inside


def test_every_page_is_accessible(seen: Page, here, manager, accessible, tolerate):
    tolerate.append("404")
    for path in PAGES:
        seen.goto(f"{here}/{path}")
        accessible(seen)


def test_on_a_phone_a_deep_tree_of_long_names_does_not_scroll_sideways(
    inside: Page, here, branch, accessible
):
    node = branch
    for name in ("广东省深圳市南山区粤海街道科技园分公司", "深圳市云程电子支付服务代理有限公司"):
        code = f"CN-GUANGDONG-{node.pk}"
        node = OrganisationFactory(parent=node, name=name, code=code)
    inside.set_viewport_size(PHONE)
    inside.goto(f"{here}/organisations/")
    for twist in inside.locator("summary.twist").all():
        if twist.is_visible() and twist.locator("..").get_attribute("open") is None:
            twist.click()
    accessible(inside)


def test_a_phone_has_one_row_on_top_and_the_menu_slides_in(inside: Page, here, accessible):
    inside.set_viewport_size(PHONE)
    inside.goto(f"{here}/merchants/")
    assert inside.locator("header.top").bounding_box()["height"] <= 48
    inside.locator("header.top [data-bs-target='#menu']").click()
    expect(inside.get_by_role("link", name="Audit")).to_be_visible()
    accessible(inside)
    inside.get_by_role("link", name="Sites").click()
    expect(inside).to_have_url(f"{here}/sites/")


def test_lists_and_forms_work_without_scripts(browser, here, administrator, shops, sign_in):
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    sign_in(page, "ada")
    page.goto(f"{here}/merchants/?q={shops[2].number}")
    page.get_by_role("link", name=shops[2].number).click()
    page.get_by_role("link", name="Change").click()
    page.locator("main [name=name]").fill("没有脚本")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".object-name")).to_have_text("没有脚本")
    context.close()
