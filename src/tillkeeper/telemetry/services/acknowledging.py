"""Somebody has seen it: alerts are acknowledged, many at once, with a note."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import among, chunks
from tillkeeper.kernel.errors import FieldInvalid, NotFound, TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.errors import AlertOver, TooManyAlerts
from tillkeeper.telemetry.lifecycle import AlertState
from tillkeeper.telemetry.models import Alert
from tillkeeper.telemetry.queries.alerts import alerts_locked

AT_ONCE_MAX: Final = 10_000
NOTE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What came of it: the alerts that moved, and why the others did not."""

    moved: list[int] = field(default_factory=list)
    refused: list[tuple[int, TillkeeperError]] = field(default_factory=list)


@verb
def acknowledge(*, ids: Collection[int], note: str, by: Actor, at: datetime) -> Acknowledged:
    """Acknowledge open alerts; say of each other one why not. Five statements, however many they are.

    One that was acknowledged before stays as it is, and counts as moved.

    Args:
        ids: keys of alerts; each counts once.
        note: what is to be said; blank keeps what was said before.
        by: who.
        at: when.

    Raises:
        NotAllowed: the actor may not acknowledge anywhere.
        TooManyAlerts: more than one call takes.
        FieldInvalid: the note is too long.
    """
    wanted = list(dict.fromkeys(ids))
    _check(wanted, note)
    by.require(Right.ALERTS)
    found = {
        alert.pk: alert
        for some in chunks(wanted)
        for alert in alerts_locked(by.scope(Right.ALERTS), some)
    }
    outcome = Acknowledged()
    fresh: list[Alert] = []
    for number in wanted:
        if (alert := found.get(number)) is None:
            outcome.refused.append((number, NotFound(kind="alert", key=str(number))))
        elif alert.state == AlertState.CLEARED:
            outcome.refused.append((number, AlertOver(alert=number)))
        else:
            outcome.moved.append(number)
            if alert.state == AlertState.OPEN:
                fresh.append(alert)
    _move(fresh, note.strip(), by, at)
    return outcome


@verb
def annotate(*, number: int, note: str, by: Actor, at: datetime) -> Alert:
    """Write a note to an alert, open or over; it takes the place of the one before.

    Raises:
        NotFound: no such alert where the actor may acknowledge.
        FieldInvalid: the note is blank or too long.
    """
    _check([number], note)
    if not note.strip():
        raise FieldInvalid(field="note", value="", expected="a word or two")
    found = alerts_locked(by.scope(Right.ALERTS), [number])
    if not found:
        raise NotFound(kind="alert", key=str(number))
    (alert,) = found
    before = alert.note
    alert.note = note.strip()
    alert.save(update_fields=["note"])
    record_change(
        action="alert.note",
        subject=f"alert:{alert.pk}",
        place=alert.terminal.path,
        by=by,
        at=at,
        before={"note": before},
        after={"note": alert.note},
    )
    return alert


def _check(wanted: Collection[int], note: str) -> None:
    if len(wanted) > AT_ONCE_MAX:
        raise TooManyAlerts(asked=len(wanted), limit=AT_ONCE_MAX)
    if len(note.strip()) > NOTE_MAX or "\x00" in note:
        raise FieldInvalid(field="note", value=note[:20], expected="at most 200 characters")


def _move(alerts: Collection[Alert], note: str, by: Actor, at: datetime) -> None:
    if not alerts:
        return
    said = {"note": note} if note else {}
    Alert.objects.filter(pk__in=among([alert.pk for alert in alerts])).update(
        state=AlertState.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by=by.name, **said
    )
    for alert in alerts:
        record_change(
            action="alert.acknowledge",
            subject=f"alert:{alert.pk}",
            place=alert.terminal.path,
            by=by,
            at=at,
            after={"rule": alert.rule.code, "serial": alert.terminal.serial, **said},
        )
