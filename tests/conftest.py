"""What every test may ask for: a small tree, a moment, and people who may do things."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import settings
from tests.factories import NOON, OrganisationFactory, PersonFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.models import Organisation
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.web.live.numbers import forget_numbers

# No deadline: shared machines stall. The quick profile draws the same examples each time, so that a change is judged
# by what it changes; the thorough one goes looking.
settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

Hire = Callable[..., Actor]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs PostgreSQL where the database is another: SQLite has one writer at a time."""
    if connection.vendor == "postgresql":
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    items[:] = [item for item in items if not item.get_closest_marker("postgres")]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Before the test database goes, end the sessions of servers' threads that outlived their test."""
    yield
    if connection.vendor == "postgresql":
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(others + " AND pid <> pg_backend_pid()")


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Let the language that a test's page was read in end with the test: the process goes on to the next one."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _own_numbers() -> None:
    """Let the board's numbers be those of the test: a process keeps them for seconds."""
    forget_numbers()


@pytest.fixture
def noon() -> datetime:
    """The moment at which tests happen."""
    return NOON


@pytest.fixture
def head_office(db) -> Organisation:
    """The top of the tree."""
    return OrganisationFactory(code="HQ", name="Head office")


@pytest.fixture
def branch(head_office) -> Organisation:
    """A branch below the head office."""
    return OrganisationFactory(code="SH", name="Shanghai", parent=head_office)


@pytest.fixture
def neighbour(head_office) -> Organisation:
    """Another branch, which people of `branch` may not see."""
    return OrganisationFactory(code="BJ", name="Beijing", parent=head_office)


@pytest.fixture
def hire(db) -> Hire:
    """Return a function that makes a person with a role at a node, and returns them as an actor."""

    def make(role: Role, at: Organisation, **facts: object) -> Actor:
        return actor_of(PersonFactory(role=role, role__at=at, **facts), source="test")

    return make


@pytest.fixture
def system() -> Actor:
    """The software itself."""
    return Actor.system("test")


@pytest.fixture
def administrator(hire, head_office) -> Actor:
    """Who may do everything everywhere."""
    return hire(Role.ADMINISTRATOR, head_office, username="ada")


@pytest.fixture
def manager(hire, branch) -> Actor:
    """The estate manager of `branch`."""
    return hire(Role.ESTATE_MANAGER, branch, username="mei")
