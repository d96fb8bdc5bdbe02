"""A caller of the API: JSON in, JSON out, as a person in a session or as a program with a token."""

import json
from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from tests.factories import PersonFactory

from tillkeeper.parties.models import Person
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services.tokens import issue_token

ROOT = "/api/v1"


@dataclass
class Caller:
    """Calls the API with the headers that belong to one caller."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method, path, body=None, **headers):
        address = path if path.startswith("/api/") else ROOT + path
        content = (
            {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, address, headers={**self.headers, **named}, **content)

    def get(self, path, **headers):
        return self("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self("POST", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self("PATCH", path, body, **headers)

    def put(self, path, body, **headers):
        return self("PUT", path, body, **headers)

    def delete(self, path, **headers):
        return self("DELETE", path, **headers)

    def upload(self, path, **fields):
        return self.client.post(ROOT + path, fields, headers=self.headers)

    def download(self, path, body=None):
        """Return what a file holds."""
        response = self.get(path) if body is None else self.post(path, body)
        assert response.status_code == 200, response.content
        return b"".join(response) if response.streaming else response.content

    def walk(self, path):
        """Return the items of all pages."""
        items = []
        while path:
            page = self.get(path).json()
            items += page["items"]
            path = page["next"]
        return items


@pytest.fixture(autouse=True)
def _no_rates_of_other_tests():
    cache.clear()


@pytest.fixture
def signed_in(db):
    """Return a function that makes a person with a role at a node and signs them in."""

    def enter(role, at, **facts):
        person = PersonFactory(role=role, role__at=at, **facts)
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return Caller(client)

    return enter


@pytest.fixture
def with_token(db):
    """Return a function that makes a person with a role at a node and calls with a token of theirs."""

    def enter(role, at, scopes=(), days=30, **facts):
        person = PersonFactory(role=role, role__at=at, **facts)
        return Caller(Client(), bearer(person, scopes, days))

    return enter


def bearer(person, scopes=(), days=30):
    """Return the header of a new token of a person."""
    who = actor_of(person, source="test")
    held = {str(right) for grant in who.grants for right in grant.rights}
    _, secret = issue_token(
        person=person,
        name="test",
        scopes=sorted(map(str, scopes or held)),
        days=days,
        by=who,
        at=timezone.now(),
    )
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def ada(signed_in, head_office):
    """The administrator of everything."""
    return signed_in(Role.ADMINISTRATOR, head_office, username="ada")


@pytest.fixture
def mei(signed_in, branch):
    """The estate manager of `branch`."""
    return signed_in(Role.ESTATE_MANAGER, branch, username="mei")


def problem(response, status, code):
    """Check that an answer is a problem document of this status and code, and return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert {"type", "title", "status", "detail", "code", "facts", "instance"} <= set(told)
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"] == f"/api/v1/problems/{code}"
    return told


__all__ = ["ROOT", "Caller", "Person", "Right", "bearer", "problem"]
