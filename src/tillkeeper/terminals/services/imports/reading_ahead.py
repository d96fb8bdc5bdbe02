"""Reading ahead of the database: while it writes one chunk, the next rows are read and cleaned in a thread."""

import threading
from collections.abc import Generator, Iterable, Iterator
from queue import Empty, Full, Queue
from typing import Final, TypeVar

Item = TypeVar("Item")
BATCH: Final = 500
# Two chunks of rows at most are waiting.
WAITING: Final = 20
_PATIENCE_S: Final = 0.2


def read_ahead(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Yield the same items, taken from `items` by a thread that is some way ahead; it touches no database.

    Raises:
        whatever `items` raised, after what came before it.
    """
    queue: Queue[list[Item] | BaseException | None] = Queue(WAITING)
    over = threading.Event()
    thread = threading.Thread(target=_read, args=(iter(items), queue, over), daemon=True)
    thread.start()
    try:
        while (batch := _next(queue, thread)) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield from batch
    finally:
        over.set()
        thread.join()


def _next(
    queue: "Queue[list[Item] | BaseException | None]", thread: threading.Thread
) -> list[Item] | BaseException | None:
    while True:
        try:
            return queue.get(timeout=_PATIENCE_S)
        except Empty:
            if not thread.is_alive() and queue.empty():
                raise RuntimeError("the reading thread ended without a word") from None


def _read(
    items: Iterator[Item], queue: "Queue[list[Item] | BaseException | None]", over: threading.Event
) -> None:
    batch: list[Item] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) >= BATCH:
                if not _put(queue, batch, over):
                    return
                batch = []
    except BaseException as error:  # noqa: BLE001  it is raised again where the items are used
        _put(queue, batch, over)
        _put(queue, error, over)
        return
    _put(queue, batch, over)
    _put(queue, None, over)


def _put(
    queue: "Queue[list[Item] | BaseException | None]",
    what: list[Item] | BaseException | None,
    over: threading.Event,
) -> bool:
    """Hand something over; False where nobody wants it any more."""
    while not over.is_set():
        try:
            queue.put(what, timeout=_PATIENCE_S)
        except Full:
            continue
        return True
    return False
