"""What no verb takes: card numbers, empty selections; and figures that agree with what they lead to."""

import io
from datetime import timedelta

import pytest
from django.http import QueryDict
from tests.factories import (
    MerchantFactory,
    SiteFactory,
    TerminalFactory,
    TerminalModelFactory,
    VendorFactory,
)

from tillkeeper.kernel.errors import FieldInvalid, Forbidden
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State, Step
from tillkeeper.terminals.queries import board, find, matching, terminals, viewable
from tillkeeper.terminals.selection import Filters, Selection
from tillkeeper.terminals.services.evidence import mark_tampered
from tillkeeper.terminals.services.facts import add_accessory, attach_file, update_terminal
from tillkeeper.terminals.services.ordering import Purchase, order_terminals
from tillkeeper.terminals.services.orders import Order
from tillkeeper.terminals.services.steps import take_step, take_steps
from tillkeeper.web.terminals.filters import filters_of

pytestmark = pytest.mark.django_db
CARD = "4111111111111111"


@pytest.mark.parametrize(
    "verb", ["fact", "why", "document", "accessory", "title", "tampered", "owner"]
)
def test_a_card_number_is_taken_nowhere_and_never_repeated(verb, branch, administrator, noon):
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    facts = {"serial": terminal.serial, "by": administrator, "at": noon}
    said = f"refund to {CARD}"
    model, supplier = TerminalModelFactory(), VendorFactory()
    verbs = {
        "fact": lambda: update_terminal(changes={"remark": said}, version=1, **facts),
        "why": lambda: take_step(step=Step.SUSPEND, order=Order(why=said), **facts),
        "document": lambda: take_step(step=Step.SUSPEND, order=Order(why="w", document=CARD), **facts),
        "accessory": lambda: add_accessory(kind=said, **facts),
        "title": lambda: attach_file(
            title=said, name="a", media_type="text/plain", stream=io.BytesIO(b""), **facts
        ),
        "tampered": lambda: mark_tampered(
            selection=Selection(serials=(terminal.serial,)), why=said, by=administrator, at=noon
        ),
        "owner": lambda: order_terminals(
            serials=["P1234"],
            purchase=Purchase(model=model.code, organisation=branch.code, supplier=supplier.code, owner=said),
            by=administrator, at=noon,
        ),
    }  # fmt: skip
    with pytest.raises(FieldInvalid) as refused:
        verbs[verb]()
    assert CARD not in str(refused.value)


def test_a_card_number_is_no_serial_but_a_lot_may_look_like_some(branch, administrator, noon):
    model, supplier = TerminalModelFactory(), VendorFactory()
    purchase = Purchase(model=model.code, organisation=branch.code, supplier=supplier.code)
    job = {"purchase": purchase, "by": administrator, "at": noon}
    alone = order_terminals(serials=[CARD], **job)
    assert (alone.moved, alone.refused[0].error.code) == (0, "terminals.card_number")
    lot = [f"42000000{number:08}" for number in range(100)]  # one in ten passes the check by chance
    assert order_terminals(serials=lot, **job).moved == 100


def test_a_selection_that_says_nothing_means_nothing(branch, administrator, noon):
    TerminalFactory(state=State.ACTIVE, home=branch)
    later = noon + timedelta(hours=1)
    outcome = take_steps(
        selection=Selection(), step=Step.SUSPEND, order=Order(why="w"), by=administrator, at=later
    )
    assert (outcome.moved, outcome.refused) == (0, ())


@pytest.mark.parametrize("role", [Role.COMPLIANCE_AUDITOR, Role.MERCHANT_CONTACT])
def test_who_only_looks_adds_no_papers(role, branch, hire, noon):
    terminal = TerminalFactory(home=branch)
    with pytest.raises(Forbidden):
        attach_file(
            serial=terminal.serial, title="t", name="n", media_type="text/plain", stream=io.BytesIO(b""),
            by=hire(role, branch), at=noon,
        )  # fmt: skip


def test_every_figure_that_wants_a_person_leads_to_as_many_terminals(branch, administrator, noon):
    day = (noon + timedelta(days=100)).date()
    for facts in (
        {"state": State.QUARANTINE, "tampered": True},
        {"state": State.SCRAPPED, "tampered": True},
        {"state": State.ISSUED, "due_back_on": noon.date()},
        {"state": State.ISSUED},
        {"state": State.FAULTY},
    ):
        TerminalFactory(home=branch, **facts)
    told = {item.kind: item for item in board(by=administrator, on=day).attention}
    assert set(told) >= {"tampered", "overdue", "slow"}
    for kind in ("tampered", "overdue", "slow"):
        listed = matching(viewable(administrator), filters_of(QueryDict(told[kind].query)))
        assert listed.count() == told[kind].count, kind


def test_a_name_that_very_many_merchants_share_finds_all_their_terminals(branch, administrator):
    for number in range(12):
        merchant = MerchantFactory(parent=branch, name=f"上海有限公司{number}")
        TerminalFactory(state=State.ACTIVE, home=branch, site=SiteFactory(merchant=merchant))
    assert terminals(viewable(administrator), Filters(q="有限公司")).count() == 12
    assert (
        len([hit for hit in find("有限公司", by=administrator, limit=5) if hit.kind == "merchant"])
        == 5
    )
