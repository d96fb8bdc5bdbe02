"""A neighbour's row: in no list, and 404 in every detail, whatever is asked of it."""

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.factories import MerchantFactory, PersonFactory, SiteFactory, TerminalFactory
from tests.integration.api.conftest import problem

from tillkeeper.kernel.audit import record_change, unit_of_work
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
LEDGER = "序列号,型号,厂商\nP820000001,Model X,Maker X\n".encode()


@pytest.fixture
def theirs(neighbour, ada, system, noon):
    """Rows of the branch next door."""
    merchant = MerchantFactory(parent=neighbour)
    site = SiteFactory(merchant=merchant)
    terminal = TerminalFactory(home=neighbour, site=site, state=State.ACTIVE)
    person = PersonFactory(role=Role.TECHNICIAN, role__at=neighbour, username="theirs")
    file = SimpleUploadedFile("theirs.csv", LEDGER)
    number = ada.upload("/imports", file=file, organisation=neighbour.code).json()["number"]
    with unit_of_work():
        record_change(action="test", subject="theirs", place=neighbour.path, by=system, at=noon)
    return SimpleNamespace(
        merchant=merchant,
        site=site,
        terminal=terminal,
        person=person,
        number=number,
        organisation=neighbour,
    )


@pytest.fixture
def keeper(signed_in, branch):
    """Somebody with every right there is, but in one branch only."""
    return signed_in(Role.ADMINISTRATOR, branch, username="keeper")


LISTS = {
    "/organisations": "{organisation.name}",
    "/organisations/tree": "{organisation.name}",
    "/merchants": "{merchant.number}",
    "/sites": "{site.code}",
    "/people": "{person.username}",
    "/terminals": "{terminal.serial}",
    "/terminals?q={terminal.serial}": "{terminal.serial}",
    "/terminals/export?kind=csv": "{terminal.serial}",
    "/imports": "{number}",
    "/audit": "theirs",
    "/find?q={terminal.serial}": "{terminal.serial}",
    "/find?q={merchant.name}": "{merchant.number}",
    "/board": "theirs.csv",
}


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_a_neighbours_row(keeper, ada, theirs, path):
    secret = LISTS[path].format(**vars(theirs))
    address = path.format(**vars(theirs))
    assert secret in ada.download(address).decode()  # it is there to be seen by those who may
    assert secret not in keeper.download(address).decode()


DETAILS = [
    "/organisations/{organisation.code}",
    "/merchants/{merchant.number}",
    "/sites/{site.code}",
    "/people/{person.username}",
    "/terminals/{terminal.serial}",
    "/terminals/{terminal.serial}/prospects",
    "/terminals/{terminal.serial}/timeline",
    "/terminals/{terminal.serial}/files/{sha}",
    "/imports/{number}",
    "/imports/{number}/refusals",
    "/imports/{number}/refused",
]


@pytest.mark.parametrize("path", DETAILS)
def test_every_detail_of_a_neighbours_row_answers_404(keeper, theirs, path):
    problem(keeper.get(path.format(**vars(theirs), sha="0" * 64)), 404, "kernel.not_found")


CHANGES = [
    ("PATCH", "/organisations/{organisation.code}", {"name": "Ours"}),
    ("POST", "/organisations/{organisation.code}/move", {"parent": "SH"}),
    ("PATCH", "/merchants/{merchant.number}", {"name": "Ours"}),
    ("PATCH", "/sites/{site.code}", {"name": "Ours"}),
    (
        "POST",
        "/sites",
        {"merchant": "{merchant.number}", "code": "N1", "name": "N", "address": "Road 1"},
    ),
    ("PATCH", "/people/{person.username}", {"display_name": "Ours"}),
    ("POST", "/people/{person.username}/password", {"password": "another 8 long words"}),
    ("POST", "/people/{person.username}/deactivate", {}),
    ("POST", "/people/{person.username}/grants", {"role": "technician", "organisation": "SH"}),
    ("PATCH", "/terminals/{terminal.serial}", {"remark": "ours"}),
    ("POST", "/terminals/{terminal.serial}/steps", {"step": "suspend", "why": "ours"}),
    ("POST", "/terminals/{terminal.serial}/swap", {"new": "X", "why": "ours", "acceptance": "A1"}),
    ("POST", "/terminals/{terminal.serial}/accessories", {"kind": "base"}),
    ("DELETE", "/terminals/{terminal.serial}/accessories/1", None),
    ("POST", "/imports/{number}/mapping", {"all_or_nothing": True}),
    ("POST", "/imports/{number}/check", {}),
    ("POST", "/imports/{number}/apply", {}),
    ("POST", "/imports/{number}/cancel", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_every_change_of_a_neighbours_row_answers_404(keeper, theirs, method, path, body):
    if body and "merchant" in body:
        body = {**body, "merchant": theirs.merchant.number}
    answered = keeper(method, path.format(**vars(theirs)), body, If_Match='"1"')
    problem(answered, 404, "kernel.not_found")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/terminals/steps", {"step": "suspend", "why": "ours"}),
        ("/terminals/evidence", {"kind": "wipe", "reference": "W-1"}),
        ("/terminals/tampered", {"why": "ours"}),
    ],
)
def test_a_verb_for_many_does_not_tell_a_neighbours_row_from_none(keeper, theirs, path, body):
    serials = [theirs.terminal.serial, "P82NOTHERE"]
    outcome = keeper.post(path, {**body, "serials": serials}).json()
    assert outcome["moved"] == 0
    assert {told["code"] for told in outcome["refused"]} == {"kernel.not_found"}
    theirs.terminal.refresh_from_db()
    assert (theirs.terminal.state, theirs.terminal.tampered) == (State.ACTIVE, False)
