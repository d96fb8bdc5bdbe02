"""The dialogs of one terminal: a form with just what the step needs, errors in place, the deed."""

import pytest
from django.urls import reverse
from tests.factories import SiteFactory, TerminalFactory

from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import EvidenceKind, State, Step
from tillkeeper.terminals.models import Terminal


def step_url(terminal: Terminal, step: Step) -> str:
    return reverse("web:terminal-step", args=[terminal.serial, step.value])


@pytest.fixture
def ready(branch):
    return TerminalFactory(state=State.READY, home=branch)


def test_a_form_has_just_the_fields_that_its_step_needs(desk, htmx, ready):
    shown = desk.get(step_url(ready, Step.ISSUE), headers=htmx).content.decode()
    assert 'name="custodian"' in shown
    assert 'name="site"' not in shown
    assert "<html" not in shown
    assert "<html" in desk.get(step_url(ready, Step.ISSUE)).content.decode()


def test_a_step_is_taken_and_the_page_is_told_so(desk, htmx, ready):
    sent = {"version": ready.version, "custodian": "Wang"}
    response = desk.post(step_url(ready, Step.ISSUE), sent, headers=htmx)
    assert response.status_code == 204
    assert "changed" in response["HX-Trigger"]
    ready.refresh_from_db()
    assert (ready.state, ready.holder_name) == (State.ISSUED, "Wang")


def test_without_scripts_a_step_leads_back_to_the_terminal(desk, ready):
    response = desk.post(
        step_url(ready, Step.ISSUE), {"version": ready.version, "custodian": "Wang"}
    )
    assert response["Location"] == reverse("web:terminal", args=[ready.serial])


def test_what_is_missing_is_said_in_place(desk, htmx, ready):
    response = desk.post(step_url(ready, Step.ISSUE), {"version": ready.version}, headers=htmx)
    assert response.status_code == 422
    assert b'aria-invalid="true"' in response.content


def test_a_guard_that_fails_is_said_in_the_form(desk, htmx, branch):
    tampered = TerminalFactory(state=State.READY, home=branch, tampered=True)
    sent = {"version": tampered.version, "custodian": "Wang"}
    response = desk.post(step_url(tampered, Step.ISSUE), sent, headers=htmx)
    assert response.status_code == 422
    assert b"it is marked as tampered" in response.content


def test_a_stale_page_takes_no_step(desk, htmx, ready):
    sent = {"version": ready.version + 1, "custodian": "Wang"}
    response = desk.post(step_url(ready, Step.ISSUE), sent, headers=htmx)
    assert response.status_code == 422
    assert b"changed by somebody else" in response.content


def test_a_dangerous_step_wants_the_serial_number_typed(desk, htmx, ready):
    sent = {"version": ready.version, "why": "Stolen", "confirm": "P0"}
    assert desk.post(step_url(ready, Step.REPORT_LOST), sent, headers=htmx).status_code == 422
    typed = {**sent, "confirm": ready.serial.lower()}
    assert desk.post(step_url(ready, Step.REPORT_LOST), typed, headers=htmx).status_code == 204


def test_a_terminal_is_installed_and_activated_with_its_five_elements(desk, branch, counter):
    issued = TerminalFactory(state=State.ISSUED, home=branch)
    desk.post(step_url(issued, Step.INSTALL), {"version": 1, "site": counter.code})
    issued.refresh_from_db()
    assert issued.state == State.INSTALLED
    desk.post(
        reverse("web:terminal-evidence", args=[issued.serial, "acceptance"]), {"reference": "ACC-1"}
    )
    form = desk.get(step_url(issued, Step.ACTIVATE)).content.decode()
    assert f'value="{counter.merchant.number}"' in form
    issued.refresh_from_db()
    elements = {
        "merchant": counter.merchant.number,
        "site": counter.code,
        "tid": "10000001",
        "acquirer_code": "48021000",
    }
    desk.post(step_url(issued, Step.ACTIVATE), {"version": issued.version, **elements})
    issued.refresh_from_db()
    assert (issued.state, issued.binding.tid) == (State.ACTIVE, "10000001")


def test_an_unknown_site_is_said_at_its_field(desk, htmx, branch):
    issued = TerminalFactory(state=State.ISSUED, home=branch)
    response = desk.post(
        step_url(issued, Step.INSTALL), {"version": 1, "site": "NOWHERE"}, headers=htmx
    )
    assert response.status_code == 422
    assert b"NOWHERE" in response.content


def test_two_terminals_are_swapped_in_one_go(desk, htmx, branch, counter):
    old = TerminalFactory(state=State.ACTIVE, home=branch, site=counter)
    new = TerminalFactory(state=State.ISSUED, home=branch)
    sent = {"new": new.serial, "why": "Chip", "acceptance": "ACC-2"}
    assert (
        desk.post(
            step_url(old, Step.SWAP_OUT), {**sent, "new": "NOBODY1"}, headers=htmx
        ).status_code
        == 422
    )
    assert desk.post(step_url(old, Step.SWAP_OUT), sent, headers=htmx).status_code == 204
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (State.RETURNING, State.ACTIVE)


@pytest.mark.parametrize(
    ("kcv", "status"), [("A1B2C3", 204), ("0123456789ABCDEF", 422), ("XYZ1", 422)]
)
def test_only_a_check_value_is_taken_with_a_key_injection(kcv, status, desk, htmx, branch):
    staged = TerminalFactory(state=State.STAGING, home=branch)
    url = reverse("web:terminal-evidence", args=[staged.serial, EvidenceKind.KEY_INJECTION.value])
    assert desk.post(url, {"reference": "KI-1", "kcv": kcv}, headers=htmx).status_code == status


def test_proof_in_the_wrong_state_is_refused_in_place(desk, htmx, ready):
    url = reverse("web:terminal-evidence", args=[ready.serial, EvidenceKind.ACCEPTANCE.value])
    response = desk.post(url, {"reference": "ACC-1"}, headers=htmx)
    assert response.status_code == 422
    assert b"cannot be recorded there" in response.content


def test_a_terminal_is_marked_as_tampered(desk, htmx, ready):
    url = reverse("web:terminal-tampered", args=[ready.serial])
    assert desk.post(url, {"why": "Opened", "confirm": "no"}, headers=htmx).status_code == 422
    assert (
        desk.post(url, {"why": "Opened", "confirm": ready.serial}, headers=htmx).status_code == 204
    )
    ready.refresh_from_db()
    assert ready.tampered


def test_others_terminals_are_not_found_and_rights_are_asked_for(
    visit, hire, manager, neighbour, branch, ready
):
    beyond = TerminalFactory(state=State.READY, home=neighbour)
    assert visit(manager).get(step_url(beyond, Step.ISSUE)).status_code == 404
    auditor = visit(hire(Role.COMPLIANCE_AUDITOR, branch))
    assert auditor.get(step_url(ready, Step.ISSUE)).status_code == 403


def test_pickers_propose_only_what_is_in_view(visit, manager, branch, counter, neighbour, stranger):
    SiteFactory(merchant=stranger, code="ST99999", name="南山便利店二店")
    client = visit(manager)
    sites = client.get(reverse("web:terminals-sites"), {"site": "南山便"}).content.decode()
    assert counter.code in sites
    assert "ST99999" not in sites
    merchants = client.get(
        reverse("web:terminals-merchants"), {"merchant": "8983"}
    ).content.decode()
    assert counter.merchant.number in merchants
    issued = TerminalFactory(state=State.ISSUED, home=branch)
    assert (
        issued.serial
        in client.get(reverse("web:terminals-issued"), {"new": issued.serial[:5]}).content.decode()
    )
