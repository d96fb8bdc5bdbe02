"""A log on its way here: pieces in any order, doubles harmless, sealed until the whole is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final

from django.db import transaction
from django.utils.module_loading import import_string

from tillkeeper.formats.identifiers import mask_pans_in
from tillkeeper.formats.voice.messages import LogPiece
from tillkeeper.telemetry.errors import LogTooLong, PieceContradicts, PieceTooLong, TooManyLogs
from tillkeeper.telemetry.lifecycle import UploadState
from tillkeeper.telemetry.models import Action, LogUpload
from tillkeeper.telemetry.services.logs.sealing import forget_pieces, keep_piece

PIECE_MAX: Final = 256 * 1024
LOG_MAX: Final = 64 * 2**20
COMING_MAX: Final = 4  # logs of one terminal on their way at a time
ABANDONED_AFTER: Final = timedelta(days=1)
UNREAD_AFTER: Final = timedelta(minutes=10)  # a task that was lost is begun again
DIGEST: Final = 32  # characters of a piece's SHA-256 that are kept


@dataclass(frozen=True, slots=True)
class Taken:
    """How an upload stands after a piece."""

    here: int
    pieces: int

    @property
    def complete(self) -> bool:
        """True when every piece is here."""
        return self.here == self.pieces


@transaction.atomic
def take_piece(*, terminal: int, head: LogPiece, body: bytes, at: datetime) -> Taken:
    """Keep one piece of a log of a terminal (the ledger's key); when this returns it is on the disk.

    The same piece again changes nothing, also when the log was read long ago. With its last piece a log is left to
    the worker.

    Raises:
        PieceTooLong: longer than PIECE_MAX.
        LogTooLong: the log would grow past LOG_MAX.
        PieceContradicts: another number of pieces than before, or other bytes for a piece that is here.
        TooManyLogs: the terminal has COMING_MAX other logs on their way.
    """
    if len(body) > PIECE_MAX:
        raise PieceTooLong(size=len(body), limit=PIECE_MAX)
    upload = _upload(terminal, head, at)
    if upload.pieces != head.pieces or head.index >= head.pieces:
        raise PieceContradicts(upload=head.upload, what="pieces")
    if upload.state == UploadState.ABANDONED:
        upload.state, upload.here, upload.size, upload.at = UploadState.COMING, [], 0, at
    if upload.state == UploadState.COMING:
        _add(upload, head, body, at)
    return Taken(len(upload.here), upload.pieces)


def _upload(terminal: int, head: LogPiece, at: datetime) -> LogUpload:
    rows = LogUpload.objects.filter(terminal=terminal)
    found = rows.select_for_update(of=("self",)).filter(key=head.upload).first()
    if found is not None:
        return found
    if rows.filter(state=UploadState.COMING).count() >= COMING_MAX:
        raise TooManyLogs(limit=COMING_MAX)
    action = None
    if head.action.isascii() and head.action.isdecimal() and len(head.action) < 19:
        action = Action.objects.filter(pk=int(head.action), terminal=terminal).first()
    name = "".join(c for c in head.name if c.isprintable())
    made, _ = LogUpload.objects.select_for_update(of=("self",)).get_or_create(
        terminal_id=terminal,
        key=head.upload,
        defaults={
            "action": action,
            "name": mask_pans_in(name)[:64],
            "pieces": head.pieces,
            "state": UploadState.COMING,
            "at": at,
        },
    )
    return made


def _add(upload: LogUpload, head: LogPiece, body: bytes, at: datetime) -> None:
    digest = sha256(body).hexdigest()[:DIGEST]
    here: dict[int, list[Any]] = {row[0]: row for row in upload.here}
    if head.index in here:
        if here[head.index][1] != digest:
            raise PieceContradicts(upload=head.upload, what=f"piece {head.index}")
        return
    if upload.size + len(body) > LOG_MAX:
        raise LogTooLong(size=upload.size + len(body), limit=LOG_MAX)
    keep_piece(upload.pk, head.index, body)
    upload.here = [*upload.here, [head.index, digest, len(body)]]
    upload.size += len(body)
    if len(upload.here) == upload.pieces:
        upload.state, upload.complete_at = UploadState.COMPLETE, at
        transaction.on_commit(partial(enqueue_reading, upload.pk))
    upload.save()


def enqueue_reading(upload: int) -> None:
    """Leave a log to the worker."""
    # By name: tasks stand above services.
    import_string("tillkeeper.telemetry.tasks.read_terminal_log").enqueue(upload)


def tidy_logs(*, at: datetime) -> int:
    """Give up logs that stopped coming a day ago, and have those read that were left; return how many were given up."""
    given_up = 0
    for upload in LogUpload.objects.filter(state=UploadState.COMING, at__lt=at - ABANDONED_AFTER):
        # Conditional: its last piece may be coming in at this moment.
        coming = LogUpload.objects.filter(pk=upload.pk, state=UploadState.COMING)
        if coming.update(state=UploadState.ABANDONED, here=[], size=0):
            forget_pieces(upload.pk)
            given_up += 1
    left = LogUpload.objects.filter(
        state=UploadState.COMPLETE,
        complete_at__lt=at - UNREAD_AFTER,
        complete_at__gt=at - ABANDONED_AFTER,
    )
    for key in left.values_list("pk", flat=True)[:100]:
        enqueue_reading(key)
    return given_up
