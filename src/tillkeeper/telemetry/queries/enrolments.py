"""Questions about who may speak."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.policy import policy
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.models import ActivationCode, Enrolment, Live
from tillkeeper.terminals.lifecycle import OUT_OF_HAND
from tillkeeper.terminals.queries import matching, terminal
from tillkeeper.terminals.selection import Filters

TOKEN_LONGEST: Final = timedelta(days=7)  # whatever the policy says
SILENT_STATES: Final = OUT_OF_HAND  # terminals that are not to speak


@dataclass(frozen=True, slots=True)
class Limits:
    """The policies of the terminals' door, as they are today."""

    interval_s: int
    token_s: int
    clock_s: int
    per_minute: int
    at_once: int


def limits(on: datetime) -> Limits:
    """Return what terminals are told and held to."""
    day = on.date()
    rate = policy("telemetry.rate", on=day)
    return Limits(
        interval_s=int(policy("telemetry.interval_s", on=day)),
        token_s=min(int(policy("telemetry.token_s", on=day)), int(TOKEN_LONGEST.total_seconds())),
        clock_s=int(policy("telemetry.clock_s", on=day)),
        per_minute=int(rate["per_minute"]),
        at_once=int(rate["at_once"]),
    )


def enrolments_of(by: Actor, serial: str) -> QuerySet[Enrolment]:
    """Return the enrolments of a terminal, the one in force first, then the newest.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    found = terminal(by.scope(Right.VIEW), serial)
    return Enrolment.objects.filter(terminal_id=found.pk).order_by("-pk")


def enrolment_in_force(by: Actor, serial: str) -> Enrolment | None:
    """Return the enrolment by which a terminal may speak now.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    return enrolments_of(by, serial).filter(revoked_at=None).first()


def waiting_code(by: Actor, serial: str, *, at: datetime) -> ActivationCode | None:
    """Return the activation code that waits for a terminal, if its time is not over. The code itself is not kept.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    found = terminal(by.scope(Right.VIEW), serial)
    rows = ActivationCode.objects.filter(terminal_id=found.pk, used_at=None, withdrawn_at=None)
    return rows.filter(expires_at__gt=at).first()


def revoked_with_live_tokens(*, at: datetime) -> frozenset[int]:
    """Return the enrolments that were revoked while a token of theirs is still good: asked twice a second."""
    rows = Enrolment.objects.filter(revoked_at__gt=at - TOKEN_LONGEST, token_until__gt=at)
    return frozenset(rows.values_list("pk", flat=True))


def counters() -> Iterator[tuple[int, int, int]]:
    """Yield (terminal, enrolment, last counter) of every terminal heard so far: read once when a gateway starts."""
    rows = Live.objects.exclude(counter=0).values_list("pk", "enrolment_id", "counter")
    for key, enrolment, counter in rows.iterator(chunk_size=20_000):
        yield key, enrolment or 0, counter


def speaking(serials: Collection[str]) -> dict[str, int]:
    """Return the keys of terminals that may speak, by serial number."""
    rows = matching(Scope(("",)), Filters()).exclude(state__in=SILENT_STATES)
    found = rows.filter(serial__in=among(sorted(serials))) if serials else rows.none()
    return dict(found.values_list("serial", "pk"))


def serials_of(keys: Collection[int]) -> dict[int, str]:
    """Return serial numbers by key; terminals no longer in the ledger are left out."""
    rows = matching(Scope(("",)), Filters())
    found = rows.filter(pk__in=among(sorted(keys))) if keys else rows.none()
    return dict(found.values_list("pk", "serial"))
