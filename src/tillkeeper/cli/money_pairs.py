"""`tillkeeper money pair | pairs | pair-confirm | pair-refuse | unpair`: cases matched with each other by hand."""

from typing import Annotated, Any, Final

import typer
from django.utils.timezone import now
from django.utils.translation import gettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import Money
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import POSTED, Remedy
from tillkeeper.settlement.queries import hand_matches as queries
from tillkeeper.settlement.services import hand_matches as verbs
from tillkeeper.settlement.wording import DECISION_LABELS

SHOWN: Final = 100
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Number = Annotated[str, typer.Argument(help="Number of the hand match, HM-…")]
Why = Annotated[str, typer.Option(help="The reason.")]


def pair(
    cases: Annotated[list[int], typer.Argument(help="Numbers of 2 to 200 cases.")],
    *,
    why: Why,
    rest: Annotated[
        str, typer.Option(help=f"What becomes of what they leave: {', '.join(POSTED)}.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Match cases with each other by hand.

    Exit codes: 0 matched, or proposed to a second person; 1 refused; 2 wrong usage.
    """
    if rest and rest not in POSTED:
        raise FieldInvalid(field="--rest", value=rest, expected=", ".join(POSTED))
    pairing = verbs.Pairing(cases=cases, why=why, remedy=Remedy(rest) if rest else None)
    made = verbs.match_by_hand(pairing=pairing, by=operator(), at=now())
    if json:
        as_json(_told(made))
    elif made.state == "proposed":
        say(gettext("%(number)s: a second person has to confirm it.") % {"number": made.number})
    else:
        say(gettext("%(number)s: matched and posted.") % {"number": made.number})


def confirm(number: Number, *, why: Why = "", json: AsJson = False) -> None:
    """Confirm all of a match that somebody else proposed. Exit codes: 0 posted; 1 refused; 2 wrong usage."""
    made = verbs.confirm_match(number=number, why=why, by=operator(), at=now())
    _tell(made, gettext("%(number)s: confirmed and posted."), json=json)


def refuse(number: Number, *, why: Why, json: AsJson = False) -> None:
    """Refuse all of a match that somebody else proposed. Exit codes: 0 its cases are open; 1 refused; 2 wrong usage."""
    made = verbs.refuse_match(number=number, why=why, by=operator(), at=now())
    _tell(made, gettext("%(number)s: refused; its cases are open again."), json=json)


def unpair(number: Number, *, why: Why, json: AsJson = False) -> None:
    """Undo a match: what it posted is reversed. Exit codes: 0 its cases are open; 1 refused; 2 wrong usage."""
    made = verbs.unmatch(number=number, why=why, by=operator(), at=now())
    _tell(made, gettext("%(number)s: undone; its cases are open again."), json=json)


def pairs(
    *,
    state: Annotated[str, typer.Option(help=f"One of: {', '.join(DECISION_LABELS)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = SHOWN,
    json: AsJson = False,
) -> None:
    """List what was matched by hand, the newest first. Exit codes: 0; 2 wrong usage."""
    if state and state not in DECISION_LABELS:
        raise FieldInvalid(field="--state", value=state, expected=", ".join(DECISION_LABELS))
    rows = queries.counted(queries.hand_matches(operator().scope(Right.MONEY_VIEW)))
    told = [_told(row) | {"cases": row.case_count} for row in _in_state(rows, state)[:limit]]
    if json:
        as_json(told)
        return
    titles = [
        gettext("Number"),
        gettext("State"),
        gettext("Cases"),
        gettext("Left unexplained"),
        gettext("Proposed by"),
        gettext("Settled by"),
        gettext("Reason"),
    ]
    shown = [
        (
            one["number"],
            str(DECISION_LABELS.get(one["state"], one["state"])),
            str(one["cases"]),
            str(Money(one["left_minor"], one["currency"])),
            one["proposed_by"],
            one["settled_by"],
            one["why"],
        )
        for one in told
    ]
    table("", titles, shown)


def _in_state(rows: Any, state: str) -> Any:
    return rows.filter(state=state) if state else rows


def _tell(made: Any, text: str, *, json: bool) -> None:
    if json:
        as_json(_told(made))
    else:
        say(text % {"number": made.number})


def _told(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": str(row.state),
        "currency": row.currency,
        "left_minor": row.left_minor,
        "remedy": str(row.remedy),
        "why": row.why,
        "proposed_by": row.proposed_by,
        "settled_by": row.settled_by,
    }
