"""The board: figures that lead to lists."""

import json
import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from tests.factories import (
    ModelApprovalFactory,
    PersonFactory,
    TerminalFactory,
    TerminalModelFactory,
)

from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State

BOARD = reverse("web:board")


def test_an_empty_estate_offers_ways_to_begin(desk):
    shown = desk.get(BOARD).content.decode()
    assert reverse("web:imports-new") in shown
    assert "make demo" in shown


def test_the_figures_lead_to_their_lists(desk, branch):
    model = TerminalModelFactory(code="A9", name="Model A9")
    ModelApprovalFactory(model=model, expires_on=timezone.localdate() + timedelta(days=10))
    for state in (State.ACTIVE, State.ACTIVE, State.FAULTY, State.READY):
        TerminalFactory(state=state, home=branch, model=model)
    shown = desk.get(BOARD).content.decode()
    assert "<strong>4</strong>" in shown
    assert f"{reverse('web:terminals')}?state=faulty" in shown
    assert f"{reverse('web:terminals')}?model=A9" in shown
    assert "Approvals that end" in shown


def test_each_chart_has_its_numbers_as_a_table_too(desk, branch):
    TerminalFactory(state=State.READY, home=branch)
    shown = desk.get(BOARD).content.decode()
    data = json.loads(
        re.search(r'id="board-data" type="application/json">(.*?)</script>', shown)[1]
    )
    assert [line["count"] for line in data["by_state"]] == [1]
    assert shown.count("<caption") == len(data)


def test_each_sees_the_figures_of_their_own_branch(visit, manager, branch, neighbour):
    TerminalFactory(home=branch)
    TerminalFactory(state=State.FAULTY, home=neighbour)
    shown = visit(manager).get(BOARD).content.decode()
    assert "<strong>1</strong>" in shown
    assert "?state=faulty" in shown  # the figure is there, and is zero
    assert "Beijing" not in shown


def test_whoever_holds_no_role_is_told_so(visit, db):
    nobody = actor_of(PersonFactory(username="nobody"), source="test")
    assert visit(nobody).get(BOARD).status_code == 200


def test_a_vendors_contact_sees_the_figures_of_their_own_terminals(visit, hire, branch):
    theirs, others = TerminalFactory(home=branch), TerminalFactory(home=branch, state=State.FAULTY)
    contact = hire(Role.VENDOR_CONTACT, branch, role__vendor=theirs.model.vendor)
    shown = visit(contact).get(BOARD).content.decode()
    assert theirs.model.name in shown
    assert others.model.name not in shown
