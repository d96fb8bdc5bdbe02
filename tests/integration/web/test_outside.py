"""Pages for whoever is not signed in, and for requests that no page takes."""

import pytest
from django.test import Client
from tests.factories import PASSWORD

from tillkeeper.parties.models import Person

pytestmark = pytest.mark.django_db
LANGUAGES = pytest.mark.parametrize(
    ("language", "said"), [("en", "There is no page at this address."), ("zh-hans", "没有")]
)


@LANGUAGES
def test_an_unknown_address_names_nobody_who_is_not_signed_in(client, language, said):
    answer = client.get("/nowhere", headers={"accept-language": language})
    text = answer.content.decode()
    assert answer.status_code == 404
    assert said in text
    assert "AnonymousUser" not in text
    assert 'action="/account/logout/"' not in text


def test_whoever_is_signed_in_keeps_the_console_around_the_refusal(desk):
    text = desk.get("/nowhere").content.decode()
    assert 'action="/account/logout/"' in text


@pytest.mark.parametrize("path", ["/profile/preferences", "/audit/verify"])
@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "This cannot be asked in this way"), ("zh-hans", '<html lang="zh-hans"')],
)
def test_a_method_that_an_address_does_not_take_gets_our_page(desk, path, language, title):
    answer = desk.get(path, headers={"accept-language": language})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert title in answer.content.decode()


def test_htmx_gets_the_notice_instead_of_the_page(desk, htmx):
    answer = desk.get("/audit/verify", headers=htmx)
    assert (answer.status_code, answer["HX-Retarget"]) == (405, "#refusal")
    assert "<html" not in answer.content.decode()


def test_the_api_answers_a_wrong_method_in_its_own_form(desk):
    answer = desk.put("/api/v1/policies")
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_without_its_token_gets_our_page(db):
    answer = Client(enforce_csrf_checks=True).post(
        "/account/login/", headers={"accept-language": "en"}
    )
    assert answer.status_code == 403
    assert "This form cannot be taken" in answer.content.decode()


def test_a_name_under_which_the_console_does_not_answer_is_refused_and_breaks_nothing(client):
    answer = client.get("/", headers={"host": "elsewhere.example", "accept-language": "en"})
    assert answer.status_code == 400
    assert "This request cannot be understood" in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "email/",
        "password/reset/",
        "password/reset/done/",
        "confirm-email/",
        "signup/",
        "login/code/confirm/",
    ],
)
def test_of_the_account_only_pages_in_our_own_frame_are_there(desk, client, path):
    assert client.get(f"/account/{path}").status_code == 404
    assert desk.get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "2fa/",
        "2fa/totp/activate/",
        "2fa/webauthn/add/",
        "2fa/webauthn/",
        "password/change/",
        "logout/",
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_ones_own_account_stand_in_the_console(desk, path, language):
    answer = desk.get(f"/account/{path}", headers={"accept-language": language}, follow=True)
    if answer.redirect_chain:  # asked for the password again, in our own frame, too
        assert 'class="entrance-card"' in answer.content.decode()
        asked = answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"]
        answer = desk.post(asked, {"password": PASSWORD}, follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, f"/account/{path}")
    assert 'class="sidebar"' in answer.content.decode()


def test_a_closed_account_is_told_in_our_frame(client, administrator):
    Person.objects.filter(username="ada").update(is_active=False)
    answer = client.get("/account/inactive/")
    assert answer.status_code == 200
    assert 'class="entrance-card"' in answer.content.decode()
