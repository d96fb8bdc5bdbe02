"""`tillkeeper money cases | decide | ledger verify`."""

from datetime import timedelta
from typing import Annotated, Any, Final

import typer
from django.utils.timezone import localdate, now
from django.utils.translation import gettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import Money
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseState, Remedy
from tillkeeper.settlement.queries import cases as queries
from tillkeeper.settlement.queries.cases import CaseFilters
from tillkeeper.settlement.queries.ledger import balances, faults, written
from tillkeeper.settlement.services import cases as verbs
from tillkeeper.settlement.wording import ACCOUNT_LABELS, CASE_LABELS, CLASS_LABELS

WRONG: Final = 1
SHOWN: Final = 100
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


def cases(  # noqa: PLR0913  each option narrows by something else
    *,
    difference: Annotated[str, typer.Option("--class", help="Class of difference.")] = "",
    state: Annotated[
        list[str] | None, typer.Option(help="Repeatable; all that is not settled if not given.")
    ] = None,
    mid: Annotated[str, typer.Option(help="Merchant number.")] = "",
    text: Annotated[
        str, typer.Option("--text", help="A trace, reference or order number, whole.")
    ] = "",
    deadline_within: Annotated[
        int | None,
        typer.Option(min=0, max=3_650, help="Days until a dispute's deadline, or it has passed."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = SHOWN,
    json: AsJson = False,
) -> None:
    """List cases, the largest first. Exit codes: 0; 2 wrong usage."""
    for one in state or ():
        if one not in set(CaseState):
            raise FieldInvalid(field="--state", value=one, expected=", ".join(CaseState))
    until = None if deadline_within is None else localdate() + timedelta(days=deadline_within)
    filters = CaseFilters(
        difference=difference, state=tuple(state or ()), mid=mid, q=text, deadline_until=until
    )
    rows = [
        _told(row) for row in queries.cases(operator().scope(Right.MONEY_VIEW), filters)[:limit]
    ]
    if json:
        as_json(rows)
        return
    titles = [
        gettext(t)
        for t in ("Case", "Class", "State", "At stake", "Merchant", "Trace", "Opened", "What it is")
    ]
    shown = [
        (
            str(one["case"]),
            str(CLASS_LABELS.get(one["class"], one["class"])),
            str(CASE_LABELS.get(one["state"], one["state"])),
            str(Money(one["at_stake_minor"], one["currency"])),
            one["mid"],
            one["trace"] or one["order_no"],
            one["opened_at"][:10],
            one["sentence"],
        )
        for one in rows
    ]
    table("", titles, shown)


def decide(
    case: Annotated[int, typer.Argument(help="Number of the case.")],
    remedy: Annotated[str, typer.Argument(help=f"One of: {', '.join(Remedy)}.")],
    *,
    why: Annotated[str, typer.Option(help="The reason.")],
    amount_minor: Annotated[
        int | None,
        typer.Option(help="Minor units, signed as what is at stake; all of it if not given."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Decide about a case. Exit codes: 0 decided, or proposed to a second person; 1 refused; 2 wrong usage."""
    if remedy not in set(Remedy):
        raise FieldInvalid(field="REMEDY", value=remedy, expected=", ".join(Remedy))
    proposal = verbs.Proposal(remedy=Remedy(remedy), why=why, amount_minor=amount_minor)
    made = verbs.decide(case=case, proposal=proposal, by=operator(), at=now())
    told = {
        "number": made.number,
        "case": case,
        "remedy": str(made.remedy),
        "state": made.state,
        "amount_minor": made.amount_minor,
        "currency": made.currency,
    }
    if json:
        as_json(told)
    elif made.state == "proposed":
        say(gettext("%(number)s: a second person has to confirm it.") % {"number": made.number})
    else:
        say(gettext("%(number)s: decided and posted.") % {"number": made.number})


def verify(*, json: AsJson = False) -> None:
    """Add the whole ledger up. Exit codes: 0 every posting sums to zero; 1 one does not."""
    wrong = faults()
    postings, entries = written()
    held = balances(operator().scope(Right.MONEY_VIEW))
    told: dict[str, Any] = {
        "holds": not wrong,
        "postings": postings,
        "entries": entries,
        "faults": [
            {"posting": one.posting, "currency": one.currency, "sum_minor": one.sum_minor}
            for one in wrong
        ],
        "balances": [
            {"account": one.account, "currency": one.currency, "minor": one.minor} for one in held
        ],
    }
    if json:
        as_json(told)
    else:
        rows = [
            (str(ACCOUNT_LABELS.get(b.account, b.account)), str(Money(b.minor, b.currency)))
            for b in held
        ]
        table("", [gettext("Account"), gettext("Balance")], rows)
        for one in wrong:
            complain(
                gettext("%(posting)s sums to %(sum)s instead of zero.")
                % {"posting": one.posting, "sum": str(Money(one.sum_minor, one.currency))}
            )
        if not wrong:
            counts = {"postings": f"{postings:,}", "entries": f"{entries:,}"}
            say(gettext("All %(postings)s postings (%(entries)s entries) sum to zero.") % counts)
    if wrong:
        raise typer.Exit(WRONG)


def _told(row: Any) -> dict[str, Any]:
    return {
        "case": row.pk,
        "class": row.difference,
        "cause": row.cause,
        "confidence": row.confidence,
        "state": row.state,
        "day": row.day and str(row.day),
        "mid": row.mid,
        "tid": row.tid,
        "trace": row.trace,
        "rrn": row.rrn,
        "order_no": row.order_no,
        "channel": row.channel,
        "currency": row.currency,
        "amount_minor": row.amount_minor,
        "at_stake_minor": row.at_stake_minor,
        "owner": row.owner,
        "deadline": row.deadline and str(row.deadline),
        "opened_at": row.opened_at.isoformat(),
        "sentence": row.sentence,
    }
