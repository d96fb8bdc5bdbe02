"""Failed sign-ins are counted by name and by the client's own address, behind a proxy too."""

import pytest

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.trail import trail

pytestmark = pytest.mark.django_db
PROXY = "10.0.0.9"


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.AXES_FAILURE_LIMIT = 3


def _fail(client, forwarded):
    return client.post(
        "/account/login/",
        {"login": "ada", "password": "wrong"},
        headers={"x-forwarded-for": forwarded},
        REMOTE_ADDR=PROXY,
    )


def test_behind_a_proxy_one_client_locks_the_name_for_itself_alone(client, administrator, settings):
    settings.TILLKEEPER_PROXIES = 1
    codes = [_fail(client, "203.0.113.7").status_code for _ in range(4)]
    assert codes[-1] == 429
    assert _fail(client, "203.0.113.8").status_code == 200


def test_an_invented_header_does_not_dodge_the_lock(client, administrator, settings):
    settings.TILLKEEPER_PROXIES = 1
    codes = [_fail(client, f"198.51.100.{n}, 203.0.113.7").status_code for n in range(4)]
    assert codes[-1] == 429


def test_without_a_proxy_the_header_does_not_dodge_the_lock(client, administrator):
    codes = [_fail(client, f"198.51.100.{n}").status_code for n in range(4)]
    assert codes[-1] == 429


@pytest.mark.parametrize(("proxies", "source"), [(0, PROXY), (1, "203.0.113.7")])
def test_the_audit_trail_names_the_clients_address(desk, branch, settings, proxies, source):
    settings.TILLKEEPER_PROXIES = proxies
    given = {"username": "olga", "display_name": "Olga", "password": "calm-Harbour-71"}
    for path, more in (
        ("/people/new", {}),
        ("/api/v1/people", {"content_type": "application/json"}),
    ):
        name = "olga" if not more else "oleg"
        desk.post(
            path,
            {**given, "username": name},
            headers={"x-forwarded-for": "203.0.113.7"},
            REMOTE_ADDR=PROXY,
            **more,
        )
        (entry,) = trail(scope=Scope(("",)), subject=f"person:{name}")
        assert entry.source == source
