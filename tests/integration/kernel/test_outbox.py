"""An event is stored with its change and delivered at least once."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction

from tillkeeper.kernel import events
from tillkeeper.kernel.events import Event, subscribe
from tillkeeper.kernel.outbox import deliver_due, owed, publish

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    """For the tests."""

    name: str


@pytest.fixture
def heard(monkeypatch):
    """What a handler heard; it fails on names that begin with `bad`."""
    seen = []
    monkeypatch.setattr(events, "handlers", events.handlers)
    before = dict(events.handlers)

    def listen(event: LampLit) -> None:
        seen.append(event)
        if event.name.startswith("bad"):
            raise ConnectionError("no light")

    subscribe(LampLit, listen)
    yield seen
    events.handlers.clear()
    events.handlers.update(before)


def test_an_event_reaches_its_handler_once_committed(noon, heard):
    with transaction.atomic():
        publish(LampLit(at=noon, name="hall"))
    assert heard == []
    assert deliver_due(at=noon) == 1
    assert heard == [LampLit(at=noon, name="hall")]
    assert deliver_due(at=noon) == 0


def test_a_change_that_is_rolled_back_announces_nothing(noon, heard):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(LampLit(at=noon, name="hall"))
        _ = 1 / 0
    assert deliver_due(at=noon) == 0


def test_a_failing_handler_is_told_again_later_and_shows_on_the_health_page(noon, heard):
    with transaction.atomic():
        publish(LampLit(at=noon, name="bad"))
    assert deliver_due(at=noon) == 0
    assert owed(at=noon) == (0, 1)
    assert deliver_due(at=noon + timedelta(seconds=1)) == 0
    assert len(heard) == 1
    deliver_due(at=noon + timedelta(minutes=1))
    assert len(heard) == 2
    assert owed(at=noon + timedelta(days=2)) == (1, 1)


def test_what_cannot_wait_is_told_right_after_the_commit(
    noon, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        publish(LampLit(at=noon, name="hall"), at_once=True)
        assert heard == []
    assert heard == [LampLit(at=noon, name="hall")]
    assert deliver_due(at=noon) == 0


def test_what_cannot_wait_and_fails_is_told_again_by_the_worker(
    noon, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        publish(LampLit(at=noon, name="bad"), at_once=True)
    assert (len(heard), owed(at=noon)) == (1, (0, 1))
    deliver_due(at=noon + timedelta(minutes=1))
    assert len(heard) == 2
