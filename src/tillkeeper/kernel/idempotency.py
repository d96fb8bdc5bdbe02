"""The same post again gets the same answer: keys of the `Idempotency-Key` header."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, Final

from django.db import IntegrityError, transaction

from tillkeeper.kernel.errors import Busy, Conflict
from tillkeeper.kernel.models import IdempotencyKey

ANSWERED_WITHIN: Final = timedelta(minutes=10)


@dataclass(eq=False, kw_only=True)
class KeyReused(Conflict):
    """An idempotency key came back with another request."""

    code: ClassVar[str] = "kernel.idempotency_key_reused"
    sentence: ClassVar[str] = (
        "The idempotency key “%(key)s” was used for another request; take a new one."
    )
    key: str


@dataclass(eq=False, kw_only=True)
class StillRunning(Busy):
    """The first request with this key has not been answered yet."""

    code: ClassVar[str] = "kernel.idempotency_still_running"
    sentence: ClassVar[str] = (
        "The first request with the idempotency key “%(key)s” is still running."
    )
    key: str


def request_digest(*parts: bytes) -> str:
    """Return what tells one request from another: method, path and body."""
    return sha256(b"\n".join(parts)).hexdigest()


def first_answer(*, key: str, actor: str, request: str, at: datetime) -> tuple[int, str] | None:
    """Claim `key` and return None, or return the answer that was given the first time.

    Raises:
        KeyReused: the key belongs to another request of this actor.
        StillRunning: the first one has not been answered.
    """
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(key=key, actor=actor, request=request, at=at)
    except IntegrityError:
        row = IdempotencyKey.objects.get(key=key, actor=actor)
        if row.request != request:
            raise KeyReused(key=key) from None
        if row.status is not None:
            return row.status, row.body
        if not _abandoned(row, at):
            raise StillRunning(key=key) from None
    return None


def _abandoned(row: IdempotencyKey, at: datetime) -> bool:
    """Take over a claim whose server died before it could answer; of several who try, one succeeds."""
    dead = IdempotencyKey.objects.filter(pk=row.pk, status=None, at__lt=at - ANSWERED_WITHIN)
    return bool(dead.update(at=at))


def keep_answer(*, key: str, actor: str, status: int, body: str) -> None:
    """Keep the answer; a failure of ours (5xx) is forgotten, so that the caller may try again."""
    row = IdempotencyKey.objects.filter(key=key, actor=actor)
    if status >= 500:
        row.delete()
    else:
        row.update(status=status, body=body)


def forget_answers(*, before: datetime) -> int:
    """Delete keys older than `before`; return how many."""
    return IdempotencyKey.objects.filter(at__lt=before).delete()[0]
