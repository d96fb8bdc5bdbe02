"""Buckets worked on a Ray cluster: one task for each bucket, one for each part to be marked.

Every machine of the cluster has Tillkeeper of this version installed, and reaches the lake: on S3, or in a folder that
is at the same path everywhere. Sent are the names of the parts and, once for each part and recipe, a bit for each row
(in the cluster's object store, so that it does not grow with the buckets); sent back are the odd keys and a bit for
each row. A task whose machine dies is given to another one.
"""

import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.metadata import version as told_version
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import ray
from numpy.typing import NDArray
from ray import exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from tillkeeper.engines.matching.buckets import Bits, Keys, Lookup, Piece, agreed, unpaired
from tillkeeper.engines.matching.errors import (
    ClusterDiffers,
    ClusterFailed,
    ClusterUnreachable,
    PartUnreadable,
)

TRIES: Final = 5  # a task whose machine died is given to another so many times
LOOK_S: Final = 2  # how often a cluster that says nothing is looked at
PATIENCE_S: Final = 30  # without a single processor: until a machine comes back, or is started
ANSWER_S: Final = 5  # of the head's port
ENTER_S: Final = 60  # a process is started for us there
ENTERINGS: Final = 3
NOT_STARTED: Final = "Starting Ray client server failed"
PORT: Final = 10_001
PACKAGE: Final = "tillkeeper"
REASON_LETTERS: Final = 300

Packed = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Named:
    """A part as it is sent: its mask follows apart from it."""

    path: str
    rows: int

    def piece(self, mask: Packed) -> Piece:
        return Piece(self.path, np.unpackbits(mask, count=self.rows).view(np.bool_))


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that was joined."""

    address: str
    width: int
    elsewhere: bool = True

    @contextmanager
    def holding(self, journal: Sequence[Piece], bill: Sequence[Piece]) -> Iterator["_HeldThere"]:
        """Bring the masks into the object store. What is still being worked at the end is cancelled."""
        under_way: set[Any] = set()
        try:
            with _told(self.address):
                held = [
                    ([_named(piece) for piece in of], [ray.put(_packed(piece)) for piece in of])
                    for of in (journal, bill)
                ]
                yield _HeldThere(self.address, held[0], held[1], under_way)
        finally:
            with suppress(Exception):  # it may be gone, which is told already
                for reference in under_way:
                    ray.cancel(reference, force=True)  # a sort does not listen


@dataclass(frozen=True, slots=True)
class _HeldThere:
    address: str
    journal: tuple[list[_Named], list[Any]]
    bill: tuple[list[_Named], list[Any]]
    under_way: set[Any]

    def unpaired(self, recipe: str, buckets: int) -> list[tuple[Keys, int]]:
        names, masks = (self.journal[0], self.bill[0]), (*self.journal[1], *self.bill[1])
        work = _task(_unpaired)
        asked = [work.remote(recipe, bucket, buckets, *names, *masks) for bucket in range(buckets)]
        return list(self._answers(asked))

    def agreed(self, recipe: str, odd: Lookup) -> Iterator[Bits]:
        wanted, work = ray.put(odd), _task(_agreed)
        parts = [
            (named, mask)
            for of in (self.journal, self.bill)
            for named, mask in zip(*of, strict=True)
        ]
        answers = self._answers([work.remote(recipe, wanted, named, mask) for named, mask in parts])
        for (named, _), packed in zip(parts, answers, strict=True):
            yield np.unpackbits(packed, count=named.rows).view(np.bool_)

    def _answers(self, asked: Sequence[Any]) -> Iterator[Any]:
        """Yield the answers in the order asked, whatever the order they come in."""
        self.under_way.update(asked)
        for reference in asked:
            _awaited(reference, self.address)
            yield ray.get(reference)
            self.under_way.discard(reference)


@contextmanager
def joined(address: str, *, workers: int = 1) -> Iterator[Cluster]:
    """Join a cluster, and leave it at the end.

    Raises:
        ClusterUnreachable: nobody answers at the address.
        ClusterDiffers: a machine has another Tillkeeper than this one, or none.
    """
    _knock(address)
    logging.getLogger("ray").setLevel(logging.ERROR)
    with _told(address):
        context = _entered(address)
        try:
            with context:
                _check_versions()
                yield Cluster(address, max(workers, int(ray.cluster_resources().get("CPU", 0))))
        finally:
            context.disconnect()


def _knock(address: str) -> None:
    """Ask first whether there is anybody: Ray itself would try for half a minute."""
    try:
        asked = urlsplit(address)
        with socket.create_connection((asked.hostname or "", asked.port or PORT), ANSWER_S):
            return
    except (OSError, ValueError) as error:
        raise ClusterUnreachable(cluster=address, why=_reason(error)) from None


def _entered(address: str) -> Any:
    """Return Ray's own connection.

    The head starts a process for us. Now and then that one hangs as it begins (it is forked beside gRPC's threads), and
    Ray waits for it: then we ask again, and get another.
    """
    for _ in range(ENTERINGS - 1):
        with suppress(TimeoutError, _NotStarted):
            return _let_in(address)
    try:
        return _let_in(address)
    except TimeoutError:
        why = f"it does not let us in within {ENTER_S} s, {ENTERINGS} times"
    except (ConnectionError, RuntimeError) as error:  # RuntimeError: of another Ray or Python
        # What went wrong at the head stands last, below what went wrong here because of it.
        why = _reason(error, line=-1)
    raise ClusterUnreachable(cluster=address, why=why)


class _NotStarted(RuntimeError):
    """The head's process for us did not come up."""


def _let_in(address: str) -> Any:
    """Ask once. In a thread, as a head that fails while it lets us in keeps Ray waiting for ever."""
    answer: Future[Any] = Future()

    def enter() -> None:
        try:
            answer.set_result(
                ray.init(
                    address, allow_multiple=True, log_to_driver=False, logging_level=logging.ERROR
                )
            )
        except Exception as error:  # noqa: BLE001  raised where it is waited for
            answer.set_exception(error)

    Thread(target=enter, daemon=True).start()
    try:
        return answer.result(ENTER_S)
    except TimeoutError:
        answer.add_done_callback(_leave)
        raise
    except RuntimeError as error:
        if NOT_STARTED in str(error):
            raise _NotStarted(str(error)) from None
        raise


def _leave(late: "Future[Any]") -> None:
    """Hang up where we were let in when nobody waited any more."""
    with suppress(Exception):
        late.result().disconnect()


def _check_versions() -> None:
    machines = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = [
        # A function of Python itself: it can be called where Tillkeeper is not.
        ray.remote(told_version).options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True))
        .remote(PACKAGE)
        for node in machines
    ]  # fmt: skip
    for node, reference in zip(machines, asked, strict=True):
        try:
            found = ray.get(reference)
        except PackageNotFoundError:
            found = "none"
        if found != version(PACKAGE):
            machine = node["NodeManagerAddress"]
            raise ClusterDiffers(machine=machine, found=found, expected=version(PACKAGE))


def _task(work: Callable[..., Any]) -> Any:
    return ray.remote(max_retries=TRIES)(work)


def _unpaired(
    recipe: str, bucket: int, buckets: int, journal: list[_Named], bill: list[_Named], *masks: Packed
) -> tuple[Keys, int]:  # fmt: skip
    pieces = [named.piece(mask) for named, mask in zip((*journal, *bill), masks, strict=True)]
    first, second = pieces[: len(journal)], pieces[len(journal) :]
    return unpaired(first, second, recipe, bucket=bucket, buckets=buckets)


def _agreed(recipe: str, odd: Lookup, named: _Named, mask: Packed) -> Packed:
    return np.packbits(agreed(named.piece(mask), recipe, odd))


def _named(piece: Piece) -> _Named:
    return _Named(piece.path, len(piece.taking_part))


def _packed(piece: Piece) -> Packed:
    return np.packbits(piece.taking_part)


def _awaited(reference: Any, address: str) -> None:
    """Wait for an answer as long as somebody can be at work on it."""
    idle_since = None
    while not ray.wait([reference], timeout=LOOK_S)[0]:
        if ray.cluster_resources().get("CPU", 0) > 0:
            idle_since = None
            continue
        idle_since = idle_since or time.monotonic()
        if time.monotonic() - idle_since > PATIENCE_S:
            raise ClusterFailed(cluster=address, why="it has no processor left")


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Tell what Ray raises by our own sentences."""
    try:
        yield
    except exceptions.RayTaskError as error:  # before RayError and OSError: it is both
        if isinstance(error.cause, OSError):
            raise PartUnreadable(why=_reason(error.cause)) from None
        raise
    except (exceptions.RayError, ConnectionError) as error:
        raise ClusterFailed(cluster=address, why=_reason(error)) from None


def _reason(error: BaseException, *, line: int = 0) -> str:
    said = str(error.args[-1] if isinstance(error, OSError) and error.args else error)
    lines = said.strip().splitlines() or [type(error).__name__]
    return lines[line].strip().rstrip(". ")[:REASON_LETTERS]
