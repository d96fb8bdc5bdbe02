"""Drafts that nobody went on with: after a day their files are deleted, for nobody looked what is in them.

Files with settlement accounts or id numbers go too, whatever became of their imports.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from tillkeeper.kernel.files import forget_file, is_held, is_kept
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services.imports.errors import DraftExpired, LedgerForgotten
from tillkeeper.terminals.services.imports.personal import (
    IN_HAND,
    KEPT,
    OVER,
    is_needed,
    is_personal,
    personal,
)

# Never read to the end: a finished dry run has counts, and has deleted a file with card numbers by itself.
UNREAD: Final = Q(status__in=["draft", "cancelled", "failed"], dry_run={})
AT_ONCE: Final = 500


def expire_drafts(at: datetime) -> int:
    """Delete the files of drafts older than a day, and say so on their rows; for the clock. Returns how many.

    So too the files with settlement accounts or id numbers of imports with which nothing happened for a day.

    A file that something else holds by the same content stays.
    """
    numbers = list(_unread(at).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    sealed = list(_left(at).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_expire(number, at) for number in dict.fromkeys([*numbers, *sealed]))


def _unread(at: datetime) -> QuerySet[Import]:
    rows = Import.objects.filter(UNREAD, at__lt=at - KEPT)
    return rows.exclude(result__has_key="expired_at")


def _left(at: datetime) -> QuerySet[Import]:
    """Return the imports with accounts or id numbers in their files with which nothing happened for a day."""
    rows = personal(Import.objects.exclude(status__in=IN_HAND))
    old = rows.alias(last=Coalesce("finished_at", "at")).filter(last__lt=at - KEPT)
    return old.exclude(result__has_key="expired_at")


def _expire(key: int, at: datetime) -> bool:
    with transaction.atomic():
        # Looked at again under the lock: somebody may have asked for its dry run just now.
        unread = _unread(at).select_for_update().filter(pk=key).first()
        record = unread or _left(at).select_for_update().filter(pk=key).first()
        if record is None:
            return False
        record.result = {**record.result, "expired_at": at.isoformat(timespec="seconds")}
        # Of what is over its counts stay; a file that went earlier went for a reason that stands on the row.
        if record.status not in OVER and is_kept(record.sha256):
            error = (DraftExpired if unread else LedgerForgotten)(number=record.number)
            record.problem = str(error)
            record.result["problem"] = {"code": error.code, "facts": error.facts()}
            record.status, record.finished_at = "cancelled", at
        record.save(update_fields=["status", "problem", "result", "finished_at"])
    if not _needed(record, at):
        forget_file(record.sha256)
    return True


def _needed(record: Import, at: datetime) -> bool:
    """Say whether the same bytes are an import's that somebody works on or worked with, or belong elsewhere."""
    if is_personal(record):
        return is_needed(record, at)
    same = Import.objects.filter(sha256=record.sha256).exclude(result__has_key="expired_at")
    return same.exclude(pk__in=_unread(at)).exists() or is_held(record.sha256)
