"""Which terminals may be asked for a kind of action, and why the others not: one guard for one and for many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.errors import NotAllowed, NotFound, TillkeeperError
from tillkeeper.parties.queries import within
from tillkeeper.telemetry.errors import ActionBarred, CannotHear, TamperedStaysLocked
from tillkeeper.telemetry.lifecycle import BARRED, ActionKind, right_to
from tillkeeper.telemetry.models import Enrolment
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import matching, terminal, viewable
from tillkeeper.terminals.selection import Filters

OPEN: Final = ""


def every_terminal() -> QuerySet[Any]:
    """Return all terminals, bare and unordered."""
    return matching(Scope(("",)), Filters())


def judged(rows: QuerySet[Any], kind: ActionKind, scope: Scope) -> QuerySet[Any]:
    """Return terminals with `refusal`: the code of why a kind of action is not asked of each, blank where it may be.

    Args:
        rows: of terminals.
        kind: what is to be asked.
        scope: where the asker holds the right to.
    """
    speaks = Exists(Enrolment.objects.filter(terminal=OuterRef("pk"), revoked_at=None))
    cases = [
        When(~_inside(scope), then=Value(NotAllowed.code)),
        When(state__in=sorted(BARRED[kind]), then=Value(ActionBarred.code)),
        When(~speaks, then=Value(CannotHear.code)),
    ]
    if kind is ActionKind.UNLOCK:
        cases.append(When(tampered=True, then=Value(TamperedStaysLocked.code)))
    refusal = Case(*cases, default=Value(OPEN), output_field=CharField(max_length=60))
    judged_rows: QuerySet[Any] = rows.annotate(refusal=refusal)
    return judged_rows


def _inside(scope: Scope) -> Q:
    # `within` of everything is no condition at all, and nothing cannot be turned round.
    return Q(pk__isnull=False) if "" in scope.paths else within(scope)


def refusal_of(code: str, facts: Mapping[str, Any], kind: ActionKind) -> TillkeeperError:
    """Return the refusal that was kept as a code, the very error that a terminal asked alone would raise."""
    serial = str(facts.get("serial", ""))
    if code == ActionBarred.code:
        return ActionBarred(serial=serial, kind=kind, state=State(facts["state"]))
    if code == CannotHear.code:
        return CannotHear(serial=serial)
    if code == TamperedStaysLocked.code:
        return TamperedStaysLocked(serial=serial)
    if code == NotAllowed.code:
        return NotAllowed(right=right_to(kind))
    return NotFound(kind="terminal", key=serial)


@dataclass(frozen=True, slots=True)
class Askable:
    """One kind of action as a person sees it at a terminal: it may be asked, or why not."""

    kind: ActionKind
    refusal: TillkeeperError | None

    @property
    def open(self) -> bool:
        """True when nothing stands in the way."""
        return self.refusal is None


def askable(by: Actor, serial: str) -> list[Askable]:
    """Return what may be asked of a terminal now and why the rest may not, as far as the actor holds the right.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(viewable(by), serial)
    kinds = [kind for kind in ActionKind if by.may(right_to(kind), subject.path)]
    return [Askable(kind, _refusal(by, subject, kind)) for kind in kinds]


def _refusal(by: Actor, subject: Any, kind: ActionKind) -> TillkeeperError | None:
    rows = judged(every_terminal().filter(pk=subject.pk), kind, by.scope(right_to(kind)))
    code = rows.values_list("refusal", flat=True).get()
    facts = {"serial": subject.serial, "state": subject.state}
    return refusal_of(code, facts, kind) if code else None
