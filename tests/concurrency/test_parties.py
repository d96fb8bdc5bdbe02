"""Two people at the same moment; on PostgreSQL, where rows are locked one by one."""

import pytest
from django.db import transaction
from tests.factories import OrganisationFactory, PersonFactory

from tillkeeper.parties.errors import LastAdministrator
from tillkeeper.parties.models import Organisation, RoleGrant
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.parties.services.organisations import create_organisation, move_organisation
from tillkeeper.parties.services.people import deactivate_person, revoke_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def held_up(rival, wait_until_blocked):
    """Return a function that calls a verb in another thread and waits until it is held up."""

    def call(verb, **arguments):
        future = rival(verb, **arguments)
        wait_until_blocked()
        return future

    return call


@pytest.fixture
def two(head_office):
    """Two administrators at the top, as actors."""
    people = [
        PersonFactory(username=name, role=Role.ADMINISTRATOR, role__at=head_office)
        for name in ("ada", "eve")
    ]
    return [actor_of(person, source="test") for person in people]


def test_of_two_administrators_who_close_each_other_one_stays(held_up, two, noon):
    ada, eve = two
    with transaction.atomic():
        deactivate_person(username="eve", by=ada, at=noon)
        second = held_up(deactivate_person, username="ada", by=eve, at=noon)
    with pytest.raises(LastAdministrator):
        second.result(timeout=5)


def test_of_two_administrators_who_revoke_each_other_one_stays(held_up, two, noon):
    ada, eve = two
    job = {"role": "administrator", "organisation_code": "HQ", "at": noon}
    with transaction.atomic():
        revoke_role(username="eve", by=ada, **job)
        second = held_up(revoke_role, username="ada", by=eve, **job)
    with pytest.raises(LastAdministrator):
        second.result(timeout=5)
    assert RoleGrant.objects.count() == 1


def test_a_node_made_below_one_that_moves_moves_along(held_up, branch, neighbour, two, noon):
    with transaction.atomic():
        move_organisation(code="SH", parent_code="BJ", by=two[0], at=noon)
        second = held_up(
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


def test_two_moves_make_no_circle(held_up, branch, neighbour, two, noon):
    OrganisationFactory(code="SH2", parent=branch)
    with transaction.atomic():
        move_organisation(code="SH", parent_code="BJ", by=two[0], at=noon)
        second = held_up(move_organisation, code="BJ", parent_code="SH2", by=two[1], at=noon)
    assert second.exception(timeout=5).code == "parties.circular_move"
