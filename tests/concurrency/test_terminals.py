"""Races on one terminal, with real locks."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from tests.factories import NOON, OrganisationFactory, TerminalFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.terminals.errors import StepRefused
from tillkeeper.terminals.lifecycle import State, Step
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.orders import Order
from tillkeeper.terminals.services.steps import take_step, take_steps

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
LATER = NOON + timedelta(hours=1)
JOB = {"step": Step.SUSPEND, "order": Order(why="idle"), "by": Actor.system("race"), "at": LATER}


def test_of_two_at_once_one_acts_and_the_other_is_told(rival, wait_until_blocked):
    terminal = TerminalFactory(state=State.ACTIVE, home=OrganisationFactory())
    with transaction.atomic():
        take_step(serial=terminal.serial, **JOB)
        second = rival(take_step, serial=terminal.serial, **JOB)
        wait_until_blocked()
    with pytest.raises(StepRefused):
        second.result(timeout=5)
    assert terminal.history.count() == 1


def test_two_batches_over_the_same_terminals_do_not_wait_for_each_other_for_ever(rival):
    home = OrganisationFactory()
    serials = [TerminalFactory(state=State.ACTIVE, home=home).serial for _ in range(50)]
    start = threading.Barrier(2)

    def batch(order):
        start.wait()
        return take_steps(selection=Selection(serials=tuple(order)), **JOB)

    outcomes = [rival(batch, order=serials), rival(batch, order=serials[::-1])]
    assert sorted(outcome.result(timeout=20).moved for outcome in outcomes) == [0, 50]
    assert Terminal.objects.filter(state=State.SUSPENDED).count() == 50
    assert [verdict.broken for verdict in verify_chains()] == [None]
