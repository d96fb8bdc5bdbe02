"""Cursors moved: only by whoever knows where they stand."""

from datetime import datetime

from tillkeeper.telemetry.errors import CursorMoved
from tillkeeper.telemetry.models import Cursor


def advance(name: str, shard: int, *, after: int, upto: int, at: datetime) -> None:
    """Move a cursor from one position to another, in the caller's transaction.

    Raises:
        CursorMoved: it does not stand where the caller believes.
    """
    rows = Cursor.objects.filter(name=name, shard=shard)
    if rows.filter(position=after).update(position=upto, at=at):
        return
    if after or rows.exists():
        raise CursorMoved(shard=shard)
    Cursor.objects.create(name=name, shard=shard, position=upto, at=at)


def lives(name: str, shard: int, *, at: datetime) -> None:
    """Note that the reader of a shard lives, though there is nothing to read."""
    Cursor.objects.update_or_create(name=name, shard=shard, defaults={"at": at})
