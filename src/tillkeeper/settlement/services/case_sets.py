"""One deed for many cases: some hundred in a transaction, one refusal stops nobody else; at once or by the worker.

An order for the worker lives in the cache, as its progress does: what it did stands in the cases and the audit trail.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.core.cache import cache
from django.db import transaction
from django.utils.module_loading import import_string

from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import Actor, as_arguments
from tillkeeper.kernel.audit import verb
from tillkeeper.kernel.bulk import chunks
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.settlement.queries.cases import cases_locked, organisations_of
from tillkeeper.settlement.services.changes import Changes
from tillkeeper.settlement.services.deeds import Deed
from tillkeeper.settlement.services.ledger import keep_others_out

AT_ONCE: Final = 500  # cases in a transaction: others wait for a moment only
IN_REQUEST: Final = 1_000  # more than these are left to the worker
KEPT_S: Final = 7 * 24 * 3600
STAGE: Final = "cases"
KEY: Final = re.compile(r"CO-[\w-]{16}", re.ASCII)


@dataclass(slots=True)
class Outcome:
    """What came of a deed for many: the cases that moved, and why the others did not."""

    moved: list[int] = field(default_factory=list)
    refused: list[tuple[int, TillkeeperError]] = field(default_factory=list)
    stopped: bool = False  # somebody asked; the cases in neither list are as they were

    @property
    def counts(self) -> tuple[int, int]:
        """How many moved and how many did not."""
        return len(self.moved), len(self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A deed for many that the worker does, and what came of it."""

    key: str
    deed: Deed
    numbers: tuple[int, ...]
    by: str
    title: str = ""  # in English, translated when shown
    back: str = ""  # where whoever gave it came from
    state: str = "queued"  # queued | running | done | broken
    outcome: Outcome = field(default_factory=Outcome)


def do_for_all(
    *,
    numbers: Sequence[int],
    deed: Deed,
    by: Actor,
    at: datetime,
    heard: Callable[[int], bool] | None = None,
    into: Outcome | None = None,
) -> Outcome:
    """Do a deed with many cases, some hundred in a transaction.

    Args:
        numbers: of the cases; each counts once.
        deed: what is done.
        by: who.
        at: when.
        heard: told after each transaction how many cases were looked at; answers True to stop there.
        into: the outcome that grows with each transaction: what is in it is done, whatever happens to the next.

    Raises:
        FieldInvalid: the deed lacks something whatever the case; nothing is done.
    """
    deed.check(at)
    outcome, wanted = into or Outcome(), list(dict.fromkeys(numbers))
    for some in chunks(wanted, AT_ONCE):
        done = _some(numbers=some, deed=deed, by=by, at=at)
        outcome.moved += done.moved
        outcome.refused += done.refused
        seen = sum(outcome.counts)
        if heard is not None and heard(seen) and seen < len(wanted):
            outcome.stopped = True
            break
    return outcome


@verb
def _some(*, numbers: Sequence[int], deed: Deed, by: Actor, at: datetime) -> Outcome:
    # A run locks cases in the order in which it finds them: it and we go one after the other.
    for organisation in organisations_of(numbers):
        keep_others_out(organisation)
    rows = {row.pk: row for row in cases_locked(by.scope(deed.right), numbers)}
    changes, outcome = Changes(by, at), Outcome()
    act = deed.begin(list(rows.values()), changes)
    for number in numbers:
        try:
            if number not in rows:
                raise NotFound(kind="case", key=str(number))
            act(rows[number])
        except TillkeeperError as refusal:
            # Without the frames it came through, which hold every row.
            outcome.refused.append((number, refusal.with_traceback(None)))
        else:
            outcome.moved.append(number)
    deed.finish(changes)
    changes.write()
    return outcome


def place_order(
    *,
    numbers: Sequence[int],
    deed: Deed,
    by: Actor,
    at: datetime,
    title: str = "",
    back: str = "",
) -> Order:
    """Leave a deed for many to the worker; `order_of` says how far it is.

    Raises:
        FieldInvalid: the deed lacks something whatever the case; nothing is ordered.
    """
    deed.check(at)
    order = Order(
        key=f"CO-{secrets.token_urlsafe(12)}",
        deed=deed,
        numbers=tuple(dict.fromkeys(numbers)),
        by=str(by),
        title=title,
        back=back,
    )
    _keep(order)
    transaction.on_commit(partial(_enqueue, order.key, as_arguments(by)))
    return order


def run_order(*, key: str, by: Actor, at: datetime) -> Order | None:
    """Do an order that waits; called again, or once it is forgotten, it does nothing. Returns how it stands."""
    order: Order | None = cache.get(_place(key))
    if order is None or order.state != "queued":
        return order
    _keep(order := replace(order, state="running"))
    total = len(order.numbers)

    def heard(seen: int) -> bool:
        progress.report(key, share=seen / total, rows=seen, stage=STAGE)
        return progress.asked_to_stop(key)

    try:
        progress.report(key, share=0, rows=0, stage=STAGE)
        do_for_all(
            numbers=order.numbers, deed=order.deed, by=by, at=at, heard=heard, into=order.outcome
        )
        order = replace(order, state="done")
    finally:
        if order.state == "running":
            order = replace(order, state="broken")
        _keep(order)
        progress.forget(key)
    return order


def order_of(key: str, by: Actor) -> Order:
    """Return an order to whoever gave it.

    Raises:
        NotFound: somebody else gave it, or it is forgotten.
    """
    order: Order | None = cache.get(_place(key)) if KEY.fullmatch(key) else None
    if order is None or order.by != str(by):
        raise NotFound(kind="order", key=key.replace("\x00", ""))
    return order


def stop_order(key: str, by: Actor) -> Order:
    """Ask the worker to stop an order after the cases it has in hand; what is done stays done.

    Raises:
        NotFound: as `order_of`.
    """
    order = order_of(key, by)
    progress.ask_to_stop(key)
    return order


def _keep(order: Order) -> None:
    cache.set(_place(order.key), order, KEPT_S)


def _place(key: str) -> str:
    return f"case-order:{key}"


def _enqueue(key: str, by: dict[str, Any]) -> None:
    # By name: tasks stand above services.
    import_string("tillkeeper.settlement.tasks.do_case_order").enqueue(key, by)
