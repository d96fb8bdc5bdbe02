"""Edit forms opened as pages of their own: a save leads to the object, a conflict is told in the page's own form."""

import pytest
from django.urls import reverse
from tests.factories import TerminalFactory, TerminalModelFactory

from tillkeeper.parties.models import Person
from tillkeeper.terminals.lifecycle import State


@pytest.fixture
def terminal(branch, counter):
    return TerminalFactory(serial="A920/00-12", state=State.ACTIVE, home=branch, site=counter)


@pytest.fixture
def model(db):
    return TerminalModelFactory(code="A9", name="Model A9")


@pytest.fixture
def colleague(manager):
    return Person.objects.get(username=manager.name)


KINDS = {
    "terminal": lambda row: (row.serial, "owner", {"currency": "CNY"}),
    "model": lambda row: (row.code, "name", {"form": "mobile"}),
    "merchant": lambda row: (row.number, "name", {"uscc": row.uscc, "mcc": "5411"}),
    "site": lambda row: (row.code, "name", {"address": "人民路2号"}),
    "person": lambda row: (row.username, "display_name", {}),
    "organisation": lambda row: (row.code, "name", {}),
}
EDITED = {"organisation": "organisation-rename"}


@pytest.fixture(params=KINDS)
def case(request):
    """One object: its page, its edit page, the row, the field that is edited and what else is sent."""
    kind = request.param
    rows = {
        "merchant": "shop",
        "site": "counter",
        "person": "colleague",
        "organisation": "branch",
    }
    row = request.getfixturevalue(rows.get(kind, kind))
    key, field, more = KINDS[kind](row)
    page, edit = (
        reverse(f"web:{name}", args=[key]) for name in (kind, EDITED.get(kind, f"{kind}-edit"))
    )
    return page, edit, row, field, {**more, "version": row.version}


def test_the_page_s_own_form_is_no_dialog_s(desk, case):
    _page, edit, *_rest = case
    form = desk.get(edit).content.decode().split(f'action="{edit}"')[1].split("</form>")[0]
    assert "hx-post" not in form
    assert 'name="version"' in form


def test_after_a_save_the_object_s_page_says_so(desk, case):
    page, edit, row, field, sent = case
    answer = desk.post(edit, {**sent, field: "First"}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "Saved" in answer.content.decode().split('id="toasts"')[1].split("</div>")[0]
    row.refresh_from_db()
    assert getattr(row, field) == "First"


def test_a_conflict_shows_both_in_the_page_s_own_form_and_saving_again_decides(desk, case):
    page, edit, row, field, sent = case
    desk.post(edit, {**sent, field: "First"})
    answer = desk.post(edit, {**sent, field: "Second"})
    shown = answer.content.decode()
    assert (answer.status_code, "<html" in shown) == (422, True)
    form = shown.split(f'action="{edit}"')[1].split("</form>")[0]
    assert "hx-post" not in form
    assert "Somebody else saved first" in form
    assert "Nothing has been saved yet." in form
    assert "load it again" not in form
    assert "<td>First</td><td>Second</td>" in form
    row.refresh_from_db()
    assert getattr(row, field) == "First"
    version = answer.context["form"]["version"].value()
    assert f'value="{row.version}"' in form
    assert desk.post(edit, {**sent, "version": version, field: "Second"})["Location"] == page
    row.refresh_from_db()
    assert getattr(row, field) == "Second"


def test_the_same_form_in_the_dialog_is_still_htmx_s(desk, htmx, terminal, model):
    for name, key in (("terminal-edit", terminal.serial), ("model-edit", model.code)):
        url = reverse(f"web:{name}", args=[key])
        assert (
            f'hx-post="{url}" hx-target="#dialog"' in desk.get(url, headers=htmx).content.decode()
        )
