"""What is asked in another way once there is much of it finds the same."""

import pytest
from tests.factories import MerchantFactory, SiteFactory, TerminalFactory

from tillkeeper.kernel.actor import Scope
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import find, finding, lists, terminals
from tillkeeper.terminals.selection import Filters

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(("",))


@pytest.fixture
def estate(branch):
    """Three terminals at sites of two provinces, one in stock."""
    shop = MerchantFactory(parent=branch, name="Green Tea House")
    rows = []
    for province, serial in (
        ("四川省", "LARGE001"),
        ("四川省", "LARGE002"),
        ("广东省", "LARGE003"),
    ):
        site = SiteFactory(merchant=shop, province=province)
        terminal = TerminalFactory(serial=serial, home=branch, state=State.ACTIVE, site=site)
        rows.append(terminal)
    TerminalFactory(serial="LARGE004", home=branch, state=State.IN_STOCK)
    return rows


def serials(filters, scope=EVERYTHING, sort="serial"):
    return [row.serial for row in terminals(scope, filters, sort)]


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("sort", ["serial", "-state_since", "received_on"])
def test_a_province_with_many_sites_lists_what_one_with_few_does(estate, few, sort, monkeypatch):
    monkeypatch.setattr(lists, "FEW_SITES", few)
    assert sorted(serials(Filters(province="四川省"), sort=sort)) == ["LARGE001", "LARGE002"]


@pytest.mark.parametrize("sort", lists.SORTS)
def test_a_model_is_found_by_every_sort(estate, sort):
    model = estate[0].model
    assert "LARGE001" in serials(Filters(model=model.code), sort=sort)
    assert serials(Filters(model="NONE-SUCH"), sort=sort) == []


@pytest.mark.parametrize("limit", [1, 10_000])
def test_a_part_that_many_serial_numbers_have_finds_all_of_them(estate, limit, monkeypatch):
    monkeypatch.setattr(lists, "COUNT_LIMIT", limit)
    assert serials(Filters(q="large00")) == ["LARGE001", "LARGE002", "LARGE003", "LARGE004"]


def test_the_box_finds_within_the_view_when_the_first_hits_are_all_elsewhere(
    estate, neighbour, hire, monkeypatch
):
    monkeypatch.setattr(finding, "ENOUGH_HITS", 2)
    TerminalFactory(serial="LARGE999", home=neighbour, state=State.IN_STOCK)
    by = hire(Role.ESTATE_MANAGER, neighbour)
    assert [hit.key for hit in find("LARGE", by=by) if hit.kind == "terminal"] == ["LARGE999"]


def test_the_box_finds_by_terminal_id(estate, hire, head_office):
    by = hire(Role.ESTATE_MANAGER, head_office)
    tid = estate[0].binding.tid
    assert "LARGE001" in [hit.key for hit in find(tid, by=by)]


def test_a_head_office_sees_its_own_tree_and_no_other(estate, head_office, hire):
    by = hire(Role.ESTATE_MANAGER, head_office)
    assert len(serials(Filters(), by.scope("estate.view"))) == 4
    assert serials(Filters(), Scope(("00ZZZZ",))) == []
