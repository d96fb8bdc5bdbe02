"""A real browser before a live server. Every page is watched: no error in the console, no request to anywhere else.

`page` (Playwright's own, in Chromium), `here` (the server's address), `sign_in(page, username)`, `accessible(page)`,
`tolerate` for what a test provokes on purpose. The Chromium is the one at TILLKEEPER_TEST_CHROMIUM, else on the PATH.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page, Request, expect

from tillkeeper.parties.models import Person

# Playwright's event loop runs in the thread of the tests; Django would refuse to touch the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PATIENCE_MS = 15_000  # shared machines stall

SignIn = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the system's Chromium, quietly."""
    found = os.environ.get("TILLKEEPER_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine")
    return {"executable_path": found, "args": QUIET.split()}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """English unless the test says otherwise; motion off, so that nothing is waited for."""
    return {
        "viewport": {"width": 1440, "height": 900},
        "locale": "en-US",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def here(live_server) -> str:
    """The address of the console."""
    return live_server.url


@pytest.fixture
def tolerate() -> list[str]:
    """Add what the browser may complain of, e.g. the 422 that a test provokes."""
    return []


@pytest.fixture
def page(page: Page, here: str, tolerate: list[str]) -> Iterator[Page]:
    """Watch Playwright's page: what it complained of or asked of others fails the test."""
    complaints: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((here, "data:", "blob:", "about:")):
            complaints.append(f"asked elsewhere: {request.url}")

    page.on("request", asked)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield page
    left = [text for text in complaints if not any(allowed in text for allowed in tolerate)]
    assert left == []


@pytest.fixture
def sign_in(here: str) -> SignIn:
    """Return a function that signs somebody in without going through the form."""

    def enter(page: Page, username: str) -> None:
        client = Client()
        client.force_login(
            Person.objects.get(username=username), "django.contrib.auth.backends.ModelBackend"
        )
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": here}]
        )

    return enter


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Return a function that lets axe-core look at the page: nothing serious, nothing critical, no sideways scroll."""
    axe = Axe()

    def look(page: Page) -> None:
        found = axe.run(page).response["violations"]
        grave = [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]
        assert grave == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{page.url} scrolls sideways"
        )

    return look
