"""Pages by cursor: all pages together are all rows, each once, under every sort."""

from datetime import date, timedelta
from typing import get_args

import pytest
from tests.factories import (
    NOON,
    MerchantFactory,
    OrganisationFactory,
    SiteFactory,
    TerminalFactory,
    TerminalModelFactory,
    VendorFactory,
)
from tests.integration.api.conftest import problem

from tillkeeper.api import import_schemas, terminals
from tillkeeper.formats.ledgers.columns import KINDS
from tillkeeper.terminals.queries import SORTS

pytestmark = pytest.mark.django_db
ROWS = 23


@pytest.fixture
def estate(head_office):
    """Terminals with ties and blanks in every column that is sorted by."""
    model = TerminalModelFactory()
    return [
        TerminalFactory(
            home=head_office,
            model=model,
            state_since=NOON - timedelta(days=number // 5),
            received_on=None if number % 3 == 0 else date(2026, 1, 1 + number % 4),
            warranty_until=date(2028, 1, 1) if number == 7 else None,
        )
        for number in range(ROWS)
    ]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 4, 23, 200])
def test_all_pages_are_all_terminals_once_in_order(ada, estate, sort, limit):
    rows = ada.walk(f"/terminals?sort={sort}&limit={limit}")
    assert sorted(row["serial"] for row in rows) == sorted(terminal.serial for terminal in estate)
    column = sort.lstrip("-")
    values = [row[column] for row in rows if row[column] is not None]
    assert values == sorted(values, reverse=sort.startswith("-"))
    blank = [row[column] is None for row in rows]
    assert blank == sorted(blank)  # blanks last, either way


@pytest.mark.parametrize("sort", ["code", "-code", "name", "-name"])
@pytest.mark.parametrize("path", ["/organisations", "/sites", "/vendors", "/models"])
def test_all_pages_are_all_rows_once(ada, head_office, path, sort):
    merchant = MerchantFactory(parent=head_office)
    for _ in range(5):
        OrganisationFactory(parent=head_office, name="same")
        SiteFactory(merchant=merchant, name="same")
        TerminalModelFactory(name="same")
        VendorFactory()
    whole = ada.get(f"{path}?limit=200&sort={sort}").json()
    assert whole["next"] is None
    assert ada.walk(f"{path}?limit=2&sort={sort}") == whole["items"]
    assert len({row["code"] for row in whole["items"]}) == len(whole["items"]) >= 5


def test_rows_that_come_and_go_between_pages_neither_hide_nor_double_others(ada, estate):
    first = ada.get("/terminals?limit=10").json()
    estate[2].delete()
    TerminalFactory(serial="A0001", home=estate[0].home, model=estate[0].model)
    rest = ada.walk(first["next"])
    assert [row["serial"] for row in first["items"] + rest] == [
        terminal.serial for terminal in estate
    ]


def test_filters_go_along_from_page_to_page(ada, estate):
    rows = ada.walk(
        "/terminals?limit=2&received_from=2026-01-03&received_to=2026-01-04&sort=-received_on"
    )
    wanted = {t.serial for t in estate if t.received_on and t.received_on >= date(2026, 1, 3)}
    assert {row["serial"] for row in rows} == wanted


def test_a_cursor_of_another_list_or_sort_is_refused(ada, estate):
    following = ada.get("/terminals?limit=2&sort=state_since").json()["next"]
    problem(ada.get(following.replace("sort=state_since", "sort=serial")), 422, "api.bad_cursor")


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "W10", "WyJzZXJpYWwiLHt9LDFd", "WyJzZXJpYWwiLG51bGwsLTFd", "%00"]
)
def test_a_made_up_cursor_is_refused(ada, cursor):
    assert ada.get(f"/terminals?cursor={cursor}").status_code in (400, 422)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "sort=path", "state=nowhere"])
def test_a_wrong_query_is_refused_by_field(ada, query):
    told = problem(ada.get(f"/terminals?{query}"), 422, "api.body_invalid")
    assert [field["field"].split(".")[0] for field in told["facts"]["fields"]] == [
        query.split("=")[0]
    ]


def test_counts_tell_what_a_filter_finds(ada, estate):
    told = ada.get("/terminals/counts").json()
    assert told == {"total": ROWS, "exact": True, "by_state": {"in_stock": ROWS}}


def test_the_choices_of_the_api_are_those_of_the_rooms():
    assert get_args(terminals.Sort) == SORTS
    assert set(get_args(import_schemas.Kind)) == set(KINDS)


@pytest.mark.parametrize("rows", [1, 20])
def test_a_page_takes_the_same_number_of_statements_however_long(
    ada, head_office, rows, django_assert_max_num_queries
):
    for _ in range(rows):
        TerminalFactory(home=head_office, state="active")
    ada.get("/terminals")
    with django_assert_max_num_queries(6):
        assert len(ada.get("/terminals?limit=200").json()["items"]) == rows
