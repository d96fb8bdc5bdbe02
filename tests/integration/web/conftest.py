"""A browser without a screen: Django's client, signed in, with and without htmx."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.factories import MerchantFactory, SiteFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.models import Merchant, Person, Site

Visit = Callable[[Actor], Client]


@pytest.fixture
def visit(db) -> Visit:
    """Return a function that signs an actor in and gives the client."""

    def sign_in(actor: Actor) -> Client:
        client = Client()
        client.force_login(
            Person.objects.get(username=actor.name), "django.contrib.auth.backends.ModelBackend"
        )
        return client

    return sign_in


@pytest.fixture
def desk(visit, administrator) -> Client:
    """The administrator's browser."""
    return visit(administrator)


@pytest.fixture
def shop(branch) -> Merchant:
    """A merchant of the branch."""
    return MerchantFactory(number="898310154110001", name="南山便利店", parent=branch)


@pytest.fixture
def stranger(neighbour) -> Merchant:
    """A merchant that people of the branch may not see."""
    return MerchantFactory(number="898110154110009", name="Beyond", parent=neighbour)


@pytest.fixture
def counter(shop) -> Site:
    """A site of the shop."""
    return SiteFactory(merchant=shop, code="ST00001", name="南山便利店总店")


@pytest.fixture
def htmx() -> dict[str, Any]:
    """What a request of htmx carries."""
    return {"HX-Request": "true", "HX-Current-URL": "http://testserver/merchants/"}
