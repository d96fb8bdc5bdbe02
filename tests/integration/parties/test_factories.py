"""The rows that other tests stand on keep the estate's own rules."""

import pytest
from tests.factories import ModelApprovalFactory, TerminalFactory

from tillkeeper.terminals.lifecycle import AT_A_SITE, BOUND, State

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", State)
def test_a_terminal_can_be_made_in_every_state(state, branch):
    terminal = TerminalFactory(state=state, home=branch)
    terminal.refresh_from_db()
    assert terminal.state == state
    assert (terminal.site is not None) == (state in AT_A_SITE)
    assert (terminal.binding is not None) == (state in BOUND)
    assert terminal.path == terminal.organisation.path
    assert terminal.path.startswith(branch.path)


def test_an_approval_belongs_to_a_model():
    assert ModelApprovalFactory().model.vendor.code
