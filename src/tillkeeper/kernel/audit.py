"""The audit chain: every change, linked to the one before by its hash, per organisation.

A verb runs inside `unit_of_work`; what it records is kept beside the transaction and written as its last statements,
just before the commit. So the chain's head is locked briefly and always last, and two verbs that touch the same
terminals in another order cannot wait for each other over it.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from hashlib import sha256
from typing import IO, Any, Final, ParamSpec, TypeVar

import orjson
from django.db import transaction

from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.bulk import as_stored, insert_rows
from tillkeeper.kernel.models import AuditChain, AuditEntry

P = ParamSpec("P")
R = TypeVar("R")
Facts = Mapping[str, Any] | None

IN_MEMORY_BYTES: Final = 32 * 1024 * 1024
COLUMNS: Final = (
    "chain_id",
    "sequence",
    "at",
    "actor",
    "source",
    "action",
    "subject",
    "place",
    "before",
    "after",
    "digest",
)


class _Pending:
    """The changes of one unit of work, as JSON lines; on disk once they are many."""

    def __init__(self) -> None:
        self.lines: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  closed in `close`
        self.roots: set[str] = set()

    def add(self, root: str, line: bytes) -> None:
        self.roots.add(root)
        self.lines.write(line + b"\n")

    def close(self) -> None:
        self.lines.close()


_pending: ContextVar[_Pending | None] = ContextVar("audit_pending", default=None)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """One transaction with its audit entries: both are kept, or neither. Units inside a unit join it."""
    if _pending.get() is not None:
        with transaction.atomic():
            yield
        return
    # The unit ends inside its transaction: what runs on the commit may be a unit of its own.
    with transaction.atomic():
        pending = _Pending()
        token = _pending.set(pending)
        try:
            yield
            _write(pending)
        finally:
            _pending.reset(token)
            pending.close()


def verb(service: Callable[P, R]) -> Callable[P, R]:
    """Mark a service function as a business verb: it runs in a unit of work."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with unit_of_work():
            return service(*args, **kwargs)

    return run


def record_change(  # noqa: PLR0913  an entry says who, what, where, before, after and when, or it is none
    *,
    action: str,
    subject: str,
    place: str,
    by: Actor,
    at: datetime,
    before: Facts = None,
    after: Facts = None,
) -> None:
    """Add one entry to the chain of the organisation that `place` belongs to.

    Args:
        action: what was done, e.g. `terminal.suspend`.
        subject: to what, e.g. `terminal:P82003059`.
        place: path of the node it belongs to; an entry is shown to those who may see that place.
        by: who.
        at: when, aware.
        before: the facts that changed, as they were; never card data.
        after: the same facts as they are now.

    Raises:
        RuntimeError: called outside a unit of work; the entry could outlive a change that was rolled back.
    """
    pending = _pending.get()
    if pending is None:
        raise RuntimeError("record a change inside the verb that makes it")
    line = orjson.dumps(
        [
            place[:STEP_WIDTH],
            _moment(at),
            str(by),
            by.source,
            action,
            subject,
            place,
            _text(before),
            _text(after),
        ]
    )
    pending.add(place[:STEP_WIDTH], line)


def _text(facts: Facts) -> str:
    if facts is None:
        return ""
    return orjson.dumps(dict(facts), default=str, option=orjson.OPT_SORT_KEYS).decode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _digest(previous: str, sequence: int, facts: list[str]) -> str:
    return sha256(previous.encode() + orjson.dumps([sequence, *facts])).hexdigest()


def _write(pending: _Pending) -> None:
    if not pending.roots:
        return
    for root in pending.roots:
        AuditChain.objects.get_or_create(root=root)
    # One order for everybody, so that two organisations' verbs cannot wait for each other.
    locked = AuditChain.objects.select_for_update().filter(root__in=pending.roots).order_by("root")
    heads = {chain.root: chain for chain in locked}
    insert_rows(AuditEntry, COLUMNS, _rows(pending, heads))
    for chain in heads.values():
        chain.save(update_fields=["sequence", "digest"])


def _rows(pending: _Pending, heads: dict[str, AuditChain]) -> Iterator[tuple[Any, ...]]:
    at_field = AuditEntry._meta.get_field("at")
    stored_at: dict[str, Any] = {}
    pending.lines.seek(0)
    for line in pending.lines:
        root, *facts = orjson.loads(line)
        head = heads[root]
        head.sequence += 1
        head.digest = _digest(head.digest, head.sequence, facts)
        moment = facts[0]
        if moment not in stored_at:
            stored_at[moment] = as_stored(at_field, datetime.fromisoformat(moment))
        yield (head.pk, head.sequence, stored_at[moment], *facts[1:], head.digest)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry of a chain that does not hold, and what is wrong with it."""

    sequence: int
    subject: str
    reason: str  # missing | altered | cut_off | headless


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along one organisation's chain found. `digest` is the head, worth writing down elsewhere."""

    root: str
    entries: int
    digest: str
    broken: Broken | None


def verify_chains() -> list[Verdict]:
    """Walk every chain from its first entry; constant memory. Returns one verdict per organisation."""
    verdicts = [_verify(chain) for chain in AuditChain.objects.order_by("root")]
    heads = AuditChain.objects.values("pk")
    stray = AuditEntry.objects.exclude(chain__in=heads).order_by("chain_id", "sequence").first()
    if stray is not None:  # somebody took away the head, and with it the whole chain
        root = stray.place[:STEP_WIDTH]
        verdicts.append(
            Verdict(root, 0, "0" * 64, Broken(stray.sequence, stray.subject, "headless"))
        )
    return verdicts


def check_heads() -> list[Verdict]:
    """Look at the last entry of every chain alone: the head means it, and it follows from the one before it.

    Two rows per organisation, however long the chain is. An older entry that was altered is found by `verify_chains`.
    """
    return [_check_head(chain) for chain in AuditChain.objects.order_by("root")]


def _check_head(chain: AuditChain) -> Verdict:
    # Not beyond the head: somebody may be adding entries just now.
    entries = AuditEntry.objects.filter(chain=chain, sequence__lte=chain.sequence)
    last = list(entries.order_by("-sequence")[:2])
    place = chain.sequence
    broken = None
    if place and (not last or last[0].sequence != place):
        broken = Broken(last[0].sequence + 1 if last else 1, "", "cut_off")
    elif place > 1 and (len(last) == 1 or last[1].sequence != place - 1):
        broken = Broken(place - 1, "", "missing")
    elif place:
        before = last[1].digest if place > 1 else "0" * 64
        follows = _digest(before, place, _facts(last[0]))
        if not last[0].digest == chain.digest == follows:
            broken = Broken(place, last[0].subject, "altered")
    return Verdict(chain.root, place, chain.digest, broken)


def _facts(entry: AuditEntry) -> list[str]:
    return [
        _moment(entry.at),
        entry.actor,
        entry.source,
        entry.action,
        entry.subject,
        entry.place,
        entry.before,
        entry.after,
    ]


def _verify(chain: AuditChain) -> Verdict:
    previous, expected = "0" * 64, 1
    entries = AuditEntry.objects.filter(chain=chain).order_by("sequence")
    for entry in entries.iterator(chunk_size=5_000):
        if entry.sequence != expected:
            return Verdict(chain.root, expected - 1, previous, Broken(expected, "", "missing"))
        if entry.digest != _digest(previous, entry.sequence, _facts(entry)):
            return Verdict(
                chain.root, expected - 1, previous, Broken(expected, entry.subject, "altered")
            )
        previous, expected = entry.digest, expected + 1
    if (expected - 1, previous) != (chain.sequence, chain.digest):
        return Verdict(chain.root, expected - 1, previous, Broken(expected, "", "cut_off"))
    return Verdict(chain.root, expected - 1, previous, None)
