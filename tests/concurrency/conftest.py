"""Two at once, with real locks: a rival in another thread, and how to know that it waits."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

WAITING = (
    "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


@pytest.fixture
def rival() -> Iterator[Callable[..., Future[Any]]]:
    """Return a function that calls a verb in another thread, on a connection of its own."""
    with ThreadPoolExecutor(2) as pool:

        def call(verb: Callable[..., Any], **arguments: Any) -> Future[Any]:
            def run() -> Any:
                try:
                    return verb(**arguments)
                finally:
                    connection.close()

            return pool.submit(run)

        yield call


@pytest.fixture
def wait_until_blocked() -> Callable[[], None]:
    """Return a function that comes back once somebody waits for a lock of ours; five seconds at most."""

    def wait() -> None:
        for _ in range(500):
            with connection.cursor() as cursor:
                cursor.execute(WAITING)
                if cursor.fetchone():
                    return
            time.sleep(0.01)
        pytest.fail("nobody waited")

    return wait
