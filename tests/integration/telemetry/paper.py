"""Logs that terminals sent, for tests of the doors: sent in pieces and read as the worker reads them."""

from tests.factories import NOON

from tillkeeper.formats.voice.messages import LogPiece
from tillkeeper.telemetry.models import LogUpload
from tillkeeper.telemetry.services.logs import read_log, take_piece

BODY = "".join(
    f"2026-11-22 10:00:{second:02d} settlement batch {second} sent\n" for second in range(20)
) + (
    "2026-11-22 10:00:20 printer: paper out\n"
    "2026-11-22 10:00:21 ERROR frobnicator 4111111111111111 lost its wibble\n"
    "2026-11-22 10:00:22 waiting for the operator\n"
    "2026-11-22 10:00:23 printer: paper out\n"
)


def sent_log(terminal, body=BODY, *, key="upload-1", name="pos.log", pieces=1, read=True):
    """Return a log of a terminal: all of it here and read, or only its first piece of several."""
    head = LogPiece(upload=key, index=0, pieces=pieces, name=name)
    take_piece(terminal=terminal.pk, head=head, body=body.encode(), at=NOON)
    upload = LogUpload.objects.get(terminal=terminal, key=key)
    if read and pieces == 1:
        read_log(upload=upload.pk, at=NOON)
    upload.refresh_from_db()
    return upload
