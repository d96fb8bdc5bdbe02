"""What the worker does for money by itself: cases come back on their day, dead runs are told."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.factories import CaseFactory, MatchingRunFactory

from tillkeeper.cli import worker
from tillkeeper.cli.worker import WAKES_EVERY, DeliveryLoop
from tillkeeper.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    today = timezone.localdate()
    return (
        CaseFactory(state="held", held_until=today),
        CaseFactory(state="held", held_until=today + timedelta(days=1)),
        CaseFactory(state="held"),  # by the engine: a later run says when the other side is due
        CaseFactory(state="closed", held_until=today),
    )


def states(cases):
    for case in cases:
        case.refresh_from_db()
    return [case.state for case in cases]


def test_the_worker_brings_held_cases_back_on_their_day(held, monkeypatch):
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    loop = DeliveryLoop()
    loop.go_round()
    assert states(held) == ["open", "held", "held", "closed"]
    entry = AuditEntry.objects.get(action="case.resume")
    assert (entry.subject, entry.actor) == (f"case:{held[0].pk}", "system:clock")
    assert held[0].notes.get().step == "resume"


def test_the_worker_does_not_look_every_second(held, monkeypatch):
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    loop = DeliveryLoop()
    loop.go_round()
    type(held[0]).objects.filter(pk=held[0].pk).update(
        state="held", held_until=timezone.localdate()
    )
    for _ in range(WAKES_EVERY - 1):
        loop.go_round()
    assert states(held)[0] == "held"
    loop.go_round()
    assert states(held)[0] == "open"


def test_a_starting_worker_tells_runs_that_died(monkeypatch):
    run = MatchingRunFactory(state="running", finished_at=None)
    monkeypatch.setattr(worker, "_work", lambda _runner: None)
    monkeypatch.setattr(DeliveryLoop, "start", lambda _self: None)
    monkeypatch.setattr(DeliveryLoop, "stop", lambda _self: None)
    monkeypatch.setattr(worker.Worker, "configure_signals", lambda _self: None)
    worker.worker()
    run.refresh_from_db()
    assert (run.state, run.problem["code"]) == ("failed", "settlement.run_interrupted")
