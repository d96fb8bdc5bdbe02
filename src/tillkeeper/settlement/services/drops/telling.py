"""How far a round is, told while it lasts; and whether it is to stop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from tillkeeper.kernel import progress
from tillkeeper.settlement.services.drops.errors import RoundStopped

EVERY_S: Final = 20  # well below the minute after which a job counts as dead
LOOKING: Final = "looking"
RESTING: Final = "resting"
FETCHING: Final = "fetching"
QUEUED: Final = "queued"


def key_of(drop_id: int) -> str:
    """Return the name under which a drop's progress is kept."""
    return f"drop:{drop_id}"


@dataclass(slots=True)
class Telling:
    """Says how far a round is; repeats it every so often, for reading a large file takes minutes."""

    key: str
    stopped: Callable[[], bool]
    total: int = 0  # bytes
    came: int = 0
    files: int = 0
    stage: str = LOOKING
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin; what was asked of an earlier round is forgotten."""
        progress.forget(self.key)
        self.tell()
        self._thread = threading.Thread(target=self._beat, name=self.key, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        progress.forget(self.key)

    def tell(self) -> None:
        """Say it."""
        share = self.came / self.total if self.total else 0.0
        progress.report(self.key, share=min(1.0, share), rows=self.files, stage=self.stage)

    def more(self, size: int) -> None:
        """So many bytes more have come.

        Raises:
            RoundStopped: it is to stop.
        """
        self.came += size
        self.tell()
        self.heed()

    def heed(self) -> None:
        """Stop here if that was asked.

        Raises:
            RoundStopped: it is to stop.
        """
        if self.stopped() or progress.asked_to_stop(self.key):
            raise RoundStopped

    def rest(self, seconds: float) -> None:
        """Wait, and be stopped while waiting.

        Raises:
            RoundStopped: it is to stop.
        """
        self.stage = RESTING
        self.tell()
        waited = 0.0
        while waited < seconds:
            self.heed()
            step = min(0.5, seconds - waited)
            self._over.wait(step)
            waited += step
        self.stage = LOOKING

    def _beat(self) -> None:
        while not self._over.wait(EVERY_S):
            self.tell()
