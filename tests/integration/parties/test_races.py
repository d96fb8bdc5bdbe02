"""Two people at the same moment; on PostgreSQL, where rows are locked one by one."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from tests.factories import OrganisationFactory, PersonFactory

from tillkeeper.parties.errors import LastAdministrator
from tillkeeper.parties.models import Organisation, RoleGrant
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.parties.services.organisations import create_organisation, move_organisation
from tillkeeper.parties.services.people import deactivate_person, revoke_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
WAITING = (
    "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


@pytest.fixture
def rival() -> Iterator[Callable[..., Future[Any]]]:
    """Return a function that calls a verb in another thread and waits until it is held up."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    with ThreadPoolExecutor(1) as pool:

        def held_up(verb: Callable[..., Any], **arguments: Any) -> Future[Any]:
            def run() -> Any:
                try:
                    return verb(**arguments)
                finally:
                    connection.close()

            future = pool.submit(run)
            for _ in range(500):
                with connection.cursor() as cursor:
                    cursor.execute(WAITING)
                    if cursor.fetchone():
                        return future
                time.sleep(0.01)
            raise AssertionError("the rival was not held up")

        yield held_up


@pytest.fixture
def two(head_office):
    """Two administrators at the top, as actors."""
    people = [
        PersonFactory(username=name, role=Role.ADMINISTRATOR, role__at=head_office)
        for name in ("ada", "eve")
    ]
    return [actor_of(person, source="test") for person in people]


def test_of_two_administrators_who_close_each_other_one_stays(rival, two, noon):
    ada, eve = two
    with transaction.atomic():
        deactivate_person(username="eve", by=ada, at=noon)
        second = rival(deactivate_person, username="ada", by=eve, at=noon)
    with pytest.raises(LastAdministrator):
        second.result(timeout=5)


def test_of_two_administrators_who_revoke_each_other_one_stays(rival, two, noon):
    ada, eve = two
    job = {"role": "administrator", "organisation_code": "HQ", "at": noon}
    with transaction.atomic():
        revoke_role(username="eve", by=ada, **job)
        second = rival(revoke_role, username="ada", by=eve, **job)
    with pytest.raises(LastAdministrator):
        second.result(timeout=5)
    assert RoleGrant.objects.count() == 1


def test_a_node_made_below_one_that_moves_moves_along(rival, branch, neighbour, two, noon):
    with transaction.atomic():
        move_organisation(code="SH", parent_code="BJ", by=two[0], at=noon)
        second = rival(
            create_organisation,
            kind="branch",
            code="NEW",
            name="New",
            parent_code="SH",
            by=two[1],
            at=noon,
        )
    made = second.result(timeout=5)
    assert made.path.startswith(Organisation.objects.get(code="SH").path)
    assert made.path.startswith(neighbour.path)


def test_two_moves_make_no_circle(rival, branch, neighbour, two, noon):
    OrganisationFactory(code="SH2", parent=branch)
    with transaction.atomic():
        move_organisation(code="SH", parent_code="BJ", by=two[0], at=noon)
        second = rival(move_organisation, code="BJ", parent_code="SH2", by=two[1], at=noon)
    assert second.exception(timeout=5).code == "parties.circular_move"
