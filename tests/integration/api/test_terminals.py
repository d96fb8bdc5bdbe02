"""Terminals through the API: the whole life of one, and verbs for many."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.factories import (
    MerchantFactory,
    ModelApprovalFactory,
    SiteFactory,
    TerminalFactory,
    VendorFactory,
)
from tests.integration.api.conftest import Caller, bearer, problem

from tillkeeper.parties.models import Person
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Terminal

pytestmark = pytest.mark.django_db


@pytest.fixture
def approval(head_office):
    return ModelApprovalFactory(model__code="M1")


def step(caller, serial, name, **said):
    answered = caller.post(f"/terminals/{serial}/steps", {"step": name, **said})
    assert answered.status_code == 200, answered.content
    return answered.json()


def proof(caller, serial, kind):
    told = caller.post(
        "/terminals/evidence", {"serials": [serial], "kind": kind, "reference": f"R-{kind}"}
    ).json()
    assert told["moved"] == 1, told


def test_a_terminal_lives_from_order_to_service_and_back(ada, head_office, approval):
    supplier = VendorFactory(code="SUP")
    site = SiteFactory(merchant=MerchantFactory(parent=head_office))
    order = {
        "serials": ["P82000A1"],
        "model": "M1",
        "organisation": "HQ",
        "supplier": supplier.code,
    }
    assert ada.post("/terminals/orders", order).json()["moved"] == 1
    serial = "P82000A1"
    step(ada, serial, "receive")
    step(ada, serial, "accept")
    step(ada, serial, "stage")
    proof(ada, serial, "key_injection")
    step(ada, serial, "prepare")
    step(ada, serial, "issue", custodian="li")
    step(ada, serial, "install", site=site.code)
    proof(ada, serial, "acceptance")
    elements = {
        "merchant": site.merchant.number,
        "site": site.code,
        "tid": "10000001",
        "acquirer_code": "48021000",
    }
    active = step(ada, serial, "activate", elements=elements)
    assert (active["state"], active["tid"]) == ("active", "10000001")
    assert active["merchant"]["number"] == site.merchant.number
    assert active["binding"]["settlement_account"].startswith("*")
    told = ada.get(f"/terminals/{serial}/timeline").json()
    steps = [happening["name"] for happening in told if happening["kind"] == "step"]
    assert set(steps) >= {
        "open",
        "receive",
        "accept",
        "stage",
        "prepare",
        "issue",
        "install",
        "activate",
    }
    prospects = {p["step"]: p for p in ada.get(f"/terminals/{serial}/prospects").json()}
    assert prospects["suspend"]["open"]
    assert prospects["stage"]["wrong_state"]


def test_a_swap_puts_the_new_one_in_the_old_ones_place(ada, head_office, approval):
    old = TerminalFactory(home=head_office, state=State.FAULTY, model=approval.model)
    new = TerminalFactory(home=head_office, state=State.ISSUED, model=approval.model)
    body = {"new": new.serial, "why": "chip read error", "acceptance": "A-1"}
    told = ada.post(f"/terminals/{old.serial}/swap", body).json()
    assert (told["old"]["state"], told["new"]["state"]) == ("returning", "active")
    assert told["new"]["tid"] == old.binding.tid


def test_if_match_is_heeded_by_a_step_when_sent(ada, head_office):
    terminal = TerminalFactory(home=head_office, state=State.ACTIVE)
    body = {"step": "suspend", "why": "x"}
    problem(
        ada.post(f"/terminals/{terminal.serial}/steps", body, If_Match='"9"'), 412, "kernel.stale"
    )
    assert ada.post(f"/terminals/{terminal.serial}/steps", body, If_Match='"1"').status_code == 200


def test_a_verb_for_many_tells_of_each_that_stayed(ada, head_office):
    good = [TerminalFactory(home=head_office, state=State.ACTIVE).serial for _ in range(3)]
    bad = TerminalFactory(home=head_office, state=State.IN_STOCK).serial
    body = {"step": "suspend", "why": "x", "serials": [*good, bad, "P82NOWHERE"]}
    told = ada.post("/terminals/steps", body).json()
    assert (told["moved"], told["refused_count"]) == (3, 2)
    codes = {refused["serial"]: refused["code"] for refused in told["refused"]}
    assert codes == {bad: "terminals.step_refused", "P82NOWHERE": "kernel.not_found"}
    listed = ada.walk(f"/terminals/batches/{told['batch']}/refusals?limit=1")
    assert {row["serial"]: row["code"] for row in listed} == codes


def test_a_verb_for_all_that_a_filter_finds(ada, head_office):
    for state in (State.ACTIVE, State.ACTIVE, State.SUSPENDED):
        TerminalFactory(home=head_office, state=state)
    told = ada.post(
        "/terminals/steps", {"step": "suspend", "why": "x", "filters": {"state": ["active"]}}
    ).json()
    assert (told["moved"], told["refused_count"]) == (2, 0)


@pytest.mark.parametrize(
    "path", ["/terminals/steps", "/terminals/tampered", "/terminals/labels", "/terminals/export"]
)
@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"serials": []},
        {"serials": ["P1"], "filters": {}},
        {"filters": None},
        {"filters": {}},
        {"filters": {"staet": ["active"]}},
    ],
)
def test_a_selection_of_nothing_is_not_taken_for_everything(ada, head_office, path, selection):
    TerminalFactory(home=head_office, state=State.ACTIVE)
    body = {"step": "suspend", "why": "x", "sheet": "a4_24", **selection}
    problem(ada.post(path, body), 422, "api.body_invalid")
    assert Terminal.objects.get().state == State.ACTIVE


def test_tampering_takes_a_terminal_out_of_service(ada, head_office):
    terminal = TerminalFactory(home=head_office, state=State.ACTIVE)
    assert (
        ada.post(
            "/terminals/tampered", {"serials": [terminal.serial], "why": "seal broken"}
        ).json()["moved"]
        == 1
    )
    told = ada.get(f"/terminals/{terminal.serial}").json()
    assert (told["tampered"], told["state"]) == (True, "suspended")


def test_accessories_and_files_belong_to_a_terminal(ada, head_office):
    serial = TerminalFactory(home=head_office).serial
    added = ada.post(f"/terminals/{serial}/accessories", {"kind": "base", "quantity": 2}).json()
    photo = SimpleUploadedFile("photo.html", b"<script>alert(1)</script>", content_type="text/html")
    kept = ada.upload(f"/terminals/{serial}/files", file=photo, title="Front").json()
    told = ada.get(f"/terminals/{serial}").json()
    assert (told["accessories"][0]["id"], told["files"][0]["sha256"]) == (
        added["id"],
        kept["sha256"],
    )
    answered = ada.get(f"/terminals/{serial}/files/{kept['sha256']}")
    assert b"".join(answered) == b"<script>alert(1)</script>"
    assert answered["Content-Disposition"].startswith("attachment")
    assert answered["X-Content-Type-Options"] == "nosniff"
    assert ada.delete(f"/terminals/{serial}/accessories/{added['id']}").status_code == 204
    assert ada.get(f"/terminals/{serial}").json()["accessories"] == []


def test_a_file_too_large_is_refused(ada, head_office, monkeypatch):
    from tillkeeper.api import terminal_facts

    monkeypatch.setattr(terminal_facts, "FILE_MAX_MIB", 0)
    serial = TerminalFactory(home=head_office).serial
    photo = SimpleUploadedFile("photo.jpg", b"x", content_type="image/jpeg")
    problem(ada.upload(f"/terminals/{serial}/files", file=photo), 413, "api.too_large")


def test_a_serial_number_with_a_slash_has_an_address(ada, head_office):
    serial = TerminalFactory(home=head_office, serial="A/B-1").serial
    assert ada.get("/terminals/A/B-1").json()["serial"] == serial
    assert ada.get("/terminals/A%2FB-1/timeline").status_code == 200


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_exactly_what_the_list_shows(ada, head_office, kind):
    shown, hidden = (
        TerminalFactory(home=head_office),
        TerminalFactory(home=head_office, state=State.ACTIVE),
    )
    content = ada.download(f"/terminals/export?kind={kind}&state=in_stock&columns=serial")
    if kind == "csv":
        assert shown.serial in content.decode("utf-8-sig")
        assert hidden.serial not in content.decode("utf-8-sig")
    else:
        assert content.startswith(b"PK")
    selected = ada.download(
        "/terminals/export", {"kind": "csv", "serials": [hidden.serial]}
    ).decode("utf-8-sig")
    assert hidden.serial in selected
    assert shown.serial not in selected


def test_labels_are_a_pdf(ada, head_office):
    from tillkeeper.formats.labels import SHEETS

    serial = TerminalFactory(home=head_office).serial
    pdf = ada.download("/terminals/labels", {"serials": [serial], "sheet": next(iter(SHEETS))})
    assert pdf.startswith(b"%PDF")


def test_the_board_and_the_box_find_what_is_there(ada, head_office):
    terminal = TerminalFactory(home=head_office, state=State.ACTIVE, serial="Q7KX93ABCD")
    board = ada.get("/board").json()
    assert (board["total"], board["by_state"][0]["count"]) == (1, 1)
    found = ada.get("/find?q=KX93A").json()
    assert [(hit["kind"], hit["key"]) for hit in found] == [("terminal", terminal.serial)]


def test_a_model_has_its_approvals(ada, head_office):
    VendorFactory(code="V1")
    made = ada.post("/models", {"code": "X9", "name": "X 9", "vendor": "V1"})
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    approval = {"scheme": "pci_pts", "number": "4-90001", "expires_on": "2031-04-30"}
    told = ada.post("/models/X9/approvals", approval).json()
    assert told["approved_until"] == "2031-04-30"
    assert told["approvals"][0]["number"] == "4-90001"


def test_nobody_approves_their_own_request_by_way_of_a_token(ada, head_office):
    terminal = TerminalFactory(home=head_office, state=State.QUARANTINE, wiped=True)
    step(ada, terminal.serial, "propose_scrap", why="worn out")
    program = Caller(Client(), bearer(Person.objects.get(username="ada")))
    told = problem(
        program.post(f"/terminals/{terminal.serial}/steps", {"step": "scrap"}),
        409,
        "terminals.guard_failed",
    )
    assert told["facts"]["guard"] == "second_person"
