"""The organisation tree: made, renamed, moved; and who sees what of it."""

import random

import pytest
from tests.factories import MerchantFactory, OrganisationFactory, SiteFactory, grow_tree

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotAllowed, NotFound, Stale
from tillkeeper.kernel.models import Delivery
from tillkeeper.kernel.trail import trail
from tillkeeper.parties import queries
from tillkeeper.parties.errors import CircularMove, KeptByMerchant, PlacementRefused, TreeTooDeep
from tillkeeper.parties.models import Organisation
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services.organisations import (
    create_organisation,
    move_organisation,
    update_organisation,
)
from tillkeeper.parties.tree import DEEPEST

pytestmark = pytest.mark.django_db


def paths_are_true() -> bool:
    """Every path is the parent's and one step; so one range holds a node and all below it."""
    nodes = Organisation.objects.select_related("parent")
    pairs = [(node.path, node.parent.path if node.parent else "") for node in nodes]
    return all(path[:-6] == above and path.startswith(above) for path, above in pairs)


def test_the_system_makes_a_head_office_and_a_manager_what_lies_below(system, hire, noon):
    top = create_organisation(kind="head_office", code="HQ", name="Head", by=system, at=noon)
    boss = hire(Role.ESTATE_MANAGER, top)
    branch = create_organisation(
        kind="branch", code="SH", name="上海", parent_code="HQ", by=boss, at=noon
    )
    agent = create_organisation(
        kind="agent", code="SH-A", name="Agent", parent_code="SH", by=boss, at=noon
    )
    assert [branch.parent, agent.parent] == [top, branch]
    assert paths_are_true()
    assert queries.root_organisation() == top


def test_only_the_system_makes_a_head_office(administrator, noon):
    with pytest.raises(NotAllowed):
        create_organisation(kind="head_office", code="H2", name="Two", by=administrator, at=noon)


def test_a_branch_needs_something_above_it(system, noon):
    with pytest.raises(PlacementRefused):
        create_organisation(kind="branch", code="X", name="X", by=system, at=noon)


@pytest.mark.parametrize("kind", ["merchant", "store", "kiosk", ""])
def test_merchants_and_stores_are_not_made_by_hand(system, head_office, noon, kind):
    with pytest.raises(FieldInvalid) as refused:
        create_organisation(kind=kind, code="X", name="X", parent_code="HQ", by=system, at=noon)
    assert refused.value.field == "kind"


def test_a_branch_does_not_stand_below_an_agent(system, branch, noon):
    OrganisationFactory(kind="agent", code="A", parent=branch)
    with pytest.raises(PlacementRefused) as refused:
        create_organisation(kind="branch", code="X", name="X", parent_code="A", by=system, at=noon)
    assert refused.value.facts() == {"kind": "branch", "parent": "agent"}


def test_a_code_is_given_once(system, branch, noon):
    with pytest.raises(AlreadyExists) as refused:
        create_organisation(
            kind="branch", code="SH", name="X", parent_code="HQ", by=system, at=noon
        )
    assert refused.value.facts() == {"kind": "organisation", "key": "SH"}


def test_the_tree_is_as_deep_as_its_paths_have_room(system, noon):
    grow_tree(*[f"L{level}" for level in range(DEEPEST)])
    with pytest.raises(TreeTooDeep):
        create_organisation(
            kind="branch", code="X", name="X", parent_code=f"L{DEEPEST - 1}", by=system, at=noon
        )


def test_a_name_is_changed_once_per_version(manager, branch, noon):
    node = update_organisation(code="SH", name=" 上海  分行 ", version=1, by=manager, at=noon)
    assert (node.name, node.version) == ("上海 分行", 2)
    with pytest.raises(Stale) as refused:
        update_organisation(code="SH", name="Other", version=1, by=manager, at=noon)
    assert (refused.value.current, refused.value.given) == (2, 1)


def test_the_same_name_again_changes_nothing(manager, branch, noon):
    node = update_organisation(code="SH", name="Shanghai", version=1, by=manager, at=noon)
    assert node.version == 1
    assert trail(scope=Scope(("",))) == []


def test_the_node_of_a_merchant_is_renamed_with_the_merchant_only(manager, branch, noon):
    node = MerchantFactory(parent=branch).organisation
    with pytest.raises(KeptByMerchant):
        update_organisation(code=node.code, name="X", version=1, by=manager, at=noon)


def test_whoever_only_looks_changes_nothing(hire, branch, noon):
    auditor = hire(Role.COMPLIANCE_AUDITOR, branch)
    with pytest.raises(NotAllowed):
        update_organisation(code="SH", name="X", version=1, by=auditor, at=noon)


@pytest.fixture
def estate(head_office, branch, neighbour):
    """Two branches; below one an agent with a merchant and its store."""
    agent = OrganisationFactory(kind="agent", code="AG", parent=branch)
    return SiteFactory(merchant=MerchantFactory(parent=agent)), agent


def test_all_below_moves_along(administrator, estate, neighbour, noon):
    site, agent = estate
    node = move_organisation(code="AG", parent_code="BJ", by=administrator, at=noon)
    assert (node.parent, node.version) == (neighbour, 2)
    assert paths_are_true()
    for place in (agent, site.merchant.organisation, site.organisation):
        place.refresh_from_db()
        assert place.path.startswith(neighbour.path)


def test_a_move_is_announced_and_written_down(administrator, estate, noon):
    node = move_organisation(code="AG", parent_code="BJ", by=administrator, at=noon)
    [owed] = Delivery.objects.values_list("body", flat=True)
    assert (owed["organisation_id"], owed["path"]) == (node.pk, node.path)
    [entry] = trail(scope=Scope((node.path,)))
    assert (entry.action, entry.subject) == ("organisation.move", "organisation:AG")
    assert entry.changes == [("parent", "SH", "BJ")]
    assert [verdict.broken for verdict in verify_chains()] == [None]


def test_a_move_to_where_it_is_already_is_no_move(administrator, estate, noon):
    move_organisation(code="AG", parent_code="SH", by=administrator, at=noon)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("target", ["SH", "SH2"])
def test_a_node_does_not_move_below_itself(administrator, branch, noon, target):
    OrganisationFactory(code="SH2", parent=branch)
    with pytest.raises(CircularMove):
        move_organisation(code="SH", parent_code=target, by=administrator, at=noon)
    assert paths_are_true()


def test_the_head_office_stays_at_the_top(administrator, branch, noon):
    with pytest.raises(PlacementRefused):
        move_organisation(code="HQ", parent_code="SH", by=administrator, at=noon)


def test_a_store_stays_with_its_merchant(administrator, estate, neighbour, noon):
    other = MerchantFactory(parent=neighbour).organisation
    with pytest.raises(KeptByMerchant):
        move_organisation(
            code=estate[0].organisation.code, parent_code=other.code, by=administrator, at=noon
        )


def test_a_merchant_moves_to_another_branch(administrator, estate, noon):
    site, _ = estate
    code = site.merchant.organisation.code
    move_organisation(code=code, parent_code="BJ", by=administrator, at=noon)
    assert paths_are_true()


def test_a_move_that_leaves_no_room_below_is_refused(administrator, head_office, noon):
    line = [head_office]
    for level in range(1, DEEPEST):
        line.append(OrganisationFactory(code=f"L{level}", parent=line[-1]))
    OrganisationFactory(code="A", parent=head_office)
    with pytest.raises(TreeTooDeep):
        move_organisation(code="L1", parent_code="A", by=administrator, at=noon)
    assert paths_are_true()


def test_nobody_moves_a_node_out_of_their_own_view(manager, estate, noon):
    with pytest.raises(NotFound) as refused:
        move_organisation(code="AG", parent_code="BJ", by=manager, at=noon)
    assert refused.value.key == "BJ"


@pytest.mark.parametrize("seed", range(5))
def test_paths_stay_true_whatever_moves_where(administrator, head_office, noon, seed):
    dice = random.Random(seed)  # noqa: S311  a dice for a test
    nodes = [head_office]
    for number in range(12):
        nodes.append(OrganisationFactory(code=f"N{number}", parent=dice.choice(nodes)))
    for _ in range(20):
        moved, below = dice.choice(nodes[1:]).code, dice.choice(nodes).code
        try:
            move_organisation(code=moved, parent_code=below, by=administrator, at=noon)
        except CircularMove:
            continue
        assert paths_are_true()


def test_the_tree_is_shown_from_the_outermost_place_in_view(manager, estate, head_office):
    rows = queries.organisation_tree(manager.scope(Right.PARTIES_VIEW))
    assert [(row.organisation.code, row.depth) for row in rows] == [("SH", 0), ("AG", 1)]
    whole = queries.organisation_tree(Scope(("",)), kinds=Organisation.Kind.values)
    assert [row.depth for row in whole] == [0, 1, 2, 3, 4, 1]


def test_a_neighbours_rows_are_not_there(manager, neighbour, noon):
    site = SiteFactory(merchant=MerchantFactory(parent=neighbour))
    seen = manager.scope(Right.PARTIES_VIEW)
    for question, key in [
        (queries.organisation, "BJ"),
        (queries.organisation, "HQ"),
        (queries.merchant, site.merchant.number),
        (queries.site, site.code),
    ]:
        with pytest.raises(NotFound) as refused:
            question(seen, key)
        assert refused.value.key == key
    assert list(queries.organisations(seen)) == list(Organisation.objects.filter(code="SH"))
    assert not queries.merchants(seen)
    assert not queries.sites(seen)
    assert queries.find_merchants(seen, site.merchant.number) == []
    assert queries.find_sites(seen, site.code) == []


def test_a_neighbours_node_can_be_neither_renamed_nor_built_upon(manager, neighbour, noon):
    with pytest.raises(NotFound):
        update_organisation(code="BJ", name="X", version=1, by=manager, at=noon)
    with pytest.raises(NotFound):
        create_organisation(kind="agent", code="X", name="X", parent_code="BJ", by=manager, at=noon)
    with pytest.raises(NotFound):
        move_organisation(code="BJ", parent_code="SH", by=manager, at=noon)


def test_whoever_has_no_role_sees_nothing(branch):
    nobody = Actor.person("nobody")
    assert not queries.organisations(nobody.scope(Right.PARTIES_VIEW))
