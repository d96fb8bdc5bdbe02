"""Where buckets are worked: in threads of this machine, or on a Ray cluster. The answer is the same, byte for byte."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tillkeeper.engines.matching.buckets import Bits, Keys, Lookup, Piece, agreed, unpaired
from tillkeeper.engines.matching.errors import ClusterNotInstalled, ClusterUnreachable

RAY: Final = "ray://"

Found = list[tuple[Keys, int]]


class Held(Protocol):
    """The parts of both sides, there where the work is done."""

    def unpaired(self, recipe: str, buckets: int) -> Found:
        """Return for each bucket, in their order, its odd keys and the number of its pairs."""

    def agreed(self, recipe: str, odd: Lookup) -> Iterator[Bits]:
        """Yield for each part, of the journal first, which rows agree."""


class Workplace(Protocol):
    """Where buckets are worked."""

    @property
    def width(self) -> int:
        """Buckets that can be worked at a time: a run has as many at least."""

    @property
    def elsewhere(self) -> bool:
        """On other machines, which must reach the parts."""

    def holding(
        self, journal: Sequence[Piece], bill: Sequence[Piece]
    ) -> AbstractContextManager[Held]:
        """Bring the parts there, once for both steps of a recipe."""


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this machine."""

    width: int = 1
    elsewhere: bool = False

    @contextmanager
    def holding(self, journal: Sequence[Piece], bill: Sequence[Piece]) -> Iterator["_HeldHere"]:
        """Work with the parts where they are."""
        with ThreadPoolExecutor(self.width) as pool:
            yield _HeldHere(journal, bill, pool.map)


@dataclass(frozen=True, slots=True)
class _HeldHere:
    journal: Sequence[Piece]
    bill: Sequence[Piece]
    each: Callable[..., Iterator[Any]]

    def unpaired(self, recipe: str, buckets: int) -> Found:
        def work(bucket: int) -> tuple[Keys, int]:
            return unpaired(self.journal, self.bill, recipe, bucket=bucket, buckets=buckets)

        return list(self.each(work, range(buckets)))

    def agreed(self, recipe: str, odd: Lookup) -> Iterator[Bits]:
        return self.each(lambda piece: agreed(piece, recipe, odd), (*self.journal, *self.bill))


@contextmanager
def workplace(on: str = "", *, workers: int = 1) -> Iterator[Workplace]:
    """Open a workplace: this machine, or the cluster at `on`, and leave it at the end.

    Args:
        on: `ray://host:port`; blank for this machine.
        workers: buckets at a time, at least; a cluster has as many as it has processors.

    Raises:
        ClusterUnreachable: it is no such address, or nobody answers there.
        ClusterNotInstalled: the extra is missing.
        ClusterDiffers: another version is installed there, or none.
    """
    if not on:
        yield Threads(workers)
        return
    if not on.startswith(RAY):
        raise ClusterUnreachable(cluster=on, why=f"an address begins with {RAY}")
    try:
        # Only here: Ray is an extra.
        from tillkeeper.engines.matching.on_ray import joined  # noqa: PLC0415
    except ImportError:
        raise ClusterNotInstalled(cluster=on) from None
    with joined(on, workers=workers) as cluster:
        yield cluster
