"""`tillkeeper action order | list | show | results | approve | refuse | cancel`: what is asked from afar."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.exports import writable
from tillkeeper.cli.live import span
from tillkeeper.cli.narrowing import (
    Merchant,
    Model,
    Organisation,
    Province,
    Serials,
    States,
    node,
    selection,
    states,
)
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.telemetry.action_words import ACTION_LABELS, KIND_LABELS, ORDER_LABELS
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState
from tillkeeper.telemetry.queries import orders as queries
from tillkeeper.telemetry.services.actions import orders as verbs
from tillkeeper.telemetry.services.actions.exports import export_results
from tillkeeper.terminals.selection import Filters

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import ActionOrder

app = typer.Typer(no_args_is_help=True, help="Act on terminals from afar.")
GOING_ON: Final = 1
OPTIONS: Final = {"arguments": "--argument", "window": "--window", "why": "--why"}
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Number = Annotated[str, typer.Argument(help="Number of the order, AO-…")]
Kind = Annotated[str, typer.Argument(help=f"One of: {', '.join(ActionKind)}.")]


@app.command()
def order(  # noqa: PLR0913  typer takes a parameter for each option
    kind: Kind,
    serials: Serials = None,
    *,
    why: Annotated[str, typer.Option(help="The reason.")],
    argument: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, repeatable; see docs/reference/actions.md."),
    ] = None,
    window: Annotated[str, typer.Option(help="By the sites' own clocks, e.g. 22:00-06:00.")] = "",
    within: Annotated[str, typer.Option(help="Expires after so long: 90m, 24h, 7d.")] = "7d",
    state: States = None,
    model: Model = "",
    organisation: Organisation = "",
    merchant: Merchant = "",
    province: Province = "",
    json: AsJson = False,
) -> None:
    """Ask terminals for something: serial numbers, or all that the filters find.

    Exit codes: 0 ordered; 1 refused; 2 wrong usage.
    """
    filters = Filters(
        state=states(state), model=model, organisation=node("--organisation", organisation),
        merchant=merchant, province=province,
    )  # fmt: skip
    if not serials and not filters.any:
        raise FieldInvalid(field="SERIALS", value="", expected="serial numbers, or a filter")
    wanted = verbs.Wanted(
        kind=_kind(kind), why=why, arguments=_arguments(argument), window=_window(window),
        expires_at=now() + _within(within),
    )  # fmt: skip
    try:
        made = verbs.order_actions(
            wanted=wanted, selection=selection(serials, filters), by=operator(), at=now()
        )
    except FieldInvalid as refused:
        raise _by_option(refused) from None
    _end(made.number, json=json)


@app.command("list")
def list_orders(
    *,
    state: Annotated[str, typer.Option(help=f"One of: {', '.join(OrderState)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    json: AsJson = False,
) -> None:
    """List orders, the newest first. Exit codes: 0; 2 wrong usage."""
    if state and state not in set(OrderState):
        raise FieldInvalid(field="--state", value=state, expected=", ".join(OrderState))
    asked = queries.OrderFilters(state=(state,) if state else ())
    rows = list(queries.orders(operator(), asked)[:limit])
    if json:
        as_json([_facts(row) for row in rows])
        return
    titles = (_("Number"), _("What"), _("State"), _("Terminals"), _("By"), _("At"), _("Why"))
    table("", titles, ((
        row.number, KIND_LABELS[ActionKind(row.kind)], ORDER_LABELS[OrderState(row.state)],
        row.planned or row.asked, row.by, _moment(row.at), row.why,
    ) for row in rows))  # fmt: skip


@app.command()
def show(number: Number, *, json: AsJson = False) -> None:
    """Show how an order stands. Exit codes: 0 it is over; 1 it goes on; 2 wrong usage."""
    row = _end(number, json=json)
    raise typer.Exit(0 if row.ended_at else GOING_ON)


@app.command()
def results(
    number: Number,
    file: Annotated[Path, typer.Argument(help="CSV or XLSX file to write.", dir_okay=False)],
) -> None:
    """Write what became of each terminal's part into a file. Exit codes: 0; 1 refused; 2 wrong usage."""
    count = export_results(number=number, path=writable(file), by=operator(), at=now())
    say(_("%(n)s rows written to %(file)s") % {"n": count, "file": file})


@app.command()
def approve(
    number: Number, *, terminals: Annotated[int, typer.Option(min=0, help="How many it is for.")]
) -> None:
    """Confirm a lock or a wipe that somebody else asked for. Exit codes: 0; 1 refused; 2 wrong usage."""
    verbs.approve_order(number=number, terminals=terminals, by=operator(), at=now())
    _end(number, json=False)


@app.command()
def refuse(number: Number, *, why: Annotated[str, typer.Option(help="The reason.")]) -> None:
    """Refuse a lock or a wipe that somebody else asked for. Exit codes: 0; 1 refused; 2 wrong usage."""
    verbs.refuse_order(number=number, why=why, by=operator(), at=now())
    _end(number, json=False)


@app.command()
def cancel(number: Number) -> None:
    """Cancel an order: what is not out yet stays in. Exit codes: 0; 1 refused; 2 wrong usage."""
    verbs.cancel_order(number=number, by=operator(), at=now())
    _end(number, json=False)


def _end(number: str, *, json: bool) -> "ActionOrder":
    row = queries.order(operator(), number)
    counted = queries.counts(row)
    if json:
        as_json({**_facts(row), "states": counted.states, "left_out": counted.refused})
        return row
    say(f"{row.number}  {KIND_LABELS[ActionKind(row.kind)]}  {ORDER_LABELS[OrderState(row.state)]}")
    told: list[tuple[object, int]] = [
        (ACTION_LABELS[ActionState(name)], count) for name, count in counted.states.items() if count
    ]
    told += [(_("Left out"), counted.refused)] if counted.refused else []
    if told:
        table("", (_("State"), _("Terminals")), told)
    return row


def _facts(row: "ActionOrder") -> dict[str, Any]:
    names = (
        "number", "kind", "arguments", "state", "why", "window", "not_before", "expires_at", "asked",
        "planned", "by", "at", "approver", "approved_at", "cancelled_by", "cancelled_at", "ended_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _kind(text: str) -> ActionKind:
    if text not in set(ActionKind):
        raise FieldInvalid(field="KIND", value=text, expected=", ".join(ActionKind))
    return ActionKind(text)


def _arguments(told: list[str] | None) -> Mapping[str, Any]:
    """Return NAME=VALUE pairs: `values.apn=cmnet` is one of a map, `parts=printer,network` a list, the rest as JSON."""
    found: dict[str, Any] = {}
    for pair in told or ():
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise FieldInvalid(field="--argument", value=pair, expected="NAME=VALUE")
        whole, _dot, part = name.partition(".")
        if part:
            among = found.setdefault(whole, {})
            if not isinstance(among, dict):  # `values=x` and `values.apn=y`
                raise FieldInvalid(field="--argument", value=pair, expected="NAME=VALUE")
            among[part] = _read(value)
        else:
            found[name] = value.split(",") if name == "parts" else _read(value)
    return found


def _read(value: str) -> Any:
    try:
        return orjson.loads(value)
    except ValueError:  # a word
        return value


def _window(text: str) -> Mapping[str, str]:
    if not text:
        return {}
    begins, _sign, ends = text.partition("-")
    return {"from": begins.strip(), "to": ends.strip()}


def _within(text: str) -> timedelta:
    expected = f"90m, 24h, 7d; at most {verbs.LONGEST.days}d"
    try:
        found = span(text)
    except FieldInvalid:
        raise FieldInvalid(field="--within", value=text, expected=expected) from None
    if found > verbs.LONGEST:
        raise FieldInvalid(field="--within", value=text, expected=expected)
    return found


def _by_option(refused: FieldInvalid) -> FieldInvalid:
    """Return a refusal under the name of the option that it is about: `--window from`, `--argument parts`."""
    whole, _dot, part = refused.field.partition(".")
    option = OPTIONS.get(whole, whole)
    return FieldInvalid(
        field=f"{option} {part}".rstrip(), value=refused.value, expected=refused.expected
    )


def _moment(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
