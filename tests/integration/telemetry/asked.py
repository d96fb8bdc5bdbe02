"""Terminals that can be asked, and orders for them."""

from datetime import datetime, timedelta
from typing import Any

from tests.factories import NOON, TerminalFactory

from tillkeeper.formats.voice.messages import Result
from tillkeeper.formats.voice.spooled import SpooledResult
from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.lifecycle import ActionKind
from tillkeeper.telemetry.models import Action, ActionOrder, Enrolment
from tillkeeper.telemetry.services.actions import Wanted, order_actions
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.selection import Selection

HOUR = timedelta(hours=1)


def speaking(many: int = 1, **facts: Any) -> list[Any]:
    """Terminals in service that are enrolled."""
    made = [TerminalFactory(**({"state": State.ACTIVE} | facts)) for _ in range(many)]
    for terminal in made:
        Enrolment.objects.create(terminal=terminal, public_key=f"key-{terminal.pk}", at=NOON)
    return made


def ordered(
    *terminals: Any,
    by: Actor,
    kind: ActionKind = ActionKind.REBOOT,
    at: datetime = NOON,
    key: str = "",
    **more: Any,
) -> ActionOrder:
    """An order for some terminals, as its asker left it."""
    return order_actions(
        wanted=Wanted(kind=kind, **({"why": "it hangs"} | more)),
        selection=Selection(serials=tuple(terminal.serial for terminal in terminals)),
        by=by,
        at=at,
        key=key,
    )


def word(
    action: Action, outcome: str = "confirmed", /, *, at: datetime = NOON, **more: Any
) -> SpooledResult:
    """What the action's terminal says of it."""
    facts = {"terminal": action.terminal_id} | {
        name: more.pop(name) for name in ("terminal", "action") if name in more
    }
    ms = int(at.timestamp() * 1000)
    return SpooledResult(
        terminal=facts["terminal"],
        at=ms,
        action=facts.get("action", action.pk),
        said=Result(outcome=outcome, clock=ms, **more),
    )
