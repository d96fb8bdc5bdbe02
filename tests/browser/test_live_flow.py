"""What moves on its own in a real browser. The server of these tests streams nothing, so pages ask by themselves."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.factories import LiveFactory, SiteFactory, TerminalFactory

from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Alert, AlertRule, StateChange
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.browser
LOOKS = [("light", "zh-hans"), ("dark", "en")]


def dress(page: Page, here: str, look: tuple[str, str]) -> None:
    """Choose a theme and a language on this browser."""
    named = zip(("theme", "django_language"), look, strict=True)
    page.context.add_cookies([{"name": n, "value": value, "url": here} for n, value in named])


@pytest.fixture
def voice(administrator, branch, head_office):
    """A terminal with something to say, away from its site, and one that is silent."""
    now = timezone.now()
    site = SiteFactory(merchant__parent=branch, latitude=31.2, longitude=121.4)
    told = LiveFactory(
        terminal=TerminalFactory(state=State.ACTIVE, home=branch, site=site), state=LiveState.DEGRADED, why=["hot"],
        signals={"battery_level": 4, "rsrp": -98, "paper_out": True, "carrier": "移动"},
        latitude=31.22, longitude=121.42, placed_at=now, away_m=2_900, away=True,
    )  # fmt: skip
    LiveFactory(terminal__home=branch, state=LiveState.OFFLINE, why=["silent"], tamper_risk=True)
    rule = AlertRule.objects.create(
        organisation=head_office, path=head_office.path, code="hot", name="Too hot", severity="critical",
        by="system:test", at=now,
    )  # fmt: skip
    Alert.objects.create(
        rule=rule, terminal=told.terminal, state="open", severity="critical", began_at=now, at=now
    )
    StateChange.objects.create(
        terminal=told.terminal,
        from_state="online",
        to_state="degraded",
        at=now - timedelta(hours=1),
    )
    return told


@pytest.mark.parametrize("look", LOOKS)
def test_the_live_board_asks_by_itself_and_can_be_paused(
    look, page: Page, here, voice, sign_in, accessible
):
    sign_in(page, "ada")
    dress(page, here, look)
    page.goto(here + reverse("web:board"))
    expect(page.locator("#live-share canvas")).to_be_visible()
    expect(page.locator("#live-map canvas")).to_be_visible()
    expect(page.locator("#live-needs a").first).to_contain_text(voice.terminal.serial)
    expect(page.locator("#live-line")).to_have_attribute("data-is", "polling")
    voice.state = LiveState.LATE
    voice.save()
    expect(page.locator("[data-number='counts.late']")).to_have_text("1")
    accessible(page)
    page.locator("#live-pause").click()
    expect(page.locator("#live-line")).to_have_attribute("data-is", "paused")
    page.set_viewport_size({"width": 390, "height": 844})
    accessible(page)
    page.goto(here + reverse("web:board") + "?kiosk=1")
    expect(page.locator("#live-share canvas")).to_be_visible()
    accessible(page)


@pytest.mark.parametrize("look", LOOKS)
def test_a_terminal_tells_all_it_said(look, page: Page, here, voice, sign_in, accessible):
    sign_in(page, "ada")
    dress(page, here, look)
    page.goto(here + reverse("web:terminal-live", args=[voice.terminal.serial]))
    expect(page.locator("#voice-map canvas")).to_be_visible()
    expect(page.locator("#voice-said")).not_to_be_empty()  # no reading lies in the lake
    page.locator("[data-signal=rsrp]").click()
    expect(page.locator("#voice-signal")).to_have_value("rsrp")
    page.wait_for_url("**signal=rsrp**")
    accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    accessible(page)


def test_an_activation_code_is_made_in_the_dialog(page: Page, here, voice, sign_in, accessible):
    sign_in(page, "ada")
    page.goto(here + reverse("web:terminal-live", args=[voice.terminal.serial]))
    page.get_by_role("link", name="Make an activation code").click()
    page.get_by_role("button", name="Make the code").click()
    expect(page.locator("#activation-code")).to_be_visible()
    accessible(page)


def test_the_list_narrows_to_how_terminals_are_heard(page: Page, here, voice, sign_in, accessible):
    sign_in(page, "ada")
    page.goto(f"{here}/terminals/")
    page.locator("#id_live").select_option("degraded")
    page.wait_for_url("**live=degraded**")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("degraded")
    accessible(page)
