"""A rule is tried on what was heard before anybody relies on it: what it would have raised. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.queries import below, organisation
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.models import AlertRule
from tillkeeper.telemetry.queries.history import readings
from tillkeeper.telemetry.services.alerts.estate import Estate, beside
from tillkeeper.telemetry.services.alerts.levels import level_among
from tillkeeper.telemetry.services.alerts.rulebook import Written, rulebook
from tillkeeper.telemetry.services.rules import RuleDraft, checked
from tillkeeper.terminals.queries import matching
from tillkeeper.terminals.selection import Filters

TERMINALS_MOST: Final = 1_000
HOURS_MOST: Final = 7 * 24
EXAMPLES: Final = 10


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rule would have done."""

    alerts: int
    struck: int  # terminals that would have had one
    terminals: int  # that were looked at
    of: int  # that it would count for
    readings: int
    examples: list[dict[str, Any]] = field(default_factory=list)  # serial, at, said: the first few


def rehearse_rule(
    *, organisation_code: str, draft: RuleDraft, hours: int, by: Actor, at: datetime
) -> Rehearsed:
    """Say what a rule would have raised over the last hours at a place, by what terminals there reported.

    A rule about silence is not told by readings: nothing is found for it. At most a thousand terminals are looked at.

    Args:
        organisation_code: of the place where it shall count.
        draft: the rule.
        hours: how far back, 1 to 168.
        by: who.
        at: now.

    Raises:
        NotFound: no such place within the actor's view.
        FieldInvalid, BadSpec: the draft cannot be used.
    """
    if not 1 <= hours <= HOURS_MOST:
        raise FieldInvalid(
            field="hours", value=str(hours), expected=Phrase("a whole number from 1 to 168")
        )
    rule = checked(draft)
    scope = by.scope(Right.VIEW)
    node = organisation(scope, organisation_code)
    rows = matching(scope, Filters()).filter(below(node.path), live__isnull=False).order_by("pk")
    serials = dict(rows.values_list("pk", "serial")[:TERMINALS_MOST])
    of = rows.count()
    if not serials or not rule.judged_by_readings:
        return Rehearsed(0, 0, len(serials), of, 0)
    batch = readings(list(serials), begins=at - timedelta(hours=hours), ends=at)
    estate, book = Estate(list(serials)), rulebook(at=at)
    alone = replace(book, written=[Written(AlertRule(code=draft.code), rule, ())])
    verdicts = alone.bench.judge(
        batch,
        {},
        beside=beside(batch, estate, book.allowed),
        level=level_among(alone, estate, at=at),
    )
    raised = [turn for turn in verdicts.turns if turn.raised]
    examples = [_example(serials[turn.terminal], turn.at, turn.said) for turn in raised[:EXAMPLES]]
    struck = len({turn.terminal for turn in raised})
    return Rehearsed(len(raised), struck, len(serials), of, len(batch), examples)


def _example(serial: str, at: float, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"serial": serial, "at": datetime.fromtimestamp(at, UTC), "said": dict(said)}
