"""Who may speak, as people decide it: activation codes and the end of an enrolment. What terminals do is `proofs`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.policy import policy
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.codes import digest, new_code, qr_text
from tillkeeper.telemetry.errors import KeyInForce, NotEnrolled, OutOfHand
from tillkeeper.telemetry.models import ActivationCode, Enrolment
from tillkeeper.telemetry.queries.enrolments import SILENT_STATES
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import terminal

LONGEST_WHY: Final = 200


@dataclass(frozen=True, slots=True)
class Activation:
    """A fresh activation code: shown now and never again."""

    serial: str
    code: str
    expires_at: datetime

    def qr(self, address: str = "") -> str:
        """Return what a QR symbol says; `address` is where the terminal is to call, if it does not know."""
        return qr_text(self.serial, self.code, address)


@verb
def make_code(*, serial: str, by: Actor, at: datetime, replaces: bool = False) -> Activation:
    """Make an activation code for a terminal; one that waited for it is withdrawn.

    Args:
        serial: of which terminal.
        by: who.
        at: when.
        replaces: the terminal is enrolled, and its present key ends when the new one enrols: it was repaired, or has
            lost its key.

    Raises:
        NotFound, NotAllowed: no such terminal within the actor's view, or no right to enrol there.
        OutOfHand: it is lost, with the vendor, scrapped, cancelled or rejected.
        KeyInForce: it is enrolled, and nothing was said of replacing.
    """
    found = _mine(serial, by)
    if found.state in SILENT_STATES:
        raise OutOfHand(serial=found.serial, state=State(found.state))
    if not replaces and Enrolment.objects.filter(terminal_id=found.pk, revoked_at=None).exists():
        raise KeyInForce(serial=found.serial)
    _withdraw_waiting(found, at)
    days = int(policy("telemetry.activation_days", on=at.date()))
    made = Activation(found.serial, new_code(), at + timedelta(days=days))
    ActivationCode.objects.create(
        terminal_id=found.pk,
        digest=digest(made.code, settings.SECRET_KEY),
        replaces=replaces,
        by=str(by),
        at=at,
        expires_at=made.expires_at,
    )
    after = {"expires_at": made.expires_at.isoformat(), "replaces": replaces}
    _record("activation.make", found, by, at, after=after)
    return made


@verb
def withdraw_code(*, serial: str, by: Actor, at: datetime) -> int:
    """Let the activation code that waits for a terminal open nothing any more; return how many there were.

    Raises:
        NotFound, NotAllowed: no such terminal within the actor's view, or no right to enrol there.
    """
    found = _mine(serial, by)
    if count := _withdraw_waiting(found, at):
        _record("activation.withdraw", found, by, at)
    return count


@verb
def revoke(*, serial: str, why: str, by: Actor, at: datetime) -> Enrolment:
    """End the enrolment of a terminal: gateways refuse its tokens within a second.

    Raises:
        NotFound, NotAllowed: no such terminal within the actor's view, or no right to enrol there.
        FieldInvalid: no reason is given.
        NotEnrolled: it has no enrolment in force.
    """
    if not why.strip():
        raise FieldInvalid(field="why", value="", expected="a reason")
    found = _mine(serial, by)
    row = (
        Enrolment.objects.select_for_update().filter(terminal_id=found.pk, revoked_at=None).first()
    )
    if row is None:
        raise NotEnrolled(serial=found.serial)
    row.revoked_at, row.revoked_by, row.why = at, by.name, why.strip()[:LONGEST_WHY]
    row.save(update_fields=["revoked_at", "revoked_by", "why"])
    _record("enrolment.revoke", found, by, at, after={"enrolment": row.pk, "why": row.why})
    return row


@verb
def end_enrolments(
    *, terminals: Collection[int], why: str, told_by: str, at: datetime
) -> list[Enrolment]:
    """End the keys, and the codes that wait, of terminals that left our custody by `at`; return the enrolments ended.

    A scrapped or lost terminal may be in anybody's hands, and one on the vendor's bench is wiped before it goes and
    opened there (no repair without its keys destroyed: PCI PIN 31; never back to work without keys put in anew): its
    key would prove nothing any more. So each enrols anew, by a fresh code, when it comes back.

    Args:
        terminals: their keys in the ledger.
        why: the step and its paper.
        told_by: who took that step.
        at: when; what enrolled later is a terminal that came back, and stays.
    """
    codes = ActivationCode.objects.filter(
        terminal__in=among(sorted(terminals)), used_at=None, withdrawn_at=None, at__lte=at
    )
    codes.update(withdrawn_at=at)
    keys = Enrolment.objects.select_for_update(of=("self",)).select_related("terminal")
    rows = list(
        keys.filter(terminal__in=among(sorted(terminals)), revoked_at=None, at__lte=at).order_by(
            "pk"
        )
    )
    for row in rows:
        row.revoked_at, row.revoked_by, row.why = at, told_by[:120], why[:LONGEST_WHY]
    Enrolment.objects.bulk_update(rows, ["revoked_at", "revoked_by", "why"], batch_size=500)
    by = Actor.system("telemetry")
    for row in rows:
        after = {"enrolment": row.pk, "why": row.why, "told_by": told_by}
        _record("enrolment.end", row.terminal, by, at, after=after)
    return rows


def _mine(serial: str, by: Actor) -> Any:
    found = terminal(by.scope(Right.VIEW), serial)
    by.require(Right.ENROL, found.path)
    return found


def _withdraw_waiting(found: Any, at: datetime) -> int:
    rows = ActivationCode.objects.filter(terminal_id=found.pk, used_at=None, withdrawn_at=None)
    return rows.update(withdrawn_at=at)


def _record(
    action: str, found: Any, by: Actor, at: datetime, *, after: dict[str, Any] | None = None
) -> None:
    record_change(
        action=action,
        subject=f"terminal:{found.serial}",
        place=found.path,
        by=by,
        at=at,
        after=after,
    )
