"""The specification of the tree, and of who may what."""

from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.kernel.actor import path_step
from tillkeeper.parties.models import Organisation
from tillkeeper.parties.roles import RIGHTS, Right, Role
from tillkeeper.parties.tree import PARENTS, above, depth, kinds_below
from tillkeeper.parties.wording import KIND_LABELS, RIGHT_LABELS, ROLE_LABELS

paths = st.lists(st.integers(1, 36**6 - 1), min_size=1, max_size=16).map(
    lambda ids: "".join(map(path_step, ids))
)


def test_every_kind_role_and_right_has_its_place_and_its_word():
    assert set(PARENTS) == set(KIND_LABELS) == set(Organisation.Kind)
    assert set(ROLE_LABELS) == set(RIGHTS) == set(Role)
    assert set(RIGHT_LABELS) == set(Right)


def test_every_kind_but_the_top_can_be_reached_from_it():
    reached, frontier = set(), {"head_office"}
    while frontier:
        reached |= frontier
        frontier = {below for kind in frontier for below in kinds_below(kind)} - reached
    assert reached == set(PARENTS)


def test_nothing_stands_below_a_store_and_only_stores_below_a_merchant():
    assert kinds_below("store") == ()
    assert kinds_below("merchant") == ("store",)


@given(paths)
def test_what_lies_above_a_path_ends_with_the_path_itself(path):
    line = above(path)
    assert line[-1] == path
    assert [depth(place) for place in line] == list(range(len(line)))
    assert all(path.startswith(place) for place in line)


def test_the_auditor_reads_all_and_changes_nothing():
    reading = {Right.VIEW, Right.PARTIES_VIEW, Right.AUDIT, Right.EXPORT, Right.MONEY_VIEW}
    assert RIGHTS[Role.COMPLIANCE_AUDITOR] <= reading
