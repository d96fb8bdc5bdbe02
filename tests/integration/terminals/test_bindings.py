"""One serial, one merchant at a time: bindings never overlap, whatever writes them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from tests.factories import TerminalFactory

from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Binding

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def stay(terminal, begin, end, tid="20000001"):
    now = terminal.binding
    facts = {
        f.attname: getattr(now, f.attname) for f in Binding._meta.concrete_fields if f.name != "id"
    }
    with transaction.atomic():
        return Binding.objects.create(**{**facts, "valid_from": begin, "valid_to": end, "tid": tid})


@pytest.fixture
def bound(branch, noon):
    return TerminalFactory(state=State.ACTIVE, home=branch, elements={"valid_from": noon})


@pytest.mark.parametrize(("begin", "end"), [(-2, 1), (1, 2), (0, None), (-5, None), (3, 3)])
def test_a_stay_within_another_is_refused(bound, noon, begin, end):
    if begin == end:
        stay(bound, noon + begin * HOUR, noon + end * HOUR)  # no time at all overlaps with nothing
        return
    with pytest.raises(DatabaseError):
        stay(bound, noon + begin * HOUR, noon + end * HOUR if end is not None else None)


def test_a_stay_may_end_when_the_next_begins(bound, noon):
    assert stay(bound, noon - 2 * HOUR, noon).pk


def test_a_stay_cannot_be_stretched_over_another(bound, noon):
    earlier = stay(bound, noon - 2 * HOUR, noon - HOUR)
    with pytest.raises(DatabaseError), transaction.atomic():
        Binding.objects.filter(pk=earlier.pk).update(valid_to=noon + HOUR)


def test_a_stay_does_not_end_before_it_begins(bound, noon):
    with pytest.raises(DatabaseError):
        stay(bound, noon - HOUR, noon - 2 * HOUR)
