"""Labels in the console."""

import pytest
from django.urls import reverse
from tests.factories import TerminalFactory

PDF = reverse("web:labels-pdf")


@pytest.fixture
def stock(branch):
    return [TerminalFactory(serial=f"SN{n:05d}", home=branch) for n in range(3)]


def test_a_selection_of_the_list_comes_with_its_serials_and_a_preview(desk, stock):
    shown = desk.post(reverse("web:labels"), {"serial": ["SN00001", "SN00002"]}).content.decode()
    assert "SN00001\nSN00002" in shown
    assert shown.count('role="img"') == 2
    every = desk.post(
        reverse("web:labels"), {"all_matching": "1", "query": "state=in_stock"}
    ).content.decode()
    assert "3 labels" in every


def test_the_preview_names_what_is_not_in_view(visit, manager, neighbour, stock):
    TerminalFactory(serial="BEYOND01", home=neighbour)
    sent = {"serials": "sn00000\nbeyond01", "sheet": "a4-3x8"}
    shown = visit(manager).post(reverse("web:labels-preview"), sent).content.decode()
    assert "1 label" in shown
    assert "BEYOND01" in shown


def test_labels_come_as_pdf(desk, stock):
    response = desk.post(PDF, {"serials": "SN00000 SN00001", "sheet": "a4-3x8", "skip": "2"})
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")


@pytest.mark.parametrize("wrong", [{"serials": ""}, {"skip": "24"}, {"sheet": "napkin"}])
def test_what_cannot_be_printed_is_said_in_place(wrong, desk, stock):
    assert (
        desk.post(PDF, {"serials": "SN00000", "sheet": "a4-3x8", "skip": "0", **wrong}).status_code
        == 422
    )
