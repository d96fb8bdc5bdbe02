"""`tillkeeper money trouble open | look | show | list | hand-over`: a batch that cannot settle, led to its money."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from django.utils.timezone import now
from django.utils.translation import gettext, override

from tillkeeper.cli.acting import operator
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import TroubleState
from tillkeeper.settlement.queries import troubles as queries
from tillkeeper.settlement.queries.troubles import TroubleFilters
from tillkeeper.settlement.services import troubles as verbs
from tillkeeper.settlement.services import troubles_handed
from tillkeeper.settlement.troubles.answers import LOOKS_AT, SYMPTOMS
from tillkeeper.settlement.troubles.wording import (
    SYMPTOM_LABELS,
    TROUBLE_LABELS,
    VERDICT_LABELS,
    advice,
    sentence,
)

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Trouble, TroubleCheck

app = typer.Typer(no_args_is_help=True, help="Lead a batch that cannot settle to its money.")
UNDER_WAY: Final = 1
SHOWN: Final = 100
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Number = Annotated[str, typer.Argument(help="Number of the trouble, TB-…")]


@app.command("open")
def begin(  # noqa: PLR0913  typer takes a parameter for each option
    *,
    mid: Annotated[str, typer.Option(help="Merchant number.")],
    tid: Annotated[str, typer.Option(help="Terminal id.")],
    day: Annotated[str, typer.Option(help="Business day of the batch, YYYY-MM-DD.")],
    batch: Annotated[str, typer.Option(help="Batch number; all of the day if not given.")] = "",
    symptom: Annotated[str, typer.Option(help=f"One of: {', '.join(SYMPTOMS)}.")] = "other",
    organisation: Annotated[
        str,
        typer.Option(help="Code of the node; the one that answers for the merchant if not given."),
    ] = "",
    json: AsJson = False,
) -> None:
    """Note that a batch cannot settle, and look at it.

    Exit codes: 0 settled; 1 under way, or refused; 2 wrong usage.
    """
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise FieldInvalid(field="--day", value=day, expected="YYYY-MM-DD") from None
    code = node("--organisation", organisation) if organisation else ""
    made = verbs.open_trouble(
        mid=mid, tid=tid, batch=batch, day=on, symptom=symptom, organisation=code, by=operator(),
        at=now(),
    )  # fmt: skip
    _end(made.number, json=json)


@app.command()
def look(
    number: Number,
    *,
    word: Annotated[str, typer.Option(help="What was done since.")] = "",
    json: AsJson = False,
) -> None:
    """Go through all checks again. Exit codes: 0 settled; 1 under way, or refused; 2 wrong usage."""
    verbs.look(number=number, word=word, by=operator(), at=now())
    _end(number, json=json)


@app.command()
def show(number: Number, *, json: AsJson = False) -> None:
    """Show the path as it stands. Exit codes: 0 settled or handed over; 1 under way; 2 wrong usage."""
    _end(number, json=json)


@app.command("hand-over")
def hand_over(
    number: Number,
    *,
    why: Annotated[str, typer.Option(help="What the next person should know.")] = "",
    json: AsJson = False,
) -> None:
    """End it in a case with all that was found. Exit codes: 0 handed over; 1 refused; 2 wrong usage."""
    case = troubles_handed.hand_over(number=number, why=why, by=operator(), at=now())
    if json:
        as_json(
            {
                "number": number,
                "case": case.pk,
                "class": case.difference,
                "at_stake_minor": case.at_stake_minor,
                "currency": case.currency,
            }
        )
    else:
        told = {"number": number, "case": case.pk}
        say(gettext("%(number)s goes on as case %(case)s") % told)


@app.command("list")
def list_troubles(
    *,
    state: Annotated[str, typer.Option(help=f"One of: {', '.join(TroubleState)}.")] = "",
    mid: Annotated[str, typer.Option(help="Merchant number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = SHOWN,
    json: AsJson = False,
) -> None:
    """List batches that cannot settle, the newest first. Exit codes: 0; 2 wrong usage."""
    if state and state not in set(TroubleState):
        raise FieldInvalid(field="--state", value=state, expected=", ".join(TroubleState))
    rows = queries.troubles(_scope(), TroubleFilters(state=state, mid=mid))[:limit]
    if json:
        as_json([_told(row) for row in rows])
        return
    lines = [
        (
            row.number,
            str(TROUBLE_LABELS[row.state]),
            str(row.day),
            row.mid,
            row.tid,
            row.batch,
            str(SYMPTOM_LABELS.get(row.symptom, row.symptom)),
        )
        for row in rows
    ]
    titles = [
        gettext("Number"),
        gettext("State"),
        gettext("Business day"),
        gettext("Merchant number"),
        gettext("Terminal id"),
        gettext("Batch"),
        gettext("What was seen"),
    ]
    table("", titles, lines)


def _end(number: str, *, json: bool) -> None:
    """Print the path of a trouble; exit by where it stands."""
    row = queries.trouble(_scope(), number)
    checks = queries.last_round(queries.story(row))
    if json:
        as_json(_told(row) | {"checks": [_check(one) for one in checks]})
    else:
        titles = [
            gettext("What is looked at"),
            gettext("Verdict"),
            gettext("What was found"),
            gettext("Next"),
        ]
        table(f"{row.number} · {TROUBLE_LABELS[row.state]}", titles, [_line(one) for one in checks])
    if row.state == TroubleState.OPEN:
        raise typer.Exit(UNDER_WAY)


def _line(one: "TroubleCheck") -> tuple[str, str, str, str]:
    return (
        gettext(LOOKS_AT.get(one.check_code, one.check_code)),
        str(VERDICT_LABELS.get(one.verdict, one.verdict)),
        sentence(one.check_code, one.facts) or one.text,
        advice(one.check_code, one.facts),
    )


def _check(one: "TroubleCheck") -> dict[str, Any]:
    with override("en"):
        do = advice(one.check_code, one.facts)
    return {
        "check": one.check_code,
        "verdict": one.verdict,
        "text": one.text,
        "do": do,
        "facts": one.facts,
    }


def _told(row: "Trouble") -> dict[str, Any]:
    return {
        "number": row.number,
        "state": str(row.state),
        "day": str(row.day),
        "mid": row.mid,
        "tid": row.tid,
        "batch": row.batch,
        "symptom": row.symptom,
        "case": row.case_id,
        "by": row.by,
        "at": row.at.isoformat(),
    }


def _scope() -> Any:
    return operator().scope(Right.MONEY_VIEW)
