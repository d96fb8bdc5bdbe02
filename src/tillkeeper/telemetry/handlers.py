"""What telemetry does when it hears of something."""

from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.events import TerminalsWiped
from tillkeeper.telemetry.services.enrolments import end_enrolments
from tillkeeper.terminals.events import TerminalsOutOfHand
from tillkeeper.terminals.lifecycle import EvidenceKind
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import record_evidence


def prove_wiping(event: TerminalsWiped) -> None:
    """Record the proof that terminals are wiped, for those whose state asks for one; the others keep it as an action.

    Called by the outbox worker: what it writes is kept together with the note that it was told.
    """
    record_evidence(
        selection=Selection(serials=event.serials),
        kind=EvidenceKind.WIPE,
        reference=event.order,
        facts={"how": "from afar"},
        by=Actor.system("telemetry"),
        at=event.at,
    )


def silence(event: TerminalsOutOfHand) -> None:
    """End the keys of terminals that left our custody. Told twice, or late, it leaves a key alone that came after."""
    end_enrolments(
        terminals=event.terminals,
        why=f"{event.step} {event.document}",
        told_by=event.by,
        at=event.at,
    )
