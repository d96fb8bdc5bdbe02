"""A passkey, from its making to the sign-in with nothing else; Chromium plays the key."""

import pytest
from playwright.sync_api import Page, expect
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_made_and_opens_by_itself(page: Page, here, manager):
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto(f"{here}/account/login/")
    page.fill("[name=login]", "mei")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{here}/")
    page.goto(f"{here}/account/2fa/webauthn/add/")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Desk")
    page.get_by_label("Passwordless").check()
    page.locator("main").get_by_role("button", name="Add").click()
    page.wait_for_url("**/recovery-codes/")
    page.goto(f"{here}/account/2fa/webauthn/")
    expect(page.locator("main")).to_contain_text("signs in alone")
    page.context.clear_cookies()
    page.goto(f"{here}/account/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url(f"{here}/")
    expect(page.locator("#main")).to_be_visible()
