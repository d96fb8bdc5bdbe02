"""API tokens and saved views."""

from datetime import timedelta

import pytest
from tests.factories import OrganisationFactory, PersonFactory

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.errors import FieldInvalid, NotAllowed, NotFound
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties import queries
from tillkeeper.parties.models import ApiToken, SavedView
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services.people import deactivate_person
from tillkeeper.parties.services.tokens import actor_for_token, issue_token, revoke_token
from tillkeeper.parties.services.views import delete_view, save_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei(manager):
    """The person behind `manager`."""
    return queries.person("mei")


@pytest.fixture
def issued(mei, manager, noon):
    """A token that may look and export, for thirty days; and the key."""
    return issue_token(
        person=mei,
        name="nightly",
        scopes=[Right.VIEW, Right.EXPORT],
        days=30,
        by=manager,
        at=noon,
    )


def test_a_token_speaks_for_its_person_within_its_scopes(issued, mei, branch, noon):
    row, key = issued
    actor = actor_for_token(key, at=noon, source="10.0.0.1")
    assert (str(actor), actor.person_id) == ("token:mei", mei.pk)
    assert actor.source == f"10.0.0.1 tk_{row.prefix}"
    assert actor.scope(Right.VIEW) == Scope((branch.path,))
    assert actor.may(Right.EXPORT, branch.path)
    assert not actor.may(Right.EDIT, branch.path)


def test_a_token_has_no_more_than_its_person_has_left(issued, mei, noon):
    mei.grants.all().delete()
    actor = actor_for_token(issued[1], at=noon, source="")
    assert not actor.scope(Right.VIEW).paths


def test_the_key_is_kept_nowhere(issued):
    row, key = issued
    assert key.startswith(f"tk_{row.prefix}_")
    secret = key.split("_", 2)[2]
    kept = [str(value) for value in ApiToken.objects.values_list().get(pk=row.pk)]
    kept += [entry.after + entry.before for entry in AuditEntry.objects.all()]
    assert not any(secret in text for text in kept)
    assert key not in repr(row)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key.rsplit("_", 1)[0],
        lambda key: "tk_ffffffffff_" + key.split("_", 2)[2],
        lambda key: key.replace("tk_", "xx_"),
        lambda key: key + " ",
        lambda key: "",
        lambda key: "tk__",
        lambda key: "钥匙_一_二",
    ],
)
def test_a_wrong_key_opens_nothing(issued, noon, spoil):
    assert actor_for_token(spoil(issued[1]), at=noon, source="") is None


def test_a_token_ends_on_its_day(issued, noon):
    end = noon + timedelta(days=30)
    assert actor_for_token(issued[1], at=end - timedelta(seconds=1), source="")
    assert actor_for_token(issued[1], at=end, source="") is None


def test_a_revoked_token_opens_nothing(issued, manager, noon):
    row, key = issued
    revoke_token(prefix=row.prefix, by=manager, at=noon)
    assert actor_for_token(key, at=noon, source="") is None
    revoke_token(prefix=row.prefix, by=manager, at=noon)
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_a_token_of_a_closed_account_opens_nothing(issued, system, noon):
    deactivate_person(username="mei", by=system, at=noon)
    assert actor_for_token(issued[1], at=noon, source="") is None


def test_the_last_use_is_noted_once_a_minute(issued, noon, django_assert_num_queries):
    row, key = issued
    with django_assert_num_queries(3):
        actor_for_token(key, at=noon, source="")
    with django_assert_num_queries(2):
        actor_for_token(key, at=noon + timedelta(seconds=59), source="")
    row.refresh_from_db()
    assert row.last_used_at == noon
    actor_for_token(key, at=noon + timedelta(seconds=60), source="")
    row.refresh_from_db()
    assert row.last_used_at == noon + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("scopes", "days", "field"),
    [
        ([], 30, "scopes"),
        (["estate.rule"], 30, "scopes"),
        (["estate.view"], 0, "days"),
        (["estate.view"], 367, "days"),
    ],
)
def test_a_token_without_scope_or_end_is_refused(mei, manager, noon, scopes, days, field):
    with pytest.raises(FieldInvalid) as refused:
        issue_token(person=mei, name="x", scopes=scopes, days=days, by=manager, at=noon)
    assert refused.value.field == field


def test_a_token_never_asks_for_more_than_its_person_has(mei, manager, noon):
    with pytest.raises(NotAllowed):
        issue_token(person=mei, name="x", scopes=[Right.PEOPLE], days=1, by=manager, at=noon)


def test_a_token_makes_no_tokens_and_nobody_makes_them_for_others(
    issued, mei, administrator, system, noon
):
    by_token = actor_for_token(issued[1], at=noon, source="")
    for by in (by_token, administrator, Actor.person("mei")):
        with pytest.raises(NotAllowed):
            issue_token(person=mei, name="x", scopes=[Right.VIEW], days=1, by=by, at=noon)
    row, _ = issue_token(person=mei, name="x", scopes=[Right.VIEW], days=1, by=system, at=noon)
    assert set(queries.tokens_of(mei)) == {row, issued[0]}


def test_whoever_manages_a_person_may_revoke_their_token(
    issued, administrator, hire, neighbour, branch, noon
):
    prefix = issued[0].prefix
    strangers = [
        hire(Role.ADMINISTRATOR, neighbour),
        hire(Role.ESTATE_MANAGER, branch),
        Actor.person("mei"),
    ]
    for stranger in strangers:
        with pytest.raises(NotFound):
            revoke_token(prefix=prefix, by=stranger, at=noon)
    assert revoke_token(prefix=prefix, by=administrator, at=noon).revoked_at == noon


def test_a_view_is_kept_replaced_and_removed(mei, manager, noon):
    facts = {"person": mei, "page": "terminals", "name": "Faulty", "by": manager, "at": noon}
    first = save_view(query="state=faulty", columns=["serial"], **facts)
    again = save_view(query="state=lost", columns=["serial", "state"], **facts)
    assert first.pk == again.pk
    [kept] = queries.saved_views(mei, "terminals")
    assert (kept.query, kept.columns) == ("state=lost", ["serial", "state"])
    assert not queries.saved_views(mei, "merchants")
    delete_view(view_id=first.pk, by=manager, at=noon)
    assert not SavedView.objects.exists()


def test_a_shared_view_is_seen_at_its_place_and_below(mei, manager, branch, neighbour, noon):
    below = OrganisationFactory(code="SH2", parent=branch)
    save_view(
        person=mei,
        page="terminals",
        name="Ours",
        query="",
        columns=[],
        shared_at_code="SH",
        by=manager,
        at=noon,
    )
    seen = {
        place.code: queries.saved_views(
            PersonFactory(role=Role.TECHNICIAN, role__at=place), "terminals"
        ).count()
        for place in (branch, below, neighbour)
    }
    assert seen == {"SH": 1, "SH2": 1, "BJ": 0}


def test_nobody_saves_for_others_or_shares_where_they_see_nothing(
    mei, manager, administrator, neighbour, noon
):
    facts = {"person": mei, "page": "terminals", "name": "X", "query": "", "columns": []}
    with pytest.raises(NotAllowed):
        save_view(**facts, by=administrator, at=noon)
    with pytest.raises(NotFound):
        save_view(**facts, shared_at_code="BJ", by=manager, at=noon)


def test_anothers_view_can_not_be_removed_unless_shared_where_one_manages(
    mei, manager, administrator, hire, neighbour, noon
):
    facts = {"person": mei, "page": "terminals", "query": "", "columns": []}
    own = save_view(name="Own", **facts, by=manager, at=noon)
    shared = save_view(name="Ours", shared_at_code="SH", **facts, by=manager, at=noon)
    stranger = hire(Role.ADMINISTRATOR, neighbour)
    for view, by in ((own, administrator), (own, stranger), (shared, stranger)):
        with pytest.raises(NotFound):
            delete_view(view_id=view.pk, by=by, at=noon)
    delete_view(view_id=shared.pk, by=administrator, at=noon)
