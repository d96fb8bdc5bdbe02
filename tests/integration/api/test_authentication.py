"""Who may call at all: sessions with their CSRF token, tokens with their scopes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.factories import TerminalFactory
from tests.integration.api.conftest import Caller, bearer, problem

from tillkeeper.parties.models import ApiToken, Person
from tillkeeper.parties.roles import Right, Role

pytestmark = pytest.mark.django_db


def test_nobody_is_told_to_sign_in():
    refused = Caller(Client()).get("/terminals")
    problem(refused, 401, "api.not_signed_in")
    assert refused["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "value", ["Bearer tk_nope_nope", "Bearer ", "Bearer tk_", "Bearer \N{BULLET}"]
)
def test_a_token_that_does_not_hold_is_refused_even_within_a_session(ada, value):
    problem(
        ada.get("/me", Authorization=value.encode().decode("latin-1")), 401, "api.not_signed_in"
    )


def test_a_session_may_look_without_and_change_only_with_its_csrf_token(ada):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(
        Person.objects.get(username="ada"), backend="django.contrib.auth.backends.ModelBackend"
    )
    caller, vendor = Caller(strict), {"code": "V1", "name": "One"}
    assert caller.get("/vendors").status_code == 200
    problem(caller.post("/vendors", vendor), 403, "api.csrf_failed")
    strict.get("/api/v1/docs")
    token = strict.cookies["csrftoken"].value
    assert caller.post("/vendors", vendor, X_CSRFToken=token).status_code == 201


def test_a_token_needs_no_csrf_token_and_reaches_only_its_scopes(with_token, head_office):
    reader = with_token(Role.ADMINISTRATOR, head_office, scopes=[Right.VIEW])
    reader.client.handler.enforce_csrf_checks = True
    assert reader.get("/terminals").status_code == 200
    assert reader.get("/me").json()["rights"] == ["estate.view"]
    told = problem(
        reader.post("/vendors", {"code": "V1", "name": "One"}), 403, "kernel.not_allowed"
    )
    assert told["facts"] == {"right": "estate.edit"}
    problem(reader.get("/people"), 403, "kernel.not_allowed")
    assert reader.get("/merchants").json()["items"] == []


def test_an_expired_a_revoked_and_a_closed_accounts_token_open_nothing(with_token, head_office):
    caller = with_token(Role.ADMINISTRATOR, head_office, username="tom")
    assert caller.get("/me").status_code == 200
    token, person = ApiToken.objects.get(person__username="tom"), Person.objects.get(username="tom")
    for row, facts in [
        (token, {"revoked_at": timezone.now()}),
        (token, {"expires_at": timezone.now() - timedelta(seconds=1)}),
        (person, {"is_active": False}),
    ]:
        before = {name: getattr(row, name) for name in facts}
        type(row).objects.filter(pk=row.pk).update(**facts)
        problem(caller.get("/me"), 401, "api.not_signed_in")
        type(row).objects.filter(pk=row.pk).update(**before)
    assert caller.get("/me").status_code == 200


def test_a_token_is_shown_once_and_works(ada):
    issued = ada.post("/tokens", {"name": "nightly", "scopes": ["estate.view"], "days": 7})
    assert issued.status_code == 201
    assert issued["Cache-Control"] == "no-store"
    told = issued.json()
    program = Caller(Client(), {"Authorization": f"Bearer {told['secret']}"})
    assert program.get("/me").json()["kind"] == "token"
    assert [token["prefix"] for token in ada.get("/tokens").json()] == [told["prefix"]]
    assert "secret" not in ada.get("/tokens").json()[0]
    problem(
        program.post("/tokens", {"name": "x", "scopes": ["estate.view"]}), 403, "kernel.not_allowed"
    )
    assert ada.delete(f"/tokens/{told['prefix']}").json()["revoked_at"]
    problem(program.get("/me"), 401, "api.not_signed_in")


def test_a_vendors_contact_sees_that_vendors_terminals_only(head_office):
    from tests.factories import PersonFactory

    mine, other = TerminalFactory(home=head_office), TerminalFactory(home=head_office)
    contact = PersonFactory(
        role=Role.VENDOR_CONTACT, role__at=head_office, role__vendor=mine.model.vendor
    )
    caller = Caller(Client(), bearer(contact))
    assert [row["serial"] for row in caller.walk("/terminals")] == [mine.serial]
    problem(caller.get(f"/terminals/{other.serial}"), 404, "kernel.not_found")
