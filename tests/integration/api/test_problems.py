"""Refusals have one shape, in the reader's language, whatever refused; a mistake of ours gets a number."""

import pytest
from django.db import IntegrityError
from django.test import Client
from tests.factories import TerminalFactory
from tests.integration.api.conftest import Caller, problem

from tillkeeper.api import vendors
from tillkeeper.parties.roles import Role

pytestmark = pytest.mark.django_db


def test_a_refusal_names_code_facts_and_a_sentence(ada, head_office):
    terminal = TerminalFactory(home=head_office, state="in_stock")
    told = problem(
        ada.post(f"/terminals/{terminal.serial}/steps", {"step": "suspend", "why": "x"}),
        409,
        "terminals.step_refused",
    )
    assert told["facts"] == {"serial": terminal.serial, "step": "suspend", "state": "in_stock"}
    assert (
        told["title"]
        == f"Terminal {terminal.serial} is in stock: “Suspend” is not possible from there."
    )
    assert told["instance"] == f"/api/v1/terminals/{terminal.serial}/steps"
    assert ada.get(told["type"]).json()["status"] == 409


def test_the_title_stays_english_and_the_detail_follows_the_reader(ada):
    english = problem(ada.get("/vendors/none", Accept_Language="en"), 404, "kernel.not_found")
    chinese = problem(
        ada.get("/vendors/none", Accept_Language="zh-CN,zh;q=0.9"), 404, "kernel.not_found"
    )
    assert english["title"] == chinese["title"] == english["detail"]


def test_no_address_of_the_api_answers_with_a_page(ada):
    for path in ("/nothing", "/terminals/x/y/z/prospects", "/", ""):
        answered = ada.get(path) if path else ada.get("/api/v1/")
        assert answered.status_code == 404
        assert answered["Content-Type"] == "application/problem+json"
    problem(Caller(Client()).get("/nothing"), 404, "api.no_such_address")


def test_a_wrong_method_names_the_right_ones(ada):
    answered = ada.delete("/vendors")
    told = problem(answered, 405, "api.method_not_allowed")
    assert set(answered["Allow"].split(", ")) == {"GET", "POST"}
    assert told["facts"]["method"] == "DELETE"


@pytest.mark.parametrize("body", ["{", "not json", '{"a": "\\u0000"}', '{"a": "\\ud800"}', "\xff"])
def test_a_body_that_cannot_be_read_is_refused(ada, body):
    answered = ada.client.generic(
        "POST", "/api/v1/vendors", body.encode("latin-1"), content_type="application/json"
    )
    problem(answered, 400, "api.malformed")


def test_missing_fields_are_named_and_values_not_repeated(ada):
    told = problem(
        ada.post("/people", {"username": "x" * 200, "password": ""}), 422, "api.body_invalid"
    )
    assert {field["field"] for field in told["facts"]["fields"]} == {"username", "password"}
    assert "xxx" not in str(told)


def test_a_body_too_large_is_refused_before_it_is_read(ada, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    answered = ada.post("/vendors", {"code": "V", "name": "x" * 2**20})
    assert problem(answered, 413, "api.too_large")["facts"] == {"limit_mib": 1}


def test_a_constraint_nobody_foresaw_is_our_mistake_with_a_number(ada, monkeypatch, caplog):
    def broken(**_):
        raise IntegrityError("UNIQUE constraint failed: secret_table.secret_column")

    monkeypatch.setattr(vendors.services, "create_vendor", broken)
    told = problem(
        ada.post("/vendors", {"code": "V", "name": "N"}, Idempotency_Key="k"), 500, "api.broken"
    )
    assert told["reference"] in caplog.text
    assert "secret_column" in caplog.text
    assert "secret" not in str(told)
    monkeypatch.undo()
    assert ada.post("/vendors", {"code": "V", "name": "N"}, Idempotency_Key="k").status_code == 201


def test_a_nul_in_an_address_is_refused(ada):
    problem(ada.get("/terminals?q=%00"), 400, "api.malformed")
    problem(ada.get("/terminals/A%00B"), 400, "api.malformed")


def test_heavy_work_is_limited(ada, monkeypatch):
    from tillkeeper.api.throttles import HEAVY

    monkeypatch.setattr(HEAVY, "num_requests", 1)
    ada.download("/terminals/export?kind=csv")
    answered = ada.get("/terminals/export?kind=csv")
    problem(answered, 429, "api.too_many_requests")
    assert int(answered["Retry-After"]) > 0


def test_every_kind_of_problem_can_be_looked_up():
    listed = Caller(Client()).get("/problems").json()
    codes = {told["code"] for told in listed}
    assert {
        "kernel.stale",
        "terminals.guard_failed",
        "api.broken",
        "parties.circular_move",
    } <= codes
    problem(Caller(Client()).get("/problems/none.such"), 404, "kernel.not_found")


def test_reading_roles_change_nothing(signed_in, head_office):
    auditor = signed_in(Role.COMPLIANCE_AUDITOR, head_office)
    for path, body in [
        ("/vendors", {"code": "V", "name": "N"}),
        ("/organisations", {"kind": "branch", "code": "N", "name": "N", "parent": "HQ"}),
        ("/people", {"username": "n", "password": "a long enough one 9"}),
        ("/models", {"code": "M", "name": "M", "vendor": "V"}),
        ("/terminals/steps", {"step": "suspend", "why": "x", "serials": ["P820000001"]}),
        ("/terminals/tampered", {"why": "x", "serials": ["P820000001"]}),
    ]:
        problem(auditor.post(path, body), 403, "kernel.not_allowed")


@pytest.mark.parametrize(
    "address", ["/terminals?bogus=1", "/terminals/export?kind=csv&stat=active", "/board?x=1"]
)
def test_a_name_that_the_query_does_not_know_is_refused(ada, address):
    told = problem(ada.get(address), 422, "api.body_invalid")
    (field,) = told["facts"]["fields"]
    assert (field["in"], field["problem"]) == ("query", "extra_forbidden")
    assert "known:" in field["message"]


def test_a_change_to_a_field_that_cannot_be_changed_is_refused(ada, head_office):
    terminal = TerminalFactory(home=head_office, state="in_stock")
    address = f"/terminals/{terminal.serial}"
    version = ada.get(address)["ETag"]
    told = problem(
        ada.patch(address, {"state": "scrapped"}, If_Match=version), 422, "api.body_invalid"
    )
    assert told["facts"]["fields"][0]["field"] == "state"
    terminal.refresh_from_db()
    assert terminal.state == "in_stock"


def test_the_board_names_states_in_the_reader_s_language(ada, head_office):
    TerminalFactory(home=head_office, state="in_stock")
    bars = ada.get("/board", Accept_Language="zh-CN").json()["by_state"]
    assert [(bar["key"], bar["title"]) for bar in bars] == [("in_stock", "在库")]
