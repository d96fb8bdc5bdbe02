"""An order becomes actions: one for each chosen terminal that may be asked, a refusal for each other one.

Some ten thousand terminals at a time, each lot in a transaction with how far it came, so that a worker that dies
leaves an order that the next one goes on with, and a cancelled order stops at the next lot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from django.db import connection, models, transaction
from django.db.models import CharField, DateTimeField, F, JSONField, Q, QuerySet, Value
from django.db.models.functions import JSONObject

from tillkeeper.kernel import progress
from tillkeeper.kernel.bulk import among, insert_rows
from tillkeeper.kernel.errors import NotFound
from tillkeeper.telemetry.lifecycle import FOUR_EYES, ActionKind, ActionState, OrderState
from tillkeeper.telemetry.models import Action, ActionOrder, ActionRefusal
from tillkeeper.telemetry.queries.askable import OPEN, every_terminal, judged
from tillkeeper.telemetry.queries.zones import zone_groups
from tillkeeper.telemetry.services.actions.choosing import Chosen
from tillkeeper.telemetry.services.actions.ending import finish
from tillkeeper.telemetry.windows import Window, next_span

LOT: Final = 10_000
STAGE: Final = "terminals"


@dataclass(frozen=True, slots=True)
class Span:
    """When the terminals of one zone may be asked first."""

    zone: ZoneInfo
    where: Q
    opens: datetime
    shuts: datetime


def run_plan(*, number: str, at: datetime) -> str:
    """Plan an order that waits to be; called again, it goes on where it stopped. Returns the order's state."""
    while (state := _plan_lot(number=number, at=at)) == OrderState.PLANNING:
        pass
    progress.forget(number)
    return state


@transaction.atomic
def _plan_lot(*, number: str, at: datetime) -> str:
    order = ActionOrder.objects.select_for_update().filter(number=number).first()
    if order is None or order.state != OrderState.PLANNING:
        return order.state if order else "forgotten"
    plan(order, at=at, lots=1)
    done = order.state != OrderState.PLANNING
    share = 1.0 if done else min(0.99, order.planned / max(order.asked, 1))
    progress.report(number, share=share, rows=order.planned, stage=STAGE)
    return order.state


def plan(order: ActionOrder, *, at: datetime, lots: int | None = None) -> None:
    """Plan some lots of a locked order, all of them if not told, in the caller's transaction.

    With its last lot the order runs, or waits for the second person.
    """
    chosen, kind = Chosen.of(order.selection), ActionKind(order.kind)
    spans = spans_of(order, at=at)
    if not order.planned_to:
        _refuse_unseen(order, chosen)
    for _ in count() if lots is None else range(lots):
        lot = _next_lot(chosen, order.planned_to)
        if lot:
            order.planned += _write_lot(order, kind, chosen, lot, spans)
            order.planned_to = lot[-1]
        if len(lot) < LOT:
            order.shuts_at = min(span.shuts for span in spans) if order.window else None
            finish_planning(order, at=at)
            break
    order.save()


def spans_of(order: ActionOrder, *, at: datetime) -> list[Span]:
    """Return when each zone's terminals may be asked, the first time from `at` on."""
    window, after = Window.of(order.window), max(order.not_before, at)
    spans = []
    for zone, where in zone_groups(at=at):
        opens, shuts = (order.not_before, order.expires_at)
        if window is not None:
            opens, shuts = next_span(window, zone, after)
        spans.append(Span(zone, where, max(opens, order.not_before), min(shuts, order.expires_at)))
    return spans


def finish_planning(order: ActionOrder, *, at: datetime) -> None:
    """Let a planned order run, or wait for the second person; one that reaches nobody is over."""
    order.version += 1
    if not order.planned:
        finish(order, OrderState.FINISHED, at=at)
    elif order.kind in FOUR_EYES and order.approved_at is None:
        order.state = OrderState.PROPOSED
    else:
        order.state = OrderState.RUNNING


def _next_lot(chosen: Chosen, after: int) -> list[int]:
    rows = chosen.terminals().filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:LOT])


def _write_lot(
    order: ActionOrder, kind: ActionKind, chosen: Chosen, lot: Sequence[int], spans: Sequence[Span]
) -> int:
    rows = judged(every_terminal().filter(pk__in=among(lot)), kind, chosen.act)
    asked = rows.filter(refusal=OPEN)
    planned = sum(_insert(Action, asked.filter(span.where), _action(order, span)) for span in spans)
    _insert(ActionRefusal, rows.exclude(refusal=OPEN), _refusal(order))
    return planned


def _action(order: ActionOrder, span: Span) -> dict[str, Any]:
    moment = DateTimeField()
    return {
        "order_id": Value(order.pk),
        "terminal_id": F("pk"),
        "state": Value(ActionState.QUEUED.value, CharField()),
        "not_before": Value(span.opens, moment),
        "not_after": Value(span.shuts, moment),
        "times_sent": Value(0),
        "code": Value("", CharField()),
        "said": Value("", CharField()),
        "facts": Value({}, JSONField()),
    }


def _refusal(order: ActionOrder) -> dict[str, Any]:
    return {
        "order_id": Value(order.pk),
        "serial": F("serial"),
        "code": F("refusal"),
        "facts": JSONObject(serial=F("serial"), state=F("state")),
    }


def _insert(model: type[models.Model], rows: QuerySet[Any], columns: Mapping[str, Any]) -> int:
    """Insert a row for each of `rows`, in the database: INSERT … SELECT."""
    named = {f"insert_{name}": told for name, told in columns.items()}
    # A name that is a column's own would be taken for the column: all are renamed.
    chosen = rows.order_by().annotate(**named).values_list(*named)
    sql, parameters = chosen.query.get_compiler(connection=connection).as_sql()
    fields = {field.attname: str(field.column) for field in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    listed = ", ".join(quote(fields[name]) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({listed}) {sql}",
            parameters,
        )
        return int(cursor.rowcount)


def _refuse_unseen(order: ActionOrder, chosen: Chosen) -> None:
    """Write a refusal for each serial number that no terminal in view has."""
    if not chosen.serials:
        return
    seen = set(chosen.terminals().values_list("serial", flat=True))
    missing = [serial for serial in chosen.serials if serial not in seen]
    insert_rows(
        ActionRefusal,
        ("order_id", "serial", "code", "facts"),
        (
            (order.pk, serial[:32], NotFound.code, orjson.dumps({"serial": serial[:32]}).decode())
            for serial in missing
        ),
    )
