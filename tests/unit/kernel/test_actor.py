"""Places, scopes and rights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.kernel.actor import Actor, Grant, ceiling, path_step
from tillkeeper.kernel.errors import NotAllowed

numbers = st.integers(1, 2**31 - 1)
paths = st.lists(numbers, min_size=1, max_size=5).map(lambda ids: "".join(map(path_step, ids)))
VIEW = frozenset({"view"})


@given(paths, st.lists(numbers, max_size=3))
def test_what_lies_below_a_place_lies_between_its_path_and_its_ceiling(path, deeper):
    below = path + "".join(map(path_step, deeper))
    assert path <= below <= ceiling(path)


@given(paths, paths)
def test_what_does_not_lie_below_lies_outside(path, other):
    assert other.startswith(path) == (path <= other <= ceiling(path))


@given(numbers, numbers)
def test_steps_keep_the_order_of_numbers(one, other):
    assert (one < other) == (path_step(one) < path_step(other))


@given(st.lists(paths, min_size=1, max_size=5))
def test_a_scope_covers_all_granted_places_and_names_none_twice(granted):
    actor = Actor.person("ada", [Grant("manager", path, VIEW) for path in granted])
    scope = actor.scope("view")
    assert all(scope.covers(path) for path in granted)
    assert not any(a != b and a.startswith(b) for a in scope.paths for b in scope.paths)


def test_a_right_counts_only_where_its_role_was_granted():
    actor = Actor.person(
        "ada", [Grant("a", "000001", VIEW), Grant("b", "000002", frozenset({"edit"}))]
    )
    assert actor.may("view", "000001000009")
    assert not actor.may("edit", "000001")
    with pytest.raises(NotAllowed):
        actor.require("edit", "000001")


def test_a_vendors_contact_stays_inside_that_vendor_until_another_role_lifts_it():
    contact = Grant("vendor_contact", "000001", VIEW, vendor_id=7)
    assert Actor.person("vi", [contact]).scope("view").vendor_id == 7
    assert Actor.person("vi", [contact, Grant("a", "000001", VIEW)]).scope("view").vendor_id is None


def test_nobody_without_a_role_sees_anything():
    assert not Actor.person("new").scope("view").covers("000001")
    assert Actor.system("worker").scope("view").everything
