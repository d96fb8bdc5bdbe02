"""One terminal: what may be done and why not, its facts, accessories and files."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.factories import TerminalFactory

from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State


@pytest.fixture
def active(branch, counter):
    return TerminalFactory(serial="A920/00-12", state=State.ACTIVE, home=branch, site=counter)


def url(terminal, name="terminal", *more):
    return reverse(f"web:{name}", args=[terminal.serial, *more])


def test_a_terminal_comes_as_a_page_and_in_the_drawer(desk, htmx, active):
    page = desk.get(url(active)).content.decode()
    drawer = desk.get(url(active), headers={**htmx, "HX-Target": "drawer"}).content.decode()
    assert "<html" in page
    assert 'id="drawer-title"' in drawer
    for shown in (page, drawer):
        assert "Report fault" in shown
        assert active.binding.tid in shown
        assert active.site.merchant.name in shown


def test_it_says_why_a_step_is_not_possible_yet(desk, branch):
    tampered = TerminalFactory(state=State.READY, home=branch, tampered=True)
    shown = desk.get(url(tampered)).content.decode()
    assert "Not yet possible" in shown
    assert "it is marked as tampered" in shown
    assert "more steps belong to other states" in shown


def test_only_steps_of_ones_own_rights_are_offered(visit, hire, branch, active):
    support = visit(hire(Role.SUPPORT_AGENT, branch)).get(url(active)).content.decode()
    assert "Report fault" in support
    assert "Suspend" not in support
    assert "Correct facts" not in support


def test_others_terminals_are_not_found(visit, manager, neighbour):
    assert visit(manager).get(url(TerminalFactory(home=neighbour))).status_code == 404


def test_facts_are_corrected(desk, htmx, active):
    sent = {
        "version": active.version,
        "currency": "CNY",
        "price": "1280.50",
        "owner": "Lessor",
        "received_on": "2026-01-05",
    }
    assert desk.post(url(active, "terminal-edit"), sent, headers=htmx).status_code == 204
    active.refresh_from_db()
    assert (active.price_minor, active.owner, str(active.received_on)) == (
        128050,
        "Lessor",
        "2026-01-05",
    )


def test_of_two_editors_the_second_sees_both_and_decides(desk, htmx, active):
    first = {"version": active.version, "currency": "CNY", "owner": "First"}
    second = {"version": active.version, "currency": "CNY", "owner": "Second"}
    desk.post(url(active, "terminal-edit"), first, headers=htmx)
    response = desk.post(url(active, "terminal-edit"), second, headers=htmx)
    shown = response.content.decode()
    assert response.status_code == 422
    assert "First" in shown
    assert "Second" in shown
    again = {**second, "version": active.version + 1}
    assert f'value="{active.version + 1}"' in shown
    assert desk.post(url(active, "terminal-edit"), again, headers=htmx).status_code == 204


def test_a_wrong_fact_is_refused_at_its_field(desk, htmx, active):
    sent = {"version": active.version, "currency": "CNY", "tusn": "12"}
    response = desk.post(url(active, "terminal-edit"), sent, headers=htmx)
    assert response.status_code == 422
    assert b"id_tusn_error" in response.content


def test_accessories_come_and_go(desk, htmx, active):
    sent = {"kind": "Base", "accessory_serial": "B-1", "quantity": "1"}
    assert desk.post(url(active, "terminal-accessory-new"), sent, headers=htmx).status_code == 204
    assert b"B-1" in desk.get(url(active)).content
    row = active.accessories.get()
    assert (
        desk.post(url(active, "terminal-accessory-remove", row.pk), headers=htmx).status_code == 204
    )
    assert (
        desk.post(url(active, "terminal-accessory-remove", row.pk), headers=htmx).status_code == 404
    )
    assert (
        desk.post(
            url(active, "terminal-accessory-new"), {"quantity": "0"}, headers=htmx
        ).status_code
        == 422
    )


def test_a_file_is_kept_and_given_back_as_a_download(desk, visit, hire, neighbour, active):
    file = SimpleUploadedFile("form.html", b"<script>alert(1)</script>", "text/html")
    assert (
        desk.post(url(active, "terminal-file-new"), {"title": "Form", "file": file}).status_code
        == 302
    )
    kept = active.files.get()
    response = desk.get(url(active, "terminal-file", kept.sha256))
    assert io.BytesIO(b"".join(response.streaming_content)).read() == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    other = visit(hire(Role.ESTATE_MANAGER, neighbour))
    assert other.get(url(active, "terminal-file", kept.sha256)).status_code == 404
    assert desk.get(url(active, "terminal-file", "0" * 64)).status_code == 404


def test_a_file_is_asked_for(desk, htmx, active):
    assert (
        desk.post(url(active, "terminal-file-new"), {"title": "x"}, headers=htmx).status_code == 422
    )
