"""What holds for each page of the console, whatever it shows."""

import pytest
from tests.factories import PersonFactory

from tillkeeper.parties.roles import Role

LISTS = ("/merchants/", "/sites/", "/people/", "/audit/")
PAGES = (
    *LISTS, "/organisations/", "/settings/", "/help/", "/profile/", "/find/?q=89", "/merchants/new", "/sites/new",
    "/people/new", "/profile/tokens/new", "/organisations/SH", "/organisations/SH/new", "/organisations/SH/rename",
    "/organisations/SH/move", "/merchants/898310154110001", "/merchants/898310154110001/edit", "/sites/ST00001",
    "/sites/ST00001/edit", "/people/mei", "/people/mei/edit", "/people/mei/password", "/people/mei/roles",
    "/people/mei/close", "/people/mei/roles/estate_manager/SH/revoke", "/account/2fa/", "/account/password/change/",
)  # fmt: skip


@pytest.fixture
def estate(desk, branch, counter, manager):
    """Something to show on each of them."""


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_page_opens_in_both_languages_and_forbids_what_is_not_its_own(
    desk, estate, path, language
):
    answer = desk.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    text = answer.content.decode()
    assert "<main" in text
    assert ' style="' not in text
    assert "hx-on" not in text
    assert "{#" not in text


@pytest.mark.parametrize("path", LISTS)
def test_htmx_gets_the_part_and_everybody_else_the_page(desk, estate, htmx, path):
    part = desk.get(path, headers=htmx)
    assert (part.status_code, "<html" in part.content.decode()) == (200, False)
    assert "HX-Request" in part["Vary"]
    back = desk.get(path, headers={**htmx, "HX-History-Restore-Request": "true"})
    assert "<html" in back.content.decode()


@pytest.mark.parametrize("path", [*PAGES[:-2], "/"])
def test_who_is_not_signed_in_is_led_to_the_sign_in(client, db, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=")


def test_a_session_that_ended_sends_the_whole_page_to_the_sign_in_and_back(client, db, htmx):
    answer = client.get("/merchants/898310154110001", headers=htmx)
    assert answer["HX-Redirect"] == "/account/login/?next=%2Fmerchants%2F"


@pytest.mark.parametrize("path", ["/people/", "/audit/", "/people/mei", "/settings/"])
def test_what_no_role_allows_is_refused_with_its_reason(visit, hire, branch, path):
    answer = visit(hire(Role.TECHNICIAN, branch)).get(path)
    assert answer.status_code == 403
    assert "reference" in answer.content.decode().lower()


def test_the_sidebar_shows_only_what_the_roles_open(visit, hire, branch):
    text = visit(hire(Role.TECHNICIAN, branch)).get("/merchants/").content.decode()
    assert 'href="/sites/"' in text
    assert 'href="/people/"' not in text
    assert 'href="/audit/"' not in text


def test_somebody_without_a_role_is_told_whom_to_ask(client, db):
    client.force_login(PersonFactory(), "django.contrib.auth.backends.ModelBackend")
    answer = client.get("/", follow=True)
    assert answer.status_code == 200
    assert "Ask an administrator" in answer.content.decode()


def test_a_page_that_is_not_there_says_so_under_a_reference_that_is_logged(desk, caplog):
    answer = desk.get("/nowhere")
    assert answer.status_code == 404
    logged = [record for record in caplog.records if record.name == "tillkeeper.web.refusals"]
    reference = logged[0].args[0]
    assert reference in answer.content.decode()


def test_a_broken_page_shows_the_reference_under_which_its_trace_is_logged(
    desk, monkeypatch, caplog
):
    desk.raise_request_exception = False
    monkeypatch.setattr("tillkeeper.web.help.render", lambda *_: 1 / 0)
    answer = desk.get("/help/")
    assert answer.status_code == 500
    (logged,) = [record for record in caplog.records if record.name == "tillkeeper.web.failures"]
    assert logged.args[0] in answer.content.decode()
    assert logged.exc_info
