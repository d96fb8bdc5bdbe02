"""A sign of life from a long run of the engine, which itself reports nothing: so a killed one can be told."""

import threading
from typing import Final, Self

from tillkeeper.kernel import progress

EVERY_S: Final = 20  # well below the minute after which a job counts as dead


class Heartbeat:
    """While it lasts, says every so often that the job is alive."""

    def __init__(self, key: str) -> None:
        """Make it for the job `key`."""
        self._key = key
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{key}", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        progress.report(self._key, share=0.05, rows=0, stage="matching")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(EVERY_S):
            progress.report(self._key, share=0.05, rows=0, stage="matching")
