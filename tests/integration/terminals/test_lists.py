"""Lists, search and the board: within the scope, in a fixed number of statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import MerchantFactory, ModelApprovalFactory, SiteFactory, TerminalFactory

from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import (
    SORTS,
    board,
    count_up_to,
    counts_by_state,
    find,
    terminal,
    terminals,
    viewable,
)
from tillkeeper.terminals.selection import Filters

pytestmark = pytest.mark.django_db


def serials(rows):
    return {row.serial for row in rows}


def test_people_see_their_branch_and_below(branch, neighbour, manager, administrator):
    mine, theirs = TerminalFactory(state=State.ACTIVE, home=branch), TerminalFactory(home=neighbour)
    assert serials(terminals(viewable(manager))) == {mine.serial}
    assert serials(terminals(viewable(administrator))) == {mine.serial, theirs.serial}
    with pytest.raises(NotFound):
        terminal(viewable(manager), theirs.serial)


def test_a_merchants_contact_sees_its_own_counters_only(branch, hire):
    merchant = MerchantFactory(parent=branch)
    mine = TerminalFactory(state=State.ACTIVE, home=branch, site=SiteFactory(merchant=merchant))
    TerminalFactory(state=State.ACTIVE, home=branch)
    contact = hire(Role.MERCHANT_CONTACT, merchant.organisation)
    assert serials(terminals(viewable(contact))) == {mine.serial}


def test_a_vendors_contact_sees_that_vendors_models_only(branch, head_office, hire):
    mine, other = TerminalFactory(home=branch), TerminalFactory(home=branch)
    contact = hire(Role.VENDOR_CONTACT, head_office, role__vendor=mine.model.vendor)
    assert other.model.vendor != mine.model.vendor
    assert serials(terminals(viewable(contact))) == {mine.serial}
    assert [found.key for found in find(other.serial, by=contact)] == []


@pytest.mark.parametrize(
    "needle", ["82034", "P8203", "3456", "商户甲", "金穗", "898310000000001", "10000009"]
)
def test_any_part_of_a_serial_a_merchant_or_a_terminal_id_finds_it(needle, branch, administrator):
    merchant = MerchantFactory(parent=branch, name="上海金穗商户甲便利店", number="898310000000001")
    site = SiteFactory(merchant=merchant)
    wanted = TerminalFactory(
        serial="P82034567", state=State.ACTIVE, home=branch, site=site, elements={"tid": "10000009"}
    )
    TerminalFactory(serial="Q99999999", home=branch)
    assert serials(terminals(viewable(administrator), Filters(q=needle))) == {wanted.serial}
    assert find(needle, by=administrator)[0].key in {wanted.serial, merchant.number}


def test_what_looks_like_a_pattern_is_taken_as_it_stands(branch, administrator):
    TerminalFactory(serial="P82034567", home=branch)
    for needle in ("%%%", "P82_345", '"OR"', "a*b", "'; --", "\\\\\\"):
        assert serials(terminals(viewable(administrator), Filters(q=needle))) == set()


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_gives_each_terminal_once(sort, branch, administrator):
    made = {TerminalFactory(home=branch).serial for _ in range(7)}
    rows = terminals(viewable(administrator), sort=sort)
    paged = [row.serial for start in range(0, 8, 3) for row in rows[start : start + 3]]
    assert (len(paged), set(paged)) == (7, made)


def test_a_list_row_costs_no_statement_of_its_own(branch, administrator):
    counts = []
    for _ in range(2):
        for _ in range(10):
            TerminalFactory(state=State.ACTIVE, home=branch)
        with CaptureQueriesContext(connection) as seen:
            for row in terminals(viewable(administrator)):
                _ = (row.model.vendor.name, row.site.name, row.binding.merchant.name, row.home.name)
        counts.append(len(seen))
    assert counts == [1, 1]


def test_the_board_costs_the_same_however_large_the_estate(branch, administrator, noon):
    counts = []
    for _ in range(2):
        for state in (State.ACTIVE, State.FAULTY, State.IN_STOCK):
            ModelApprovalFactory(model=TerminalFactory(state=state, home=branch).model)
        with CaptureQueriesContext(connection) as seen:
            board(by=administrator, on=noon.date())
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_board_tells_what_wants_a_person(branch, administrator, noon):
    late = noon + timedelta(days=100)
    tampered = TerminalFactory(state=State.QUARANTINE, home=branch, tampered=True)
    ModelApprovalFactory(model=tampered.model, expires_on=(noon + timedelta(days=120)).date())
    TerminalFactory(state=State.SCRAPPED, home=branch, model=tampered.model)
    told = board(by=administrator, on=late.date())
    assert {item.kind for item in told.attention} == {"tampered", "slow"}
    assert (told.total, [bar.count for bar in told.by_branch]) == (1, [1])
    assert [(e.code, e.days, e.terminals) for e in told.expiries] == [(tampered.model.code, 20, 1)]


def test_counting_stops_where_nobody_reads_on(branch, administrator):
    for _ in range(3):
        TerminalFactory(home=branch)
    rows = terminals(viewable(administrator))
    assert count_up_to(rows, 2) == (2, False)
    assert count_up_to(rows, 3) == (3, True)


def test_tabs_count_every_state_whatever_tab_is_open(branch, administrator):
    for state in (State.ACTIVE, State.ACTIVE, State.LOST):
        TerminalFactory(state=state, home=branch)
    seen = counts_by_state(viewable(administrator), Filters(state=("lost",)))
    assert seen == {"active": 2, "lost": 1}


def test_filters_narrow_each_by_its_own(branch, neighbour, administrator, noon):
    here = TerminalFactory(state=State.ACTIVE, home=branch, received_on=noon.date())
    TerminalFactory(state=State.IN_STOCK, home=neighbour)
    day = noon.date()
    for filters in (
        Filters(state=("active",)),
        Filters(model=here.model.code),
        Filters(vendor=here.model.vendor.code),
        Filters(organisation=branch.code),
        Filters(merchant=here.binding.merchant.number),
        Filters(site=here.site.code),
        Filters(province=here.site.province, holder="site"),
        Filters(received_from=day, received_to=day),
    ):
        assert serials(terminals(viewable(administrator), filters)) == {here.serial}, filters
    assert not terminals(viewable(administrator), Filters(organisation="NOWHERE")).exists()
