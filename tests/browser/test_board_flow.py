"""The board in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from tests.factories import TerminalFactory

from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.browser


@pytest.fixture
def estate(administrator, branch):
    return [
        TerminalFactory(state=state, home=branch)
        for state in (State.ACTIVE, State.FAULTY, State.READY)
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_board_draws_its_charts_under_the_strict_policy(
    theme, page: Page, here, estate, sign_in, accessible
):
    sign_in(page, "ada")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": here}])
    page.goto(f"{here}/")
    expect(page.locator("[data-chart] canvas")).to_have_count(3)
    accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    accessible(page)


def test_an_empty_estate_says_how_to_begin(page: Page, here, administrator, sign_in, accessible):
    sign_in(page, "ada")
    page.goto(f"{here}/")
    expect(page.get_by_text("Import your ledger")).to_be_visible()
    accessible(page)
