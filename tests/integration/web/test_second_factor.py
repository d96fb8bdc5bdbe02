"""The second factor with an authenticator's codes: set up to the end, signed in with, and replaced when lost."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
CHINESE = {"accept-language": "zh-hans"}


def code_now(secret: str, steps_off: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps_off))


def entered(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


@pytest.fixture
def mei(client, manager):
    """The manager's browser, signed in with name and password, and asked for the password once more."""
    client.post("/account/login/", {"login": "mei", "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def kept(mei):
    """The secret and the recovery codes of a second factor that has been set up."""
    page = mei.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    answer = mei.post("/account/2fa/totp/activate/", {"code": code_now(secret)}, follow=True)
    return secret, answer.context["unused_codes"]


def at_the_second_question() -> Client:
    client = Client()
    answer = client.post("/account/login/", {"login": "mei", "password": PASSWORD})
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    assert not entered(client)
    return client


def answer_with(client: Client, code: str) -> None:
    client.post("/account/2fa/authenticate/", {"code": code})


def test_a_wrong_code_sets_nothing_up(mei):
    mei.get("/account/2fa/totp/activate/")
    answer = mei.post("/account/2fa/totp/activate/", {"code": "000000"})
    assert "aria-invalid" in answer.content.decode()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("steps_off", [0, -1, 1])
def test_a_code_opens_even_from_a_phone_that_is_half_a_minute_off(kept, steps_off):
    client = at_the_second_question()
    # The code of the set-up is used up: of what may be used now, take another.
    answer_with(client, code_now(kept[0], steps_off) if steps_off else kept[1][0])
    assert entered(client)


def test_a_code_of_long_ago_opens_nothing(kept):
    client = at_the_second_question()
    answer_with(client, code_now(kept[0], -4))
    assert not entered(client)


def test_a_recovery_code_opens_once(kept):
    first, second = at_the_second_question(), at_the_second_question()
    answer_with(first, kept[1][3])
    answer_with(second, kept[1][3])
    assert (entered(first), entered(second)) == (True, False)


def test_the_field_says_in_chinese_which_code_is_meant(kept):
    page = at_the_second_question().get("/account/2fa/authenticate/", headers=CHINESE)
    assert "验证码或恢复码" in page.content.decode()


@pytest.mark.parametrize("path", ["add/", ""])
def test_the_pages_of_keys_have_no_english_in_chinese(mei, path):
    page = mei.get(f"/account/2fa/webauthn/{path}", headers=CHINESE).content.decode()
    shown = page.partition('class="card-body">')[2].partition("</main>")[0]
    main = re.sub(r"<(no)?script.*?script>|<[^>]+>", " ", shown, flags=re.DOTALL)
    assert re.findall(r"[A-Za-z]{4,}", main) == []
