"""Telling how far an import is: at each chunk, and in between by a thread, so that silence means death."""

import threading
from types import TracebackType
from typing import Final, Self

from tillkeeper.kernel import progress
from tillkeeper.terminals.services.imports.errors import ImportStopped

BEAT_S: Final = 10


class Teller:
    """Reports under the import's number while it works; raises ImportStopped when somebody asked it to stop."""

    def __init__(self, number: str, stage: str) -> None:
        self._number, self._stage = number, stage
        self._share, self._rows = 0.0, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        progress.forget(self._number)
        self._report()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        progress.forget(self._number)

    def __call__(self, share: float, rows: int) -> None:
        """Say how far it is.

        Raises:
            ImportStopped: somebody asked the import to stop.
        """
        self._share, self._rows = share, rows
        if progress.asked_to_stop(self._number):
            raise ImportStopped(number=self._number)
        self._report()

    def _report(self) -> None:
        progress.report(self._number, share=self._share, rows=self._rows, stage=self._stage)

    def _beat(self) -> None:
        # Committing a million rows, or waiting for a lock, takes longer than SILENT_S without a chunk in between.
        while not self._over.wait(BEAT_S):
            self._report()
