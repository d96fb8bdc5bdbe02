"""Signs that a terminal exists twice: noted as they come, one row a kind until a person has judged it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.kernel.outbox import publish
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.events import DoubtRaised
from tillkeeper.telemetry.models import Doubt, Live
from tillkeeper.telemetry.queries.enrolments import serials_of
from tillkeeper.terminals.queries import terminal

LONGEST_WHY: Final = 200


@transaction.atomic
def note_doubts(items: Sequence[SpooledDoubt], *, at: datetime) -> None:
    """Note what was seen, raise the tamper risk of its terminals, and tell of what is new.

    Called by the writer inside its transaction, and by an enrolment that is refused. The same doubt again counts up.
    Those of a terminal that is no longer in the ledger are passed over.
    """
    if not items:
        return
    seen = _by_terminal_and_code(items)
    keys = sorted({terminal for terminal, _code in seen})
    rows = Doubt.objects.select_for_update().filter(terminal__in=among(keys), dismissed_at=None)
    known = {(row.terminal_id, row.code): row for row in rows.order_by("pk")}
    for pair, those in seen.items():
        if (row := known.get(pair)) is not None:
            row.times, row.last_at, row.facts = row.times + len(those), at, _facts(those[-1])
    Doubt.objects.bulk_update(
        [known[pair] for pair in seen if pair in known],
        ["times", "last_at", "facts"],
        batch_size=500,
    )
    _raise_new({pair: those for pair, those in seen.items() if pair not in known}, at)
    Live.objects.filter(terminal__in=among(keys), tamper_risk=False).update(tamper_risk=True)


def carry_doubts(terminals: Sequence[int]) -> None:
    """Let terminals that were just heard for the first time bear the risk of older doubts, e.g. of a second key."""
    if terminals:
        open_ones = Doubt.objects.filter(terminal__in=among(sorted(terminals)), dismissed_at=None)
        Live.objects.filter(terminal__in=open_ones.values("terminal")).update(tamper_risk=True)


def _by_terminal_and_code(
    items: Iterable[SpooledDoubt],
) -> dict[tuple[int, str], list[SpooledDoubt]]:
    seen: dict[tuple[int, str], list[SpooledDoubt]] = {}
    for item in items:
        seen.setdefault((item.terminal, item.code[:40]), []).append(item)
    return seen


def _facts(item: SpooledDoubt) -> dict[str, int]:
    return {"enrolment": item.enrolment, "seen": item.seen, "expected": item.expected}


def _raise_new(seen: dict[tuple[int, str], list[SpooledDoubt]], at: datetime) -> None:
    serials = serials_of({terminal for terminal, _code in seen})
    new = [
        Doubt(
            terminal_id=terminal,
            code=code,
            facts=_facts(those[-1]),
            first_at=at,
            last_at=at,
            times=len(those),
        )
        for (terminal, code), those in seen.items()
        if terminal in serials
    ]
    Doubt.objects.bulk_create(new, batch_size=500)
    for row in new:
        publish(DoubtRaised(serial=serials[row.terminal_id], code=row.code, at=at))


@verb
def dismiss_doubt(*, serial: str, doubt: int, why: str, by: Actor, at: datetime) -> Doubt:
    """Say that a doubt was looked into and there is one terminal only. The last one takes the tamper risk away.

    A terminal that says of itself that it was opened keeps its risk.

    Raises:
        NotFound: no such terminal within the actor's view, or no such open doubt of it.
        NotAllowed: the actor has no right to enrol there.
        FieldInvalid: no reason is given.
    """
    if not why.strip():
        raise FieldInvalid(field="why", value="", expected="a reason")
    found = terminal(by.scope(Right.VIEW), serial)
    by.require(Right.ENROL, found.path)
    rows = Doubt.objects.select_for_update().filter(terminal=found, dismissed_at=None)
    row = rows.filter(pk=doubt).first()
    if row is None:
        raise NotFound(kind="doubt", key=str(doubt))
    row.dismissed_at, row.dismissed_by, row.why = at, by.name, why.strip()[:LONGEST_WHY]
    row.save(update_fields=["dismissed_at", "dismissed_by", "why"])
    if not rows.exists():
        _take_risk_away(found.pk)
    record_change(
        action="doubt.dismiss",
        subject=f"terminal:{found.serial}",
        place=found.path,
        by=by,
        at=at,
        before={"code": row.code, "times": row.times},
        after={"why": row.why},
    )
    return row


def _take_risk_away(terminal_id: int) -> None:
    live = Live.objects.select_for_update().filter(terminal_id=terminal_id).first()
    if live is not None and not live.signals.get("tampered", [False])[0]:
        live.tamper_risk = False
        live.save(update_fields=["tamper_risk"])
