"""A swap is whole: both terminals and the binding, or nothing."""

from datetime import timedelta

import pytest
from tests.factories import TerminalFactory

from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.terminals.errors import GuardFailed, StepRefused
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.services.swaps import swap_terminals

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(noon):
    return noon + timedelta(hours=1)


def swap(old, new, by, at, **more):
    return swap_terminals(
        **{
            "old": old.serial,
            "new": new.serial,
            "why": "Chip Read Error",
            "acceptance": "SIG-2",
            "by": by,
            "at": at,
            **more,
        }
    )


@pytest.mark.parametrize("state", [State.ACTIVE, State.FAULTY])
def test_the_new_terminal_takes_over_merchant_terminal_id_and_site(
    state, branch, administrator, later
):
    old, new = (
        TerminalFactory(state=state, home=branch),
        TerminalFactory(state=State.ISSUED, home=branch),
    )
    gone, come = swap(old, new, administrator, later)
    assert (gone.state, gone.binding, gone.organisation) == ("returning", None, branch)
    assert (come.state, come.site, come.binding.tid) == ("active", old.site, old.binding.tid)
    assert come.binding.valid_from == gone.bindings.get().valid_to == later
    assert {row.document for row in gone.history.all()} == {come.history.last().document}


@pytest.mark.parametrize("wrong", ["state", "unkeyed", "tampered"])
def test_nothing_changes_when_the_new_one_may_not_serve(wrong, branch, administrator, later):
    old = TerminalFactory(state=State.ACTIVE, home=branch)
    facts = {
        "state": {"state": State.IN_STOCK},
        "unkeyed": {"state": State.ISSUED, "keyed": False},
        "tampered": {"state": State.ISSUED, "tampered": True},
    }
    new = TerminalFactory(home=branch, **facts[wrong])
    with pytest.raises((StepRefused, GuardFailed)):
        swap(old, new, administrator, later)
    old.refresh_from_db()
    assert (old.state, old.history.count(), old.binding.valid_to) == ("active", 0, None)


def test_an_unbound_terminal_cannot_be_swapped(branch, administrator, later):
    old, new = (TerminalFactory(state=s, home=branch) for s in (State.IN_STOCK, State.ISSUED))
    with pytest.raises(StepRefused):
        swap(old, new, administrator, later)


def test_a_swap_needs_the_merchants_signature(branch, administrator, later):
    old, new = (TerminalFactory(state=s, home=branch) for s in (State.ACTIVE, State.ISSUED))
    with pytest.raises(FieldInvalid):
        swap(old, new, administrator, later, acceptance=" ")


def test_a_neighbours_terminal_cannot_be_swapped_in(branch, neighbour, manager, later):
    old, new = (
        TerminalFactory(state=State.ACTIVE, home=branch),
        TerminalFactory(state=State.ISSUED, home=neighbour),
    )
    with pytest.raises(NotFound):
        swap(old, new, manager, later)
