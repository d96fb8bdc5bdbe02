"""One round of a drop: look, leave alone what is still growing, take each finished file once, remember.

Files are counted once by their content (see `files.bring_in`); what is remembered of a drop only spares fetching them
again. So a round may be killed at any moment: the next one goes on, and what it meets twice is not taken twice.
"""

import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import RawIOBase
from pathlib import Path
from typing import IO, Any, Final, cast

from django.conf import settings
from django.db import DatabaseError

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.models import Drop
from tillkeeper.settlement.queries.drops import drop as drop_seen
from tillkeeper.settlement.queries.drops import origin_of
from tillkeeper.settlement.services.drops.addresses import folder_of, server_of
from tillkeeper.settlement.services.drops.errors import (
    DropBusy,
    DropChanged,
    FileMoving,
    FileStays,
    FileTooLarge,
    FileUnreadable,
    NamesUnusable,
    NoRoom,
    ReadingBroke,
    RoundEnded,
)
from tillkeeper.settlement.services.drops.identity import password_of, variable_of
from tillkeeper.settlement.services.drops.places import Folder, Found, Place, Remote
from tillkeeper.settlement.services.drops.sftp import Visit
from tillkeeper.settlement.services.drops.telling import FETCHING, Telling, key_of
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.settlement.services.folders import Arrival, reason_of

LEAST_FREE: Final = (
    512 * 1024 * 1024
)  # bytes that stay free on our disk, for the database beside the files
RESTS_MS: Final = 10_000  # a file that looks the same for so long is finished
MIB: Final = 1024 * 1024
LOOKS, SETTLED = (
    "looks",
    "settled",
)  # what a drop remembers: of unfinished files, and of those that are done with
logger = logging.getLogger("tillkeeper.drops")


@dataclass(slots=True)
class Round:
    """What came of a round."""

    arrivals: list[Arrival] = field(default_factory=list)
    waiting: int = 0  # files that may still be growing
    problem: TillkeeperError | None = None


def never() -> bool:
    """Nobody asks to stop."""
    return False


def fetch(
    *, drop: int, by: Actor, at: datetime, patient: bool = True, stopped: Callable[[], bool] = never
) -> Round:
    """Go round a drop once. What goes wrong on the way is no exception: it is the round's problem and the drop's.

    Args:
        drop: key of the drop.
        by: who.
        at: when.
        patient: False looks twice, ten seconds apart, for somebody who waits for it.
        stopped: asked between pieces whether to end here.

    Raises:
        NotFound, NotAllowed: the drop is none of the actor's.
        DropBusy: another round goes on.
    """
    by.require(Right.MONEY_WORK)
    row = drop_seen(by.scope(Right.MONEY_WORK), drop)
    done = Round()
    with _alone(row), Telling(key_of(row.pk), stopped) as telling:
        row = drop_seen(by.scope(Right.MONEY_WORK), drop)  # as the round before left it
        try:
            with _place(row) as place:
                _Going(row, place, telling, done, by, at).go(patient=patient)
        except TillkeeperError as ended:
            done.problem = ended
        try:
            _remember(row, problem=_told(done.problem), looked_at=at)
        except DropChanged as changed:
            done.problem = changed
    return done


@dataclass(slots=True)
class _Going:
    """A round on its way."""

    row: Drop
    place: Place
    telling: Telling
    done: Round
    by: Actor
    at: datetime

    def go(self, *, patient: bool) -> None:
        now = round(self.at.timestamp() * 1000)
        ready = self._ready(now)
        if self.done.waiting and not patient:
            self.telling.rest(RESTS_MS / 1000)
            ready = self._ready(now + RESTS_MS)
        self.telling.total, self.telling.stage = sum(found.size for found in ready), FETCHING
        for found in ready:
            self.telling.heed()
            self._take(found)
            self.telling.files += 1
            self.telling.tell()

    def _ready(self, now: int) -> list[Found]:
        """Return what is finished and not done with; remember how all else looks, and since when."""
        view = self.place.view()
        looks, settled = self.row.seen.get(LOOKS, {}), self.row.seen.get(SETTLED, {})
        here = {found.name: found for found in view.files}
        kept = {
            name: told
            for name, told in settled.items()
            if name in here and told[0] == here[name].look
        }
        fresh = [found for found in view.files if found.name not in kept]
        since = {found.name: _since(found, looks.get(found.name), now) for found in fresh}
        ready = [found for found in fresh if found.ready or now - since[found.name] >= RESTS_MS]
        self.done.waiting = len(fresh) - len(ready)
        if view.unusable:
            first = ascii(view.unusable[0])[:80]
            self.done.problem = NamesUnusable(count=len(view.unusable), name=first)
        looks = {found.name: [*found.look, since[found.name]] for found in fresh}
        self.row.seen = {LOOKS: looks, SETTLED: kept}
        _remember(self.row, seen=self.row.seen)
        return ready

    def _take(self, found: Found) -> None:
        try:
            arrival, problem = self._brought_in(found)
        except (FileMoving, FileUnreadable) as left:  # it stays, and is looked at again
            self.row.seen[LOOKS].pop(found.name, None)
            self.done.problem = left
            self.done.waiting += 1
            return
        self.done.arrivals.append(arrival)
        try:
            self.place.put_away(arrival, self.at)
        except FileStays as stays:
            self.done.problem = stays
        self.row.seen[LOOKS].pop(found.name, None)
        self.row.seen[SETTLED][found.name] = [found.look, arrival.number, problem]
        _remember(self.row, seen=self.row.seen)

    def _brought_in(self, found: Found) -> tuple[Arrival, dict[str, Any]]:
        try:
            with self.place.reading(found.name) as piece:
                came = _Coming(found, piece, self.place, self.telling)
                file = bring_in(
                    stream=cast("IO[bytes]", came),
                    name=found.name,
                    organisation=self.row.organisation.code,
                    by=self.by,
                    at=self.at,
                    origin=origin_of(self.row.name),
                )
        except (RoundEnded, FileMoving, FileUnreadable, NotFound, Forbidden, DatabaseError):
            raise
        except (Conflict, Invalid) as refused:
            return Arrival(found.name, "", str(refused)), _told(refused)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoom(name=found.name, size=found.size) from None
            # One file must not keep all others from coming.
            logger.exception("%s of drop %s could not be read", ascii(found.name), self.row.name)
            self.done.problem = ReadingBroke(name=found.name, kind=type(error).__name__)
            return Arrival(found.name, "", str(self.done.problem)), _told(self.done.problem)
        return Arrival(found.name, file.number, reason_of(file)), file.problem


def _since(found: Found, before: list[int] | None, now: int) -> int:
    """Return since when a file has looked as it does, in milliseconds; a clock that was set back begins anew."""
    return before[2] if before and before[:2] == found.look and before[2] <= now else now


class _Coming(RawIOBase):
    """The bytes of a file as they come, within bounds; at their end the file must still look as it did."""

    def __init__(
        self, found: Found, piece: Callable[[], bytes], place: Place, telling: Telling
    ) -> None:
        self._found, self._piece, self._place, self._telling = found, piece, place, telling
        self._most = settings.TILLKEEPER_IMPORT_MAX_MIB * MIB
        self._came = 0
        self._require_size(found.size)
        if shutil.disk_usage(settings.TILLKEEPER_VAR).free - found.size < LEAST_FREE:
            raise NoRoom(name=found.name, size=found.size)

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002  as streams are read; pieces come as the place has them
        piece = self._piece()
        self._came += len(piece)
        self._require_size(self._came)
        if not piece and (self._came, self._place.look(self._found.name)) != (
            self._found.size,
            self._found.look,
        ):
            raise FileMoving(name=self._found.name)
        self._telling.more(len(piece))
        return piece

    def _require_size(self, size: int) -> None:
        if size > self._most:
            raise FileTooLarge(name=self._found.name, size=size, most=self._most)
        if size > self._found.size:
            raise FileMoving(name=self._found.name)


@contextmanager
def _place(row: Drop) -> Iterator[Place]:
    code = row.organisation.code
    if row.kind == DropKind.FOLDER:
        yield Folder(folder_of(code, row.address), f"{code}/{row.address}")
        return
    visit = Visit(
        server_of(row.address),
        host_key=row.host_key,
        password=password_of(code, row.name),
        variable=variable_of(code, row.name),
    )
    with visit:
        yield Remote(visit)


@contextmanager
def _alone(row: Drop) -> Iterator[None]:
    """Keep a second round away, also that of another process; a process that is killed lets go.

    Raises:
        DropBusy: one goes on.
    """
    folder = Path(settings.TILLKEEPER_VAR) / "rounds"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{row.pk}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DropBusy(drop=row.name) from None
        yield
    finally:
        os.close(handle)


def _remember(row: Drop, **columns: Any) -> None:
    """Write down how far a round is, unless the drop was changed or removed under it.

    Raises:
        DropChanged: it was.
    """
    same = Drop.objects.filter(pk=row.pk, address=row.address, host_key=row.host_key)
    if not same.update(**columns):
        raise DropChanged(drop=row.name)


def _told(problem: TillkeeperError | None) -> dict[str, Any]:
    if problem is None:
        return {}
    return {"code": problem.code, "sentence": str(problem), "facts": problem.facts()}
