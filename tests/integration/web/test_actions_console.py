"""Acting from afar in the console: ordered from the list, shown, approved by a second person, cancelled, exported."""

import pytest
from django.utils import timezone
from tests.factories import NOON, TerminalFactory

from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import ActionState, OrderState
from tillkeeper.telemetry.models import Action, ActionOrder, Enrolment
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def speaking(counter, branch):
    """Two terminals at the counter that may speak."""
    made = [
        TerminalFactory(home=branch, serial=f"P80000000{n}", site=counter, state=State.ACTIVE)
        for n in (1, 2)
    ]
    for n, terminal in enumerate(made):
        Enrolment.objects.create(terminal=terminal, public_key=f"key{n}", at=NOON)
    return made


@pytest.fixture
def second(visit, hire, head_office):
    return visit(hire(Role.RISK_OFFICER, head_office, username="second"))


def order(desk, kind, terminals, **told):
    sent = {
        "serial": [terminal.serial for terminal in terminals], "confirmed": "1", "why": "a complaint", "expires": "24",
        **told,
    }  # fmt: skip
    return desk.post(f"/actions/new/{kind}/", sent, headers=ENGLISH)


def test_the_menu_of_chosen_terminals_offers_what_the_roles_allow(
    desk, visit, hire, branch, speaking
):
    chosen = {"serial": [speaking[0].serial]}
    assert "/actions/new/wipe/" in desk.post("/terminals/-/bulk", chosen).content.decode()
    agent = (
        visit(hire(Role.SUPPORT_AGENT, branch)).post("/terminals/-/bulk", chosen).content.decode()
    )
    assert "/actions/new/reboot/" in agent
    assert "/actions/new/wipe/" not in agent


def test_a_self_test_is_ordered_and_its_answers_are_shown(desk, speaking):
    made = order(desk, "self_test", speaking, parts=["printer", "network"])
    number = ActionOrder.objects.get().number
    assert made["Location"] == f"/actions/{number}/"
    Action.objects.filter(terminal=speaking[0]).update(
        state=ActionState.CONFIRMED,
        said="all parts well",
        facts={"printer": "ok"},
        done_at=timezone.now(),
    )
    page = desk.get(f"/actions/{number}/", headers=ENGLISH).content.decode()
    assert "all parts well" in page
    assert "Printer: passed" in page
    assert speaking[1].serial in page
    only = desk.get(f"/actions/{number}/?state=queued", headers=ENGLISH).content.decode()
    assert "all parts well" not in only
    file = b"".join(desk.get(f"/actions/{number}/results/")).decode("utf-8-sig")
    assert speaking[0].serial in file
    assert "all parts well" in file


def test_a_terminal_that_cannot_be_asked_is_left_out_with_its_reason(
    desk, speaking, counter, branch
):
    silent = TerminalFactory(home=branch, serial="P810000009", site=counter, state=State.ACTIVE)
    order(desk, "reboot", [speaking[0], silent])
    page = desk.get(
        f"/actions/{ActionOrder.objects.get().number}/", headers=ENGLISH
    ).content.decode()
    assert "P810000009" in page
    assert "is not enrolled" in page


@pytest.mark.parametrize(
    ("kind", "told", "field"),
    [("message", {"zh": "", "en": "x"}, "id_zh"), ("configure", {"values": "not toml"}, "id_values"),
     ("wipe", {"confirm": "7"}, "id_confirm"), ("self_test", {"parts": ["wings"]}, "id_parts")],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_where_it_stands(desk, speaking, kind, told, field):
    answer = order(desk, kind, speaking, **told)
    assert answer.status_code == 422
    assert field in answer.content.decode()
    assert not ActionOrder.objects.exists()


def test_a_wipe_waits_for_a_second_person_who_types_the_number(desk, second, speaking):
    order(desk, "wipe", speaking, confirm="2")
    row = ActionOrder.objects.get()
    assert row.state == OrderState.PROPOSED
    own = desk.get(f"/actions/{row.number}/", headers=ENGLISH).content.decode()
    assert "nobody approves their own" in own
    assert desk.post(f"/actions/{row.number}/approve/", {"terminals": "2"}).status_code in {
        403,
        422,
    }
    assert row.number in second.get("/actions/", headers=ENGLISH).content.decode()
    assert second.post(f"/actions/{row.number}/approve/", {"terminals": "3"}).status_code == 422
    second.post(f"/actions/{row.number}/approve/", {"terminals": "2"})
    row.refresh_from_db()
    assert (row.state, row.approver.endswith("second")) == (OrderState.RUNNING, True)


def test_a_lock_is_refused_with_a_reason(desk, second, speaking):
    order(desk, "lock", speaking, confirm="2")
    row = ActionOrder.objects.get()
    second.post(f"/actions/{row.number}/refuse/", {"why": "not these"})
    row.refresh_from_db()
    assert row.state == OrderState.REFUSED


def test_an_order_is_cancelled(desk, speaking):
    order(desk, "reboot", speaking)
    row = ActionOrder.objects.get()
    desk.post(f"/actions/{row.number}/cancel/")
    row.refresh_from_db()
    assert row.state == OrderState.CANCELLED
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.CANCELLED}


def test_a_neighbours_order_is_not_seen(desk, visit, hire, neighbour, speaking):
    order(desk, "reboot", speaking)
    number = ActionOrder.objects.get().number
    client = visit(hire(Role.SUPPORT_AGENT, neighbour))
    assert number not in client.get("/actions/").content.decode()
    assert client.get(f"/actions/{number}/").status_code == 404
    assert client.post(f"/actions/{number}/cancel/").status_code == 404
