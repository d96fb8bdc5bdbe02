import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.terminals.services.imports.reading_ahead import BATCH, WAITING, read_ahead


@given(st.lists(st.integers(), max_size=2 * BATCH))
def test_what_is_read_ahead_is_the_same_in_the_same_order(items):
    assert list(read_ahead(items)) == items


def test_a_fault_comes_after_what_was_read_before_it():
    def rows():
        yield from range(BATCH + 7)
        raise OSError("gone")

    seen = []
    with pytest.raises(OSError, match="gone"):
        seen.extend(read_ahead_into(seen, rows()))
    assert seen == list(range(BATCH + 7))


def read_ahead_into(seen, items):
    for item in read_ahead(items):
        seen.append(item)
    return []


def test_no_more_is_read_ahead_than_may_wait_and_the_thread_ends_with_its_reader():
    taken = []

    def rows():
        for number in range(100 * BATCH):
            taken.append(number)
            yield number

    before = threading.active_count()
    reader = read_ahead(rows())
    assert next(reader) == 0
    deadline = time.monotonic() + 5
    while len(taken) < (WAITING + 1) * BATCH and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    assert (WAITING + 1) * BATCH <= len(taken) <= (WAITING + 3) * BATCH
    reader.close()
    assert threading.active_count() == before
