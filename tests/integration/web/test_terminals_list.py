"""The list of terminals: what it finds, what it costs, what can be kept of it."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from tests.factories import TerminalFactory, TerminalModelFactory

from tillkeeper.parties.models import SavedView
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State

LIST = reverse("web:terminals")


@pytest.fixture
def model(db):
    return TerminalModelFactory(code="A9", name="Model A9")


@pytest.fixture
def stock(branch, model):
    return [TerminalFactory(serial=f"SN{n:05d}", home=branch, model=model) for n in range(3)]


def test_the_list_comes_as_a_page_and_as_a_part(desk, htmx, stock):
    page, part = desk.get(LIST), desk.get(LIST, headers={**htmx, "HX-Target": "table"})
    assert b"<html" in page.content
    assert b"<html" not in part.content
    for response in (page, part):
        assert b"SN00001" in response.content
        assert "HX-Request" in response["Vary"]


def test_filters_and_sort_stand_in_the_url(desk, stock, branch):
    TerminalFactory(serial="OTHER001", home=branch, state=State.FAULTY)
    shown = desk.get(LIST, {"state": "faulty", "sort": "-serial"}).content
    assert b"OTHER001" in shown
    assert b"SN00001" not in shown


def test_what_cannot_be_read_in_a_url_narrows_nothing(desk, stock):
    query = {
        "state": "wrong",
        "received_from": "yesterday",
        "tampered": "maybe",
        "page": "x",
        "sort": "; drop",
    }
    response = desk.get(LIST, query)
    assert response.status_code == 200
    assert b"SN00002" in response.content


def test_counts_of_the_tabs_come_by_a_request_of_their_own(desk, stock, branch):
    TerminalFactory(home=branch, state=State.FAULTY)
    shown = desk.get(reverse("web:terminals-tabs"), {"q": "SN0"}).content.decode()
    assert '<span class="cnt">3</span>' in shown
    assert "hx-trigger" not in shown


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_asks_the_same_number_of_statements_however_many_rows(
    count, desk, branch, model, htmx, django_assert_num_queries
):
    for _ in range(count):
        TerminalFactory(home=branch, model=model, state=State.ACTIVE)
    desk.get(LIST, {"size": "50"})
    # session, person, grants, count, keys of the page, its rows, how they are heard
    with django_assert_num_queries(7):
        response = desk.get(LIST, {"size": "50"}, headers={**htmx, "HX-Target": "table"})
    assert response.content.count(b"data-row") == count


def test_an_empty_list_says_which_filters_found_nothing(desk, stock):
    shown = desk.get(LIST, {"q": "NOWHERE9"}).content.decode()
    assert "No terminal matches these filters" in shown
    assert "NOWHERE9" in shown
    assert "<table" not in shown


def test_others_terminals_are_not_listed(visit, manager, neighbour, stock):
    TerminalFactory(serial="BEYOND01", home=neighbour)
    shown = visit(manager).get(LIST).content
    assert b"SN00001" in shown
    assert b"BEYOND01" not in shown


def test_columns_are_kept_for_the_person_in_their_order(desk, stock):
    sent = {"columns": ["model", "serial", "nonsense"], "query": "state=in_stock&columns=owner"}
    response = desk.post(reverse("web:terminals-columns"), sent)
    assert response["Location"] == f"{LIST}?state=in_stock"
    shown = desk.get(LIST).content.decode()
    assert "Merchant name" not in shown
    assert shown.index('scope="col">Model') < shown.index(">Serial number")


def test_columns_in_the_url_go_before_ones_own(desk, stock):
    shown = desk.get(LIST, {"columns": "owner"}).content.decode()
    assert ">Owner<" in shown
    assert "SN00001" in shown


def test_a_view_is_saved_with_its_columns_and_shared_below(
    desk, visit, manager, head_office, stock
):
    asked = desk.get(reverse("web:terminals-view-new"), {"state": "in_stock", "page": "3"})
    assert b"state=in_stock" in asked.content
    assert b'name="query" value="state=in_stock"' in asked.content
    sent = {
        "name": "Shelf",
        "query": "state=in_stock",
        "columns": "serial,model",
        "shared_at": head_office.code,
    }
    assert desk.post(reverse("web:terminals-view-new"), sent).status_code == 302
    assert "Shelf" in visit(manager).get(LIST).content.decode()
    view = SavedView.objects.get()
    assert (
        visit(manager).post(reverse("web:terminals-view-delete", args=[view.pk])).status_code == 404
    )
    assert desk.post(reverse("web:terminals-view-delete", args=[view.pk])).status_code == 302


def test_a_view_without_a_name_is_refused_in_place(desk, htmx):
    response = desk.post(reverse("web:terminals-view-new"), {"name": ""}, headers=htmx)
    assert response.status_code == 422
    assert b'aria-invalid="true"' in response.content


def test_the_export_holds_exactly_what_is_filtered_in_the_chosen_columns(desk, stock, branch):
    TerminalFactory(serial="OTHER001", home=branch, state=State.FAULTY)
    query = {
        "kind": "xlsx",
        "state": "in_stock",
        "columns": "serial,model",
        "sort": "-serial",
        "size": "25",
    }
    response = desk.get(reverse("web:terminals-export"), query)
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert rows == [["Serial number", "Model"], *[[f"SN{n:05d}", "Model A9"] for n in (2, 1, 0)]]


def test_the_export_of_chosen_rows_holds_these_alone(desk, stock):
    sent = {"kind": "csv", "serial": ["SN00001"]}
    response = desk.post(reverse("web:terminals-export") + "?columns=serial", sent)
    assert b"".join(response.streaming_content).decode("utf-8-sig").split() == [
        "Serial",
        "number",
        "SN00001",
    ]


def test_the_exports_dialog_counts_first(desk, htmx, stock):
    shown = desk.get(
        reverse("web:terminals-export"), {"state": "in_stock"}, headers=htmx
    ).content.decode()
    assert "Export 3 terminals" in shown
    assert "<html" not in shown


def test_whoever_may_not_export_is_told_so(visit, hire, branch):
    support = visit(hire(Role.SUPPORT_AGENT, branch))
    assert support.get(reverse("web:terminals-export")).status_code == 403
    assert b"Export" not in support.get(LIST).content


def test_ordered_terminals_enter_by_their_serial_numbers(desk, branch, model):
    response = desk.post(
        reverse("web:terminals-order"),
        {
            "serials": "new001, new002\nbad!", "model": model.code, "organisation": branch.code,
            "supplier": model.vendor.code, "price": "128.50", "currency": "CNY",
        },
    )  # fmt: skip
    shown = desk.get(response["Location"]).content.decode()
    assert "<strong>2</strong>" in shown
    assert "BAD!" in shown
    assert b"NEW001" in desk.get(LIST, {"state": "ordered"}).content


def test_an_order_without_a_model_is_refused_in_place(desk, htmx, branch, model):
    response = desk.post(reverse("web:terminals-order"), {"serials": "NEW001"}, headers=htmx)
    assert response.status_code == 422
