"""Ledgers with settlement accounts or id numbers: rows keep these masked, so the file they came in does not stay."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from tillkeeper.kernel.files import forget_file, is_held
from tillkeeper.terminals.models import Import

FIELDS: Final = ("settlement_account", "id_number")
KEPT: Final = timedelta(days=1)  # of an import that nobody goes on with
IN_HAND: Final = ("checking", "queued", "running")
OVER: Final = ("done", "undone")  # taking an import back needs its rows, never its file


def is_personal(record: Import) -> bool:
    """Say whether a mapped column of an import holds settlement accounts or id numbers."""
    return any(field in FIELDS for field in record.mapping.values())


def personal(rows: QuerySet[Import]) -> QuerySet[Import]:
    """Return the imports with such a column."""
    named = Q()
    for field in FIELDS:
        named |= Q(mapped__contains=f'"{field}"')
    return rows.alias(mapped=Cast("mapping", TextField())).filter(named)


def forget_personal(record: Import, at: datetime) -> None:
    """Delete the file of an import that is over, if it holds any, unless something else still needs the same bytes.

    Stand outside the transaction, as with card numbers. Should the process end before this, the clock does it.
    """
    if is_personal(record) and not is_needed(record, at):
        forget_file(record.sha256)


def is_needed(record: Import, at: datetime) -> bool:
    """Say whether the same bytes are another import's that somebody works on, or belong elsewhere.

    That import's own end, or the clock, then sees to the file.
    """
    others = Import.objects.filter(sha256=record.sha256).exclude(pk=record.pk)
    going = others.exclude(status__in=OVER).exclude(result__has_key="expired_at")
    live = going.filter(Q(status__in=IN_HAND) | Q(at__gte=at - KEPT))
    return live.exists() or is_held(record.sha256)
