"""Proof opens guards, where it proves something."""

from datetime import timedelta

import pytest
from tests.factories import TerminalFactory

from tillkeeper.kernel.errors import FieldInvalid, Forbidden
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.errors import EvidenceRefused
from tillkeeper.terminals.lifecycle import EVIDENCE, EvidenceKind, State
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import mark_tampered, record_evidence

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", EvidenceKind)
@pytest.mark.parametrize("state", State)
def test_a_proof_counts_in_its_states_only(kind, state, branch, administrator, noon):
    terminal = TerminalFactory(state=state, home=branch)
    outcome = record_evidence(
        selection=Selection(serials=(terminal.serial,)),
        kind=kind,
        reference="R-1",
        by=administrator,
        at=noon,
    )
    terminal.refresh_from_db()
    if state in EVIDENCE[kind].states:
        assert outcome.moved == 1
        assert all(getattr(terminal, name) is value for name, value in EVIDENCE[kind].sets.items())
        assert terminal.evidence.get().reference == "R-1"
    else:
        assert isinstance(outcome.refused[0].error, EvidenceRefused)
        assert not terminal.evidence.exists()


def test_a_proof_needs_its_paper_and_the_right(branch, administrator, manager, noon):
    terminal = TerminalFactory(state=State.STAGING, home=branch)
    asked = {
        "selection": Selection(serials=(terminal.serial,)),
        "kind": EvidenceKind.KEY_INJECTION,
        "at": noon,
    }
    with pytest.raises(FieldInvalid):
        record_evidence(reference=" ", by=administrator, **asked)
    with pytest.raises(Forbidden):  # an estate manager is no key custodian
        record_evidence(reference="RUN-1", by=manager, **asked)


def test_a_tampered_terminal_stops_selling_at_once(branch, hire, noon):
    officer = hire(Role.RISK_OFFICER, branch)
    selling, stocked, scrapped = (
        TerminalFactory(state=s, home=branch)
        for s in (State.ACTIVE, State.IN_STOCK, State.SCRAPPED)
    )
    serials = tuple(t.serial for t in (selling, stocked, scrapped))
    outcome = mark_tampered(
        selection=Selection(serials=serials),
        why="seal broken",
        by=officer,
        at=noon + timedelta(hours=1),
    )
    for terminal in (selling, stocked, scrapped):
        terminal.refresh_from_db()
    assert outcome.moved == 2
    assert (selling.state, selling.tampered) == ("suspended", True)
    assert (stocked.state, stocked.tampered) == ("in_stock", True)
    assert not scrapped.tampered
