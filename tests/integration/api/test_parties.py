"""Organisations, merchants, sites, people, saved views, audit and policies through the API."""

import pytest
from tests.factories import TerminalFactory
from tests.integration.api.conftest import problem

from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.roles import Role

pytestmark = pytest.mark.django_db
USCC = "91310000MA1FL0BX03"
ID_NUMBER = "11010519491231002X"
ACCOUNT = "6228480402564890018"


def test_the_tree_grows_and_moves(ada, head_office):
    for code, kind, parent in [("A", "branch", "HQ"), ("B", "branch", "HQ"), ("AG", "agent", "A")]:
        made = ada.post(
            "/organisations", {"kind": kind, "code": code, "name": code, "parent": parent}
        )
        assert (made.status_code, made.json()["parent"]) == (201, parent)
    rows = ada.get("/organisations/tree").json()
    assert [(row["code"], row["depth"]) for row in rows] == [
        ("HQ", 0),
        ("A", 1),
        ("AG", 2),
        ("B", 1),
    ]
    assert ada.post("/organisations/AG/move", {"parent": "B"}).json()["parent"] == "B"
    problem(ada.post("/organisations/B/move", {"parent": "AG"}), 409, "parties.placement_refused")


def test_personal_and_account_data_never_come_back_in_full(ada, head_office):
    told = ada.post(
        "/merchants",
        {
            "number": "898310148160001",
            "name": "小店",
            "parent": "HQ",
            "id_number": ID_NUMBER,
            "settlement_account": ACCOUNT,
            "phone": "13800001234",
        },
    )
    assert told.status_code == 201, told.content
    answers = (
        told.content + ada.get("/merchants/898310148160001").content + ada.get("/merchants").content
    )
    answers += ada.get("/audit").content
    for secret in (ID_NUMBER, ACCOUNT, "13800001234"):
        assert secret.encode() not in answers


def test_a_wrong_credit_code_is_refused_by_field(ada, head_office):
    body = {"number": "898310148160001", "name": "Shop", "parent": "HQ", "uscc": USCC[:-1] + "9"}
    told = problem(ada.post("/merchants", body), 422, "kernel.field_invalid")
    assert told["facts"]["field"] == "uscc"


def test_a_merchant_has_sites_and_both_are_found_by_part_of_the_name(ada, head_office):
    ada.post(
        "/merchants",
        {"number": "898310148160001", "name": "Golden Noodles", "parent": "HQ", "uscc": USCC},
    )
    site = {
        "merchant": "898310148160001",
        "code": "S1",
        "name": "Harbour",
        "address": "Road 1",
        "latitude": 31.2,
    }
    assert ada.post("/sites", site).json()["latitude"] == 31.2
    assert [row["number"] for row in ada.walk("/merchants?q=Nood")] == ["898310148160001"]
    assert [row["code"] for row in ada.walk("/sites?merchant=898310148160001")] == ["S1"]


def test_people_get_roles_and_lose_them(ada, head_office, branch):
    body = {"username": "bo", "display_name": "Bo", "password": "a long enough one 9"}
    assert ada.post("/people", body).status_code == 201
    told = ada.post("/people/bo/grants", {"role": "technician", "organisation": "SH"}).json()
    assert [(grant["role"], grant["organisation"]) for grant in told["grants"]] == [
        ("technician", "SH")
    ]
    assert ada.delete("/people/bo/grants/SH/technician").json()["grants"] == []
    assert ada.post("/people/bo/password", {"password": "another 8 long words"}).status_code == 204
    assert ada.post("/people/bo/deactivate").json()["is_active"] is False
    assert ada.post("/people/bo/reactivate").json()["is_active"] is True
    problem(ada.post("/people/bo/password", {"password": "12345"}), 422, "parties.password_refused")
    problem(ada.post("/people/ada/deactivate"), 403, "parties.own_account")


def test_only_those_who_manage_people_see_them(signed_in, head_office):
    keeper = signed_in(Role.WAREHOUSE_KEEPER, head_office)
    for path in ("/people", "/people/ada"):
        problem(keeper.get(path), 403, "kernel.not_allowed")


def test_views_are_kept_shared_and_removed(ada, mei, head_office):
    view = {
        "page": "terminals",
        "name": "Faulty ones",
        "query": "state=faulty",
        "columns": ["serial"],
    }
    kept = ada.post("/views", {**view, "shared_at": "HQ"}).json()
    assert [row["name"] for row in mei.get("/views?page=terminals").json()] == ["Faulty ones"]
    problem(mei.delete(f"/views/{kept['id']}"), 404, "kernel.not_found")
    assert ada.delete(f"/views/{kept['id']}").status_code == 204
    assert mei.get("/views?page=terminals").json() == []


def test_preferences_are_remembered_one_by_one(ada):
    ada.put("/me/preferences", {"theme": "dark"})
    told = ada.put("/me/preferences", {"columns": {"terminals": ["serial"]}}).json()
    assert told["preferences"] == {"theme": "dark", "columns": {"terminals": ["serial"]}}
    assert told["roles"][0]["role"] == "administrator"


def test_the_trail_is_walked_page_by_page_and_verified(ada, head_office):
    serial = TerminalFactory(home=head_office, state="active").serial
    for name in ("suspend", "resume", "suspend"):
        ada.post(f"/terminals/{serial}/steps", {"step": name, "why": "x"})
    rows = ada.walk(f"/audit?limit=1&subject=terminal:{serial}")
    assert [row["action"] for row in rows] == [
        "terminal.suspend",
        "terminal.resume",
        "terminal.suspend",
    ]
    assert (rows[0]["actor"], rows[0]["source"]) == ("person:ada", "127.0.0.1")
    assert all(verdict["broken"] is None for verdict in ada.get("/audit/verify").json())
    AuditEntry.objects.order_by("pk").first().delete()
    assert any(verdict["broken"] for verdict in ada.get("/audit/verify").json())


def test_only_auditors_read_the_trail(mei):
    for path in ("/audit", "/audit/verify"):
        problem(mei.get(path), 403, "kernel.not_allowed")


def test_policies_name_their_source(ada):
    assert all(rule["source"] for rule in ada.get("/policies").json())
