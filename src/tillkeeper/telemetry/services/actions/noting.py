"""What the writer tells of actions: that they went out, and what the terminals said of them.

Both are judged by the table of moves, for a whole segment in one statement a step. Rows are locked in the order of
their keys, as everybody locks them who ends actions.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.db import connection

from tillkeeper.formats.identifiers import mask_pans_in
from tillkeeper.formats.voice.spooled import SpooledResult
from tillkeeper.kernel.bulk import among, as_stored
from tillkeeper.kernel.outbox import publish
from tillkeeper.telemetry.events import TerminalsWiped
from tillkeeper.telemetry.lifecycle import (
    ACTION_MOVES,
    ActionKind,
    ActionStep,
    OrderState,
    origins,
)
from tillkeeper.telemetry.models import Action

STEP_OF: Final[Mapping[str, ActionStep]] = {
    "confirmed": ActionStep.CONFIRM,
    "failed": ActionStep.FAIL,
}
# An order that nobody confirmed yet was never sent: no terminal has a word to say of it.
UNHEARD: Final = (OrderState.PLANNING.value, OrderState.PROPOSED.value, OrderState.REFUSED.value)
SENT: Final = {
    "postgresql": """
        UPDATE telemetry_action AS a
           SET state = %(to)s, times_sent = least(a.times_sent + v.times, 32767),
               sent_at = greatest(coalesce(a.sent_at, v.at), v.at)
          FROM jsonb_to_recordset(%(rows)s::jsonb) AS v(id bigint, times integer, at timestamptz)
         WHERE a.id = v.id AND a.state = ANY(%(origins)s)
    """,
    "sqlite": """
        UPDATE telemetry_action
           SET state = %(to)s, times_sent = min(times_sent + v.times, 32767),
               sent_at = max(coalesce(sent_at, v.at), v.at)
          FROM (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.times') AS times,
                       json_extract(value, '$.at') AS at FROM json_each(%(rows)s)) AS v
         WHERE telemetry_action.id = v.id AND state IN (SELECT value FROM json_each(%(origins)s))
    """,
}
SAID: Final = {
    "postgresql": """
        UPDATE telemetry_action AS a
           SET state = %(to)s, done_at = v.at, ended_at = %(at)s, code = v.code, said = v.said, facts = v.facts
          FROM jsonb_to_recordset(%(rows)s::jsonb)
                 AS v(id bigint, terminal bigint, at timestamptz, code text, said text, facts jsonb),
               telemetry_actionorder AS o
         WHERE a.id = v.id AND a.terminal_id = v.terminal AND a.state = ANY(%(origins)s)
           AND o.id = a.order_id AND o.state <> ALL(%(unheard)s)
        RETURNING a.id
    """,
    "sqlite": """
        UPDATE telemetry_action
           SET state = %(to)s, done_at = v.at, ended_at = %(at)s, code = v.code, said = v.said, facts = v.facts
          FROM (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.terminal') AS terminal,
                       json_extract(value, '$.at') AS at, json_extract(value, '$.code') AS code,
                       json_extract(value, '$.said') AS said, json_extract(value, '$.facts') AS facts
                  FROM json_each(%(rows)s)) AS v,
               telemetry_actionorder AS o
         WHERE telemetry_action.id = v.id AND telemetry_action.terminal_id = v.terminal
           AND telemetry_action.state IN (SELECT value FROM json_each(%(origins)s))
           AND o.id = telemetry_action.order_id
           AND o.state NOT IN (SELECT value FROM json_each(%(unheard)s))
        RETURNING telemetry_action.id
    """,
}


def note_sent(pairs: Sequence[tuple[int, int]]) -> int:
    """Note which actions went out and when (ms since 1970 UTC), in the caller's transaction; return how many moved.

    What ended meanwhile stays as it is.
    """
    told: dict[int, tuple[int, int]] = {}
    for action, at in pairs:
        times, latest = told.get(action, (0, 0))
        told[action] = times + 1, max(latest, at)
    rows = [
        {"id": pk, "times": times, "at": _stored(_moment(at))} for pk, (times, at) in told.items()
    ]
    with connection.cursor() as cursor:
        _take(cursor, SENT, ActionStep.SEND, rows)
        return int(cursor.rowcount)


def note_results(results: Sequence[SpooledResult], *, at: datetime) -> int:
    """Take terminals' words of what became of actions, in the caller's transaction; return how many counted.

    A word about another terminal's action counts for nothing; so does a second one about the same. A late one counts:
    what expired or was cancelled may have been done. Those that wiped themselves are told of (`TerminalsWiped`).

    Args:
        results: as they came, in their order.
        at: the writer's clock, by which others see that these actions ended.
    """
    first: dict[tuple[int, int], SpooledResult] = {}
    for result in results:
        first.setdefault((result.action, result.terminal), result)
    counted = 0
    for step, rows in _by_step(first.values()).items():
        with connection.cursor() as cursor:
            _take(cursor, SAID, step, rows, at=_stored(at), unheard=_listed(UNHEARD))
            moved = [row[0] for row in cursor.fetchall()]
        counted += len(moved)
        if step is ActionStep.CONFIRM:
            _tell_wiped(moved, at)
    return counted


def _take(
    cursor: Any, statement: Mapping[str, str], step: ActionStep, rows: Sequence[Any], **more: Any
) -> None:
    """Take one step with the actions named in `rows`, those in a state that allows it."""
    (to,) = {ACTION_MOVES[origin, step] for origin in origins(step)}
    _lock([row["id"] for row in rows])
    parameters = {
        "to": to.value,
        "origins": _listed(sorted(state.value for state in origins(step))),
        "rows": orjson.dumps(rows).decode(),
    }
    cursor.execute(statement[connection.vendor], parameters | more)


def _lock(keys: Sequence[int]) -> None:
    if keys and connection.vendor == "postgresql":
        rows = Action.objects.filter(pk__in=among(sorted(keys))).order_by("pk")
        list(rows.select_for_update(of=("self",)).values_list("pk"))


def _by_step(results: Iterable[SpooledResult]) -> dict[ActionStep, list[dict[str, Any]]]:
    rows: dict[ActionStep, list[dict[str, Any]]] = {step: [] for step in STEP_OF.values()}
    for result in results:
        rows[STEP_OF[result.said.outcome]].append(
            {
                "id": result.action,
                "terminal": result.terminal,
                "at": _stored(_moment(result.at)),
                "code": _plain(result.said.code),
                "said": _plain(result.said.said),
                "facts": {_plain(name): _plain(value) for name, value in result.said.facts.items()},
            }
        )
    return {step: told for step, told in rows.items() if told}


def _tell_wiped(actions: Sequence[int], at: datetime) -> None:
    rows = Action.objects.filter(pk__in=among(actions), order__kind=ActionKind.WIPE)
    wiped: dict[str, list[str]] = {}
    for order, serial in rows.order_by("pk").values_list("order__number", "terminal__serial"):
        wiped.setdefault(order, []).append(serial)
    for order, serials in wiped.items():
        publish(TerminalsWiped(order=order, serials=tuple(serials), at=at))


def _plain(value: Any) -> Any:
    """Return what a terminal said as it may be kept: no card number, and nothing that a database cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, str):
        return value
    legible = "".join(c if c.isprintable() else "\ufffd" for c in value)
    return mask_pans_in(legible)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _stored(moment: datetime) -> str:
    """Return a moment as text that either database keeps in its column."""
    return str(as_stored(Action._meta.get_field("done_at"), moment))


def _listed(values: Sequence[str]) -> Any:
    return list(values) if connection.vendor == "postgresql" else orjson.dumps(values).decode()
