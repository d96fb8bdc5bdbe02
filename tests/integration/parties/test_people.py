"""People, their roles, and the rules that keep anybody from giving themselves more."""

import pytest
from tests.factories import PASSWORD, PersonFactory, VendorFactory, grant

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotAllowed, NotFound, Stale
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.kernel.trail import trail
from tillkeeper.parties import queries
from tillkeeper.parties.errors import LastAdministrator, OwnAccount, PasswordRefused
from tillkeeper.parties.models import Person, RoleGrant
from tillkeeper.parties.roles import RIGHTS, Right, Role
from tillkeeper.parties.services.people import (
    create_person,
    deactivate_person,
    grant_role,
    reactivate_person,
    revoke_role,
    set_password,
    update_person,
)
from tillkeeper.parties.services.preferences import set_preferences

pytestmark = pytest.mark.django_db


@pytest.fixture
def local(hire, branch):
    """The administrator of one branch."""
    return hire(Role.ADMINISTRATOR, branch, username="lou")


def test_a_new_person_may_do_nothing_until_a_role_is_granted(administrator, branch, noon):
    person = create_person(
        username="wang", display_name="王五", password=PASSWORD, by=administrator, at=noon
    )
    assert person.check_password(PASSWORD)
    assert queries.actor_of(person, source="").grants == ()
    grant_role(
        username="wang", role="technician", organisation_code="SH", by=administrator, at=noon
    )
    actor = queries.actor_of(person, source="10.0.0.1")
    assert (str(actor), actor.source, actor.person_id) == ("person:wang", "10.0.0.1", person.pk)
    assert actor.may(Right.FIELD, branch.path)
    assert not actor.may(Right.FIELD, branch.path[:6])
    assert actor.scope(Right.VIEW) == Scope((branch.path,))


@pytest.mark.parametrize("password", ["short", "12345678901", "password", "wangwangwang1"])
def test_a_password_that_is_easily_guessed_is_refused(administrator, noon, password):
    with pytest.raises(PasswordRefused) as refused:
        create_person(
            username="wangwangwang",
            display_name="",
            password=password,
            by=administrator,
            at=noon,
        )
    assert refused.value.reasons
    assert not Person.objects.filter(username="wangwangwang").exists()


def test_a_user_name_is_given_once_in_whatever_case(administrator, noon):
    with pytest.raises(AlreadyExists):
        create_person(username="ADA", display_name="", password=PASSWORD, by=administrator, at=noon)


def test_no_password_is_in_the_audit_trail(administrator, noon):
    PersonFactory(username="wang")
    person = set_password(username="wang", password="Zebra crossing 44", by=administrator, at=noon)
    assert person.check_password("Zebra crossing 44")
    [entry] = AuditEntry.objects.all()
    assert (entry.action, entry.before, entry.after) == ("person.set_password", "", "")


def test_facts_of_a_person_are_changed_by_version(administrator, noon):
    PersonFactory(username="wang")
    changes = {"display_name": "Wang", "email": "w@example.com"}
    row = update_person(username="wang", changes=changes, version=1, by=administrator, at=noon)
    assert (row.display_name, row.email, row.version) == ("Wang", "w@example.com", 2)
    with pytest.raises(Stale):
        update_person(username="wang", changes=changes, version=1, by=administrator, at=noon)


def test_actor_of_asks_once(hire, branch, django_assert_num_queries):
    person = PersonFactory(role=Role.DISPATCHER, role__at=branch)
    grant(person, Role.TECHNICIAN, branch)
    with django_assert_num_queries(1):
        actor = queries.actor_of(person, source="")
    held = set().union(*(g.rights for g in actor.grants))
    assert held == RIGHTS[Role.DISPATCHER] | RIGHTS[Role.TECHNICIAN]


def test_a_closed_account_has_no_rights(administrator, branch, noon):
    person = PersonFactory(username="wang", role=Role.TECHNICIAN, role__at=branch)
    closed = deactivate_person(username="wang", by=administrator, at=noon)
    assert queries.actor_of(closed, source="").grants == ()
    opened = reactivate_person(username="wang", by=administrator, at=noon)
    assert queries.actor_of(opened, source="").grants
    assert [entry.action for entry in trail(scope=Scope((branch.path,)))] == [
        "person.reactivate",
        "person.deactivate",
    ]
    assert person.pk == opened.pk


def test_only_whoever_manages_people_opens_accounts(manager, noon):
    with pytest.raises(NotAllowed) as refused:
        create_person(username="x", display_name="", password=PASSWORD, by=manager, at=noon)
    assert refused.value.right == Right.PEOPLE


def test_nobody_grants_where_they_do_not_manage(local, neighbour, noon):
    PersonFactory(username="wang")
    for place in ("BJ", "HQ"):
        with pytest.raises(NotFound) as refused:
            grant_role(
                username="wang", role="technician", organisation_code=place, by=local, at=noon
            )
        assert refused.value.kind == "organisation"


def test_nobody_grants_more_than_they_have(monkeypatch, hire, branch, noon):
    # No shipped role but the administrator's manages people: make one that does, and little else.
    little = frozenset({Right.PEOPLE, Right.VIEW, Right.PARTIES_VIEW, Right.FAULT})
    rights = dict(RIGHTS) | {Role.SUPPORT_AGENT: little}
    monkeypatch.setattr(queries, "RIGHTS", rights)
    clerk = hire(Role.SUPPORT_AGENT, branch)
    PersonFactory(username="wang")
    grant_role(username="wang", role="merchant_contact", organisation_code="SH", by=clerk, at=noon)
    with pytest.raises(NotAllowed) as refused:
        grant_role(username="wang", role="technician", organisation_code="SH", by=clerk, at=noon)
    assert refused.value.right in RIGHTS[Role.TECHNICIAN] - little
    # Nor may they become somebody who has more, by way of a password, nor shut them out.
    PersonFactory(username="boss", role=Role.ADMINISTRATOR, role__at=branch)
    for verb, facts in (
        (set_password, {"password": PASSWORD}),
        (deactivate_person, {}),
        (revoke_role, {"role": "administrator", "organisation_code": "SH"}),
    ):
        with pytest.raises(NotAllowed):
            verb(username="boss", **facts, by=clerk, at=noon)


def test_nobody_changes_what_they_themselves_may_do(administrator, branch, noon):
    with pytest.raises(OwnAccount):
        grant_role(
            username="ada", role="technician", organisation_code="SH", by=administrator, at=noon
        )
    with pytest.raises(OwnAccount):
        revoke_role(
            username="ada",
            role="administrator",
            organisation_code="HQ",
            by=administrator,
            at=noon,
        )
    with pytest.raises(OwnAccount):
        deactivate_person(username="ada", by=administrator, at=noon)


def test_a_neighbours_person_is_not_there(local, neighbour, noon):
    PersonFactory(username="bo", role=Role.TECHNICIAN, role__at=neighbour)
    PersonFactory(username="new")
    seen = queries.people(local.scope(Right.PEOPLE))
    assert [person.username for person in seen] == ["lou", "new"]
    with pytest.raises(NotFound):
        queries.person("bo", local.scope(Right.PEOPLE))
    for verb, facts in (
        (update_person, {"changes": {"display_name": "X"}, "version": 1}),
        (set_password, {"password": PASSWORD}),
        (deactivate_person, {}),
        (reactivate_person, {}),
        (grant_role, {"role": "technician", "organisation_code": "SH"}),
        (revoke_role, {"role": "technician", "organisation_code": "SH"}),
    ):
        with pytest.raises(NotFound) as refused:
            verb(username="bo", **facts, by=local, at=noon)
        assert refused.value.kind == "person"


def test_whoever_works_for_two_branches_is_managed_above_both(
    local, administrator, branch, neighbour, noon
):
    person = PersonFactory(username="bo", role=Role.TECHNICIAN, role__at=neighbour)
    grant(person, Role.TECHNICIAN, branch)
    with pytest.raises(NotAllowed):
        set_password(username="bo", password="Zebra crossing 44", by=local, at=noon)
    set_password(username="bo", password="Zebra crossing 44", by=administrator, at=noon)


def test_a_role_is_granted_once_and_revoked_once(administrator, branch, noon):
    job = {"username": "wang", "role": "technician", "organisation_code": "SH"}
    person = PersonFactory(username="wang")
    grant_role(**job, by=administrator, at=noon)
    with pytest.raises(AlreadyExists):
        grant_role(**job, by=administrator, at=noon)
    assert [g.role for g in queries.grants_of(person)] == ["technician"]
    revoke_role(**job, by=administrator, at=noon)
    with pytest.raises(NotFound):
        revoke_role(**job, by=administrator, at=noon)
    entries = trail(scope=Scope((branch.path,)), subject="person:wang")
    assert [entry.action for entry in entries] == ["person.revoke_role", "person.grant_role"]


def test_a_vendors_contact_belongs_to_one_vendor(administrator, branch, noon):
    maker = VendorFactory(code="ACME")
    person = PersonFactory(username="vic")
    job = {"username": "vic", "organisation_code": "SH", "by": administrator, "at": noon}
    for role, code in (("vendor_contact", None), ("technician", "ACME"), ("king", None)):
        with pytest.raises(FieldInvalid):
            grant_role(role=role, vendor_code=code, **job)
    grant_role(role="vendor_contact", vendor_code="ACME", **job)
    assert queries.actor_of(person, source="").scope(Right.VIEW).vendor_id == maker.pk


def test_the_last_administrator_at_the_top_stays(administrator, system, branch, noon):
    PersonFactory(username="lou", role=Role.ADMINISTRATOR, role__at=branch)
    job = {"username": "ada", "role": "administrator", "organisation_code": "HQ"}
    with pytest.raises(LastAdministrator):
        revoke_role(**job, by=system, at=noon)
    with pytest.raises(LastAdministrator) as refused:
        deactivate_person(username="ada", by=system, at=noon)
    assert refused.value.facts() == {"person": "ada", "organisation": "HQ"}


def test_one_of_two_administrators_may_go_unless_the_other_is_closed(
    administrator, system, head_office, noon
):
    PersonFactory(username="eve", role=Role.ADMINISTRATOR, role__at=head_office)
    deactivate_person(username="eve", by=administrator, at=noon)
    job = {"username": "ada", "role": "administrator", "organisation_code": "HQ"}
    with pytest.raises(LastAdministrator):
        revoke_role(**job, by=system, at=noon)
    reactivate_person(username="eve", by=administrator, at=noon)
    revoke_role(**job, by=system, at=noon)
    assert [g.person.username for g in RoleGrant.objects.filter(organisation=head_office)] == [
        "eve"
    ]


def test_preferences_are_kept_by_page_and_checked():
    person = PersonFactory()
    set_preferences(person, theme="dark", columns={"terminals": ["serial"]})
    row = set_preferences(person, columns={"merchants": ["number"]})
    assert row.preferences == {
        "theme": "dark",
        "columns": {"terminals": ["serial"], "merchants": ["number"]},
    }
    for wrong in ({"theme": "pink"}, {"columns": ["serial"]}, {"language": "tlh"}, {"x": 1}):
        with pytest.raises(FieldInvalid):
            set_preferences(person, **wrong)
