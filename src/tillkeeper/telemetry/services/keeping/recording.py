"""A shard's readings on their way into the lake: gathered for a minute, written as one file, noted with the cursor."""

import time
from datetime import datetime
from typing import Final

from django.db import transaction

from tillkeeper.telemetry.annals import Part, as_frame, joined_frames, write_part
from tillkeeper.telemetry.heard import Batch, gather_sound
from tillkeeper.telemetry.models import HistoryPart
from tillkeeper.telemetry.opened import opened
from tillkeeper.telemetry.queries.cursors import HISTORY, position_of
from tillkeeper.telemetry.queries.parts import MINUTE, voice_lake
from tillkeeper.telemetry.services.writing.cursors import advance
from tillkeeper.telemetry.spool import Spool

FRAME_S: Final = 60.0
FRAME_ROWS: Final = 400_000  # readings wait in memory for no longer than it takes to gather so many
SEGMENTS_AT_ONCE: Final = 256


class Recorder:
    """Gathers what the writer's rounds took in. What a kill takes from its memory is still in the spool."""

    def __init__(self, spool: Spool, shard: int) -> None:
        """Stand where the cursor stands."""
        self._spool, self._shard = spool, shard
        self._written = self._gathered = position_of(HISTORY, shard)
        self._batches: list[Batch] = []
        self._rows = 0
        self._since = time.monotonic()

    def add(self, batch: Batch, *, after: int, upto: int) -> None:
        """Gather what one round took in; what does not follow what was gathered is fetched when it is due."""
        if after == self._gathered:
            self._add(batch, upto)

    def _add(self, batch: Batch, upto: int) -> None:
        if len(batch):
            self._batches.append(batch)
            self._rows += len(batch)
        self._gathered = upto

    def fetch(self, upto: int, *, oldest_s: float) -> None:
        """Gather from the spool what rounds took in and is not gathered: after a start, or a lake that was away."""
        while self._gathered < upto and self._rows < FRAME_ROWS:
            segments = [
                segment
                for segment in self._spool.read(
                    self._shard, after=self._gathered, limit=SEGMENTS_AT_ONCE, wait_s=0
                )
                if segment.position <= upto
            ]
            if not segments:
                return
            items = opened([segment.body for segment in segments])
            batch = gather_sound(items.check_ins, oldest_s=oldest_s).batch
            self._add(batch, segments[-1].position)

    def is_due(self) -> bool:
        """Say whether there is a minute's worth, or as much as may wait."""
        return self._rows >= FRAME_ROWS or time.monotonic() - self._since >= FRAME_S

    def drop(self) -> None:
        """Forget what was gathered: it is fetched again."""
        self._gathered, self._batches, self._rows = self._written, [], 0
        self._since = time.monotonic()

    def write(self, *, at: datetime) -> int:
        """Write what was gathered as a file, then note it with the cursor, then let the spool forget it.

        Returns:
            how many readings that were; each once, if a terminal sent one twice.
        """
        if self._gathered == self._written:
            self._since = time.monotonic()
            return 0
        rows = 0
        made: list[Part] = []
        if self._batches:
            frame = joined_frames([as_frame(batch) for batch in self._batches])
            rows = frame.height
            path = f"{MINUTE}/{at:%Y%m%d}/{at:%H%M%S}-{self._shard}-{self._gathered}.parquet"
            made.append(write_part(voice_lake(), path, frame))
        with transaction.atomic():
            note_parts(MINUTE, made, at=at)
            advance(HISTORY, self._shard, after=self._written, upto=self._gathered, at=at)
        self._written, self._batches, self._rows = self._gathered, [], 0
        self._since = time.monotonic()
        self._spool.release(self._shard, upto=self._written)
        return rows


def note_parts(tier: str, made: list[Part], *, at: datetime) -> None:
    """Note files that were written: from now on they count."""
    HistoryPart.objects.bulk_create(
        HistoryPart(
            tier=tier,
            path=part.path,
            begins_at=part.begins_at,
            ends_at=part.ends_at,
            oldest_at=part.oldest_at,
            rows=part.rows,
            terminals=part.terminals,
            first_terminal=part.first_terminal,
            last_terminal=part.last_terminal,
            size=part.size,
            sha256=part.sha256,
            made_at=at,
        )
        for part in made
    )
