"""A shard's line from the spool into live state and history: rounds, one after another, by one writer."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tillkeeper.kernel.errors import LakeUnreachable
from tillkeeper.telemetry.queries.cursors import STATE, Policies, policies, position_of
from tillkeeper.telemetry.services.keeping.recording import Recorder
from tillkeeper.telemetry.services.leases import Lease
from tillkeeper.telemetry.services.writing.cursors import lives
from tillkeeper.telemetry.services.writing.rounds import Place, take_round
from tillkeeper.telemetry.spool import Segment, Spool

logger = logging.getLogger("tillkeeper.writer")

ITEMS_A_ROUND: Final = 8_000  # about; a round holds its rows until its end
SEGMENTS_A_ROUND: Final = 200  # what any kind of spool gives at once
NUMBERS_GOOD_S: Final = 30.0  # policies are read anew after so long
ALIVE_EVERY_S: Final = 5.0


class Line:
    """One shard's writer, while it holds the shard's lease."""

    def __init__(self, spool: Spool, shard: int) -> None:
        """Ask for nothing yet."""
        self._spool, self._shard, self._lease = spool, shard, Lease(shard)
        self._place: Place | None = None
        self._recorder: Recorder | None = None
        self._numbers: Policies | None = None
        self._read_at = self._alive_at = float("-inf")
        self._items_a_segment = 1.0

    def holds(self) -> bool:
        """Take the shard if nobody has it; say whether it is ours. To be asked before each round."""
        held = self._lease.held()
        if not held:
            self._place = self._recorder = None
        return held

    def go_round(self, *, at: datetime, wait_s: float) -> int:
        """Take in what waits, at most about `ITEMS_A_ROUND`; return how many items that was.

        Raises:
            SpoolUnreachable: the spool cannot be read now.
            CursorMoved: somebody else is at work here; the next round begins where he is.
        """
        if self._place is None:
            self._place = Place(self._shard, position_of(STATE, self._shard))
            self._recorder = None
        limit = self._limit()
        segments = self._spool.read(
            self._shard, after=self._place.after, limit=limit, wait_s=wait_s
        )
        if not segments:
            self._note_life(at)
            return 0
        try:
            return self._take(self._place, segments, more=len(segments) >= limit, at=at)
        except BaseException:
            self._place = None  # the cursor in the database is what counts
            raise

    def record(self, *, at: datetime, now: bool = False) -> int:
        """Write history if a minute's worth is there, or `now`; return how many readings were written."""
        if self._recorder is None:
            self._recorder = Recorder(self._spool, self._shard)
        if not (now or self._recorder.is_due()):
            return 0
        upto = position_of(STATE, self._shard) if self._place is None else self._place.after
        try:
            self._recorder.fetch(upto, oldest_s=self._policies(at).oldest_s)
            return self._recorder.write(at=at)
        except (LakeUnreachable, OSError):
            # Live state goes on; the spool keeps what history has not.
            logger.exception(
                "history of shard %d cannot be written; it is tried again", self._shard
            )
            self._recorder.drop()
            return 0

    def end(self, *, at: datetime) -> None:
        """Write what was gathered and give the shard back."""
        try:
            self.record(at=at, now=True)
        finally:
            self._lease.let_go()

    def _take(self, place: Place, segments: Sequence[Segment], *, more: bool, at: datetime) -> int:
        taken = take_round(segments, place, numbers=self._policies(at), more=more, at=at)
        self._place = Place(self._shard, taken.upto)
        if self._recorder is None:
            self._recorder = Recorder(self._spool, self._shard)
        self._recorder.add(taken.batch, after=taken.after, upto=taken.upto)
        self._items_a_segment = max(1.0, taken.items / len(segments))
        return taken.items

    def _limit(self) -> int:
        return max(1, min(SEGMENTS_A_ROUND, int(ITEMS_A_ROUND / self._items_a_segment)))

    def _policies(self, at: datetime) -> Policies:
        if self._numbers is None or time.monotonic() - self._read_at > NUMBERS_GOOD_S:
            self._numbers, self._read_at = policies(on=at.date()), time.monotonic()
        return self._numbers

    def _note_life(self, at: datetime) -> None:
        if time.monotonic() - self._alive_at > ALIVE_EVERY_S:
            lives(STATE, self._shard, at=at)
            self._alive_at = time.monotonic()
