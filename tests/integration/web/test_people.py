"""People, one's own profile, sign-in, and the audit trail in the console."""

import re

import pytest
from tests.factories import PASSWORD, PersonFactory

from tillkeeper.parties.models import ApiToken, Person, RoleGrant
from tillkeeper.parties.roles import Role

NEW = {"username": "lin", "display_name": "林", "password": "staple 7 horse battery"}


def test_an_account_is_opened_given_a_role_and_loses_it_again(desk, branch):
    assert desk.post("/people/new", NEW).status_code == 302
    desk.post("/people/lin/roles", {"role": "technician", "organisation_code": "SH"})
    assert RoleGrant.objects.get(person__username="lin").role == Role.TECHNICIAN
    assert desk.get("/people/lin/roles/technician/SH/revoke").status_code == 200
    desk.post("/people/lin/roles/technician/SH/revoke")
    assert not RoleGrant.objects.filter(person__username="lin").exists()


@pytest.mark.parametrize(
    "wrong", [{"password": "12345678"}, {"username": "a b"}, {"username": "ada"}]
)
def test_an_account_that_is_not_usable_is_refused_at_its_field(desk, htmx, wrong):
    answer = desk.post("/people/new", {**NEW, **wrong}, headers=htmx)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, list(wrong))


def test_a_closed_account_is_shown_as_such_and_can_be_opened_again(desk, manager):
    desk.post("/people/mei/close")
    assert not Person.objects.get(username="mei").is_active
    assert "mei" in desk.get("/people/?state=closed").content.decode()
    desk.post("/people/mei/close")
    assert Person.objects.get(username="mei").is_active


def test_nobody_closes_their_own_account(desk, htmx):
    assert desk.post("/people/ada/close", headers=htmx).status_code == 403
    assert Person.objects.get(username="ada").is_active


def test_a_new_password_opens_the_account(desk, manager, client):
    desk.post("/people/mei/password", {"password": "another long 1 phrase"})
    answer = client.post("/account/login/", {"login": "mei", "password": "another long 1 phrase"})
    assert answer.status_code == 302


def test_a_token_is_shown_once_with_only_the_rights_asked_for(desk):
    answer = desk.post("/profile/tokens/new", {"name": "bi", "days": 30, "scopes": ["estate.view"]})
    key = re.search(r"tk_[0-9a-f]+_[\w-]{20,}", answer.content.decode())
    token = ApiToken.objects.get()
    assert key
    assert token.scopes == ["estate.view"]
    assert key.group() not in desk.get("/profile/").content.decode()
    desk.post(f"/profile/tokens/{token.prefix}/revoke")
    token.refresh_from_db()
    assert token.revoked_at


def test_rights_that_one_does_not_hold_are_not_offered(visit, hire, branch):
    client = visit(hire(Role.TECHNICIAN, branch))
    answer = client.post(
        "/profile/tokens/new", {"name": "bi", "days": 30, "scopes": ["people.manage"]}
    )
    assert (answer.status_code, ApiToken.objects.count()) == (422, 0)


def test_looks_are_kept_with_the_account_and_on_the_browser(desk):
    answer = desk.post(
        "/profile/preferences",
        {"theme": "dark", "density": "roomy", "language": "en", "next": "/help/"},
    )
    assert answer["Location"] == "/help/"
    assert answer.cookies["theme"].value == "dark"
    assert Person.objects.get(username="ada").preferences == {
        "theme": "dark",
        "density": "roomy",
        "language": "en",
    }
    assert 'data-bs-theme="dark"' in desk.get("/help/").content.decode()


@pytest.mark.parametrize("away", ["https://elsewhere.example/", "//elsewhere.example"])
def test_a_choice_of_looks_leads_nowhere_else(client, db, away):
    assert client.post("/profile/preferences", {"theme": "dark", "next": away})["Location"] == "/"


def test_a_language_once_chosen_is_spoken_on_a_new_browser_too(client, db):
    person = PersonFactory(preferences={"language": "zh-hans"})
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    answer = client.get("/help/", headers={"accept-language": "en"})
    assert 'lang="zh-hans"' in answer.content.decode()
    assert answer.cookies["django_language"].value == "zh-hans"


def test_signing_in_leads_to_the_page_asked_for(client, administrator):
    answer = client.post("/account/login/?next=/help/", {"login": "ada", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/help/")


def test_after_five_wrong_passwords_the_sign_in_is_locked_and_says_until_when(
    client, administrator
):
    for _ in range(5):
        answer = client.post("/account/login/", {"login": "ada", "password": "wrong"})
    assert answer.status_code == 429
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", answer.content.decode())
    assert client.post("/account/login/", {"login": "ada", "password": PASSWORD}).status_code == 429


def test_nobody_signs_up(client, db):
    assert (
        client.post("/account/signup/", {"username": "x", "password1": PASSWORD}).status_code == 404
    )
    assert not Person.objects.exists()


def test_the_demonstration_names_its_accounts_and_nothing_else_does(
    client, administrator, settings
):
    assert "Demonstration accounts" not in client.get("/account/login/").content.decode()
    settings.TILLKEEPER_DEMO = True
    text = client.get("/account/login/").content.decode()
    assert "Demonstration accounts" in text
    assert "ada" in text


def test_the_trail_tells_before_and_after_and_is_searched(desk, shop):
    given = {"name": "后来的名字", "uscc": shop.uscc, "mcc": "5411", "version": shop.version}
    desk.post(f"/merchants/{shop.number}/edit", given)
    for search in (
        f"subject=merchant:{shop.number}",
        f"subject=merchant {shop.number}",
        "actor=ada",
        "action=merchant",
    ):
        text = desk.get(f"/audit/?{search}").content.decode()
        assert "后来的名字" in text
        assert shop.name in text
    assert "后来的名字" not in desk.get("/audit/?action=site").content.decode()
    assert "后来的名字" not in desk.get("/audit/?until=2001-01-01").content.decode()


def test_a_date_that_cannot_be_read_is_left_out_and_said(desk, head_office):
    assert "could not be read" in desk.get("/audit/?since=soon").content.decode()


def test_the_chain_is_walked_on_demand(desk, branch, htmx):
    desk.post("/organisations/SH/new", {"kind": "agent", "code": "A", "name": "Agent"})
    answer = desk.post("/audit/verify", headers=htmx)
    assert "holds" in answer.content.decode()
    assert desk.get("/audit/verify").status_code == 405
